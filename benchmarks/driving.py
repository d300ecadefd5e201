"""How even is the motion that a video gives? ``python benchmarks/driving.py CLIPS.mp4 ... [--range 0:60]``.

Accelerations are means over joints and frames, in statures per second squared, from the pelvis, then with its path.
A yaw jump is a turn of the hips by more than 60 degrees between two frames. `wrists` compares how far (5 % to 95 %) and
how fast (95 %) both wrists go in the picture with MediaPipe's landmarks of single frames.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from layerpose.body.model import body_model
from layerpose.evaluation.feet import measure_feet
from layerpose.motion.performer import leg_length
from layerpose.motion.read.video import VideoClip, read_video
from layerpose.types import Motion

JOINTS = tuple(
    f"{bone}.{side}"
    for bone in ("upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot")
    for side in "LR"
)
ADULT = np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5])
YAW_JUMP_DEG = 60.0


@dataclass(frozen=True, kw_only=True)
class Evenness:
    """Figures of a motion, performed by an average body."""

    posed: float
    """Mean acceleration of the joints relative to the pelvis, in statures per second squared."""
    placed: float
    """The same with the pelvis's path."""
    yaw_jumps: int
    slide: float
    """Way of planted ankles, in leg lengths a second."""
    planted: float
    first: float
    """Height of the lower ankle in the first frame above the lowest of all frames, in statures."""


def joints_of(motion: Motion) -> tuple[Float[np.ndarray, "t n 3"], float, float]:
    """Places relative to the pelvis in metres, the stature, and the length of a leg."""
    model, rest = body_model(), body_model().rest(ADULT)
    rows = [model.bone(name) for name in JOINTS]
    places = np.stack([model.kinematics(rest, turns)[1][rows] for turns in motion.rotations.double().numpy()])
    return places, float(np.ptp(rest.vertices[model.skin, 2])), leg_length(rest)


def measure(motion: Motion) -> Evenness:
    """All figures of one motion."""
    places, stature, leg = joints_of(motion)
    path = motion.path.double().numpy() * leg
    lowest = path[:, 2] + places[..., 2].min(1)
    feet = measure_feet(motion, body_model().rest(ADULT))
    return Evenness(
        posed=_acceleration(places / stature, motion.fps),
        placed=_acceleration((places + path[:, None]) / stature, motion.fps),
        yaw_jumps=count_yaw_jumps(places),
        slide=feet.source_slide,
        planted=feet.planted,
        first=float(lowest[0] - lowest.min()) / stature,
    )


def count_yaw_jumps(places: Float[np.ndarray, "t n 3"]) -> int:
    """How often the line of the hips turns too fast."""
    left, right = (JOINTS.index(f"upperleg01.{side}") for side in "LR")
    across = places[:, left] - places[:, right]
    yaw = np.unwrap(np.arctan2(across[:, 1], across[:, 0]))
    return int((np.abs(np.diff(yaw)) > np.deg2rad(YAW_JUMP_DEG)).sum())


def _acceleration(places: Float[np.ndarray, "t n 3"], fps: float) -> float:
    return float(np.linalg.norm(np.diff(places, n=2, axis=0), axis=-1).mean() * fps**2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--range", default="0:")
    given = parser.parse_args()
    first, _, end = given.range.partition(":")
    print("| clip | frames | bridged | s a frame | posed | placed | yaw jumps | slide | planted | first frame |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for path in given.videos:
        clip = read_video(path)
        assert isinstance(clip, VideoClip)
        started = time.perf_counter()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            motion = clip.motion(int(first or 0), min(int(end or clip.num_frames), clip.num_frames))
        spent = (time.perf_counter() - started) / motion.num_frames
        bridged = next(
            (str(one.message).split(": ")[1].split(" of ")[0] for one in said if "bridged" in str(one.message)), "0"
        )
        found = measure(motion)
        print(
            f"| {path.stem} | {motion.num_frames} | {bridged} | {spent:.2f} | {found.posed:.2f} | {found.placed:.2f} | "
            f"{found.yaw_jumps} | {found.slide:.3f} | {found.planted:.0%} | {found.first:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
