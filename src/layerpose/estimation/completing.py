"""Estimate of half a person -> of a whole one: what the photo's edge cuts off is drawn as people usually look.

What is shown goes on: a trouser leg downwards, a sleeve, skin. Legs of which nothing is shown wear dark trousers, feet
shoes, and hands have the face's skin.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from layerpose.body.camera import project
from layerpose.body.model import Posed, body_model
from layerpose.estimation.canvas import MARGIN, Canvas
from layerpose.estimation.estimate import Estimate
from layerpose.maps.clothing import FACE, FACE_RADIUS_M, draw_dressed
from layerpose.maps.parsing import labels_to_parsing
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, draw_posed, mesh, pose_body
from layerpose.maps.source import SourceView, view_source
from layerpose.types import CLASSES, Body, Camera, Photo

CPU = torch.device("cpu")
TROUSERS, SHOES = (0.19, 0.22, 0.29), (0.13, 0.12, 0.12)
"""Colours in 0..1 of what most people wear below (dark jeans, black shoes) in even light ..."""
SKIN = 0.55
"""... which shows a face's green so bright; in other light they are as much darker or brighter, up to ..."""
LIGHTEST = 1.3
SHADED = 0.45
"""How much darker invented cloth is where it is seen on edge."""
WAIST_M = 0.03
"""Above the hips trousers begin."""
FEWEST = 20
"""A part of which fewer vertices are shown is not shown."""
SEAM_PX = 6
"""Over so many pixels the photo passes into what is drawn."""
HANDS, FEET = ("wrist", "finger", "metacarpal"), ("foot", "toe")


def complete(seen: Estimate) -> Estimate:
    """The person from head to foot on a square of its own; someone whom no edge cuts as before."""
    if not seen.cut:
        return seen
    posed = pose_body(seen.body)
    drawn = draw_posed(posed, seen.body.camera, seen.canvas.size, device=CPU)
    view = view_source(seen.photo.image, seen.parsing, drawn, posed, dressed=True)
    canvas, body = _reframe(seen, posed)
    whole = draw_dressed(posed, body.camera, canvas.size, view.clothes, device=CPU)
    inside = _inside(seen, canvas)
    image, mask = _draw(whole, view)
    shown, given = (_move(picture, seen.canvas, canvas) for picture in (seen.photo.image, seen.photo.mask))
    labels = _move(seen.parsing.argmax(1)[:, None].float(), seen.canvas, canvas, nearest=True)
    labels = torch.where(inside > 0, labels, whole.nearest.part[None, None] + 1.0)[:, 0].round().long()
    return replace(
        seen, canvas=canvas, body=body, cut=(), invented=_name_unseen(seen),
        photo=Photo(image=inside * shown + (1 - inside) * image, mask=inside * given + (1 - inside) * mask),
        parsing=labels_to_parsing(labels[0]),
    )  # fmt: skip


def _name_unseen(seen: Estimate) -> tuple[str, ...]:
    """Parts that end beyond the photo."""
    ends = {
        "hands": ("left wrist", "right wrist"),
        "legs": ("left knee", "right knee"),
        "feet": ("left foot", "right foot"),
    }
    return tuple(part for part, joints in ends.items() if not seen.seen.issuperset(joints))


def _reframe(seen: Estimate, posed: Posed) -> tuple[Canvas, Body]:
    """The square around the whole body, and the body in it."""
    old = seen.canvas
    corner = np.array([old.left, old.top])
    points = project(torch.as_tensor(posed.vertices[body_model().skin]), seen.body.camera)[:, :2].numpy()
    low, high = np.minimum(points.min(0), 0), np.maximum(points.max(0), 1)
    side = math.ceil((high - low).max() * old.side / (1 - 2 * MARGIN))
    left, top = np.round((low + high) / 2 * old.side - side / 2).astype(int) + corner
    canvas = Canvas(left=int(left), top=int(top), side=side, size=old.size)
    camera = seen.body.camera
    x, y = np.array(camera.translation) * old.side + corner
    in_photo = Camera(scale=camera.scale * old.side, translation=(float(x), float(y)), distance_m=camera.distance_m)
    return canvas, replace(seen.body, camera=canvas.place(in_photo))


