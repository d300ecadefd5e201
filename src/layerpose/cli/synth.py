"""Seed -> a data set of synthetic people on disk, and its shards: the commands `synth` and `pack`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from layerpose.cli.console import busy, progress, say

PREVIEW_PEOPLE, PREVIEW_POSES = 6, 3
Split = Literal["train", "val", "test"]


def synth(
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    people: int = 500,
    frames: int = 8,
    size: int = 512,
    seed: int = 1,
    workers: int = 2,
    assets: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    motion: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    splits: tuple[Split, ...] = ("train", "val", "test"),
    benchmark: Literal["synth-sport", "synth-mini"] | None = None,
    preview: Annotated[Path | None, tyro.conf.arg(metavar="PNG")] = None,
) -> None:
    """Make dressed, textured, lit people in many poses, with exact bodies: data for training and for measuring.

    The same options make the same bytes, whatever the number of workers. A run that was stopped goes on where it was.

    Args:
        out: The data set's folder; people that are already in it are kept.
        people: How many people.
        frames: Pictures of each.
        size: Side of the pictures in pixels.
        seed: Another seed, other people.
        workers: Processes that work side by side.
        assets: MakeHuman's base assets; without them a simpler built-in wardrobe is used.
        motion: A folder of BVH clips; without it people take the built-in figures only.
        splits: Make only the people of these splits.
        benchmark: Make a fixed benchmark: sets people, frames, size and seed, and writes its list of test pairs.
        preview: Also write a contact sheet: people and poses with their parsing, depth and heatmaps.
    """
    from layerpose.media.outputs import check_output, check_output_folder

    check_output_folder(out)
    check_output(preview, ".png")
    with busy("Starting"):
        from layerpose.data.benchmark import BENCHMARKS, write_pairs
        from layerpose.data.records import Records
        from layerpose.data.synth.make import Order, synthesise
    plan = BENCHMARKS[benchmark] if benchmark else None
    if plan is not None:
        people, frames, size, seed = plan.people, plan.frames, plan.size, plan.seed
    order = Order(
        people=people, frames=frames, size=size, seed=seed, assets=assets, motion=motion, splits=tuple(splits)
    )
    with progress("people", "images", each=frames) as report:
        synthesise(out, order, workers=workers, report=report)
    records, written = Records(out), [out]
    if plan is not None and "test" in splits:
        pairs = write_pairs(records, plan)
        say(f"{len(pairs.rows)} test pairs, hash {pairs.hash}")
        written.append(pairs.path)
    if preview is not None:
        from layerpose.media.pictures import write_png
        from layerpose.sheets.transfer import draw_people

        with busy("Drawing the contact sheet"):
            sheet = draw_people(records, records.people[:PREVIEW_PEOPLE], poses=PREVIEW_POSES)
        write_png(sheet, preview, comment="Synthetic people rendered by layerpose with their maps. Not photographs.")
        written.append(preview)
    say(f"Wrote {', '.join(map(str, written))}")


def pack(
    data: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    people: int = 100,
) -> None:
    """Pack a data set into tar shards (WebDataset layout), for large sets and many machines; reads like the original.

    Args:
        data: The data set.
        out: The folder for the shards, new or empty.
        people: People in a shard.
    """
    from layerpose.media.outputs import check_output_folder
    from layerpose.runtime.making import check_new

    check_output_folder(out)
    if people < 1:
        raise ValueError(f"--people is {people}; expected 1 or more")
    check_new(out)
    with busy("Packing"):
        from layerpose.data.records import pack_records

        shards = pack_records(data, out, people)
    say(f"Wrote {shards} shards into {out}")
