"""A generator with all that a stage tells it, or the volume network -> an ONNX model of its own.

A stage's model takes its pictures, maps and warp by name, as many pixels as one likes in multiples of `step`, and
gives the picture; what the networks are told of body points (sines) is worked out within.
"""

from __future__ import annotations

import math

import numpy as np

from layerpose.config import Guides
from layerpose.engines.graph import Graph
from layerpose.engines.lower import lower
from layerpose.networks.generator import FAINTEST, Generator
from layerpose.networks.hourglass import Encoder, VolumeNetwork
from layerpose.stages.conditions import LONGEST_WAVE_M, NUM_WAVES, guide_names

SIDES = ("height", "width")
UNSEEN = 30.0
"""The warp's logit falls by so much where the source does not show the point (`Generator`)."""


def write_stage(
    generator: Generator, guides: Guides, pictures: int, *, from_last: bool, facts: dict[str, str]
) -> bytes:
    """`pictures` counts those that go in; with `from_last` the last of them is what the generator draws on."""
    graph = Graph()
    given = {"pictures": graph.input("pictures", ("batch", 3 * pictures, *SIDES))}
    for name, channels in guide_names(guides).items():
        given[name] = graph.input(name, ("batch", channels, *SIDES))
    stacked = graph.add("Concat", *_tell(graph, given), axis=1)
    out = _run(graph, generator, stacked)
    base = graph.split(given["pictures"], [3] * pictures)[-1] if from_last else None
    graph.name(_finish(graph, generator, out, base, given), "picture")
    return graph.finish({"picture": ("batch", 3, *SIDES)}, facts)


def write_volume(network: VolumeNetwork, facts: dict[str, str]) -> bytes:
    """Source and limb maps -> the features from which labels are read."""
    size, graph = network.config.size, Graph()
    halves = [
        _encode(graph, encoder, graph.input(name, ("batch", channels, side, side)))
        for name, encoder, channels, side in (
            ("source", network.source, 3, size), ("pose", network.pose, network.pose_channels, size // 2)
        )
    ]  # fmt: skip
    (source_half, source_quarter), (pose_half, pose_quarter) = halves
    features = lower(graph, network.merge, graph.add("Concat", source_quarter, pose_quarter, axis=1))
    last = len(network.hourglasses) - 1
    for index, hourglass in enumerate(network.hourglasses):
        made = lower(graph, hourglass, features)
        if index == last:
            features = made
            break
        back = lower(graph, network.returns[index], lower(graph, network.middle_heads[index], made))
        features = graph.add("Add", graph.add("Add", features, made), back)
    joined = graph.add("Concat", lower(graph, network.up_half, features), source_half, pose_half, axis=1)
    half = lower(graph, network.join_half, joined)
    graph.name(lower(graph, network.refine, lower(graph, network.up_full, half)), "features")
    return graph.finish({"features": ("batch", network.config.fine_width, size, size)}, facts)


def _encode(graph: Graph, encoder: Encoder, value: str) -> tuple[str, str]:
    half = lower(graph, encoder.stem, value)
    return half, lower(graph, encoder.body, half)


def _tell(graph: Graph, given: dict[str, str]) -> list[str]:
    """All that is stacked, in the order of `list_guides`."""
    told = []
    for name, value in given.items():
        told += _wave(graph, value) if name == "points" else [value]
    return told


def _wave(graph: Graph, points: str) -> list[str]:
    """As `stages.conditions.wave`."""
    there = graph.add("ReduceMax", graph.add("Abs", points), np.array([1]), keepdims=1)
    body = graph.add("Cast", graph.add("Greater", there, 0.0), to=1)
    angle = graph.add("Mul", points, 2 * math.pi / LONGEST_WAVE_M)
    sine, cosine = graph.add("Sin", angle), graph.add("Cos", angle)
    found = [points, sine, graph.add("Mul", cosine, body)]
    for _ in range(NUM_WAVES - 1):
        twice = graph.add("Mul", sine, 2.0)
        sine, cosine = graph.add("Mul", twice, cosine), graph.add("Sub", 1.0, graph.add("Mul", twice, sine))
        found += [sine, graph.add("Mul", cosine, body)]
    return found


def _run(graph: Graph, generator: Generator, value: str) -> str:
    features, skipped = lower(graph, generator.stem, value), []
    for down in generator.downs:
        skipped.append(features)
        features = lower(graph, down, features)
    features = lower(graph, generator.blocks, features)
    for up in generator.ups:
        features = lower(graph, up, features)
        if generator.config.skips:
            features = graph.add("Add", features, skipped.pop())
    return lower(graph, generator.head, features)


def _finish(graph: Graph, generator: Generator, out: str, base: str | None, given: dict[str, str]) -> str:
    """As the end of `Generator`."""
    config = generator.config
    if not config.blend:
        return _offset(graph, base, out)
    offset, logits, *more = graph.split(out, [3, 3, *([3] if config.retouch else [])])
    image, visible, filled = (given[name] for name in ("image", "visible", "filled"))
    for_colour, for_image, for_filled = graph.split(logits, [1, 1, 1])
    for_image = graph.add("Add", for_image, graph.add("Mul", graph.add("Sub", visible, 1.0), UNSEEN))
    mix = graph.add("Softmax", graph.add("Concat", for_colour, for_image, for_filled, axis=1), axis=1)
    shares = graph.split(mix, [1, 1, 1])
    parts = [
        graph.add("Mul", share, value)
        for share, value in zip(shares, (_offset(graph, base, offset), image, filled), strict=True)
    ]
    mixed = graph.add("Add", graph.add("Add", parts[0], parts[1]), parts[2])
    if more:
        mixed = _offset(graph, mixed, more[0])
    strongest = graph.add("ReduceMax", graph.add("Abs", mixed), np.array([1]), keepdims=1)
    return graph.add("Mul", mixed, graph.add("Cast", graph.add("Greater", strongest, FAINTEST), to=1))


def _offset(graph: Graph, base: str | None, out: str) -> str:
    offset = graph.add("Tanh", out)
    if base is None:
        return offset
    return graph.add("Clip", graph.add("Add", base, graph.add("Mul", offset, 2.0)), -1.0, 1.0)
