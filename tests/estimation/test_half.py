"""A photo that shows half a person gives the body that the whole photo gives, framed as the photo frames it."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.body.skeleton import KEYPOINTS
from layerpose.estimation.canvas import Canvas, canvas_around
from layerpose.estimation.completing import complete
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.fit_model import fit_model
from layerpose.estimation.fit_problem import Evidence, Problem
from layerpose.estimation.fit_unseen import complete_limbs
from layerpose.estimation.frame import believe, seen_joints
from layerpose.estimation.landmarks import JOINTS, Landmarks
from layerpose.estimation.lifting import own_points
from layerpose.estimation.targets import DIRECTIONS, POINTS, point_row
from layerpose.maps.render import place_posed, pose_body
from layerpose.media.pictures import read_photo
from layerpose.motion.library import library_pose
from layerpose.scene.standing import stand
from layerpose.types import CLASSES

SIZE = 256
WAIST, KNEES = 560, 745
"""Rows of the example at which its person is cut."""


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        return read_photo(example)


@pytest.fixture(scope="module")
def whole(photo: Image.Image) -> Estimate:
    return estimate(photo, SIZE)


@pytest.fixture(scope="module")
def half(photo: Image.Image) -> Estimate:
    with pytest.warns(UserWarning, match="cut by the edge of the photo: left knee, right knee, left ankle"):
        return estimate(photo.crop((0, 0, photo.width, WAIST)), SIZE)


def joints(seen: Estimate) -> dict[str, np.ndarray]:
    """The body's keypoints in pixels of the photo."""
    placed = place_posed(pose_body(seen.body), seen.body.camera, torch.device("cpu")).keypoints[:, :2].numpy()
    return dict(zip(KEYPOINTS, placed * seen.canvas.side + (seen.canvas.left, seen.canvas.top), strict=True))


def test_seen_joints_of_half_a_person_are_those_of_the_whole(whole: Estimate, half: Estimate):
    stature = float(np.ptp(whole.landmarks.image[:, 1]))
    wanted, found = joints(whole), joints(half)
    seen = [name for name, place in wanted.items() if place[1] < WAIST - 0.05 * stature]
    assert {"left_shoulder", "right_elbow", "nose"} <= set(seen)
    assert max(np.linalg.norm(found[name] - wanted[name]) for name in seen) < 0.02 * stature


