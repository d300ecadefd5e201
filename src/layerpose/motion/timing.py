"""Motion -> the same motion at another frame rate, or a piece of it; separate poses -> Motion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Shaped
from scipy.spatial.transform import Rotation, Slerp
from torch import Tensor

from layerpose.types import Motion, Pose

SLOWEST, FASTEST = 1.0, 120.0
"""Frame rates that can be asked for."""


def check_rate(fps: float) -> None:
    """ValueError unless this many frames a second can be asked for."""
    if not SLOWEST <= fps <= FASTEST:
        raise ValueError(f"{fps:g} frames a second were asked for; expected {SLOWEST:g} to {FASTEST:g}")


def resample(motion: Motion, fps: float) -> Motion:
    """Another frame rate, the same duration: rotations by slerp, places in straight lines."""
    check_rate(fps)
    if fps == motion.fps:
        return motion
    num_frames = max(round(motion.num_frames * fps / motion.fps), 1)
    times = np.minimum(np.arange(num_frames) * motion.fps / fps, motion.num_frames - 1)
    return replace(
        motion,
        rotations=turn_between(motion.rotations, times),
        path=_move_between(motion.path, times),
        ankles=None if motion.ankles is None else _move_between(motion.ankles, times),
        fps=fps,
    )


def select(motion: Motion, start: int, stop: int) -> Motion:
    """The frames from `start` up to, but not including, `stop`. ValueError if the motion has no such frames."""
    if not 0 <= start < stop <= motion.num_frames:
        raise ValueError(
            f"the motion has {motion.num_frames} frames (0 to {motion.num_frames - 1}); {start}:{stop} is no range of "
            f"them; expected FIRST:END with 0 <= FIRST < END <= {motion.num_frames}"
        )
    return replace(
        motion,
        rotations=motion.rotations[start:stop],
        path=motion.path[start:stop],
        ankles=None if motion.ankles is None else motion.ankles[start:stop],
    )


def poses_to_motion(poses: Sequence[Pose], fps: float) -> Motion:
    """Poses one after the other, the pelvis staying where it is."""
    rotations = torch.stack([pose.rotations for pose in poses]).float()
    return Motion(rotations=rotations, path=torch.zeros(len(poses), 3), ankles=None, fps=fps)


def turn_between(rotations: Float[Tensor, "t j 3 3"], times: Float[np.ndarray, "n"]) -> Float[Tensor, "n j 3 3"]:
    """Rotations at times counted in frames, by slerp."""
    values = rotations.double().numpy()
    if len(values) == 1:
        return rotations[:1].repeat(len(times), 1, 1, 1)
    turned = np.broadcast_to(values[:1], (len(times), *values.shape[1:])).copy()
    for bone in np.flatnonzero((values != values[:1]).any((0, 2, 3))):
        turned[:, bone] = Slerp(np.arange(len(values)), Rotation.from_matrix(values[:, bone]))(times).as_matrix()
    return torch.from_numpy(turned.astype(np.float32))


def _move_between(places: Float[Tensor, "t *k"], times: Float[np.ndarray, "n"]) -> Float[Tensor, "n *k"]:
    if len(places) == 1:
        return places[:1].expand(len(times), *places.shape[1:]).clone()
    moved = lines_between(np.arange(len(places)), places.double().numpy(), times)
    return torch.from_numpy(moved.astype(np.float32))


def lines_between(
    clock: Shaped[np.ndarray, "t"], values: Float[np.ndarray, "t *k"], times: Shaped[np.ndarray, "n"]
) -> Float[np.ndarray, "n *k"]:
    """Values at times between two or more that the clock names, in straight lines; none lies outside of these."""
    before = np.clip(np.searchsorted(clock, times, side="right") - 1, 0, len(clock) - 2)
    share = (times - clock[before]) / (clock[before + 1] - clock[before])
    share = share.reshape(-1, *[1] * (values.ndim - 1))
    return values[before] + share * (values[before + 1] - values[before])
