"""Source view + drawn target -> the photo's colours carried over, body point by body point.

For a target pixel (of the whole person or of one complete part) the same body point is looked up in the source. Where
it is visible there it is a fact; where it is not, the hole is closed from the mirrored half of the body, else from a
point of the same part that the source shows: the one straight through the body, or one that is usually more alike.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from layerpose.maps.crops import window_around
from layerpose.maps.lookup import take_better
from layerpose.maps.raster import interpolate, launch
from layerpose.maps.relief import surface_normals
from layerpose.maps.render import DrawnBody, Hit, mesh, part_hit
from layerpose.maps.source import DEPTH_TOLERANCE_M, LEAST_FACING, SourceView, sample
from layerpose.types import CLASSES, MIRRORED_CLASSES, Warp

LONGEST_STEP = 3.0
"""From one pixel of the target to the next, lenders further apart than so many pixels lie in different places."""
GAP = 8 / 1024
"""Half the width (of the canvas) of gaps between what the source shows that are closed by what lies around them."""
TOGETHER = tuple(
    tuple(CLASSES.index(part) for part in parts)
    for parts in (("head", "torso", "left_leg", "right_leg"), ("left_arm",), ("right_arm",))
)
"""Parts between which gaps are closed: not between an arm and what lies behind it."""
DRAWN_OUT = 0.6, 0.95
"""How much a place of the head faces the viewer in the photo, as a share of how much it does in the target: with less
than the one the photo tells nothing of it, with more than the other everything. A nose would be drawn out to a blot."""
SLACK = 0.25
"""Added to both, for on edge neither is known well."""
EVEN = 8 / 1024
"""Both are means over so much of the canvas on every side: lids and nostrils are turned anyhow."""
TONES = 1 / 96, 1 / 384
"""What is lent takes on the tones of what is shown around it: means with these deviations, one after the other."""
STUFF = 1.0
"""A colour that is lent and one that is shown there, of -1..1, which differ more are not one stuff in another light."""
FINEST = 4
"""A blur needs no more pixels than so many in its deviation."""
FEW = 0.02
"""A neighbourhood of which less than about so much is shown tells less."""
CERTAIN = 0.5
"""A pixel that is the photo's by more counts as shown."""
SAME_PHOTO = 1e-3
"""A mean of photos' numbers that is this close to a number is of that photo alone."""


def warp_person(view: SourceView, target: DrawnBody) -> Warp:
    """Carry the source to the whole target person."""
    return _warp_hit(view, target, target.nearest, target.vertices_px, 1 / target.size)


def warp_part(
    view: SourceView, target: DrawnBody, part: str, box: Float[Tensor, "3"], size: int, *, complete: bool = True,
    hit: Hit | None = None,
) -> Warp:  # fmt: skip
    """Carry the source to one part of the target, cut to its box; `hit` is what `part_hit` finds there, if known."""
    hit = part_hit(target, part, box, size, complete=complete) if hit is None else hit
    left, top, side = box.tolist()
    origin = target.vertices.new_tensor([left, top, 0])
    vertices_px = (target.vertices - origin) * target.vertices.new_tensor([size / side, size / side, 1])
    return _warp_hit(view, target, hit, vertices_px, side / size)


def _warp_hit(
    view: SourceView, target: DrawnBody, hit: Hit, vertices_px: Float[Tensor, "v 3"], pixel: float
) -> Warp:  # fmt: skip
    """`pixel`: its side in canvas units."""
    topology = mesh(hit.part.device)
    rows, columns = window = window_around(hit.part >= 0)
    part = hit.part[rows, columns] + 1
    mirrored = torch.tensor(MIRRORED_CLASSES, device=part.device, dtype=part.dtype)[part.long()]
    corner = vertices_px.new_tensor([columns.start, rows.start, 0])
    found = interpolate(hit.triangle[rows, columns].contiguous(), vertices_px - corner, topology.faces, view.told)
    points, colours, lenders, faced, *places = found.split([3] * 4 + [7] * (2 * len(view.all)), dim=-1)
    own, other = Best(part), Best(mirrored)
    for photo, place, mirrored_place in zip(view.all, places[::2], places[1::2], strict=True):
        own.consider(photo, place)
        if view.mirrored:
            other.consider(photo, mirrored_place)
    normals = surface_normals(hit.depth[rows, columns], part - 1, pixel / target.scale)
    closed = take_texture(view, lenders, colours.permute(2, 0, 1)[None], part, pixel)
    for best in (other, own):
        share = best.trust(normals, pixel)
        visible = share > CERTAIN
        closed = _even_tones(closed, best.colour, visible, part, pixel)
        closed = torch.lerp(closed, best.colour, share)
        faced = torch.where(visible[..., None], best.normal, faced)
    filled = _close_gaps(closed * (part > 0), own.known, part, pixel)
    told = points, torch.cat([normals, faced], dim=-1)
    pieces = own.colour * visible, visible[None, None].float(), filled, *(x.permute(2, 0, 1)[None] for x in told)
    image, visible, filled, points, normals = (_place(piece, window, hit.part) for piece in pieces)
    return Warp(image=image, visible=visible, filled=filled, points=points, normals=normals)


