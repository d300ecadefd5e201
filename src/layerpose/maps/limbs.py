"""A target body -> limb maps: the pose as the volume network is told about it.

Paper: a pose has 18 keypoints. They end at wrists and ankles, so that nobody could know where feet point, or how a hand
is turned and closed; a tip for each of them is added, and the outer knuckles and fingers of each hand.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.body.skeleton import BONES, KEYPOINTS
from layerpose.maps.render import PlacedBody
from layerpose.types import PARTS

SIGMA = 5 / 256
"""Standard deviation across a limb, as a share of the canvas."""
FINGERS = {"thumb": 1, "index": 2, "little": 5}
"""Fingers that have a tip of their own, and their numbers in the body model; the middle one ends at the fingertip."""
KNUCKLES = ("index", "little")
POINTS = (
    *KEYPOINTS, "left_fingertip", "right_fingertip", "left_toe", "right_toe",
    *(f"{side}_{finger}_tip" for side in ("left", "right") for finger in FINGERS),
    *(f"{side}_{finger}_knuckle" for side in ("left", "right") for finger in KNUCKLES),
)  # fmt: skip
LIMBS = (
    *((start, end) for start, end, _ in BONES),
    ("left_wrist", "left_fingertip"), ("right_wrist", "right_fingertip"),
    ("left_ankle", "left_toe"), ("right_ankle", "right_toe"),
    *((f"{side}_wrist", f"{side}_{end}") for side in ("left", "right")
      for end in ("thumb_tip", "index_knuckle", "little_knuckle")),
    *((f"{side}_{finger}_knuckle", f"{side}_{finger}_tip") for side in ("left", "right") for finger in KNUCKLES),
)  # fmt: skip
NUM_LIMB_CHANNELS = 2 * len(LIMBS)


def limb_points(drawn: PlacedBody) -> Float[Tensor, "32 3"]:
    """`POINTS` of a drawing of the body's own mesh: canvas units, depth in metres."""
    return torch.cat([drawn.keypoints, drawn.vertices[[*_tips(), *_hands()]]])


@lru_cache(maxsize=1)
def _tips() -> tuple[int, ...]:
    """Vertices at the end of each hand (farthest from the trunk) and of each foot (farthest to the front)."""
    model = body_model()
    places, parts = model.template, [model.faces[model.triangle_parts == part].ravel() for part in range(len(PARTS))]
    middle = places[parts[PARTS.index("torso")]].mean(0)
    reach, forward = np.linalg.norm(places - middle, axis=1), -places[:, 1]
    ends = {"left_arm": reach, "right_arm": reach, "left_leg": forward, "right_leg": forward}
    return tuple(int(parts[PARTS.index(part)][far[parts[PARTS.index(part)]].argmax()]) for part, far in ends.items())


@lru_cache(maxsize=1)
def _hands() -> tuple[int, ...]:
    """Vertices at the tips of `FINGERS` (farthest from where the finger begins) and at the `KNUCKLES`."""
    model = body_model()
    owner = np.where(np.isin(np.arange(len(model.template)), model.skin), model.weights.argmax(1), -1)

    def find(bone: str, finger: int, side: str, *, end: bool) -> int:
        own = np.flatnonzero(owner == model.bone(f"finger{finger}-{bone}.{side}"))
        far = np.linalg.norm(model.template[own] - model.template_heads[model.bone(f"finger{finger}-1.{side}")], axis=1)
        return int(own[far.argmax() if end else far.argmin()])

    tips = [find("3", finger, side, end=True) for side in "LR" for finger in FINGERS.values()]
    return *tips, *(find("1", FINGERS[finger], side, end=False) for side in "LR" for finger in KNUCKLES)


def draw_limbs(points: Float[Tensor, "32 3"], size: int) -> Float[Tensor, "c size size"]:
    """For each limb a line with Gaussian flanks of peak 1, then the same times the depth (metres) along the limb."""
    starts, ends = (points[[POINTS.index(limb[end]) for limb in LIMBS]][:, None, None] for end in (0, 1))
    centres = (torch.arange(size, device=points.device) + 0.5) / size
    places = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1)
    along = (ends - starts)[..., :2]
    share = ((places - starts[..., :2]) * along).sum(-1) / (along**2).sum(-1).clamp(min=1e-8)
    share = share.clamp(0, 1)
    distance2 = ((places - starts[..., :2] - share[..., None] * along) ** 2).sum(-1)
    line = torch.exp(-distance2 / (2 * SIGMA**2))
    depth = starts[..., 2] + share * (ends - starts)[..., 2]
    return torch.cat([line, line * depth])
