"""The main job with the bundled weights, on the bundled person."""

from __future__ import annotations

from importlib.resources import as_file, files

import numpy as np
import pytest
import torch

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.estimation.estimate import Estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.maps.render import coco_18, pose_body
from layerpose.media.pictures import image_to_picture, read_photo
from layerpose.motion.library import library_pose
from layerpose.transfer import PoseTransfer, place
from layerpose.types import CLASSES


@pytest.fixture(scope="module")
def model() -> PoseTransfer:
    return PoseTransfer.load(device="cpu")


@pytest.fixture(scope="module")
def seen(model: PoseTransfer) -> Estimate:
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        return model.look(read_photo(example))


def test_the_person_lands_in_the_pose_in_the_same_clothes(model: PoseTransfer, seen: Estimate) -> None:
    body = place(seen.body, library_pose("wave"))
    view = model.view(seen)
    made = model.draw(model.prepare(view, body))
    assert made.image.shape == (1, 3, 1024, 1024)
    landed = find_landmarks(np.array(image_to_picture(made.image))).image
    joints = [KEYPOINTS.index(name) for name in BODY_JOINTS]
    wanted = project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[joints, :2].numpy() * 1024
    stature = (
        np.ptp(body_model().rest(body.phenotype.numpy()).vertices[body_model().skin, 2]) * body.camera.scale * 1024
    )
    numbers = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
    off = np.linalg.norm(landed[list(numbers), :2] - wanted, axis=1) / stature
    assert off.mean() < 0.05
    for part in ("torso", "left_leg"):
        row = CLASSES.index(part)
        source, result = (
            (image * parsing[:, row][:, None]).sum((0, 2, 3)) / parsing[:, row].sum()
            for image, parsing in ((made.source, made.source_parsing), (made.image.float(), made.maps.parsing))
        )
        assert (source - result).abs().max() < 0.15, f"the colour of the {part} has changed"


def test_the_source_is_drawn_no_larger_than_in_its_photo(seen: Estimate) -> None:
    for name in ("stand", "arms-up", "squat"):
        assert place(seen.body, library_pose(name)).camera.scale <= seen.body.camera.scale


def test_several_photos_make_one_view(model: PoseTransfer, seen: Estimate) -> None:
    alone, together = model.view(seen), model.view(seen, [seen])
    assert alone.others == ()
    assert len(together.all) == 2
    assert torch.equal(together.image, alone.image)
