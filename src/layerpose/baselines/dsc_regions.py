"""DSC's deformable skips: two poses -> an affine motion and a mask for each of ten regions; features moved by them.

The regions, in order: the whole body, the head, and eight limb segments (`LIMBS`). Points are pixels of a picture with
`UNIT` pixels a side, the size for which the published numbers hold; masks and motions work at any resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from layerpose.body.skeleton import KEYPOINTS, MIRRORED_KEYPOINTS

UNIT = 256
TRUNK = tuple(KEYPOINTS.index(name) for name in ("right_hip", "left_hip", "left_shoulder", "right_shoulder"))
HEAD = tuple(KEYPOINTS.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear"))
SHOULDERS = TRUNK[2:]
LIMBS = tuple(
    (KEYPOINTS.index(f"{side}_{start}"), KEYPOINTS.index(f"{side}_{end}"))
    for start, end in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))
    for side in ("right", "left")
)
END_IN_MOTION = (0.1, 0.1, 0.3, 0.3, 0.1, 0.1, 0.3, 0.3)
END_IN_MASK = (0.1, 0.1, 0.5, 0.5, 0.1, 0.1, 0.5, 0.5)
"""By how much of its length a limb segment reaches past its end: further for those that end in a hand or foot."""
START = 0.1
"""By how much of its length a limb segment begins before its start."""
HALF_WIDTH = 0.2
HEAD_REACH = 0.4
"""Half the width of a limb and half the side of the head's square, as shares of the torso's length."""
FLATTEST = 1e-10
"""A region whose points lie (nearly) on one line has no motion: the determinant of its least squares is below this."""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """The ten regions of a pair of poses."""

    motions: Float[Tensor, "b 10 2 3"]
    """Affine, from a target pixel to the source pixel, in pixels of `UNIT`."""
    known: Bool[Tensor, "b 10"]
    """Whether the source shows what the region needs; the others stay empty."""
    target: Float[Tensor, "b 18 2"]
    """The target's keypoints in pixels of `UNIT`, by which the masks are drawn."""
    seen: Bool[Tensor, "b 18"]
    """Which of the target's keypoints are on the canvas."""


def find_regions(source: Float[Tensor, "b 18 2"], target: Float[Tensor, "b 18 2"]) -> Regions:
    """Motions of all regions between two poses (canvas units). Off the canvas, a keypoint counts as missing."""
    seen_source, seen = (((pose >= 0) & (pose <= 1)).all(-1) for pose in (source, target))
    start, end = (source.double() * UNIT, target.double() * UNIT)
    everyone = torch.ones_like(seen[:, : len(TRUNK)])
    motions = [_fit(end[:, TRUNK], start[:, TRUNK], everyone)]
    on_head = (seen & seen_source)[:, HEAD]
    face = (*HEAD, *SHOULDERS)
    motions.append(_fit(end[:, face], start[:, face], torch.cat([on_head, everyone[:, :2]], dim=1)))
    known = [everyone[:, 0], on_head.any(1)]
    lengths = _torso_length(start), _torso_length(end)
    for limb, reach in zip(LIMBS, END_IN_MOTION, strict=True):
        mirror = [MIRRORED_KEYPOINTS[joint] for joint in limb]
        own = seen_source[:, limb].all(1)
        joints = torch.where(own[:, None, None], start[:, limb], start[:, mirror])
        known.append(seen[:, limb].all(1) & (own | seen_source[:, mirror].all(1)))
        corners = _corners(end[:, limb], lengths[1], reach), _corners(joints, lengths[0], reach)
        motions.append(_fit(*corners, everyone))
    stacked = torch.stack(motions, dim=1)
    solved = torch.isfinite(stacked).all(-1).all(-1)
    return Regions(
        motions=torch.where(solved[..., None, None], stacked, 0.0).to(source),
        known=torch.stack(known, dim=1) & solved,
        target=end.to(source),
        seen=seen,
    )


