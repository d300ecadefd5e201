"""Poses over time: depth that trembles is smoothed, fast movements across the picture stay."""

from __future__ import annotations

import numpy as np
import pytest
from jaxtyping import Float

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import body_model
from layerpose.estimation.fit_frames import NUM, Frames, Seen
from layerpose.estimation.fit_model import group_columns
from layerpose.estimation.fit_over_time import fit_over_time
from layerpose.estimation.targets import point_row

SHAPE = np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5])
WRIST = point_row("left_wrist")
FRAMES = 16


def waving() -> Float[np.ndarray, "t 57"]:
    """The left forearm swings up and down one and a half times a second."""
    parameters = np.zeros((FRAMES, NUM))
    times = np.arange(FRAMES) / 15
    parameters[:, group_columns("upperarm01.L")] = [0.0, -0.6, 0.0]
    parameters[:, group_columns("lowerarm01.L")] = np.outer(0.5 + 0.5 * np.sin(2 * np.pi * 1.5 * times), [0, -1.0, 0])
    parameters[:, -3:] = np.log(150), 200, 200
    return parameters


def see(parameters: Float[np.ndarray, "t 57"], *, depth_noise: float) -> tuple[Seen, Float[np.ndarray, "t 27 3"]]:
    nothing = Seen(
        points=np.zeros((FRAMES, 27, 2)), world=np.ones((FRAMES, 27, 3)), visibility=np.ones((FRAMES, 27)),
        shots=np.zeros(FRAMES, dtype=np.int64), times=np.arange(FRAMES) / 15,
    )  # fmt: skip
    frames = Frames(nothing, SHAPE)
    places = frames.points(parameters)
    trembling = places + np.random.default_rng(0).normal(size=places.shape) * [0, 0, depth_noise]
    seen = Seen(
        points=frames.drawn(parameters, places), world=trembling, visibility=nothing.visibility, shots=nothing.shots,
        times=nothing.times,
    )  # fmt: skip
    return seen, places


def unseen(seen: Seen, rows: slice) -> Seen:
    visibility = seen.visibility.copy()
    visibility[rows] = 0
    return Seen(points=seen.points, world=seen.world, visibility=visibility, shots=seen.shots, times=seen.times)


def places_of(seen: Seen) -> Float[np.ndarray, "t 1 3"]:
    """Where the fit puts the left wrist, in metres from the pelvis."""
    poses = fit_over_time(seen, SHAPE)
    model, rest = body_model(), body_model().rest(SHAPE)
    heads = np.stack([model.kinematics(rest, turns)[1] for turns in poses.rotations])
    return heads[:, [model.bone("wrist.L")]] @ BODY_TO_CAMERA.double().numpy().T


def test_trembling_depth_is_smoothed_and_a_fast_hand_goes_as_far() -> None:
    seen, truth = see(waving(), depth_noise=0.05)
    wrist, true = places_of(seen)[:, 0], truth[:, WRIST]
    assert np.ptp(wrist[:, :2], axis=0).max() == pytest.approx(np.ptp(true[:, :2], axis=0).max(), rel=0.06)
    shake, put_in = (np.linalg.norm(np.diff(z, n=2)) for z in (wrist[:, 2], seen.world[:, WRIST, 2]))
    assert shake < 0.25 * put_in


def test_what_is_not_seen_goes_on_evenly() -> None:
    seen, _ = see(waving(), depth_noise=0.0)
    whole, gap = places_of(seen), places_of(unseen(seen, slice(6, 8)))
    assert np.linalg.norm(gap - whole, axis=-1).max() < 0.12
