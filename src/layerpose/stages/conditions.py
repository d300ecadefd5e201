"""Source view + target body -> everything the three stages are told, at the sizes they want it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from layerpose.config import Guides, ModelConfig
from layerpose.maps.carry import carry
from layerpose.maps.correspondence import warp_part, warp_person
from layerpose.maps.crops import cut, part_box
from layerpose.maps.heatmap import draw_heatmaps
from layerpose.maps.render import DrawnBody, part_hit, render_maps, render_part_maps
from layerpose.maps.source import SourceView, best_photo
from layerpose.networks.generator import Warped
from layerpose.runtime.workers import run_together
from layerpose.types import CLASSES, LAYERS, Carried, Maps, Warp

LONGEST_WAVE_M, NUM_WAVES = 0.8, 4
"""Of the sines by which the networks are told where on the body they are; each is half as long as the one before."""


@dataclass(frozen=True, kw_only=True)
class PartConditions:
    """What stage 2 is told about one part: its box, its maps alone, the source's crops, the warp."""

    boxes: Float[Tensor, "b 3"]
    maps: Maps
    visible: Float[Tensor, "b 1 r s"]
    """Where the other parts leave this one to be seen."""
    source: Float[Tensor, "b 3 r s"]
    other: Float[Tensor, "b 3 r s"] | None
    warp: Warp | None


@dataclass(frozen=True, kw_only=True)
class BodyPair:
    """What other systems are told of the two bodies (`baselines.inputs` makes it)."""

    source_keypoints: Float[Tensor, "b 18 2"]
    """In canvas units, as the target's; a place off the canvas means that nobody can see it."""
    target_keypoints: Float[Tensor, "b 18 2"]
    source_heatmaps: Float[Tensor, "b 18 h w"]
    flow: Float[Tensor, "b h w 2"]
    """`maps.surface.draw_flow`, from the target back to the source."""
    source_surface: Float[Tensor, "b 3 h w"]
    target_surface: Float[Tensor, "b 3 h w"]
    """`maps.surface.draw_surface`."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What the model is told: the source, and the target's maps and warps at the canvas's size."""

    source: Float[Tensor, "b 3 h w"]
    source_parsing: Float[Tensor, "b 7 h w"]
    maps: Maps
    coarse_heatmaps: Float[Tensor, "b 18 r c"]
    warp: Warp | None
    parts: tuple[PartConditions, ...]
    carried: Carried | None = None
    """What of the finished picture is the photo's own."""
    bodies: BodyPair | None = None
    """For the systems that the paper compares with; our stages need nothing of it."""


def prepare(view: SourceView, target: DrawnBody, config: ModelConfig) -> Conditions:
    """Draw and cut everything for one source and one target. Nothing of a target *picture* goes in."""
    maps, names = render_maps(target), LAYERS if config.layers != "none" else ()
    warp, carried, *parts = run_together(
        [
            lambda: warp_person(view, target) if config.guides.warp else None,
            lambda: carry(view, target) if config.carry else None,
            *(partial(_prepare_part, view, target, part, config) for part in names),
        ],
        device=target.vertices.device,
    )
    return Conditions(
        source=view.image,
        source_parsing=view.parsing,
        maps=maps,
        coarse_heatmaps=draw_heatmaps(target.keypoints[:, :2], config.coarse_size)[None],
        warp=warp,
        parts=tuple(parts),
        carried=carried,
    )


def _prepare_part(view: SourceView, target: DrawnBody, part: str, config: ModelConfig) -> PartConditions:
    size = layer_size(part, config)
    complete = config.layers == "complete"
    box = part_box(target, part)
    other = other_side(part)
    seen = part_hit(target, part, box, size, complete=False)
    hit = part_hit(target, part, box, size) if complete else seen
    return PartConditions(
        boxes=box[None],
        visible=(seen.part >= 0).float()[None, None],
        maps=render_part_maps(target, part, box, size, hit=hit),
        source=_source_crop(view, part, size),
        other=None if other is None else _source_crop(view, other, size),
        warp=warp_part(view, target, part, box, size, hit=hit) if config.guides.warp else None,
    )


def crop_part(
    image: Float[Tensor, "1 3 h w"], parsing: Float[Tensor, "1 7 h w"], drawn: DrawnBody, part: str, size: int
) -> Float[Tensor, "1 3 s s"]:
    """A part as the source shows it, cut to its box; what is not this part is flat grey."""
    own = parsing[:, CLASSES.index(part)][:, None]
    return cut(image * own, part_box(drawn, part)[None], size)


def _source_crop(view: SourceView, part: str, size: int) -> Float[Tensor, "1 3 s s"]:
    """The crop of the photo that shows most of the part; cut once for all its targets."""
    key = part, size
    if key not in view.crops:
        photo = best_photo(view, part)
        view.crops[key] = crop_part(photo.image, photo.parsing, photo.drawn, part, size)
    return view.crops[key]


def other_side(part: str) -> str | None:
    """The same limb on the other side; None for the head."""
    side, _, limb = part.partition("_")
    return {"left": f"right_{limb}", "right": f"left_{limb}"}.get(side)


def layer_size(part: str, config: ModelConfig) -> int:
    """Side of a part's layer in pixels."""
    return {"head": config.face_size, "arm": config.arm_size, "leg": config.leg_size}[part.rpartition("_")[2]]


def list_guides(maps: Maps, warp: Warp | None, guides: Guides) -> list[Float[Tensor, "b _ h w"]]:
    """The guides that are switched on, in the order in which the networks see them."""
    chosen = []
    for name, guide in name_guides(maps, warp, guides).items():
        chosen += wave(guide) if name == "points" else [guide]
    return chosen


