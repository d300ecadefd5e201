"""A data set + a model -> figures, tables and a page: the command `evaluate`."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from layerpose.cli.console import busy, progress, say

DEVICES = Literal["auto", "cpu", "cuda"]
Name = Literal["fg", "wang", "patn", "gfla"]
LPIPS_FILE = "lpips_alex_v01.pt"


def evaluate(
    data: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    model: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    protocol: tuple[Name, ...] = ("fg", "wang"),
    pairs: int = 400,
    split: Literal["train", "val", "test"] = "test",
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    bodies: Literal["none", "full", "all"] = "full",
    workers: int = 2,
    device: DEVICES = "auto",
) -> None:
    """Measure a model on a data set: SSIM, LPIPS and PSNR of every stage and of the trivial answers, OSA of the result.

    A run that was stopped goes on where it was. The model is told the exact bodies of the data set.

    Args:
        data: The data set; its own list of test pairs is used if it has one.
        out: The report's folder: tables, page, plots and pictures.
        model: A model folder; without it the bundled one.
        protocol: How to measure; the first one orders the pictures of the page.
        pairs: How many pairs, from the list's beginning.
        split: Whose pairs; those of train and val are drawn with a fixed seed.
        lpips: The weights of the metric; without it lpips_alex_v01.pt in the cache folder.
        bodies: In which pictures the body is estimated anew for OSA, PCK and part overlap (a second each).
        workers: Processes that measure side by side.
        device: Where the model runs.
    """
    from layerpose.outputs import check_output_folder

    check_output_folder(out)
    if find_spec("matplotlib") is None:
        raise ValueError("evaluate draws its plots with matplotlib; install it: pip install 'layerpose[evaluate]'")
    for name, value in {"--pairs": pairs, "--workers": workers}.items():
        if value < 1:
            raise ValueError(f"{name} is {value}; expected 1 or more")
    with busy("Starting"):
        from layerpose.cache import cache_dir
        from layerpose.data.benchmark import choose_pairs
        from layerpose.data.pairs import Pairs
        from layerpose.data.records import Records
        from layerpose.evaluation.answers import MAIN_ROW, draw_answers
        from layerpose.evaluation.lpips import Lpips
        from layerpose.evaluation.measure import TRUTH, Job, measure_answers
        from layerpose.evaluation.page import write_page
        from layerpose.evaluation.report import Report, to_markdown, write_report
        from layerpose.transfer import PoseTransfer

        records = Records(data)
        weights = lpips or cache_dir() / LPIPS_FILE
        Lpips(weights)
        chosen = choose_pairs(records, split, pairs)
        runner = PoseTransfer.load(model, device=device)
    out.mkdir(exist_ok=True)
    facts = {
        "model": str(model or "bundled"), "preset": runner.config.name, "weights": runner.fingerprint,
        "data": data.name, "split": split,
    }  # fmt: skip
    _same_making(out, facts)
    source = Pairs(records, records.split(split), runner.config, length=len(chosen), seed=0, disturb=False)
    with progress("pictures drawn", "pairs") as report:
        rows = draw_answers(runner.draw, source, chosen, out, report)
    landing = {"none": (), "full": (MAIN_ROW, TRUTH), "all": (*rows, TRUTH)}[bodies]
    job = Job(data=data, folder=out, lpips=weights, protocols=tuple(protocol), landing_rows=landing)
    with progress("pictures measured", "pairs") as report:
        measured = measure_answers(job, (*rows, TRUTH), chosen, workers=workers, report=report)
    made = Report(measured=tuple(measured), protocols=tuple(protocol), size=records.canvas, facts=facts)
    write_report(made, out)
    write_page(made, records, out)
    say(to_markdown(made))
    say(f"Wrote {out / 'index.html'}, report.md, figures.csv and report.json beside it")
    if made.problems:
        raise ValueError(f"{len(made.problems)} pictures could not be measured; they are named in {out / 'report.md'}")


def _same_making(out: Path, making: dict[str, Any]) -> None:
    """Note what the pictures in the folder are of, or check that they are of the same."""
    file = out / "making.json"
    if file.is_file():
        there = json.loads(file.read_text(encoding="utf-8"))
        for name, value in making.items():
            if there.get(name) != value:
                raise ValueError(
                    f"{out} was made with {name} {there.get(name)!r}, not {value!r}; choose another folder"
                )
        return
    if any(out.iterdir()):
        raise ValueError(f"{out} is not empty and holds no report; choose a new folder")
    file.write_text(json.dumps(making, indent=1) + "\n", encoding="utf-8")
