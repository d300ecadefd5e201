"""Names of the bones and keypoints, and what their mirror images are called."""

from __future__ import annotations

KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "neck",
)  # fmt: skip
"""The 17 keypoints of COCO and the neck (the middle of the shoulders): the 18 channels of H."""

FEET = (
    "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel",
)  # fmt: skip
"""Six more points that the body gives, for fitting and for putting feet on the ground."""

BODY_JOINTS = KEYPOINTS[5:17]
"""The 12 body joints on which poses are compared."""


def mirrored(name: str) -> str:
    """The name on the other side: ``left_ear`` -> ``right_ear``, ``wrist.L`` -> ``wrist.R``; the middle stays."""
    if name.startswith("left_"):
        return "right_" + name[5:]
    if name.startswith("right_"):
        return "left_" + name[6:]
    if name.endswith((".L", ".R")):
        return name[:-1] + ("R" if name.endswith("L") else "L")
    return name


MIRRORED_KEYPOINTS = tuple(KEYPOINTS.index(mirrored(name)) for name in KEYPOINTS)
"""The channel of H that each channel becomes when a picture is flipped."""
