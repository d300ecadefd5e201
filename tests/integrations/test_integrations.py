"""Nodes and pages for other programs run against the package, loaded as those programs load them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.motion.library import library_pose
from layerpose.motion.write.keypoints import body_25
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.transfer import PoseTransfer

FOLDER = Path(__file__).parents[2] / "integrations"
CONTRACT = {"IMAGE": 4, "MASK": 3}
"""ComfyUI's own types and their dimensions."""


def load(name: str, path: Path) -> ModuleType:
    """As ComfyUI loads a folder of nodes: under a name that is made of its path."""
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model() -> PoseTransfer:
    torch.manual_seed(0)
    return PoseTransfer(Model(debug()), torch.device("cpu"))


@pytest.fixture(scope="module")
def comfy(model: PoseTransfer) -> Iterator[ModuleType]:
    name = "/anywhere/custom_nodes/layerpose"
    package = load(name, FOLDER / "comfyui" / "__init__.py")
    sys.modules[f"{name}.nodes"].model = lambda: model
    yield package
    for loaded in (name, f"{name}.nodes"):
        del sys.modules[loaded]


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    with Image.open(str(files("layerpose") / "examples" / "person.png")) as picture:
        return torch.from_numpy(np.asarray(picture.convert("RGB"), np.float32) / 255)[None]


def run(package: ModuleType, title: str, /, **given: Any) -> tuple[Any, ...]:
    """As ComfyUI runs a node: the inputs by name, as many outputs as there are types."""
    node = package.NODE_CLASS_MAPPINGS[title]
    asked = node.INPUT_TYPES()
    assert set(asked["required"]) <= set(given) <= set(asked["required"]) | set(asked.get("optional", {}))
    for key, value in given.items():
        kind = {**asked["required"], **asked.get("optional", {})}[key][0]
        assert value in kind if isinstance(kind, list) else True
    found = getattr(node(), node.FUNCTION)(**given)
    assert len(found) == len(node.RETURN_TYPES) == len(node.RETURN_NAMES)
    for kind, value in zip(node.RETURN_TYPES, found, strict=True):
        if kind in CONTRACT:
            assert value.ndim == CONTRACT[kind]
            assert value.dtype == torch.float32
            assert 0 <= value.min() <= value.max() <= 1
    return found


def test_every_node_keeps_comfyuis_contract(comfy: ModuleType) -> None:
    assert set(comfy.NODE_CLASS_MAPPINGS) == set(comfy.NODE_DISPLAY_NAME_MAPPINGS)
    for node in comfy.NODE_CLASS_MAPPINGS.values():
        assert node.CATEGORY == "layerpose"
        assert callable(getattr(node, node.FUNCTION))
        for kind, *options in node.INPUT_TYPES()["required"].values():
            assert isinstance(kind, str | list)
            assert all(isinstance(option, dict) for option in options)


def test_from_an_image_to_the_person_in_a_pose_to_maps_layers_and_frames(
    comfy: ModuleType, image: torch.Tensor
) -> None:
    [person] = run(comfy, "LayerposeLoadPerson", image=image)
    [pose] = run(comfy, "LayerposeLibraryPose", name="warrior-two")
    drawn, mask = run(comfy, "LayerposeTransferPose", person=person, pose=pose)
    assert drawn.shape == (1, 128, 128, 3)
    assert mask[0, 0, 0] == 0
    assert mask.max() == 1
    layers, _ = run(comfy, "LayerposeLayers", person=person, pose=pose)
    assert layers.shape == (5, 128, 128, 3)
    depth, *_, skeleton = run(comfy, "LayerposeMaps", person=person, pose=pose, size=256)
    assert depth.shape == skeleton.shape == (1, 256, 256, 3)
    assert depth.max() > 0.9
    frames, masks = run(comfy, "LayerposeAnimate", person=person, motion="wave", fps=1.0)
    assert len(frames) == len(masks) >= 2


def test_keypoints_of_other_nodes_are_a_pose(comfy: ModuleType) -> None:
    from layerpose.body.model import body_model
    from layerpose.motion.posing import ADULT

    body = body_model()
    posed = body.pose(body.rest(np.array(ADULT)), library_pose("t-pose").rotations.double().numpy())
    points = body_25(posed.keypoints[None])[0]
    flat = np.stack([points[:, 0] * 200 + 256, 256 - points[:, 2] * 200, np.ones(len(points))], axis=1)
    frame = {
        "people": [{"pose_keypoints_2d": flat.ravel().tolist()}], "canvas_width": 512, "canvas_height": 512,
    }  # fmt: skip
    [pose] = run(comfy, "LayerposeKeypointPose", keypoints=[frame])
    pose = getattr(pose, "pose", pose)
    posed = body.pose(body.rest(np.array(ADULT)), pose.rotations.double().numpy())
    points = dict(zip(body.keypoint_names, posed.keypoints, strict=True))
    assert points["left_wrist"][0] - points["right_wrist"][0] > 1.2


def test_the_page_for_a_space_draws_and_is_short(model: PoseTransfer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = FOLDER / "gradio" / "app.py"
    assert len(path.read_text().splitlines()) <= 60
    pytest.importorskip("gradio")
    app = load("layerpose_space", path)
    monkeypatch.setattr(app, "model", lambda: model)
    with Image.open(str(files("layerpose") / "examples" / "person.png")) as photo:
        assert app.draw(photo.convert("RGB"), "walk", "transparent").mode == "RGBA"
    assert app.make_page().title == "layerpose"
