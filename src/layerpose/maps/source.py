"""Photo + drawn body -> what the photo shows of the body, and a colour for every vertex.

Several photos of the same person in the same clothes make one view: each body point is then taken from the photo that
shows it best, whatever the target, so that a video does not flicker between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import grid_sample

from layerpose.body.model import Posed
from layerpose.maps.clothing import dress, measure_clothes
from layerpose.maps.foreign import find_foreign
from layerpose.maps.hair import head_vertices
from layerpose.maps.hidden_head import paint_hidden_head
from layerpose.maps.joints import are_joined, vertex_parts
from layerpose.maps.lending import find_lenders, skin_vertices
from layerpose.maps.render import DrawnBody, Hit, draw_placed, mesh
from layerpose.maps.skirt import measure_skirt
from layerpose.maps.usual import bundled_usual
from layerpose.types import CLASSES, PARTS

CPU = torch.device("cpu")
DEPTH_TOLERANCE_M = 0.02
"""A body point further than this behind the source's surface is hidden there."""
EROSION = 3 / 1024
"""The source mask loses this share of the canvas all round: the outline of a photo is mixed with background."""
LENDS = 0.4
"""What faces the viewer less (cosine) lends no colour: on edge it would be drawn out to streaks."""
SQUARELY = 0.65
"""Of a face only what faces the viewer by more (cosine) has the photo's colour where the target is turned otherwise."""
OCCLUDER_REACH = 8 / 1024
OCCLUDER_STEP_M = 0.05
"""Closer than this (share of the canvas) to a part that is so much nearer, a photo's colours may be that part's."""
ARMS = tuple(CLASSES.index(part) for part in ("left_arm", "right_arm"))
FIRST = 1.5
"""By how much the first photo is preferred to the others: seams cost more than a little sharpness gains."""
LEAST_FACING = 0.05
"""Quality of a vertex that is shown, but on edge."""


@dataclass(frozen=True, kw_only=True)
class SourceView:
    """What the source photo shows of its body: the photo, the drawn body, and colours for every vertex."""

    image: Float[Tensor, "1 3 h w"]
    drawn: DrawnBody
    orientations: Float[np.ndarray, "j 3 3"]
    parsing: Float[Tensor, "1 7 h w"]
    shown: Int[Tensor, "h w"]
    """Part number + 1 where the photo shows the body, 0 elsewhere."""
    depth: Float[Tensor, "h w"]
    colours: Float[Tensor, "v 3"]
    lenders: Float[Tensor, "v 3"]
    """Where each vertex has its colour from: x and y in canvas units, and the number of the photo in `all`."""
    faced: Float[Tensor, "v 3"]
    """The surface's normal there."""
    quality: Float[Tensor, "v"]
    """How well each vertex is shown: pixels for a metre of surface, as a share of the canvas; 0 where it is hidden."""
    clothes: Float[np.ndarray, "v"] | None = None
    """How far clothes and hair stand off the body, in metres, where the body is drawn in them."""
    others: tuple[SourceView, ...] = ()
    """More photos of the same person."""
    mirrored: bool = True
    """What the photo hides is taken from the other half of the body where that is shown."""
    crops: dict[tuple[str, int], Tensor] = field(default_factory=dict, compare=False, repr=False)
    """Parts of the image by name and size, cut when they are first wanted: they are the same for every target."""

    @cached_property
    def told(self) -> Float[Tensor, "v c"]:
        """What a target's pixels are told by the vertices, side by side, whatever the target: `points` of the template,
        `colours`, `lenders` and `faced`; then, of every photo, place, quality and normal, and those of the other side.
        """
        topology = mesh(self.colours.device)
        shown = [
            torch.cat([photo.drawn.vertices, photo.quality[:, None], photo.drawn.normals], dim=1) for photo in self.all
        ]
        always = [topology.points, self.colours, self.lenders, self.faced]
        return torch.cat([*always, *(x for own in shown for x in (own, own[topology.mirror]))], dim=1)

    @property
    def all(self) -> tuple[SourceView, ...]:
        """First the view itself, then the others."""
        return self, *self.others


