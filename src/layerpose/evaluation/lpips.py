"""LPIPS v0.1 with AlexNet (Zhang et al., CVPR 2018): how different two pictures look. A metric, never a loss."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
CONVOLUTIONS = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
"""Inputs, outputs, kernel, stride, padding of AlexNet's convolutions; the first two are followed by pooling."""
POSITIONS = (0, 3, 6, 8, 10)
"""Their numbers in torchvision's `features`."""
SMALLEST = 31
"""A picture with a side shorter than this does not survive the pooling."""
Features = list[Float[Tensor, "b _ _ _"]]
"""What the five taps see, each place of length 1."""


class Lpips(nn.Module):
    """Pictures in [-1, 1] -> distance; 0 for equal pictures."""

    def __init__(self, weights: Path) -> None:
        """`weights`: a state dict with keys ``features.*`` and ``lin0.weight`` ... ``lin4.weight``."""
        super().__init__()
        if not weights.is_file():
            raise ValueError(f"LPIPS needs its weights: found no file {weights}; expected lpips_alex_v01.pt")
        state = torch.load(weights, weights_only=True)
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, k, s, p) for i, o, k, s, p in CONVOLUTIONS)
        for position, convolution in zip(POSITIONS, self.convolutions, strict=True):
            parameters = {name: state[f"features.{position}.{name}"] for name in ("weight", "bias")}
            convolution.load_state_dict(parameters)
        self.lines = [state[f"lin{tap}.weight"].view(1, -1, 1, 1) for tap in range(5)]
        self.requires_grad_(False)
        # A fifth faster on a CPU.
        self.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    def forward(self, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b"]:
        """Distance of each pair."""
        return self.distance(self.features(image), self.features(target))

    def distance(self, found: Features, wanted: Features) -> Float[Tensor, "b"]:
        """Distance of each pair, by their features."""
        total = found[0].new_zeros(len(found[0]))
        for line, ours, theirs in zip(self.lines, found, wanted, strict=True):
            total = total + ((ours - theirs) ** 2 * line.to(ours)).sum(1).mean((1, 2))
        return total

    def features(self, image: Float[Tensor, "b 3 h w"]) -> Features:
        """What the taps see of each picture; for distances to many pictures it is worked out once."""
        features = standardise(image.contiguous(memory_format=torch.channels_last))
        found = []
        for number, convolution in enumerate(self.convolutions):
            if number in (1, 2):
                features = nn.functional.max_pool2d(features, 3, 2)
            features = convolution(features).relu()
            found.append(to_unit_length(features))
        return found


def standardise(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
    """What the backbones were trained on."""
    return (image - image.new_tensor(SHIFT).view(1, 3, 1, 1)) / image.new_tensor(SCALE).view(1, 3, 1, 1)


def to_unit_length(features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
    """The same direction at every place."""
    return features / (features.norm(dim=1, keepdim=True) + 1e-10)
