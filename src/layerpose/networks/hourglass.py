"""Source image + target pose -> label logits of a volume: two stacked hourglasses (Newell et al., ECCV 2016).

Image and pose are encoded separately; their features are concatenated. The hourglasses run at a quarter of the size.
All but the last are supervised there, and what they predict goes into the next one; the last is decoded to full size.
They do not start from nothing: what they predict is added to the logits of capsules around the limbs (`capsules`).
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor, nn

from layerpose.config import VolumeConfig
from layerpose.networks.capsules import Capsules, Skeleton

STRIDE = 4
"""Of the hourglasses' grid."""


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, each after norm and ReLU, added to the input."""

    def __init__(self, inputs: int, outputs: int, groups: int) -> None:
        super().__init__()
        half = outputs // 2
        self.body = nn.Sequential(
            *_activated(inputs, half, 1, groups),
            *_activated(half, half, 3, groups),
            *_activated(half, outputs, 1, groups),
        )
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, features: Tensor) -> Tensor:
        """``b c h w`` -> ``b c' h w``."""
        return self.skip(features) + self.body(features)


def _activated(inputs: int, outputs: int, kernel: int, groups: int) -> tuple[nn.Module, ...]:
    return nn.GroupNorm(groups, inputs), nn.ReLU(), nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)


def _add_nothing(head: nn.Module) -> None:
    assert isinstance(head, (nn.Conv1d, nn.Conv2d))
    assert head.bias is not None
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)


class Hourglass(nn.Module):
    """Down and up again, with a skip at each resolution."""

    def __init__(self, width: int, num_levels: int, groups: int) -> None:
        super().__init__()
        self.skip = Bottleneck(width, width, groups)
        self.pool = nn.MaxPool2d(2)
        self.down = Bottleneck(width, width, groups)
        self.inner = Hourglass(width, num_levels - 1, groups) if num_levels > 1 else Bottleneck(width, width, groups)
        self.up = Bottleneck(width, width, groups)
        self.scale = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Same shape in and out."""
        return self.skip(features) + self.scale(self.up(self.inner(self.down(self.pool(features)))))


class Encoder(nn.Module):
    """Pictures -> features at half and at a quarter of the volume's size; `stem` brings the pictures to half."""

    def __init__(self, stem: nn.Module, width: int, groups: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(stem, nn.ReLU())
        self.body = nn.Sequential(nn.MaxPool2d(2), Bottleneck(width // 2, width, groups))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Half, quarter."""
        half = self.stem(pictures)
        return half, self.body(half)


class Widened(nn.Sequential):
    """Other channels, then twice the resolution: cheap, because the channels change where there are few pixels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 1), nn.Upsample(scale_factor=2, mode="bilinear"))


class VolumeNetwork(nn.Module):
    """`pose_channels` counts the maps that describe the target pose; they come at half the size of the volume."""

    def __init__(self, config: VolumeConfig, pose_channels: int, capsules: Capsules) -> None:
        super().__init__()
        self.config, self.capsules, self.pose_channels = config, capsules, pose_channels
        width, groups = config.width, config.num_groups
        self.outputs = config.num_labels * config.num_slices, len(capsules.labels)
        outputs = sum(self.outputs)
        self.source = Encoder(nn.Conv2d(3, width // 2, 7, 2, 3), width, groups)
        self.pose = Encoder(nn.Conv2d(pose_channels, width // 2, 3, 1, 1), width, groups)
        self.merge = nn.Conv2d(2 * width, width, 1)
        self.hourglasses = nn.ModuleList(
            nn.Sequential(Hourglass(width, config.num_levels, groups), Bottleneck(width, width, groups))
            for _ in range(config.num_stacks)
        )
        again = config.num_stacks - 1
        self.middle_heads = nn.ModuleList(nn.Conv2d(width, outputs, 1) for _ in range(again))
        self.returns = nn.ModuleList(nn.Conv2d(outputs, width, 1) for _ in range(again))
        self.up_half = Widened(width, width // 2)
        self.join_half = Bottleneck(width // 2 * 3, width // 2, groups)
        self.up_full = Widened(width // 2, config.fine_width)
        self.refine = nn.Sequential(nn.ReLU(), nn.Conv2d(config.fine_width, config.fine_width, 3, 1, 1), nn.ReLU())
        self.head = nn.Conv1d(config.fine_width, outputs, 1)
        for head in (self.head, *self.middle_heads):
            _add_nothing(head)

    def forward(
        self, source: Float[Tensor, "b 3 h w"], pose: Float[Tensor, "b p h//2 w//2"]
    ) -> tuple[Float[Tensor, "b f h w"], tuple[Float[Tensor, "b o q q"], ...]]:
        """What the labels are read from at full size, and what the hourglasses before the last predict."""
        (source_half, source_quarter), (pose_half, pose_quarter) = self.source(source), self.pose(pose)
        features, middle = self.merge(torch.cat([source_quarter, pose_quarter], dim=1)), []
        for index, hourglass in enumerate(self.hourglasses):
            made = hourglass(features)
            if index == len(self.hourglasses) - 1:
                features = made
                break
            middle.append(self.middle_heads[index](made))
            features = features + made + self.returns[index](middle[-1])
        half = self.join_half(torch.cat([self.up_half(features), source_half, pose_half], dim=1))
        return self.refine(self.up_full(half)), tuple(middle)

    def read_labels(
        self, features: Float[Tensor, "b f h w"], skeleton: Skeleton, columns: Int64[Tensor, "b n"]
    ) -> Float[Tensor, "b l d n"]:
        """Logits of the chosen columns of voxels (row * width + column); every one is read by itself."""
        chosen = take_columns(features, columns)
        return self._add(self.head(chosen), skeleton, columns, features.shape[-1])

    def read_middle(
        self, predicted: Float[Tensor, "b o q q"], skeleton: Skeleton, columns: Int64[Tensor, "b n"]
    ) -> Float[Tensor, "b l d n"]:
        """The same of what an hourglass before the last predicts, on its own grid."""
        return self._add(take_columns(predicted, columns), skeleton, columns, predicted.shape[-1])

    def _add(
        self, predicted: Float[Tensor, "b o n"], skeleton: Skeleton, columns: Int64[Tensor, "b n"], width: int
    ) -> Float[Tensor, "b l d n"]:
        logits, growth = predicted.float().split(self.outputs, dim=1)
        places = (torch.stack([columns % width, columns // width], dim=-1) + 0.5) / width
        return logits.unflatten(1, (self.config.num_labels, -1)) + self.capsules(skeleton, places, growth)


def take_columns(block: Shaped[Tensor, "b *c h w"], columns: Int64[Tensor, "b n"]) -> Shaped[Tensor, "b *c n"]:
    """What a block holds at the chosen places (row * width + column)."""
    flat = block.flatten(-2)
    places = columns.reshape(len(columns), *[1] * (flat.ndim - 2), -1)
    return flat.gather(-1, places.expand(*flat.shape[:-1], -1))
