"""Source view + drawn target -> the photo's own pixels where nothing about them changes, and how surely.

A person in nearly the pose of the photo is nearly the photo. Each target pixel is led back to the photo by the body
point nearest to it, and from there forward again by the part that the photo shows there. Where both ways meet, and the
surface has not turned towards the viewer or away in between, the photo's pixel is taken as it is: with every thread
and hair, with what sticks out of the body, and with nobody where the body was drawn too wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import max_pool2d

from layerpose.body.model import body_model
from layerpose.maps.nearest import nearest_pixels
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, Hit, PlacedBody, mesh
from layerpose.maps.source import DEPTH_TOLERANCE_M, SourceView, sample
from layerpose.types import CLASSES, Carried

GRID = 256
"""The way of the pixels is worked out for so many a side at most, and interpolated between them."""
MET, MISSED = 1.5 / 1024, 6 / 1024
"""The two ways meet surely if they end less apart than the one, surely not if more than the other (of the canvas)."""
REACH = 6 / 1024
"""All pixels so close by must be sure too: a fit is a few pixels off."""
DOUBTFUL, SURE = 0.3, 0.7
"""Half trusted, two pictures show through each other; below the one all is drawn, above the other all is carried."""
SOFT = 4 / 1024
"""Over so much of the canvas the pixels that are carried pass into those that are drawn."""
FLAT, TURNED = 0.98, 0.87
"""Cosine of the angle by which the surface turned out of the picture's plane: surely the same look, surely another."""
HANGING = tuple(CLASSES.index(part) for part in ("torso", "left_leg", "right_leg"))
"""What hangs between these parts, as skirts do, goes with all of them, with the nearest most."""
NEAREST = 1e-9
"""Added to squared distances (of the canvas), so that a pixel of the body itself has a finite one."""
ROUNDS = 6
"""Of Newton's iteration for the rotation in a matrix (Higham 1986)."""


