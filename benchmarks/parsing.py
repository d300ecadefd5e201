"""The source parsing on people not seen in training, as a user's photo goes: found, cut, fitted, parsed.

``python benchmarks/parsing.py DATA SHEET.png --assets FOLDER [--network FOLDER] [--split test] [--frames 2]``

The truth is what skin, clothes and hair show (`data.synth.labels`), at the canvas's size. Every second picture is over
flat grey, the others are before a painted background. Compared: the fitted body's projection, naked and filled up to
the mask; the same with its outlines moved to the picture's edges; weighed by the parts' colours in between, which is
what `estimate` gives; a network, if one is named, with the last step behind it too; and two ceilings that no user has:
the true body's projection, naked and filled up to the true mask.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
import tyro
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.body.camera import in_pixels
from layerpose.data.backgrounds import paint_background
from layerpose.data.parsed import show
from layerpose.data.records import Records
from layerpose.data.synth.labels import Relabelled
from layerpose.estimation.canvas import GREY
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.estimation.parsing import EDGE_SIZE, follow_edges, load_network, parse_by_network, parse_photo
from layerpose.evaluation.parsing import class_ious, count_overlap
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_body
from layerpose.media.pictures import write_png
from layerpose.networks.unet import UNet
from layerpose.sheets.transfer import Cell, grid, parsing_to_picture
from layerpose.types import CLASSES, Body

SEED = 2021
CELL = 256
SHOWN = 12
BEHIND = ("grey", "painted")
NAKED, FILLED, NETWORK = "fitted body, naked", "filled to the mask", "network"
FOLLOWED, WEIGHED = "edges followed", "weighed by colour, edges followed"
TRUE_NAKED, TRUE_FILLED = "ceiling: true body, naked", "ceiling: true body, filled to the true mask"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One photo that was understood, on the canvas that `estimate` cut."""

    seen: Estimate
    picture: Float[np.ndarray, "h w 3"]
    truth: UInt8[np.ndarray, "h w"]
    body: Body
    alpha: Float[Tensor, "1 1 h w"]
    behind: str


def main(
    data: tyro.conf.Positional[Path], sheet: tyro.conf.Positional[Path], *, assets: Path | None = None,
    network: Path | None = None, split: str = "test", frames: int = 2, every: int = 1, people: int = 1000,
    size: int = 512,
) -> None:  # fmt: skip
    torch.set_num_threads(1)
    parser = load_network(network) if network else None
    counts, cells, refused = defaultdict(list), [], Counter()
    records = Records(data)
    for case in cases(records, records.split(split)[::every][:people], frames, size, assets):
        if isinstance(case, str):
            refused[case] += 1
            continue
        found = answers(case, parser)
        for name, labels in found.items():
            overlap = count_overlap(labels, torch.as_tensor(case.truth))
            counts[case.behind, name].append(overlap)
            counts["all", name].append(overlap)
        if len(cells) < SHOWN * 5:
            cells += draw(case, found)
    for (behind, name), each in counts.items():
        ious = class_ious(each)
        parts = ", ".join(f"{c} {v:.3f}" for c, v in zip(CLASSES, ious, strict=True))
        print(f"{behind} | {name} | mean IoU {ious.mean():.3f} ({parts}) | {len(each)} pictures")
    print("refused:", dict(refused))
    write_png(grid(cells, 5, CELL), sheet, comment="Synthetic people and their parsing. Not photographs.")


def cases(records: Records, people: list[str], frames: int, size: int, assets: Path | None) -> Iterator[Case | str]:
    rng, turns = np.random.default_rng(SEED), cycle(BEHIND)
    for person in people:
        dressed = Relabelled(records, person, assets)
        for frame in rng.choice(records.frames(person), frames, replace=False):
            behind = next(turns)
            image, alpha, body = records.load(person, str(frame))
            photo = before_background(image, alpha, behind, rng)
            try:
                seen = estimate(Image.fromarray(photo), size)
            except ValueError:
                yield behind
                continue
            placed = seen.canvas.place(in_pixels(body.camera, records.canvas))
            yield Case(
                seen=seen, picture=seen.canvas.picture(photo), truth=dressed.label(str(frame), placed, size),
                body=replace(body, camera=placed), behind=behind,
                alpha=torch.as_tensor(seen.canvas.cut(alpha[0, 0].numpy(), outside=0.0))[None, None],
            )  # fmt: skip


def before_background(
    image: Float[Tensor, "1 3 h w"], alpha: Float[Tensor, "1 1 h w"], behind: str, rng: np.random.Generator
) -> UInt8[np.ndarray, "h w 3"]:
    size, share = alpha.shape[-1], alpha[0, 0].numpy()[..., None]
    background = paint_background(size, rng) if behind == "painted" else np.full((size, size, 3), GREY)
    colour = (image[0].permute(1, 2, 0).numpy() + share) * 127.5
    return np.clip(colour + background * (1 - share), 0, 255).astype(np.uint8)


def answers(case: Case, network: UNet | None) -> dict[str, Tensor]:
    size, mask = case.seen.photo.mask.shape[-1], case.seen.photo.mask
    fitted, true = draw_body(case.seen.body, size), draw_body(case.body, size)
    found = {
        NAKED: torch.as_tensor(show(case.seen.body, size)),
        FILLED: parse_source(fitted, mask)[0].argmax(0),
        FOLLOWED: follow_only(case.picture, mask, fitted),
        WEIGHED: parse_photo(case.picture, mask, fitted)[0].argmax(0),
        TRUE_NAKED: torch.as_tensor(show(case.body, size)),
        TRUE_FILLED: parse_source(true, case.alpha)[0].argmax(0),
    }
    if network is not None:
        found[NETWORK] = parse_by_network(network, case.picture, mask, fitted)[0].argmax(0)
    return found


def follow_only(
    picture: Float[np.ndarray, "h w 3"], mask: Float[Tensor, "1 1 h w"], fitted: DrawnBody
) -> Int[Tensor, "h w"]:
    filled = interpolate(parse_source(fitted, mask), size=(EDGE_SIZE, EDGE_SIZE), mode="area")
    chances = interpolate(follow_edges(picture, filled), size=mask.shape[-2:], mode="bilinear", align_corners=False)
    return torch.where(mask[0, 0] > 0.5, chances[0, 1:].argmax(0) + 1, 0)


def draw(case: Case, found: dict[str, Tensor]) -> list[Cell]:
    truth = torch.as_tensor(case.truth)

    def cell(name: str) -> Cell:
        iou = class_ious([count_overlap(found[name], truth)]).nanmean()
        return f"{name}, {iou:.2f}", parsing_to_picture(one_hot(found[name]))

    photo = Image.fromarray((case.picture * 255).astype(np.uint8))
    return [
        (case.behind, photo),
        cell(NAKED),
        cell(FILLED),
        cell(WEIGHED),
        ("truth", parsing_to_picture(one_hot(truth))),
    ]


def one_hot(labels: Tensor) -> Float[Tensor, "1 7 h w"]:
    return torch.nn.functional.one_hot(labels.long(), len(CLASSES)).permute(2, 0, 1)[None].float()


if __name__ == "__main__":
    tyro.cli(main)
