"""The networks' modules -> operations of an ONNX graph, one function for each kind of module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from layerpose.engines.graph import Graph
from layerpose.networks.blocks import ResidualBlock, Up, spread_kernel
from layerpose.networks.hourglass import Bottleneck, Hourglass
from layerpose.networks.norm import InstanceNorm


def lower(graph: Graph, module: nn.Module, value: str) -> str:
    """What the module makes of a value."""
    for kind, write in _WAYS.items():
        if isinstance(module, kind):
            return write(graph, module, value)
    raise TypeError(f"no way to write a {type(module).__name__} as ONNX")


def _convolution(graph: Graph, layer: nn.Conv2d, value: str) -> str:
    pads, (down, across) = list(layer.padding) * 2, layer.stride
    assert not isinstance(layer.padding, str)
    if layer.padding_mode == "reflect":
        value = graph.add("Pad", value, np.array([0, 0, *pads[:2], 0, 0, *pads[2:]]), mode="reflect")
        pads = [0, 0, 0, 0]
    weights = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    return graph.add("Conv", value, *weights, pads=pads, strides=[down, across], kernel_shape=list(layer.kernel_size))


def _instance_norm(graph: Graph, layer: InstanceNorm, value: str) -> str:
    assert layer.affine
    return graph.add("InstanceNormalization", value, layer.weight, layer.bias, epsilon=layer.eps)


def _group_norm(graph: Graph, layer: nn.GroupNorm, value: str) -> str:
    """Each group is one long channel of an instance norm: what every engine has."""
    flat = graph.add("Reshape", value, np.array([0, layer.num_groups, -1]))
    ones, zeros = np.ones(layer.num_groups, np.float32), np.zeros(layer.num_groups, np.float32)
    even = graph.add("InstanceNormalization", flat, ones, zeros, epsilon=layer.eps)
    back = graph.add("Reshape", even, graph.add("Shape", value))
    scaled = graph.add("Mul", back, layer.weight[:, None, None])
    return graph.add("Add", scaled, layer.bias[:, None, None])


def _up(graph: Graph, layer: Up, value: str) -> str:
    convolution, *rest = layer.block
    assert isinstance(convolution, nn.Conv2d)
    weights = [spread_kernel(convolution.weight)] + ([] if convolution.bias is None else [convolution.bias])
    value = graph.add("ConvTranspose", value, *weights, strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[4, 4])
    return lower(graph, nn.Sequential(*rest), value)


def _in_turn(graph: Graph, layers: nn.Sequential, value: str) -> str:
    for layer in layers:
        value = lower(graph, layer, value)
    return value


def _hourglass(graph: Graph, layer: Hourglass, value: str) -> str:
    within = nn.Sequential(layer.pool, layer.down, layer.inner, layer.up, layer.scale)
    return graph.add("Add", lower(graph, layer.skip, value), lower(graph, within, value))


def _upsample(graph: Graph, layer: nn.Upsample, value: str) -> str:
    smooth = layer.mode == "bilinear"
    how = {"coordinate_transformation_mode": "half_pixel" if smooth else "asymmetric"}
    how |= {"mode": "linear"} if smooth else {"mode": "nearest", "nearest_mode": "floor"}
    return graph.add("Resize", value, "", np.array([1, 1, 2, 2], np.float32), **how)


_WAYS: dict[type[nn.Module], Callable[[Graph, Any, str], str]] = {
    nn.Conv2d: _convolution,
    InstanceNorm: _instance_norm,
    nn.GroupNorm: _group_norm,
    nn.ReLU: lambda graph, _, value: graph.add("Relu", value),
    nn.Identity: lambda _graph, _layer, value: value,
    nn.MaxPool2d: lambda graph, _, value: graph.add("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2]),
    nn.Upsample: _upsample,
    nn.PixelShuffle: lambda graph, layer, value: graph.add(
        "DepthToSpace", value, blocksize=layer.upscale_factor, mode="CRD"
    ),
    ResidualBlock: lambda graph, block, value: graph.add("Add", value, lower(graph, block.body, value)),
    Bottleneck: lambda graph, block, value: graph.add(
        "Add", lower(graph, block.skip, value), lower(graph, block.body, value)
    ),
    Hourglass: _hourglass,
    Up: _up,
    nn.Sequential: _in_turn,
}
"""By kind of module; a kind stands before what it is made from (`ConvBlock` and `Widened` are sequences)."""
