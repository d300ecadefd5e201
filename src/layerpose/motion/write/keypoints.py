"""Take -> keypoints in pixels, in OpenPose's orders: the body, both hands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from layerpose.body.camera import frame, project
from layerpose.body.model import body_model
from layerpose.motion.keypoint_layouts import BODY_25
from layerpose.motion.write.take import Take

MIDDLES = {"neck": ("left_shoulder", "right_shoulder"), "mid_hip": ("left_hip", "right_hip")}
FINGERTIP = 0.8
"""Length of a finger's last bone as a share of the one before."""


@dataclass(frozen=True, kw_only=True)
class Keypoints:
    """Where OpenPose would see the person, in pixels of a picture."""

    width: int
    height: int
    body: Float[np.ndarray, "t 25 2"]
    left_hand: Float[np.ndarray, "t 21 2"]
    right_hand: Float[np.ndarray, "t 21 2"]


def find_keypoints(take: Take) -> Keypoints:
    """All frames, seen by one camera: the one that the take brings along, else one that sees the whole path."""
    camera, picture, origin = take.camera, take.picture, take.pelvis_m[0]
    if camera is None:
        everything = np.concatenate([take.keypoints_m, take.heads_m], axis=1).reshape(-1, 3) - origin
        camera = frame(torch.as_tensor(everything))

    def seen(places: Float[np.ndarray, "t k 3"]) -> Float[np.ndarray, "t k 2"]:
        on_canvas = project(torch.as_tensor(places - origin), camera)[..., :2].numpy()
        return on_canvas * picture.side + [picture.left, picture.top]

    return Keypoints(
        width=picture.width,
        height=picture.height,
        body=seen(body_25(take.keypoints_m)),
        left_hand=seen(_hand(take.heads_m, "L")),
        right_hand=seen(_hand(take.heads_m, "R")),
    )


def body_25(found: Float[np.ndarray, "t 23 3"]) -> Float[np.ndarray, "t 25 3"]:
    """OpenPose's points out of the body's own keypoints."""
    names = body_model().keypoint_names
    wanted = [[names.index(part) for part in MIDDLES.get(name, (name,))] for name in BODY_25]
    return np.stack([found[:, rows].mean(1) for rows in wanted], axis=1)


def _hand(heads: Float[np.ndarray, "t j 3"], side: str) -> Float[np.ndarray, "t 21 3"]:
    """The wrist, then four points of each finger from thumb to little finger, the last one its tip."""
    model = body_model()
    points = [heads[:, model.bone(f"wrist.{side}")]]
    for finger in range(1, 6):
        first, second, third = (heads[:, model.bone(f"finger{finger}-{joint}.{side}")] for joint in (1, 2, 3))
        points += [first, second, third, third + FINGERTIP * (third - second)]
    return np.stack(points, axis=1)