def _even_tones(
    lent: Float[Tensor, "1 3 r c"], own: Float[Tensor, "1 3 r c"], shown: Bool[Tensor, "r c"], part: Int[Tensor, "r c"],
    pixel: float,
) -> Float[Tensor, "1 3 r c"]:  # fmt: skip
    """What is lent in the light of what is shown beside it: the mean difference over a neighbourhood is made up.

    Not on the head, of which what is on edge is not to look like what is shown.
    """
    parts, colours, wanted = part.cpu().numpy(), *(x[0].permute(1, 2, 0).cpu().numpy() for x in (lent, own))
    colours = colours.copy()
    told = shown.cpu().numpy() & (np.abs(wanted - colours).max(2) < STUFF)
    for box, inside in _groups(np.where(parts == CLASSES.index("head"), 0, parts)):
        weight = (told[box] & inside).astype(np.float32)[..., None]
        for deviation in TONES if weight.any() else ():
            off = np.dstack([(wanted[box] - colours[box]) * weight, weight])
            mean = _mean_around(off, deviation / pixel)
            colours[box] += inside[..., None] * mean[..., :3] / (mean[..., 3:] + FEW)
    return torch.as_tensor(colours.clip(-1, 1), device=lent.device).permute(2, 0, 1)[None]


def _groups(
    parts: Int[np.ndarray, "r c"],
) -> Iterator[tuple[tuple[slice, slice], Bool[np.ndarray, "rows columns"]]]:
    """Of the parts that are `TOGETHER`, the rows and columns where they are, and which pixels of these are theirs."""
    for group in TOGETHER:
        inside = np.isin(parts, group)
        rows, columns = inside.any(1).nonzero()[0], inside.any(0).nonzero()[0]
        if len(rows):
            box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            yield box, inside[box]


def _mean_around(planes: Float[np.ndarray, "r c p"], deviation: float) -> Float[np.ndarray, "r c p"]:
    """Blurred by a Gaussian, a wide one on fewer pixels."""
    step, (height, width) = max(round(deviation / FINEST), 1), planes.shape[:2]
    small = max(width // step, 1), max(height // step, 1)
    thin = cv2.resize(planes, small, interpolation=cv2.INTER_AREA) if step > 1 else planes
    blurred = cv2.GaussianBlur(thin, (0, 0), deviation / step, borderType=cv2.BORDER_CONSTANT)
    return cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR) if step > 1 else blurred


def _close_gaps(
    filled: Float[Tensor, "1 3 r c"], known: Bool[Tensor, "r c"], part: Int[Tensor, "r c"], pixel: float
) -> Float[Tensor, "1 3 r c"]:
    """Narrow gaps between what the source shows of trunk, head and legs, or of an arm, become what lies around them.

    There a fold or a chin hides something in the source: what other places lend would be drawn as a line across.
    """
    side = 2 * max(round(GAP / pixel), 1) + 1
    parts, shown = part.cpu().numpy(), known.cpu().numpy()
    gaps = cv2.morphologyEx(shown.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)) > shown
    colours = filled[0].permute(1, 2, 0).cpu().numpy().copy()
    for box, inside in _groups(parts):
        _spread(colours[box], shown[box] & inside, gaps[box] & inside, side)
    return torch.as_tensor(colours, device=filled.device).permute(2, 0, 1)[None]


