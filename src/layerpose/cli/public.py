"""A public data set as it is downloaded -> a data set to train and to measure on: the command `import`."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import busy, check_numbers, progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerpose.data.public.convert import Done

SIZES = {"deepfashion": 256, "human36m": 512}
PICTURES = 8
REASONS = 6
"""Reasons that are listed."""


def import_data(
    kind: Annotated[
        tyro.conf.Positional[Literal["deepfashion", "human36m"]], tyro.conf.arg(metavar="deepfashion|human36m")
    ],
    folder: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="DATA")],
    size: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None,
    pictures: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None,
    workers: int = 2,
) -> None:
    """Turn DeepFashion or Human3.6M, which you have, into a data set for `train` and `evaluate`: bodies are fitted.

    A run that was stopped goes on where it was. Pictures to which no body can be fitted (half of a person, two people)
    are left out, named in DATA/refused.csv and counted.

    Args:
        kind: deepfashion: the layout of pose transfer (fasion-resize-pairs-train.csv ...); human36m: S1/Videos ...
        folder: Where it lies; nothing in it is changed.
        out: The data set's folder; people that are already in it are kept.
        size: Side of the pictures; without it 256 for deepfashion, 512 for human36m.
        pictures: Of human36m only: pictures out of every video, 8 without it.
        workers: Processes that work side by side.
    """
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    _check_options(kind, folder, out, size, pictures, workers)
    with busy("Reading the lists"):
        from layerpose import __version__
        from layerpose.data.public.convert import convert
        from layerpose.data.public.deepfashion import open_deepfashion, write_published_pairs
        from layerpose.data.public.human36m import open_human36m

        fashion = open_deepfashion(folder) if kind == "deepfashion" else None
        people = fashion.people if fashion else open_human36m(folder, pictures or PICTURES)
    out.mkdir(exist_ok=True)
    info = {"from": kind, "pictures": sum(person.num_pictures for person in people), "layerpose": __version__}
    with progress("people", "people") as report:
        done = convert(out, people, info, size or SIZES[kind], workers=workers, report=report)
    _say_refused(out, done)
    if fashion is not None:
        left = write_published_pairs(out, fashion, done)
        say(", ".join(f"{left[s]} of {len(p)} published {s} pairs" for s, p in fashion.pairs.items()) + " are left")
    say(f"Wrote {out}")


def _check_options(kind: str, folder: Path, out: Path, size: int | None, pictures: int | None, workers: int) -> None:
    from layerpose.runtime.making import check_new

    check_numbers({"--size": (size, 64), "--pictures": (pictures, 2), "--workers": (workers, 1)})
    if pictures is not None and kind == "deepfashion":
        raise ValueError("--pictures is for videos; deepfashion has photos: leave it out")
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; expected the one that holds the downloaded {kind}")
    if not (out / "dataset.json").is_file():
        check_new(out, "data set")


def _say_refused(out: Path, done: Sequence[Done]) -> None:
    from layerpose.data.public.convert import REFUSED

    kept, people = sum(len(one.kept) for one in done), sum(bool(one.kept) for one in done)
    refused = [refusal for one in done for refusal in one.refused]
    say(f"{kept} pictures of {people} people; {len(refused)} refused, named in {out / REFUSED}")
    for reason, count in Counter(_without_details(refusal.reason) for refusal in refused).most_common(REASONS):
        say(f"  {count}: {reason}")
    if not kept:
        raise ValueError(f"no person has two pictures that can be used; {out / REFUSED} says why")


def _without_details(reason: str) -> str:
    return re.split(r"[;:(]", reason)[0].strip()
