"""The body of a video stands on the floor: who comes nearer does not sink, who jumps is in the air."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Float

from layerpose.body.model import Rest, body_model
from layerpose.motion.grounding import Shown, ground
from layerpose.motion.moves import library_motion
from layerpose.motion.performer import ankles_of, leg_length
from layerpose.motion.timing import resample
from layerpose.types import Motion


@pytest.fixture(scope="module")
def rest() -> Rest:
    return body_model().rest(np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5]))


def show(across: Float[np.ndarray, "t 2"], depth: float = 4.0) -> Shown:
    num = len(across)
    return Shown(across=across, depth=np.full(num, depth), shots=np.zeros(num, dtype=np.int64), fps=15.0)


def standing(num: int) -> Float[np.ndarray, "t 104 3 3"]:
    return np.tile(np.eye(3), (num, len(body_model().bone_names), 1, 1))


def heights(motion: Motion, rest: Rest) -> Float[np.ndarray, "t"]:
    """Of the lower ankle, in metres."""
    ankles = motion.path.double().numpy()[:, None] * leg_length(rest) + ankles_of(motion, rest)
    return ankles[..., 2].min(1)


def test_who_walks_towards_the_camera_does_not_sink(rest: Rest) -> None:
    down = np.linspace(0, 0.9, 45)
    found = heights(ground(standing(45), rest, show(np.column_stack([0 * down, down]))), rest)
    assert np.ptp(found) < 0.01
    assert found[0] == pytest.approx(
        rest.heads[body_model().bone("foot.L"), 2] - rest.vertices[body_model().skin, 2].min(), abs=0.02
    )


def test_a_jump_is_in_the_air_and_ends_on_the_floor(rest: Rest) -> None:
    up = np.zeros(45)
    up[20:27] = 0.4 * np.sin(np.linspace(0, np.pi, 7))
    found = heights(ground(standing(45), rest, show(np.column_stack([0 * up, -up]))), rest)
    assert found[23] - found[10] == pytest.approx(0.4, abs=0.06)
    assert found[[0, 35, 44]] == pytest.approx(found[10], abs=0.01)


def test_feet_of_a_walk_seen_from_the_side_stand_still(rest: Rest) -> None:
    walk = resample(library_motion("walk"), 15.0)
    quarter = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    turns = walk.rotations.double().numpy().copy()
    turns[:, 0] = quarter @ turns[:, 0]
    way = (walk.path.double().numpy() * leg_length(rest)) @ quarter.T
    trembling = way[:, [0]] + np.random.default_rng(0).normal(0, 0.01, (len(way), 1))
    motion = ground(turns, rest, show(np.column_stack([trembling, -way[:, 2]])))
    assert motion.ankles is not None
    path, ankles = motion.path.numpy() * leg_length(rest), motion.ankles.numpy() * leg_length(rest)
    assert path[-1, 0] - path[0, 0] == pytest.approx(way[-1, 0] - way[0, 0], abs=0.08)
    still = np.linalg.norm(np.diff(ankles[..., :2], axis=0), axis=-1) < 1e-4
    assert still.mean() > 0.2
