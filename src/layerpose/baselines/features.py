"""Pictures -> the VGG-19 features and losses that the compared systems were trained with."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.networks.perceptual import Vgg19

FIRST_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
"""Weights of relu1_1 ... relu5_1 in pix2pixHD's loss, which LW-GAN took over."""
HALF_RANGE = 127.5
"""Our network wants 0..255 and theirs [-1, 1]: its features are divided by as much, and the losses are of one order."""


def first_features(vgg: Vgg19, image: Float[Tensor, "b 3 h w"]) -> list[Tensor]:
    """Features after the first convolution of every block, relu1_1 ... relu5_1."""
    features = vgg.to_pixels(image)
    found = []
    for number, block in enumerate(vgg.blocks):
        layers = list(block.children())
        first = 2 + bool(number)
        features = _run(layers[:first], features)
        found.append(features / HALF_RANGE)
        if number + 1 < len(vgg.blocks):
            features = _run(layers[first:], features)
    return found


def first_feature_loss(
    vgg: Vgg19, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b 3 h w"]
) -> Float[Tensor, ""]:
    """Weighted L1 between relu1_1 ... relu5_1 of two pictures."""
    with torch.no_grad():
        wanted = first_features(vgg, target)
    found = first_features(vgg, image)
    weighted = [
        weight * (ours - theirs).abs().mean()
        for weight, ours, theirs in zip(FIRST_WEIGHTS, found, wanted, strict=False)
    ]
    return torch.stack(weighted).sum()


def shallow_features(vgg: Vgg19, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 64 h w"]:
    """relu1_2 (Keras' block1_conv2) for pixels in 0..255."""
    return _run(list(vgg.blocks[0].children()), vgg.to_pixels(image))


def _run(layers: list[nn.Module], features: Tensor) -> Tensor:
    for layer in layers:
        features = layer(features)
    return features