def view_source(
    image: Float[Tensor, "1 3 h w"], parsing: Float[Tensor, "1 7 h w"], drawn: DrawnBody, posed: Posed, *,
    dressed: bool = False,
) -> SourceView:  # fmt: skip
    """Work out what a photo shows of the body in it. `image` is over flat grey, `parsing` is S_s, all on one canvas.

    `dressed`: draw the body anew in the clothes that the outline shows.
    """
    person = 1 - parsing[:, :1]
    clothes, bare = None, drawn
    if dressed:
        clothes = measure_clothes(drawn, person[0, 0] > 0.5)
        drawn = draw_placed(dress(drawn, clothes), drawn.size)
        if measure_skirt(drawn, image, person[0, 0] > 0.5, clothes):
            drawn = draw_placed(dress(bare, clothes), drawn.size)
    hit = drawn.nearest
    reach = 2 * max(round(EROSION * drawn.size), 1) + 1
    inside = person[0, 0].cpu().numpy() > 0.5
    eroded = torch.as_tensor(cv2.erode(inside.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0).to(
        person.device
    )
    labels = torch.einsum("chw,c->hw", parsing[0], torch.arange(7.0, device=parsing.device)).round().int()
    beside_nearer, beside_farther = _beside_a_step(hit, drawn.size)
    passing = _is_near(labels, hit.part + 1) & ~beside_farther & are_joined(hit, labels)
    agreed = (labels == hit.part + 1) | passing
    clear = eroded & (hit.part >= 0) & agreed & ~beside_nearer & ~_is_beside_arm(hit, labels)
    shown = torch.where(clear, hit.part + 1, 0).int()
    view = SourceView(
        image=image, drawn=drawn, orientations=posed.transforms[:, :3, :3], parsing=parsing, shown=shown,
        depth=hit.depth, colours=drawn.vertices.new_zeros(len(drawn.vertices), 3),
        lenders=drawn.vertices.new_zeros(len(drawn.vertices), 3), faced=torch.zeros_like(drawn.vertices),
        quality=drawn.vertices.new_zeros(len(drawn.vertices)), clothes=clothes,
    )  # fmt: skip
    view = replace(view, quality=_vertex_quality(view))
    return _colour_vertices(_without_foreign(view))


def join_views(first: SourceView, others: Sequence[SourceView]) -> SourceView:
    """One view of several photos; its body, and what cannot be joined, is the first photo's."""
    if not others:
        return first
    worn = [view.clothes for view in (first, *others) if view.clothes is not None]
    clothes = np.mean(worn, axis=0) if worn else None
    joined = replace(first, quality=first.quality * FIRST, others=tuple(others), clothes=clothes, crops={})
    return _colour_vertices(joined)


def one_sided(view: SourceView) -> SourceView:
    """The same, but nothing is taken from the other half of the body."""
    return _colour_vertices(replace(view, mirrored=False))


def best_photo(view: SourceView, part: str) -> SourceView:
    """The photo that shows most of a part."""
    there = torch.as_tensor(vertex_parts() == PARTS.index(part) + 1, device=view.quality.device)
    return max(view.all, key=lambda photo: float(photo.quality[there].sum()))


def _beside_a_step(hit: Hit, size: int) -> tuple[Bool[Tensor, "h w"], Bool[Tensor, "h w"]]:
    """Pixels at whose side something nearer begins, and those at whose side something farther does.

    A fit that is a little off puts the nearer one's colours where the farther one is.
    """
    depth = torch.where(hit.part >= 0, hit.depth, 100.0).cpu().numpy()
    window = _window(size)
    near, far = cv2.erode(depth, window), cv2.dilate(depth, window)
    steps = (depth - near > OCCLUDER_STEP_M, far - depth > OCCLUDER_STEP_M)
    nearer, farther = (torch.as_tensor(step, device=hit.part.device) for step in steps)
    return nearer, farther


def _is_near(labels: Int[Tensor, "h w"], wanted: Int[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """Where the wanted label is given close by: where parts pass into each other, the border is a matter of taste."""
    given, near = labels.cpu().numpy(), np.zeros(labels.shape, dtype=bool)
    asked = wanted.cpu().numpy()
    for label in range(1, len(CLASSES)):
        near |= (cv2.dilate((given == label).astype(np.uint8), _window(len(given))) > 0) & (asked == label)
    return torch.as_tensor(near, device=labels.device)


def _is_beside_arm(hit: Hit, labels: Int[Tensor, "h w"]) -> Bool[Tensor, "h w"]:
    """Pixels of other parts at whose side the photo has an arm: its edge, and its shadow, are not their colours."""
    beside = torch.zeros_like(labels, dtype=torch.bool)
    for label in ARMS:
        near = cv2.dilate((labels == label).cpu().numpy().astype(np.uint8), _window(len(labels))) > 0
        other = torch.as_tensor(near, device=labels.device) & (hit.part + 1 != label)
        beside |= other & ~are_joined(hit, torch.full_like(labels, label))
    return beside


def _window(size: int) -> np.ndarray:
    side = 2 * round(OCCLUDER_REACH * size) + 1
    return np.ones((side, side), np.uint8)


def is_shown(view: SourceView, place: Float[Tensor, "*n 3"], part: Int[Tensor, "*n"]) -> Bool[Tensor, "*n"]:
    """Whether a body point (canvas units and depth, in the source) of a part is shown by the source."""
    pixel = (place[..., :2] * view.drawn.size).floor().long()
    inside = ((pixel >= 0) & (pixel < view.drawn.size)).all(-1)
    column, row = pixel.clamp(0, view.drawn.size - 1).unbind(-1)
    near = place[..., 2] <= view.depth[row, column] + DEPTH_TOLERANCE_M
    return inside & near & (part > 0) & (view.shown[row, column] == part)


def sample(image: Float[Tensor, "1 k h w"], place: Float[Tensor, "r c 2"]) -> Float[Tensor, "1 k r c"]:
    """The picture's colours at the given places (canvas units)."""
    return grid_sample(image, place[None].to(image.dtype) * 2 - 1, padding_mode="border", align_corners=False)


def _vertex_quality(view: SourceView) -> Float[Tensor, "v"]:
    places = view.drawn.vertices
    shown = is_shown(view, places, torch.as_tensor(vertex_parts(), device=places.device))
    facing = view.drawn.normals[:, 2].abs()
    return torch.where(shown, facing.clamp(min=LEAST_FACING) * view.drawn.scale, 0.0)


def _sample_vertices(view: SourceView) -> Float[Tensor, "v 3"]:
    """The photo's colours where its vertices are, shown or not."""
    return sample(view.image, view.drawn.vertices[None, :, :2])[0, :, 0].T


def _without_foreign(view: SourceView) -> SourceView:
    """What is something else's colour on a hand or an arm is not shown."""
    device = view.quality.device
    colours = _sample_vertices(view).cpu().numpy()
    foreign = torch.as_tensor(find_foreign(colours, (view.quality > 0).cpu().numpy()), device=device)
    if not foreign.any():
        return view
    hit = view.drawn.nearest
    touched = foreign[mesh(device).faces.long()].any(1)[hit.triangle.clamp(min=0).long()] & (hit.part >= 0)
    return replace(view, quality=torch.where(foreign, 0.0, view.quality), shown=torch.where(touched, 0, view.shown))


def _colour_vertices(view: SourceView) -> SourceView:
    """With a colour for every vertex: its own, its mirror image's, or that of another shown vertex."""
    mirror, device, skin = mesh(CPU).mirror.numpy(), view.shown.device, skin_vertices()
    quality = torch.stack([photo.quality for photo in view.all])
    seen_by, best = (found.cpu().numpy() for found in (quality.argmax(0), quality.amax(0)))
    shown = best > 0
    borrowed = ~shown & shown[mirror] & view.mirrored
    lender = np.where(borrowed, mirror, np.arange(len(shown)))
    facing = best[lender] / view.drawn.scale
    features = bundled_usual().face
    told = (shown | borrowed) & ((facing >= SQUARELY) | ~features.any(1))
    known, lends, lender_of_skin = told[skin], (told & (facing >= LENDS))[skin], lender[skin]
    if not known.any():
        return view
    colours = torch.stack([_sample_vertices(one) for one in view.all])
    seen = colours[seen_by[lender_of_skin], lender_of_skin].cpu().numpy().astype(np.float64)
    lender_of_skin[~known] = lender_of_skin[find_lenders(known, lends, seen)]
    lender[skin] = lender_of_skin
    chosen, photo = torch.as_tensor(lender, device=device), torch.as_tensor(seen_by[lender], device=device)
    places = torch.stack([one.drawn.vertices[:, :2] for one in view.all])
    lenders = torch.cat([places[photo, chosen], photo[:, None].to(places)], dim=1)
    faced = torch.stack([one.drawn.normals for one in view.all])[photo, chosen]
    found = colours[photo, chosen].float()
    head, of_all = head_vertices(), np.zeros((2, len(shown)), dtype=bool)
    of_all[:, skin] = known, lends
    found[head] = torch.as_tensor(paint_hidden_head(found[head].cpu().numpy(), *of_all[:, head]), device=device)
    # A face that no photo shows, or on edge only, is a face all the same.
    lost = torch.as_tensor(~told[:, None] * features, device=device)
    found = ((found + 1) * lost.float().exp() - 1).clamp(-1, 1)
    return replace(view, colours=found, lenders=lenders, faced=faced)
