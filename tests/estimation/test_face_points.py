"""Points of the face: which vertices they are, and when they are believed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from layerpose.body.model import body_model
from layerpose.estimation import face_points
from layerpose.estimation.face import Face
from layerpose.estimation.face_points import HEAD, SHOULDERS, VERTICES, see_face
from layerpose.estimation.landmarks import Landmarks
from layerpose.maps.joints import vertex_parts
from layerpose.types import CLASSES

PHOTO = np.zeros((512, 512, 3), dtype=np.uint8)


def test_points_of_the_face_lie_on_its_front_left_and_right_alike():
    model = body_model()
    assert (vertex_parts()[VERTICES] == CLASSES.index("head")).all()
    assert set(model.mirror[VERTICES]) == set(VERTICES)
    assert (model.template[VERTICES, 1] < model.template[vertex_parts() == CLASSES.index("head"), 1].mean()).all()


def landmarks_of_somebody() -> Landmarks:
    image = np.zeros((33, 3))
    image[:, 1] = np.linspace(80, 480, 33)
    image[[*HEAD, *SHOULDERS], :2] = [[250, 90], [255, 80], [245, 80], [260, 85], [240, 85], [300, 160], [200, 160]]
    mask = np.ones(PHOTO.shape[:2], dtype=np.float32)
    return Landmarks(image=image, world=np.zeros((33, 3)), visibility=np.ones(33), mask=mask, score=1.0, num_people=1)


@pytest.mark.parametrize(
    ("score", "shift", "believed"),
    [(0.95, 0, True), (0.6, 0, False), (0.95, 300, False)],
    ids=["sure", "unsure", "else's"],
)
def test_a_face_is_believed_if_it_is_sure_and_where_the_head_is(
    score: float, shift: float, believed: bool, monkeypatch: pytest.MonkeyPatch
):
    landmarks = landmarks_of_somebody()
    points = np.tile(landmarks.image[HEAD, :2].mean(0) + np.array([shift, 0]), (468, 1))
    monkeypatch.setattr(face_points, "find_face", lambda *_: Face(points=points, score=score))
    assert (see_face(PHOTO, landmarks) is not None) == believed


def test_a_head_that_a_person_has_put_right_stays_so(monkeypatch: pytest.MonkeyPatch):
    landmarks = landmarks_of_somebody()
    held = np.isin(np.arange(33), [HEAD[0]])
    monkeypatch.setattr(face_points, "find_face", lambda *_: pytest.fail("looks for a face"))
    assert see_face(PHOTO, replace(landmarks, held=held)) is None
