from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.estimation.face_points import HEAD, VERTICES
from layerpose.estimation.fit import Fit, fit_body, solve
from layerpose.estimation.fit_model import CAMERA, SHAPE_COLUMNS, exponential, fit_model, group_columns
from layerpose.estimation.fit_problem import SHAPE_MEAN
from layerpose.estimation.landmarks import Landmarks
from layerpose.estimation.targets import POINTS, point_row
from layerpose.maps.raster import draw
from layerpose.maps.render import pose_body

SIZE, SCALE, CENTRE = 512, 230.0, np.array([256.0, 250.0])
BENT = {
    "root": (0, 0, 0.3),
    "upperarm01.L": (0.2, 0.4, 0.5),
    "lowerarm01.R": (0.3, 0.2, -0.6),
    "lowerleg01.L": (0.6, 0, 0),
}


def pose_vector(turns: dict[str, tuple[float, float, float]]) -> np.ndarray:
    parameters = np.zeros(SHAPE_COLUMNS.stop)
    parameters[SHAPE_COLUMNS] = SHAPE_MEAN
    for name, turn in turns.items():
        parameters[group_columns(name)] = turn
    return parameters


def seen_points(parameters: np.ndarray) -> np.ndarray:
    model = fit_model()
    shapes = model.shapes(parameters[None, SHAPE_COLUMNS])
    return (model.local(model.landmarks, shapes)[0] @ model.bones(parameters[None, :54], shapes.reference_heads))[0]


def photograph(parameters: np.ndarray) -> Landmarks:
    """Landmarks and mask as a perfect detector would give them."""
    model, points = body_model(), seen_points(parameters)
    image, world = np.zeros((33, 3)), np.zeros((33, 3))
    rows = [point.landmark for point in POINTS]
    image[rows, :2] = points[:, :2] * SCALE + CENTRE
    world[rows] = points
    vertices = model.pose(model.rest(parameters[SHAPE_COLUMNS]), fit_model().rotations(parameters[:54])).vertices
    vertices = vertices @ CAMERA.T * [SCALE, SCALE, 1] + [*CENTRE, 0]
    faces = torch.as_tensor(model.faces, dtype=torch.int32)
    parts = torch.zeros(len(faces), dtype=torch.int32)
    buffers = draw(torch.as_tensor(vertices).float(), faces, parts, num_parts=1, height=SIZE, width=SIZE)
    mask = (buffers.nearest().part >= 0).numpy().astype(np.float32)
    return Landmarks(image=image, world=world, visibility=np.ones(33), mask=mask, score=1.0, num_people=1)


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return solve(photograph(pose_vector(BENT)))


def test_reduced_model_puts_points_where_the_body_model_does():
    rng = np.random.default_rng(0)
    parameters = pose_vector({})
    parameters[:54] = rng.normal(0, 0.4, 54)
    parameters[SHAPE_COLUMNS] = rng.uniform(0.3, 0.7, 6)
    body = body_model()
    posed = body.pose(body.rest(parameters[SHAPE_COLUMNS]), fit_model().rotations(parameters[:54]))
    points = seen_points(parameters) @ CAMERA
    for name in ("nose", "left_shoulder", "right_elbow", "left_wrist", "right_knee", "left_heel"):
        expected = posed.keypoints[body.keypoint_names.index(name)]
        np.testing.assert_allclose(points[point_row(name)], expected, atol=1e-5)
    np.testing.assert_allclose(points[point_row("left_index")], posed.heads[body.bone("finger2-1.L")], atol=1e-5)


def test_fit_recovers_a_body_from_its_own_landmarks_and_outline(fitted: Fit):
    assert fitted.reprojection < 0.005
    assert fitted.overlap > 0.94


def test_fit_bends_the_joints_that_were_bent(fitted: Fit):
    rotations = fitted.body.pose.rotations.numpy()
    for name, joint in (("lowerarm01.R", True), ("lowerleg01.L", True), ("lowerleg01.R", False)):
        turn = exponential(np.array(BENT[name] if joint else (0, 0, 0), dtype=float))
        off = np.arccos(np.clip((np.trace(turn.T @ rotations[body_model().bone(name)]) - 1) / 2, -1, 1))
        assert off < 0.35, name


def test_fit_of_the_mirror_image_is_the_mirrored_fit(fitted: Fit):
    seen = photograph(pose_vector(BENT))
    other = [point_row(_mirrored(point.name)) for point in POINTS]
    rows = np.array([point.landmark for point in POINTS])
    image, world = seen.image.copy(), seen.world.copy()
    image[rows], world[rows] = seen.image[rows[other]], seen.world[rows[other]]
    image[:, 0], world[:, 0] = SIZE - image[:, 0], -world[:, 0]
    flipped = Landmarks(
        image=image, world=world, visibility=seen.visibility, mask=seen.mask[:, ::-1].copy(), score=1.0, num_people=1
    )
    points = solve(flipped).points[other]
    np.testing.assert_allclose(SIZE - points[:, 0], fitted.points[:, 0], atol=2.0)
    np.testing.assert_allclose(points[:, 1], fitted.points[:, 1], atol=2.0)


def test_head_is_where_its_face_is_though_nose_eyes_and_ears_say_otherwise():
    turned, model = pose_vector({"head": (0, 0, np.deg2rad(40))}), body_model()
    seen, straight = photograph(turned), photograph(pose_vector({}))
    image, world = seen.image.copy(), seen.world.copy()
    image[HEAD], world[HEAD] = straight.image[HEAD], straight.world[HEAD]
    posed = model.pose(model.rest(turned[SHAPE_COLUMNS]), fit_model().rotations(turned[:54]))
    face = (posed.vertices[VERTICES] @ CAMERA.T)[:, :2] * SCALE + CENTRE

    def error(face: np.ndarray | None) -> float:
        body = solve(replace(seen, image=image, world=world, face=face)).body
        found = project(torch.as_tensor(pose_body(body).vertices[VERTICES]), body.camera)[:, :2].numpy()
        return float(np.linalg.norm(found - wanted, axis=1).mean())

    wanted = face
    assert error(None) > 6
    assert error(face) < 1.5


def test_landmarks_of_no_human_are_refused_with_the_figures():
    seen = photograph(pose_vector(BENT))
    rng = np.random.default_rng(1)
    image = seen.image.copy()
    image[:, :2] = rng.uniform(100, 400, (33, 2))
    mess = Landmarks(
        image=image, world=rng.normal(0, 0.5, (33, 3)), visibility=np.ones(33), mask=seen.mask, score=1.0, num_people=1
    )
    with pytest.raises(ValueError, match=r"could not be fitted: .*% of the stature"):
        fit_body(mess)


def _mirrored(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{swap[side]}_{rest}" if side in swap else name