def name_guides(maps: Maps, warp: Warp | None, guides: Guides) -> dict[str, Float[Tensor, "b _ h w"]]:
    """The guides that are switched on by name, before their sines are taken."""
    return {name: getattr(maps if name in vars(maps) else warp, name) for name in guide_names(guides)}


def guide_names(guides: Guides) -> dict[str, int]:
    """Names and channels of those, in the order in which the networks see them."""
    widths = {"heatmaps": 18 * guides.heatmaps, "parsing": 7 * guides.parsing, "depth": 1 * guides.depth}
    if guides.warp:
        widths |= {"image": 3, "visible": 1, "filled": 3 * guides.filled}
        widths |= {"points": 3 * guides.points, "normals": 6 * guides.normals}
    return {name: width for name, width in widths.items() if width}


def wave(points: Float[Tensor, "b 3 h w"]) -> list[Float[Tensor, "b 3 h w"]]:
    """Body points, and their sines and cosines, by which close ones are told apart (Tancik et al. 2020)."""
    body = (points != 0).any(1, keepdim=True)
    angle = points * (2 * math.pi / LONGEST_WAVE_M)
    sine, cosine = angle.sin(), angle.cos()
    found = [points, sine, cosine * body]
    for _ in range(NUM_WAVES - 1):
        sine, cosine = 2 * sine * cosine, 1 - 2 * sine * sine
        found += [sine, cosine * body]
    return found


def stack(pictures: Sequence[Float[Tensor, "b _ h w"]]) -> Float[Tensor, "b _ h w"]:
    """All channels together, in the precision in which a convolution would take them."""
    device = pictures[0].device.type
    if not torch.is_autocast_enabled(device):
        return torch.cat(list(pictures), dim=1)
    return torch.cat([picture.to(torch.get_autocast_dtype(device)) for picture in pictures], dim=1)


def unpack_warp(warp: Warp | None) -> Warped | None:
    """A warp as the generators blend it."""
    return None if warp is None else (warp.image, warp.visible, warp.filled)


def guide_widths(guides: Guides) -> dict[str, int]:
    """Channels of each guide that `list_guides` makes, in its order; 0 for what is switched off."""
    return {
        "heatmaps": 18 * guides.heatmaps,
        "parsing": 7 * guides.parsing,
        "depth": 1 * guides.depth,
        "warp": (7 if guides.filled else 4) * guides.warp,
        "points": 3 * (1 + 2 * NUM_WAVES) * guides.points * guides.warp,
        "normals": 6 * guides.normals * guides.warp,
    }


def num_guide_channels(guides: Guides) -> int:
    """Channels that `list_guides` makes."""
    return sum(guide_widths(guides).values())


def coarse_maps(conditions: Conditions, size: int) -> Maps:
    """The maps of the whole person at the size of the draft."""
    factor = conditions.maps.parsing.shape[-1] // size
    return Maps(
        parsing=shrink(conditions.maps.parsing, factor),
        depth=shrink(conditions.maps.depth, factor),
        heatmaps=conditions.coarse_heatmaps,
    )


def crop(conditions: Conditions, within: tuple[Any, ...]) -> Conditions:
    """What stage 3 is told in a window, given as indices of samples, rows and columns; no parts."""
    maps, warp = conditions.maps, conditions.warp
    return Conditions(
        source=conditions.source[within],
        source_parsing=conditions.source_parsing[within],
        maps=Maps(**{name: picture[within] for name, picture in vars(maps).items()}),
        coarse_heatmaps=conditions.coarse_heatmaps[within[0]],
        warp=None if warp is None else Warp(**{name: picture[within] for name, picture in vars(warp).items()}),
        parts=(),
    )


def shrink_warp(warp: Warp | None, size: int) -> Warp | None:
    """A warp at a smaller size; colours are averaged over the visible pixels only."""
    if warp is None or warp.image.shape[-1] == size:
        return warp
    factor = warp.image.shape[-1] // size
    visible = shrink(warp.visible, factor)
    return Warp(
        image=shrink(warp.image, factor) / visible.clamp(min=1e-3),
        visible=visible,
        filled=shrink(warp.filled, factor),
        points=shrink(warp.points, factor),
        normals=shrink(warp.normals, factor),
    )


def shrink(picture: Float[Tensor, "b c h w"], factor: int) -> Float[Tensor, "b c r s"]:
    """Each pixel the mean of so many times so many; two by two are added up, which is quicker than pooling."""
    if factor != 2 or picture.requires_grad:
        return avg_pool2d(picture, factor)
    rows = picture[..., ::2, :] + picture[..., 1::2, :]
    return (rows[..., ::2] + rows[..., 1::2]).mul_(0.25)


def resize(image: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """Bilinear, antialiased on the way down."""
    if image.shape[-1] == size:
        return image
    if image.shape[-1] % size == 0:
        return shrink(image, image.shape[-1] // size)
    return interpolate(image, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


Record = TypeVar("Record")


def collate(samples: Sequence[Record]) -> Record:
    """Stack records of one-sample tensors into a batch."""
    return _stack(list(samples))


def _stack(items: list[Any]) -> Any:
    first = items[0]
    if first is None:
        return None
    if isinstance(first, Tensor):
        return torch.cat(items)
    if isinstance(first, tuple):
        return tuple(_stack(list(column)) for column in zip(*items, strict=True))
    return type(first)(**{f.name: _stack([getattr(item, f.name) for item in items]) for f in fields(first)})