def carry(view: SourceView, target: DrawnBody) -> Carried:
    """The photo's pixels that need not be drawn anew."""
    source, step = view.drawn, max(target.size // GRID, 1)
    turns = _turns(source, target)
    if not ((turns[:, 2, 2] > TURNED) & (view.quality > 0)).any():
        nothing = torch.zeros_like(view.image)
        return Carried(image=nothing, trust=nothing[:, :1])
    labels = view.parsing[0, :, ::step, ::step].argmax(0).int()
    here, there = _thin(target.nearest, step), _thin(source.nearest, step)
    back = _lead(here, here.part + 1, target, source, turns.mT, step)
    forth = _lead(there, torch.where(labels > 0, labels, there.part + 1), source, target, turns, step)
    trust = back.flatness * _meet(back, forth, target.scale / source.scale) * _is_seen(back, view)
    reach = 2 * round(REACH * len(labels)) + 1
    trust = -max_pool2d(-trust[None, None], reach, stride=1, padding=reach // 2)
    trust = ((trust - DOUBTFUL) / (SURE - DOUBTFUL)).clamp(0, 1)
    if step > 1:
        trust, moved = (_enlarge(x, target.size) for x in (trust, back.moved.permute(2, 0, 1)[None]))
        place = _pixels(target.size, 1, moved) + moved[0].permute(1, 2, 0)
    else:
        place = back.place
    soft = 2 * round(SOFT * target.size) + 1
    trust = _soften(trust, soft)
    return Carried(image=sample(view.image, place), trust=trust)


def _soften(trust: Float[Tensor, "1 1 h w"], side: int) -> Float[Tensor, "1 1 h w"]:
    """The mean over a window around every pixel, as far as it lies in the picture."""
    given = trust[0, 0].cpu().numpy()
    summed, area = (
        cv2.boxFilter(x, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        for x in (given, np.ones_like(given))
    )
    return torch.as_tensor(summed / area, device=trust.device)[None, None]


def _enlarge(picture: Float[Tensor, "1 c h w"], size: int) -> Float[Tensor, "1 c s s"]:
    return torch.nn.functional.interpolate(picture, size=(size, size), mode="bilinear", align_corners=False)


@dataclass(frozen=True, kw_only=True)
class _Way:
    """For pixels of one drawing: the body point that leads each, and where it goes in the other."""

    here: Float[Tensor, "*n 2"]
    """The pixel's own place, in canvas units."""
    off: Float[Tensor, "*n 2"]
    """How far it is from the pixel that leads it."""
    point: Float[Tensor, "*n 3"]
    """Where the body point that leads it is in the other drawing (canvas units, depth in metres)."""
    turn: Float[Tensor, "*n 3 3"]
    """How the surface there turns on the way."""
    place: Float[Tensor, "*n 2"]
    """Where the pixel itself goes: as far from the body point as here, turned with it."""

    @property
    def moved(self) -> Float[Tensor, "*n 2"]:
        """From here to there."""
        return self.place - self.here

    @property
    def flatness(self) -> Float[Tensor, "*n"]:
        """1 where the surface stays in the picture's plane, 0 where it turns out of it."""
        return ((self.turn[..., 2, 2] - TURNED) / (FLAT - TURNED)).clamp(0, 1)


def _thin(hit: Hit, step: int) -> Hit:
    return Hit(**{name: value[::step, ::step].contiguous() for name, value in vars(hit).items()})


def _lead(
    hit: Hit, parts: Int[Tensor, "h w"], start: DrawnBody, end: DrawnBody, turns: Float[Tensor, "v 3 3"], step: int
) -> _Way:
    """`parts`: the part number + 1 by which each pixel is led; 0: whatever is nearest."""
    device, body = turns.device, (hit.part + 1).cpu().numpy()
    attributes = torch.cat([end.vertices, turns.flatten(1)], dim=1)
    # The thinned drawing's pixels are `step` apart: their centres on a canvas of so many pixels less.
    shift = start.vertices.new_tensor([(step - 1) / (2 * step)] * 2 + [0])
    corners = start.vertices * start.vertices.new_tensor([len(body), len(body), 1]) + shift
    found = interpolate(hit.triangle, corners, mesh(device).faces, attributes)
    here, zoom = _pixels(start.size, step, found), end.scale / start.scale

    leader = _leaders(body, parts.cpu().numpy())
    way = _follow(torch.as_tensor(leader, device=device), here, found, here, zoom)
    between = np.flatnonzero((body == 0) & np.isin(body.ravel()[leader], HANGING))
    if not len(between):
        return way
    spots = torch.as_tensor(between, device=device)
    hanging = here.flatten(0, 1)[spots]
    leaders = [nearest_pixels(body == part).ravel()[between] for part in HANGING if (body == part).any()]
    ways = [_follow(torch.as_tensor(one, device=device), hanging, found, here, zoom) for one in leaders]
    weights = torch.stack([1 / (one.off.square().sum(-1) + NEAREST) for one in ways])
    weights = (weights / weights.sum(0))[..., None]
    way.place.view(-1, 2)[spots] = (weights * torch.stack([one.place for one in ways])).sum(0)
    way.turn.view(-1, 3, 3)[spots] = (weights[..., None] * torch.stack([one.turn for one in ways])).sum(0)
    return way


def _follow(
    leader: Int[Tensor, "*n"], spots: Float[Tensor, "*n 2"], found: Float[Tensor, "h w 12"],
    here: Float[Tensor, "h w 2"], zoom: float,
) -> _Way:  # fmt: skip
    """The way of pixels at these spots, each led by another pixel's body point and turn, which were `found`."""
    point, turn = found.flatten(0, 1)[leader].split([3, 9], dim=-1)
    off, turn = spots - here.flatten(0, 1)[leader], turn.unflatten(-1, (3, 3))
    return _Way(here=spots, off=off, point=point, turn=turn, place=point[..., :2] + _turned(turn, off) * zoom)


def _meet(back: _Way, forth: _Way, zoom: float) -> Float[Tensor, "h w"]:
    """1 where the pixels to which the way back leads come forward to where they are wanted, 0 where they do not."""
    size = len(back.here)
    spot = (back.place * size).floor().long()
    inside = ((spot >= 0) & (spot < size)).all(-1)
    column, row = spot.clamp(0, size - 1).unbind(-1)
    beside = back.place - forth.here[row, column]
    returned = forth.place[row, column] + _turned(forth.turn[row, column], beside) * zoom
    error = (returned - back.here).norm(dim=-1)
    return ((MISSED - error) / (MISSED - MET)).clamp(0, 1) * inside


def _is_seen(back: _Way, view: SourceView) -> Bool[Tensor, "h w"]:
    """Whether the source hides the body point that leads a pixel behind no other."""
    spot = (back.point[..., :2] * view.drawn.size).floor().long()
    inside = ((spot >= 0) & (spot < view.drawn.size)).all(-1)
    column, row = spot.clamp(0, view.drawn.size - 1).unbind(-1)
    return inside & (back.point[..., 2] <= view.depth[row, column] + DEPTH_TOLERANCE_M)


def _turned(turn: Float[Tensor, "*n 3 3"], off: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n 2"]:
    """A step in the picture's plane, turned with the surface."""
    return (turn[..., :2, :2] * off[..., None, :]).sum(-1)


def _pixels(size: int, step: int, like: Tensor) -> Float[Tensor, "h w 2"]:
    """The centre of every so many'th pixel in canvas units."""
    line = (torch.arange(0, size, step, device=like.device) + 0.5) / size
    down, across = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([across, down], dim=-1)


def _leaders(body: Int[np.ndarray, "h w"], wanted: Int[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Number of the pixel that leads each: the nearest that shows the wanted part."""
    leader = np.arange(body.size).reshape(body.shape)
    astray = (body == 0) | (wanted != body)
    for part in np.unique(wanted[astray]):
        have, asked = body == part if part else body > 0, astray & (wanted == part)
        leader[asked] = nearest_pixels(have if have.any() else body > 0)[asked]
    return leader


def _turns(start: PlacedBody, end: PlacedBody) -> Float[Tensor, "v 3 3"]:
    """How the surface around every vertex is turned from one drawing to the other, in camera axes."""
    device, skin = start.vertices.device, torch.as_tensor(body_model().skin, device=start.vertices.device)
    turned = end.frames @ start.frames.mT
    summed = torch.zeros(len(start.vertices), 3, 3, device=device)
    summed.index_add_(0, mesh(device).faces.long().flatten(), turned.repeat_interleave(3, 0))
    found = torch.eye(3, device=device).repeat(len(summed), 1, 1)
    found[skin] = _nearest_rotations(summed[skin])
    return found


def _nearest_rotations(matrices: Float[Tensor, "v 3 3"]) -> Float[Tensor, "v 3 3"]:
    """By averaging with the inverse transpose; the identity for what is no rotation at all."""
    found = matrices / matrices.flatten(1).norm(dim=1).clamp(min=NEAREST)[:, None, None] * 3**0.5
    broken = torch.linalg.det(found) < 1e-3
    found = torch.where(broken[:, None, None], torch.eye(3, device=found.device), found)
    for _ in range(ROUNDS):
        found = (found + torch.linalg.inv(found).mT) / 2
    return found