def _inside(seen: Estimate, canvas: Canvas) -> Float[Tensor, "1 1 s s"]:
    """1 in the photo, 0 beyond, and something between just before its edge."""
    height, width = seen.landmarks.mask.shape
    photo = canvas.cut(np.ones((height, width), np.float32), outside=0.0) > 0.5
    distance = cv2.distanceTransform(np.pad(photo, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return torch.from_numpy((distance / SEAM_PX).clip(0, 1).astype(np.float32))[None, None]


def _move(picture: Float[Tensor, "1 c s s"], old: Canvas, new: Canvas, *, nearest: bool = False) -> Tensor:
    """A picture of one square on another that holds it; 0 elsewhere."""
    side = max(round(old.side / new.side * new.size), 1)
    values = np.ascontiguousarray(picture[0].permute(1, 2, 0).numpy())
    small = cv2.resize(values, (side, side), interpolation=cv2.INTER_NEAREST if nearest else cv2.INTER_AREA)
    out = np.zeros((new.size, new.size, picture.shape[1]), np.float32)
    column, row = (round((a - b) / new.side * new.size) for a, b in ((old.left, new.left), (old.top, new.top)))
    part = small.reshape(side, side, -1)[: new.size - row, : new.size - column]
    out[row : row + part.shape[0], column : column + part.shape[1]] = part
    return torch.from_numpy(out).permute(2, 0, 1)[None].contiguous()


def _draw(whole: DrawnBody, view: SourceView) -> tuple[Float[Tensor, "1 3 s s"], Float[Tensor, "1 1 s s"]]:
    """The dressed body over flat grey, and its outline."""
    colours, invented = _colour(view)
    light = 1 - SHADED * (1 - whole.normals[:, 2].abs().clamp(0, 1)) * invented
    colours = (colours + 1) * light[:, None] - 1
    hit = whole.nearest
    image = interpolate(hit.triangle, whole.vertices_px, mesh(CPU).faces, colours).permute(2, 0, 1)[None]
    mask = torch.from_numpy(cv2.GaussianBlur((hit.part >= 0).float().numpy(), (0, 0), 0.8))[None, None]
    return image * mask, mask


def _colour(view: SourceView) -> tuple[Float[Tensor, "v 3"], Float[Tensor, "v"]]:
    """A colour for every vertex, and 1 where it is of something that the photo does not show at all."""
    model = body_model()
    known = view.quality.numpy() > 0
    known |= known[model.mirror]
    colours, invented = view.colours.clone(), torch.zeros(len(known))
    face = known & (np.linalg.norm(model.template - np.array(FACE), axis=1) < FACE_RADIUS_M)
    skin = colours[torch.from_numpy(face)].median(0).values if face.any() else torch.full((3,), 0.1)
    light = min(float(skin[1] + 1) / 2 / SKIN, LIGHTEST)
    legs, feet, hands = _legs(), _goes_with(FEET), _goes_with(HANDS)
    seat = ~known & (model.template[:, 2] < _hip_height()) & ~hands
    worn = (legs, legs | seat, TROUSERS), (feet, feet, SHOES), (hands, hands & ~known, None)
    for part, own, colour in worn:
        if (known & part).sum() < (part.sum() / 2 if colour is None else FEWEST):
            colours[torch.from_numpy(own)] = skin if colour is None else torch.tensor(colour) * light * 2 - 1
            invented[torch.from_numpy(own)] = 1
    return colours, invented


def _hip_height() -> float:
    """Up to where trousers reach on the template, in metres."""
    model = body_model()
    return float(model.template_heads[model.bone("upperleg01.L"), 2]) + WAIST_M


def _legs() -> Bool[np.ndarray, "v"]:
    faces = np.isin(body_model().triangle_parts, [CLASSES.index(f"{side}_leg") - 1 for side in ("left", "right")])
    legs = np.zeros(len(body_model().template), dtype=bool)
    legs[body_model().faces[faces]] = True
    return legs


def _goes_with(names: tuple[str, ...]) -> Bool[np.ndarray, "v"]:
    """Vertices that go mostly with bones whose names begin so."""
    model = body_model()
    return np.array([name.startswith(names) for name in model.bone_names])[model.weights.argmax(1)]