def draw_masks(regions: Regions, size: int) -> Float[Tensor, "b 10 s s"]:
    """Where each region of the target takes its features: the body everywhere, a square, and turned rectangles."""
    places, joints = _centres(size).to(regions.target), regions.target
    torso = _torso_length(joints)[:, None, None]
    body = torch.ones(len(joints), size, size, dtype=torch.bool, device=joints.device)
    shown = regions.seen[:, HEAD].to(joints)[..., None]
    centre = (joints[:, HEAD] * shown).sum(1) / shown.sum(1).clamp(min=1)
    masks = [body, ((places - centre[:, None, None]).abs() <= HEAD_REACH * torso[..., None]).all(-1)]
    for (start, end), reach in zip(LIMBS, END_IN_MASK, strict=True):
        first, axis = joints[:, None, None, start], (joints[:, end] - joints[:, start])[:, None, None]
        step, squared = places - first, (axis**2).sum(-1).clamp(min=1e-6)
        along = (step * axis).sum(-1) / squared
        aside = (step[..., 0] * axis[..., 1] - step[..., 1] * axis[..., 0]).abs() / squared.sqrt()
        masks.append((along >= -START) & (along <= _past(reach)) & (aside <= HALF_WIDTH * torso))
    return (torch.stack(masks, dim=1) & regions.known[..., None, None]).to(joints)


def deform(features: Float[Tensor, "b c s s"], regions: Regions) -> Float[Tensor, "b c s s"]:
    """The deformable skip: features moved region by region, masked, and the largest taken.

    Nearest neighbour and zeros beyond the edge, as in the published program; a region without a motion gives zeros.
    """
    size = features.shape[-1]
    masks, places = draw_masks(regions, size), _centres(size).to(features)
    moved = torch.einsum("bkij,hwj->bkhwi", regions.motions[..., :2], places) + regions.motions[:, :, None, None, :, 2]
    grids = moved / UNIT * 2 - 1
    best = None
    for region in range(grids.shape[1]):
        found = grid_sample(features, grids[:, region].to(features.dtype), mode="nearest", align_corners=False)
        found = found * masks[:, region, None].to(features.dtype)
        best = found if best is None else torch.maximum(best, found)
    assert best is not None
    return best


def _fit(
    points: Float[Tensor, "b n 2"], images: Float[Tensor, "b n 2"], counted: Bool[Tensor, "b n"]
) -> Float[Tensor, "b 2 3"]:
    """The affine map that takes the points to their images, by least squares over those that count; else NaN."""
    weight = counted.to(points)[..., None]
    rows = torch.cat([points / UNIT, torch.ones_like(points[..., :1])], dim=-1) * weight
    normal = rows.mT @ rows
    flat = (torch.linalg.det(normal).abs() < FLATTEST)[:, None, None]
    identity = torch.eye(3, dtype=normal.dtype, device=normal.device)
    solved = torch.linalg.solve(torch.where(flat, identity, normal), rows.mT @ (images * weight)).mT
    return torch.where(flat, torch.nan, solved * solved.new_tensor([1 / UNIT, 1 / UNIT, 1]))


def _corners(joints: Float[Tensor, "b 2 2"], torso: Float[Tensor, "b"], reach: float) -> Float[Tensor, "b 4 2"]:
    """The rectangle around a limb segment."""
    first, last = joints.unbind(1)
    axis = last - first
    start, end = first - START * axis, first + _past(reach) * axis
    aside = torch.stack([-axis[:, 1], axis[:, 0]], dim=1) / axis.norm(dim=1, keepdim=True).clamp(min=1e-9)
    aside = aside * HALF_WIDTH * torso[:, None]
    return torch.stack([start - aside, start + aside, end + aside, end - aside], dim=1)


def _past(reach: float) -> float:
    """Where a segment ends, in its lengths; as published, the reach is measured from the moved start."""
    return 1 + reach * (1 + START)


def _torso_length(joints: Float[Tensor, "b 18 2"]) -> Float[Tensor, "b"]:
    right_hip, left_hip, left_shoulder, right_shoulder = joints[:, TRUNK].unbind(1)
    squared = ((right_hip - right_shoulder) ** 2).sum(-1) + ((left_hip - left_shoulder) ** 2).sum(-1)
    return (squared / 2).sqrt()


def _centres(size: int) -> Float[Tensor, "s s 2"]:
    """Pixel centres (x, y) of a picture with `size` pixels a side, in pixels of `UNIT`."""
    line = (torch.arange(size) + 0.5) * (UNIT / size)
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([columns, rows], dim=-1)