def test_unseen_legs_stand_below_the_hips(half: Estimate):
    found = joints(half)
    for side in ("left", "right"):
        hip, knee, ankle = (found[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        assert hip[1] < knee[1] < ankle[1]
        assert abs(ankle[0] - hip[0]) < 0.2 * (ankle[1] - hip[1])


def test_the_estimate_says_what_the_photo_shows(whole: Estimate, half: Estimate):
    assert (whole.cut, half.cut) == ((), ("bottom",))
    assert half.seen >= {"nose", "left shoulder", "right elbow"}
    assert not half.seen & {"left knee", "right ankle", "left foot"}
    assert "left ankle" in whole.seen


def test_the_square_ends_where_the_photo_cuts(half: Estimate):
    assert half.canvas.top + half.canvas.side == WAIST
    assert half.frame[3] == 1
    assert half.photo.mask[0, 0, -1].max() > 0.9


def test_own_pose_of_half_a_person_stays_where_it_is(half: Estimate):
    body, square = stand(half, half.body.pose)
    assert square == half.canvas
    assert body.camera.scale == pytest.approx(half.body.camera.scale)
    assert body.camera.translation == pytest.approx(half.body.camera.translation, abs=1e-6)


def test_another_pose_of_half_a_person_is_cut_where_the_photo_is(half: Estimate):
    body, square = stand(half, library_pose("arms-up"))
    assert square.top + square.side == WAIST
    assert square.side > half.canvas.side, "the raised hands need room"
    moved = joints(replace(half, body=body, canvas=square))
    assert moved["left_shoulder"][1] == pytest.approx(joints(half)["left_shoulder"][1], abs=0.04 * WAIST)


def cut_off(landmarks: Landmarks, row: int) -> Landmarks:
    """The same landmarks in a photo that ends there."""
    return replace(landmarks, mask=landmarks.mask[:row])


def test_landmarks_beyond_an_edge_are_not_believed_and_those_close_to_a_cut_hardly(whole: Estimate):
    cut = cut_off(whole.landmarks, KNEES)
    believed, heights = believe(cut), whole.landmarks.image[:, 1]
    assert not believed[heights > KNEES].any()
    high = heights < KNEES - 150
    np.testing.assert_array_equal(believed[high], whole.landmarks.visibility[high])
    knee = int(heights[25])
    close = believe(cut_off(whole.landmarks, knee + 10))
    assert 0 < close[25] < 0.3 * whole.landmarks.visibility[25]
    np.testing.assert_array_equal(believe(whole.landmarks), whole.landmarks.visibility)


def test_a_person_within_the_photo_is_whole_however_close_the_edge(whole: Estimate):
    """A raised hand may touch the edge: nothing lies beyond it."""
    assert seen_joints(whole.landmarks) >= set(JOINTS)
    square = canvas_around(whole.landmarks, SIZE)
    assert square == Canvas(left=square.left, top=square.top, side=whole.canvas.side, size=SIZE)


def test_a_face_without_shoulders_is_refused(photo: Image.Image, whole: Estimate):
    nose, ear = whole.landmarks.image[0, :2], whole.landmarks.image[7, :2]
    chin = int(nose[1] + 1.2 * abs(nose[0] - ear[0]))
    with pytest.raises(ValueError, match=r"too little of the person|no person was found"):
        estimate(photo.crop((0, 0, photo.width, chin)), SIZE)


def test_whoever_asks_for_a_whole_person_still_gets_one_or_none(photo: Image.Image):
    with pytest.raises(ValueError, match=r"cut by the edge of the photo \(outside: left knee"):
        find_landmarks(np.array(photo)[:WAIST])


@pytest.mark.parametrize(("thigh", "shin"), [((0, -1, -0.2), (0, 0, -1)), ((0, 0.8, -0.6), (0, 0.8, -0.6))])
def test_shins_hang_below_thighs_that_point_forwards_and_follow_those_that_point_back(thigh, shin):
    num, directions = len(POINTS), np.zeros((len(DIRECTIONS), 3))
    evidence = Evidence(points=np.zeros((num, 2)), directions=directions, visibility=np.ones(num))
    problem = Problem(model=fit_model(), evidence=evidence, stature=1.0)
    hip, knee, ankle = (point_row(f"left_{name}") for name in ("hip", "knee", "ankle"))
    world = own_points(problem)
    to_camera = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    world[knee] = world[hip] + to_camera @ thigh
    known = np.ones(num, dtype=bool)
    known[ankle] = False
    found = complete_limbs(problem, np.concatenate([np.zeros(57), np.full(6, 0.5)]), world, known)
    placed = problem.points(found[None])[0, : len(POINTS)]
    along = placed[ankle] - placed[knee]
    wanted = to_camera @ shin / np.linalg.norm(shin)
    assert along @ wanted / np.linalg.norm(along) > 0.95


@pytest.fixture(scope="module")
def completed(half: Estimate) -> Estimate:
    return complete(half)


def test_a_completed_person_is_whole_and_keeps_what_the_photo_shows(half: Estimate, completed: Estimate):
    assert completed.cut == ()
    assert {"legs", "feet"} <= set(completed.invented)
    labels, size = completed.parsing[0].argmax(0), completed.canvas.size
    for name, part in (("left_knee", "left_leg"), ("right_ankle", "right_leg"), ("right_elbow", "right_arm")):
        column, row = ((joints(completed)[name] - corner(completed)) / completed.canvas.side * size).astype(int)
        assert CLASSES[int(labels[row, column])] == part
    for name, place in joints(half).items():
        assert joints(completed)[name] == pytest.approx(place, abs=0.5)
    old, new = (chest(seen) for seen in (half, completed))
    assert torch.allclose(old, new, atol=0.06)


def test_invented_legs_wear_dark_trousers_and_no_shirt(completed: Estimate):
    picture, size = completed.photo.image[0], completed.canvas.size
    place = joints(completed)["left_hip"] * 0.4 + joints(completed)["left_knee"] * 0.6
    column, row = ((place - corner(completed)) / completed.canvas.side * size).astype(int)
    colour = picture[:, row - 2 : row + 3, column - 2 : column + 3].mean((1, 2))
    assert colour.max() < 0, "dark"
    assert colour.argmax() == 2, "and rather blue"


def test_a_whole_person_needs_no_completing(whole: Estimate):
    assert complete(whole) is whole


def corner(seen: Estimate) -> np.ndarray:
    return np.array([seen.canvas.left, seen.canvas.top])


def chest(seen: Estimate) -> torch.Tensor:
    """Mean colour of a square between the shoulders."""
    size, found = seen.canvas.size, joints(seen)
    middle = (found["left_shoulder"] + found["right_shoulder"]) / 2 + [0, 40]
    (left, top), (right, bottom) = (
        np.round((middle + off - corner(seen)) / seen.canvas.side * size).astype(int) for off in (-20, 20)
    )
    return seen.photo.image[0, :, top:bottom, left:right].mean((1, 2))


def test_a_limb_of_which_nothing_is_seen_needs_no_room(half: Estimate):
    """Arms that the fit stretches beyond the picture's sides do not make the square larger, in the same pose."""
    wide = library_pose("t-pose")
    assert stand(half, wide)[1].side > half.canvas.side
    assert stand(replace(half, body=replace(half.body, pose=wide)), wide)[1] == half.canvas
