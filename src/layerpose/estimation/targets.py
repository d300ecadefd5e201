"""What the fit compares: which landmark is which point of the body, and how far each may be trusted."""

from __future__ import annotations

from dataclasses import dataclass

PITCH_DEG = 10.0
"""MediaPipe's world landmarks of people who face the camera lean towards it by about this much."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A landmark and the body point it shows: the mean of keypoints, or the head of a bone."""

    name: str
    landmark: int
    sigma: float
    """Expected error as a share of the stature."""
    keypoints: tuple[str, ...] = ()
    bone: str = ""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """Two points whose direction in space the world landmarks give; `sigma` as the length of a unit vector's error."""

    start: str
    end: str
    sigma: float


def _paired(name: str, landmark: int, sigma: float, *, keypoints: tuple[str, ...] = (), bone: str = "") -> list[Point]:
    """The point of both sides; MediaPipe numbers the right side one higher."""
    return [
        Point(
            name=f"{side}_{name}",
            landmark=landmark + row,
            sigma=sigma,
            keypoints=tuple(f"{side}_{keypoint}" for keypoint in keypoints),
            bone=bone and f"{bone}.{side[0].upper()}",
        )
        for row, side in enumerate(("left", "right"))
    ]


POINTS = (
    Point(name="nose", landmark=0, sigma=0.012, keypoints=("nose",)),
    Point(name="left_eye", landmark=2, sigma=0.012, keypoints=("left_eye",)),
    Point(name="right_eye", landmark=5, sigma=0.012, keypoints=("right_eye",)),
    *_paired("ear", 7, 0.015, keypoints=("ear",)),
    *_paired("shoulder", 11, 0.012, keypoints=("shoulder",)),
    *_paired("elbow", 13, 0.010, keypoints=("elbow",)),
    *_paired("wrist", 15, 0.010, keypoints=("wrist",)),
    *_paired("pinky", 17, 0.020, bone="finger5-1"),
    *_paired("index", 19, 0.020, bone="finger2-1"),
    *_paired("thumb", 21, 0.030, bone="finger1-2"),
    *_paired("hip", 23, 0.015, keypoints=("hip",)),
    *_paired("knee", 25, 0.010, keypoints=("knee",)),
    *_paired("ankle", 27, 0.010, keypoints=("ankle",)),
    *_paired("heel", 29, 0.015, keypoints=("heel",)),
    *_paired("toe", 31, 0.015, keypoints=("big_toe", "small_toe")),
)


def _both(start: str, end: str, sigma: float) -> list[Direction]:
    return [Direction(start=f"{side}_{start}", end=f"{side}_{end}", sigma=sigma) for side in ("left", "right")]


DIRECTIONS = (
    Direction(start="right_shoulder", end="left_shoulder", sigma=0.12),
    Direction(start="right_hip", end="left_hip", sigma=0.15),
    Direction(start="right_ear", end="left_ear", sigma=0.20),
    *_both("shoulder", "elbow", 0.15),
    *_both("elbow", "wrist", 0.15),
    *_both("hip", "knee", 0.15),
    *_both("knee", "ankle", 0.15),
    *_both("hip", "shoulder", 0.20),
    *_both("heel", "toe", 0.30),
    *_both("wrist", "index", 0.40),
    *_both("pinky", "index", 0.50),
)


def point_row(name: str) -> int:
    """Row of a point in `POINTS`."""
    return next(row for row, point in enumerate(POINTS) if point.name == name)
