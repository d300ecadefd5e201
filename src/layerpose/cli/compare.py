"""A data set -> every system trained alike and measured alike: the command `compare`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import Pace, busy, check_numbers, progress_of, say
from layerpose.cli.evaluate import LPIPS_FILE, Name, check_face_model, check_plots
from layerpose.cli.options import Device

if TYPE_CHECKING:
    from layerpose.training.loop import Progress as Place

LINE_SECONDS = 30
"""How often a line is printed while a row is trained."""


def compare(
    data: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    rows: tuple[str, ...] = (),
    size: int = 256,
    steps: int = 40000,
    batch: int = 1,
    width: float = 1.0,
    seeds: tuple[int, ...] = (0,),
    protocol: tuple[Name, ...] = ("fg", "wang"),
    pairs: int = 400,
    split: Literal["val", "test"] = "test",
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    bodies: Literal["none", "full", "all"] = "full",
    faces: bool = False,
    face_model: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    workers: int = 2,
    jobs: int = 1,
    device: Device = "auto",
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto",
    validate_every: int = 1000,
    save_minutes: float = 5.0,
) -> None:
    """Train the paper's system, ours and those it compares with under one budget, and print Tables II and IV.

    Every row sees the same pairs in the same order for the same number of steps. A run that was stopped goes on where
    it was when the same command is given again.

    Args:
        data: A data set with people to train, to validate and to test on.
        out: The comparison's folder: runs, pictures, report and tables.
        rows: pix2pixhd, dsc, lwgan, or presets of ours (paper, base, ablation-h ...); without it all of both tables but
            the steps between the paper's model and ours.
        size: Side of all pictures in pixels, in training and when measured.
        steps: Steps of each row, over all its phases.
        batch: Pairs of a step.
        width: Share of the published channels, of every network, for small machines.
        seeds: A run of every row for each seed; the figures of a pair are averaged over them.
        protocol: How to measure; by the first one, differences of view are told apart too.
        pairs: How many pairs are measured, from the list's beginning.
        split: Whose pairs.
        lpips: The weights of the metric; without it lpips_alex_v01.pt in the cache folder.
        bodies: In which pictures the body is estimated anew for OSA, PCK and part overlap.
        faces: Compare faces too, aligned by their landmarks.
        face_model: A recogniser (ArcFace, SFace; ONNX), which compares the faces as well.
        workers: Processes that measure side by side.
        jobs: Rows that are trained side by side, each with its share of the cores; at small sizes two single threads do
            more than one pair. Weights depend on the number of threads in their last digits.
        device: Where the networks run.
        precision: As for `train`.
        validate_every: Steps between two looks at the validation pairs.
        save_minutes: Minutes between two checkpoints.
    """
    check_numbers(
        {
            "--steps": (steps, 1), "--batch": (batch, 1), "--pairs": (pairs, 1), "--workers": (workers, 1),
            "--jobs": (jobs, 1),
        }
    )  # fmt: skip
    check_plots()
    with busy("Starting"):
        from layerpose.comparison.contest import Contest, check_contest, run_contest
        from layerpose.comparison.measuring import Table
        from layerpose.comparison.rows import Budget, choose_rows
        from layerpose.comparison.tables import make_tables, tables_to_markdown
        from layerpose.data.benchmark import choose_pairs
        from layerpose.data.records import Records
        from layerpose.runtime.cache import cache_dir
        from layerpose.runtime.device import choose_device
        from layerpose.runtime.precision import fast_precision
        from layerpose.training.plan import Machine

        chosen = choose_device(device)
        records, weights = Records(data), lpips or cache_dir() / LPIPS_FILE
        budget = Budget(size=size, steps=steps, batch=batch, width=width, validate_every=validate_every)
        contest = Contest(data=data, keys=choose_rows(rows), seeds=seeds, budget=budget)
        machine = Machine(
            device=chosen, workers=1,
            precision=fast_precision(chosen, training=True) if precision == "auto" else precision,
            save_minutes=save_minutes, lpips=weights,
        )  # fmt: skip
        check_contest(contest, machine, out)
        check_face_model(face_model)
        table = Table(
            records=records, pairs=tuple(choose_pairs(records, split, pairs)), lpips=weights, size=size,
            protocols=tuple(protocol), bodies=bodies, workers=workers, facts={"data": data.name, "split": split},
            faces=faces or face_model is not None, face_model=face_model,
        )  # fmt: skip
    heard = partial(_say_row, Pace(LINE_SECONDS))
    with progress_of("pictures drawn", "pictures measured", things="pairs") as (drawn, measured):
        report = run_contest(contest, machine, table, out, heard, drawn, measured, jobs=jobs)
    say(tables_to_markdown(make_tables(report, contest.keys, contest.seeds)))
    say(f"Wrote {out / 'tables.md'}, table-2, table-4 and report beside it")
    if report.problems:
        raise ValueError(
            f"{len(report.problems)} pictures could not be measured; they are named in {out / 'tables.md'}"
        )


def _say_row(pace: Pace, row: str, place: Place) -> None:
    """One line now and then for the row that is trained."""
    seconds = pace.find((row, place.phase), place.step, last=place.step >= place.num_steps)
    if seconds is not None:
        figures = "".join(f", {name} {value:.4g}" for name, value in place.figures.items())
        say(f"{row}, {place.phase} {place.step}/{place.num_steps}, {seconds:.2f} s a step{figures}")
