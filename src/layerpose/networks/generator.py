"""The generator of every stage: inputs -> an offset to a base image, in the manner of Johnson et al.

With `blend` it ends in a per-pixel mix of three candidates: base + offset, the warp where the source shows the point,
and the filled warp. At the start the mix leans to one of them, so training begins at a result that is already plain.
With `retouch` a second offset goes on top of the mix: a seam or a shadow is drawn on a warp that stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import GeneratorConfig
from layerpose.networks.blocks import ConvBlock, ResidualBlock, Up

CANDIDATES = {"generated": 3, "warp": 4, "filled": 5}
"""Where the logit of each candidate stands among the head's outputs."""
LEANING = 2.0
FAINTEST = 1 / 127.5
"""One level of an 8-bit picture."""
Warped = tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 1 h w"], Float[Tensor, "b 3 h w"]]
"""Image, where it is visible, and the same filled."""

Engine = Callable[[Sequence[Float[Tensor, "b 3 h w"]], Mapping[str, Float[Tensor, "b _ h w"]]], Tensor]
"""Another program that runs the same network: pictures and guides by name -> the picture."""


class Generator(nn.Module):
    """Down, residual blocks, up. `inputs` counts the channels of the stacked input.

    `lean`: the candidate that an untrained blend prefers.
    """

    def __init__(
        self, config: GeneratorConfig, inputs: int, *, lean: Literal["generated", "filled"] = "filled"
    ) -> None:
        super().__init__()
        self.config = config
        self.engine: Engine | None = None
        self.narrow = False
        widths = [min(config.width * 2**level, config.max_width) for level in range(config.num_downs + 1)]
        kernel = config.stem if config.patch == 1 else 2 * config.patch
        self.stem = ConvBlock(inputs, widths[0], kernel=kernel, stride=config.patch, norm=config.full_resolution_norm)
        self.downs = nn.ModuleList(ConvBlock(fine, coarse, stride=2) for fine, coarse in pairwise(widths))
        self.blocks = nn.Sequential(*(ResidualBlock(widths[-1]) for _ in range(config.num_blocks)))
        self.ups = nn.ModuleList(
            Up(widths[level + 1], widths[level], norm=level > 0 or config.full_resolution_norm)
            for level in reversed(range(config.num_downs))
        )
        mode = "reflect" if config.stem == 7 else "zeros"
        outputs = 3 + 3 * config.blend + 3 * config.retouch
        self.head = nn.Sequential(
            nn.Conv2d(widths[0], outputs * config.patch**2, config.stem, padding=config.stem // 2, padding_mode=mode),
            nn.PixelShuffle(config.patch),
        )
        if config.blend:
            self._lean_to(lean)

    @property
    def step(self) -> int:
        """Height and width of what it draws are multiples of this."""
        return self.config.patch * 2**self.config.num_downs

    def _lean_to(self, candidate: str) -> None:
        last = self.head[0]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        with torch.no_grad():
            last.bias.unflatten(0, (-1, self.config.patch**2))[CANDIDATES[candidate]] = LEANING

    def forward(
        self,
        stacked: Float[Tensor, "b c h w"],
        base: Float[Tensor, "b 3 h w"] | None,
        warp: Warped | None = None,
    ) -> Float[Tensor, "b 3 h w"]:
        """The picture. The `warp` is needed where the generator blends."""
        return self.go_on(self.stem(stacked), base, warp)

    def go_on(self, features: Float[Tensor, "b c r s"], base: Tensor | None, warp: Warped | None) -> Tensor:
        """The picture, from what the stem made."""
        features = features.contiguous(memory_format=torch.channels_last)
        skipped = []
        for down in self.downs:
            skipped.append(features)
            features = down(features)
        features = self.blocks(features)
        for up in self.ups:
            features = up(features)
            if self.config.skips:
                features = features + skipped.pop()
        return self.finish(self.head(features), base, warp)

    def finish(self, out: Tensor, base: Tensor | None, warp: Warped | None) -> Tensor:
        """What the head made, as a picture."""
        out = out.float().contiguous()  # laid out as the pictures that it is mixed with: several times faster
        offset = out[:, :3].tanh()
        colour = offset if base is None else _add(base, offset)
        if not self.config.blend:
            return colour
        assert warp is not None
        (image, visible, filled), (for_colour, for_image, for_filled) = warp, out[:, 3:6].split(1, dim=1)
        mix = torch.cat([for_colour, for_image + (visible - 1) * 30, for_filled], dim=1).softmax(1)
        mixed = mix[:, :1] * colour + mix[:, 1:2] * image + mix[:, 2:] * filled
        if self.config.retouch:
            mixed = _add(mixed, out[:, 6:].tanh())
        # Not while it learns: a threshold makes much of a rounding error, and two processes would differ from one.
        return mixed if self.training else settle(mixed)


def _add(base: Float[Tensor, "b 3 h w"], offset: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """With an offset of 1 black turns white."""
    return clamp_through(base + offset * 2)


def settle(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """Flat grey where a picture of 8 bits would be at most a level away from it: an empty background is empty.

    The gradient passes as if nothing had happened.
    """
    faint = image.detach().abs().amax(1, keepdim=True) <= FAINTEST
    return image - image.detach() * faint


def clamp_through(image: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Clamped to [-1, 1], with a gradient as if it were not: what went beyond black or white finds its way back."""
    if not image.requires_grad:
        return image.clamp(-1, 1)
    return image.detach().clamp(-1, 1) + (image - image.detach())