def _spread(
    colours: Float[np.ndarray, "r c 3"], shown: Bool[np.ndarray, "r c"], gaps: Bool[np.ndarray, "r c"], side: int
) -> None:
    """Change `colours` in the gaps to the mean of what is shown within a window of so many pixels a side."""
    if not gaps.any():
        return
    known = shown.astype(np.float32)
    mean, whole = (
        cv2.GaussianBlur(x, (side, side), 0, borderType=cv2.BORDER_CONSTANT)
        for x in (colours * known[..., None], known)
    )
    near = gaps & (whole > 0)
    colours[near] = mean[near] / whole[near][:, None]


def take_texture(
    view: SourceView, lenders: Float[Tensor, "r c 3"], colours: Float[Tensor, "1 3 r c"], part: Int[Tensor, "r c"],
    pixel: float,
) -> Float[Tensor, "1 3 r c"]:  # fmt: skip
    """The vertices' colours, and in their place the photo's texture where neighbours lend from neighbouring places.

    Not on the head, whose two sides differ.
    """
    place, photo = lenders[..., :2], lenders[..., 2]
    across, down = (place.diff(dim=axis).norm(dim=-1) for axis in (1, 0))
    step = torch.nn.functional.pad(across, (0, 1)) + torch.nn.functional.pad(down, (0, 0, 0, 1))
    whole = (step < LONGEST_STEP * pixel) & (part > CLASSES.index("head"))
    for number, view_of in enumerate(view.all):
        spot = (place * view_of.drawn.size).floor().long().clamp(0, view_of.drawn.size - 1)
        shown = view_of.shown[spot[..., 1], spot[..., 0]] > CLASSES.index("head")
        lends = whole & shown & ((photo - number).abs() < SAME_PHOTO)
        colours = torch.where(lends, sample(view_of.image, place), colours)
    return colours


class Best:
    """The colours of pixels' body points from whichever photo shows each best."""

    def __init__(self, part: Int[Tensor, "r c"]) -> None:
        self.part = part
        self.quality = torch.zeros(part.shape, device=part.device)
        self.colour = torch.zeros(1, 3, *part.shape, device=part.device)
        self.normal = torch.zeros(*part.shape, 3, device=part.device)

    def consider(self, photo: SourceView, points: Float[Tensor, "r c 7"]) -> None:
        """Another photo: where the points lie in it (canvas units, depth), how well it shows them, their normals."""
        image = photo.image[0].float()
        given = [points, self.part, photo.shown, photo.depth, image, DEPTH_TOLERANCE_M, LEAST_FACING]
        launch(take_better, tuple(self.part.shape), given, [self.quality, self.colour[0], self.normal])

    def trust(self, normals: Float[Tensor, "r c 3"], pixel: float) -> Float[Tensor, "r c"]:
        """How much of a pixel's colour is to be the photo's, 0..1, where the target is turned as `normals` say.

        A face that is drawn out from its edge is none, so a head's place must have been turned towards the viewer too.
        """
        head = self.known & (self.part == CLASSES.index("head"))
        if not head.any():
            return self.known.float()
        there, here = (_even_out(normal[..., 2].abs(), head, pixel) + SLACK for normal in (self.normal, normals))
        low, high = DRAWN_OUT
        return torch.where(head, ((there / here - low) / (high - low)).clamp(0, 1), self.known.float())

    @property
    def known(self) -> Bool[Tensor, "r c"]:
        """Where some photo shows the point."""
        return self.quality > 0


def _even_out(values: Float[Tensor, "r c"], inside: Bool[Tensor, "r c"], pixel: float) -> Float[Tensor, "r c"]:
    """The mean of what lies inside over a neighbourhood of `EVEN`; `pixel`: its side in canvas units."""
    within, side = inside.cpu().numpy().astype(np.float32), 2 * max(round(EVEN / pixel), 1) + 1
    sums, count = (cv2.blur(x, (side, side)) for x in (values.cpu().numpy() * within, within))
    return torch.as_tensor(sums / np.maximum(count, 1e-6), device=values.device)


def _place(
    piece: Float[Tensor, "1 c r s"], window: tuple[slice, slice], canvas: Int[Tensor, "h w"]
) -> Float[Tensor, "1 c h w"]:
    """A window's piece on a canvas that is 0 elsewhere."""
    placed = piece.new_zeros(1, piece.shape[1], *canvas.shape)
    placed[..., *window] = piece
    return placed
