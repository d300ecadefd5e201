"""Transfers and data sets -> pictures for people: contact sheets."""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.data.benchmark import Pair
from layerpose.data.records import Records
from layerpose.maps.render import draw_body, render_maps
from layerpose.media.pictures import image_to_picture
from layerpose.types import Body, Layer, Transfer

CELL = 320
"""Side of a small cell in pixels; the result is three of them and their titles tall."""
TITLE = 26
"""Height of a title in pixels."""
GAP = 8
"""Space between cells in pixels."""
COLUMNS = 4
PAPER, INK = (246, 245, 242), (40, 40, 44)
PALETTE = (
    (28, 28, 32), (244, 190, 104), (120, 132, 150), (226, 92, 76), (88, 152, 224), (236, 148, 172), (96, 188, 140),
)  # fmt: skip
"""Colours of the seven classes."""
CHECKER = (168, 208)
"""The two greys behind a layer."""
AMBIENT = 0.35
"""Light on a surface that is seen edge-on."""
FACE = 3
"""The keypoints nose, left and right eye, which come first."""
EYE_DEPTH_M = 0.06
"""Keypoints lie a little inside the head; what lies deeper behind the surface is hidden."""

Cell = tuple[str, Image.Image]


def draw_sheet(transfer: Transfer, overlay: Image.Image, *, more: Sequence[Cell] = ()) -> Image.Image:
    """Source, fit, S, D, H, coarse, the layers, pasted, and the result large; `more` is a row of cells below."""
    maps = transfer.maps
    cells: list[Cell] = [
        ("source", image_to_picture(transfer.source[:1])),
        ("fit", overlay),
        ("target parsing S", parsing_to_picture(maps.parsing[:1])),
        ("target depth D", depth_to_picture(maps.depth[:1])),
        ("target heatmaps H", heatmaps_to_picture(maps.heatmaps[:1])),
        ("coarse", image_to_picture(transfer.coarse[:1])),
        *((f"layer: {layer.part.replace('_', ' ')}", layer_to_picture(layer)) for layer in transfer.layers),
        ("pasted", image_to_picture(transfer.pasted[:1])),
    ]
    small = grid(cells, COLUMNS, CELL)
    result = grid([("result", image_to_picture(transfer.image[:1]))], 1, small.height - TITLE - 2 * GAP)
    sheet = beside(small, result)
    return below(sheet, grid(more, len(more), (sheet.width - GAP) // len(more) - GAP)) if more else sheet


def draw_people(records: Records, people: Sequence[str], *, poses: int) -> Image.Image:
    """A row for each person of a data set: some of the pictures, each with its S, D and H."""
    cells: list[Cell] = []
    for person in people:
        for frame in records.frames(person)[:poses]:
            image, _, body = records.load(person, frame)
            maps = render_maps(draw_body(body, image.shape[-1]))
            cells += [
                (f"{person}/{frame}", image_to_picture(image)), ("S", parsing_to_picture(maps.parsing)),
                ("D", depth_to_picture(maps.depth)), ("H", heatmaps_to_picture(maps.heatmaps)),
            ]  # fmt: skip
    return grid(cells, 4 * poses, CELL // 2)


def draw_verdicts(candidates: Records, person: str, aside: Mapping[str, str]) -> Image.Image:
    """Every candidate of a person with its fitted body; those put aside are crossed out and say why."""
    cells: list[Cell] = []
    for frame in candidates.frames(person):
        image, _, body = candidates.load(person, frame)
        picture = draw_fit(image, body).resize((CELL, CELL), Image.Resampling.LANCZOS)
        if frame in aside:
            ImageDraw.Draw(picture).line((0, 0, CELL, CELL, 0, CELL, CELL, 0), fill=PALETTE[3], width=3)
        cells += [(frame, image_to_picture(image)), (aside.get(frame, "kept").partition(":")[0], picture)]
    return grid(cells, 2 * COLUMNS, CELL // 2)


def draw_fit(image: Float[Tensor, "1 3 h w"], body: Body) -> Image.Image:
    """A photo on the canvas with its fitted body: the parts in colour, the keypoints as dots."""
    photo = image_to_picture(image)
    drawn = draw_body(body, photo.width)
    maps = render_maps(drawn)
    covered = Image.fromarray((1 - maps.parsing[0, 0]).mul(150).byte().numpy())
    overlay = Image.composite(parsing_to_picture(maps.parsing), photo, covered)
    pen, radius = ImageDraw.Draw(overlay), max(photo.width // 160, 1)
    for x, y in (drawn.keypoints[:, :2] * photo.width).tolist():
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill="white", outline=INK)
    return overlay


def draw_pose(body: Body, size: int) -> Image.Image:
    """A body alone: the parts in colour, lit from the viewer, so that one sees which way it faces."""
    drawn = draw_body(body, size)
    maps = render_maps(drawn)
    depth_px = maps.depth[0, 0].numpy() * body.camera.scale * size
    slopes = np.gradient(depth_px)
    light = np.where(maps.parsing[0, 0] > 0, 1, 1 / np.sqrt(1 + slopes[0] ** 2 + slopes[1] ** 2))
    colours = np.asarray(parsing_to_picture(maps.parsing)) * (AMBIENT + (1 - AMBIENT) * light[..., None])
    picture = Image.fromarray(colours.round().astype(np.uint8))
    pen, radius = ImageDraw.Draw(picture), max(size // 128, 1)
    front = drawn.nearest.depth
    for x, y, z in drawn.keypoints[:FACE].tolist():
        column, row = int(x * size), int(y * size)
        if 0 <= column < size and 0 <= row < size and z < float(front[row, column]) + EYE_DEPTH_M:
            pen.ellipse((x * size - radius, y * size - radius, x * size + radius, y * size + radius), fill=INK)
    return picture


def draw_pose_of(records: Records) -> Callable[[Pair], Image.Image]:
    """Pair -> its target pose, drawn from the data set's body at the size of its pictures."""
    return lambda pair: draw_pose(records.body(pair[0], pair[2]), records.canvas)


def parsing_to_picture(parsing: Float[Tensor, "1 7 h w"]) -> Image.Image:
    """One colour for each class."""
    colours = torch.tensor(PALETTE, dtype=torch.uint8)
    return Image.fromarray(colours[parsing[0].argmax(0).cpu()].numpy())


def depth_to_picture(depth: Float[Tensor, "1 1 h w"]) -> Image.Image:
    """Near is white, far is dark grey, nothing is black."""
    values = depth[0, 0].cpu().numpy()
    inside = values != 0
    if not inside.any():
        return Image.fromarray(np.zeros(values.shape, dtype=np.uint8)).convert("RGB")
    near, far = values[inside].min(), values[inside].max()
    grey = 255 - (values - near) / max(far - near, 1e-6) * 200
    return Image.fromarray(np.where(inside, grey, 0).astype(np.uint8)).convert("RGB")


def heatmaps_to_picture(heatmaps: Float[Tensor, "1 k h w"]) -> Image.Image:
    """A hue for each keypoint, the strongest on top."""
    num = heatmaps.shape[1]
    hues = torch.tensor([colorsys.hsv_to_rgb(k / num, 0.75, 1.0) for k in range(num)])
    strength, owner = heatmaps[0].cpu().max(0)
    return Image.fromarray((hues[owner] * strength[..., None] * 255).byte().numpy())


def layer_to_picture(layer: Layer) -> Image.Image:
    """A layer over a checkerboard."""
    mask = _mask(layer)
    tiles = np.indices((mask.height, mask.width)) * 16 // mask.width
    board = Image.fromarray(np.asarray(CHECKER, dtype=np.uint8)[tiles.sum(0) % 2]).convert("RGB")
    return Image.composite(image_to_picture(layer.image[:1]), board, mask)


def grid(cells: Sequence[Cell], columns: int, side: int) -> Image.Image:
    """Titled square cells in rows."""
    rows = -(-len(cells) // columns)
    size = (columns * (side + GAP) + GAP, rows * (side + TITLE + GAP) + GAP)
    paper = Image.new("RGB", size, PAPER)
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(size=15)
    for index, (title, picture) in enumerate(cells):
        left = GAP + index % columns * (side + GAP)
        top = GAP + index // columns * (side + TITLE + GAP)
        pen.text((left + 2, top + 4), title, fill=INK, font=font)
        paper.paste(_fit_into(picture, side), (left, top + TITLE))
    return paper


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures next to each other."""
    paper = Image.new("RGB", (left.width + right.width, max(left.height, right.height)), PAPER)
    paper.paste(left, (0, 0))
    paper.paste(right, (left.width, 0))
    return paper


def below(upper: Image.Image, lower: Image.Image) -> Image.Image:
    """Two pictures one above the other."""
    paper = Image.new("RGB", (max(upper.width, lower.width), upper.height + lower.height), PAPER)
    paper.paste(upper, (0, 0))
    paper.paste(lower, (0, upper.height))
    return paper


def _fit_into(picture: Image.Image, side: int) -> Image.Image:
    scale = side / max(picture.size)
    size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
    return picture.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC)


def _mask(layer: Layer) -> Image.Image:
    mask = layer.mask[:1].detach().float().cpu()
    if mask.shape[-2:] != layer.image.shape[-2:]:
        mask = interpolate(mask, layer.image.shape[-2:], mode="bilinear", align_corners=False)
    return Image.fromarray((mask[0, 0].clamp(0, 1) * 255).round().byte().numpy())
