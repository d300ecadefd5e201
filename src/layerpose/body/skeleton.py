"""Names of the bones and keypoints, and what their mirror images are called."""

from __future__ import annotations

KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "neck",
)  # fmt: skip
"""The 17 keypoints of COCO and the neck (the middle of the shoulders): the 18 channels of H."""

BONES = (
    ("nose", "left_eye", 1), ("nose", "right_eye", 1), ("left_eye", "left_ear", 1), ("right_eye", "right_ear", 1),
    ("nose", "neck", 1), ("left_shoulder", "right_shoulder", 2), ("left_hip", "right_hip", 2),
    ("left_shoulder", "left_hip", 2), ("right_shoulder", "right_hip", 2), ("left_shoulder", "left_elbow", 3),
    ("left_elbow", "left_wrist", 3), ("right_shoulder", "right_elbow", 4), ("right_elbow", "right_wrist", 4),
    ("left_hip", "left_knee", 5), ("left_knee", "left_ankle", 5), ("right_hip", "right_knee", 6),
    ("right_knee", "right_ankle", 6),
)  # fmt: skip
"""Lines of the skeleton: two keypoints and the class (a row of `types.CLASSES`) to which they belong."""

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
