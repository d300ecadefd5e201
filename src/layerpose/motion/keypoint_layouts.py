"""Names of the points of a person's picture in the orders in which files give them."""

from __future__ import annotations

from layerpose.body.skeleton import KEYPOINTS

BODY_25 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye",
    "left_eye", "right_ear", "left_ear", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe",
    "right_small_toe", "right_heel",
)  # fmt: skip
"""OpenPose."""
COCO_18 = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip
"""OpenPose's older order, that of DWPose in ComfyUI and of ControlNet's picture."""
COLOURS = (
    (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0), (0, 255, 85),
    (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255), (170, 0, 255), (255, 0, 255),
    (255, 0, 170), (255, 0, 85),
)  # fmt: skip
"""Of the joints of ControlNet's picture, in the order of `COCO_18`."""
LIMBS = (
    ("neck", "right_shoulder"), ("neck", "left_shoulder"), ("right_shoulder", "right_elbow"),
    ("right_elbow", "right_wrist"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("neck", "right_hip"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"), ("neck", "left_hip"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("neck", "nose"), ("nose", "right_eye"),
    ("right_eye", "right_ear"), ("nose", "left_eye"), ("left_eye", "left_ear"),
)  # fmt: skip
"""Of ControlNet's picture: ellipses, each in the colour of its place in `COLOURS`, darkened."""
COCO_17 = KEYPOINTS[:17]
"""COCO's person keypoints."""

LANDMARKS = {
    "nose": 0, "left_eye": 2, "right_eye": 5, "left_ear": 7, "right_ear": 8, "left_shoulder": 11,
    "right_shoulder": 12, "left_elbow": 13, "right_elbow": 14, "left_wrist": 15, "right_wrist": 16,
    "left_hip": 23, "right_hip": 24, "left_knee": 25, "right_knee": 26, "left_ankle": 27,
    "right_ankle": 28, "left_heel": 29, "right_heel": 30,
}  # fmt: skip
"""Name -> which of MediaPipe's 33 it is."""
TOES = {"left": 31, "right": 32}
"""MediaPipe's toe lies between OpenPose's big and small ones."""
HAND_LANDMARKS = {"left": {17: 17, 19: 5, 21: 2}, "right": {18: 17, 20: 5, 22: 2}}
"""Of the 33: knuckle of the little and the index finger and joint of the thumb -> which of a hand's 21."""
WRISTS = {"left": 15, "right": 16}
FACE_LANDMARKS = {0: (30,), 2: tuple(range(42, 48)), 5: tuple(range(36, 42)), 7: (16,), 8: (0,)}
"""Of the 33 -> which of a face's 70 (or 68) lie there: nose, left and right eye, and, near the ears, the jaw's ends."""
