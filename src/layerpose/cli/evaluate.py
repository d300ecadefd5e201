"""A data set + a model -> figures, tables and a page: the command `evaluate`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import tyro

from layerpose.cli.console import busy, check_numbers, progress_of, say
from layerpose.cli.options import Device

Name = Literal["fg", "wang", "white", "patn", "gfla"]
Control = Literal["heatmaps", "parsing", "depth", "points", "normals", "other-side", "other-crop"]
SMALLEST_SIZE = 64
"""Smaller pictures are refused as photos."""
LPIPS_FILE = "lpips_alex_v01.pt"


def evaluate(
    data: tyro.conf.Positional[Path],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    model: Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FOLDER ...")] = (),
    volume: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    controls: tuple[Control, ...] = (),
    source: Literal["exact", "fitted"] = "exact",
    own_pose: bool = False,
    aligned: bool = False,
    size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None,
    protocol: tuple[Name, ...] = ("fg", "wang"),
    pairs: int = 400,
    split: Literal["train", "val", "test"] = "test",
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    bodies: Literal["none", "full", "all"] = "full",
    faces: bool = False,
    face_model: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    workers: int = 2,
    device: Device = "auto",
) -> None:
    """Measure a model on a data set: SSIM, LPIPS and PSNR of every stage and of the trivial baselines, OSA of the
    result.

    A run that was stopped goes on where it was. The model is told the exact target bodies of the data set.

    Args:
        data: The data set; its own list of test pairs is used if it has one.
        out: The report's folder: tables, page, plots and pictures.
        model: Model folders, ours or of a compared system; without any the bundled one. Of several each gets a row
            under its folder's name; a single one of ours shows every stage.
        volume: A volume network, or bundled; one row more for a single model of ours, its target maps from predicted
            volumes.
        controls: What the networks of a single model of ours are kept from, two rows more for each, pasted and full: a
            map has its pixels in random order (depth: with its slopes, the target's normals), nothing comes from the
            other side of a limb (other-crop: its crop alone is grey). A row that is no worse: the model makes no use of
            it.
        source: Whether a model is told the source's exact body and mask, or what it would read of a photo: the picture
            is put before a painted background, cut out and fitted.
        own_pose: Draw every source in its own pose too, where nothing has to be invented: how far is each row from the
            photo itself?
        aligned: Measure every result and dressed warp again after it is laid over the truth by optical flow, and once
            more with slow colour differences evened out: what is misplaced, what looks otherwise?
        size: Side in pixels at which pictures are compared; without it the data set's.
        protocol: How to measure; the first one orders the pictures of the page.
        pairs: How many pairs, from the list's beginning.
        split: Whose pairs; those of train and val are drawn with a fixed seed.
        lpips: The weights of the metric; without it lpips_alex_v01.pt in the cache folder.
        bodies: In which pictures the body is estimated anew for OSA, PCK and part overlap, most of a second each; full:
            in every result and in the truth.
        faces: Compare faces too, aligned by their landmarks.
        face_model: A recogniser (ArcFace, SFace; ONNX), which compares the faces as well.
        workers: Processes that measure side by side.
        device: Where the model runs.
    """
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    check_plots()
    for option, asked in {"--volume": volume, "--controls": controls}.items():
        if asked and len(model) > 1:
            raise ValueError(f"{option} adds to a table of one model; found {len(model)} models; name one of them")
    check_numbers({"--pairs": (pairs, 1), "--workers": (workers, 1), "--size": (size, SMALLEST_SIZE)})
    with busy("Starting"):
        from layerpose.comparison.contenders import enter, enter_volume
        from layerpose.comparison.controls import enter_control
        from layerpose.comparison.measuring import Table, measure_table
        from layerpose.data.benchmark import choose_pairs
        from layerpose.data.records import Records
        from layerpose.evaluation.lpips import Lpips
        from layerpose.evaluation.read_source import fitted_sources
        from layerpose.evaluation.report import to_markdown
        from layerpose.runtime.cache import cache_dir
        from layerpose.runtime.locks import alone_in
        from layerpose.runtime.making import keep_making

        records, weights = Records(data), lpips or cache_dir() / LPIPS_FILE
        Lpips(weights)
        check_face_model(face_model)
        chosen = choose_pairs(records, split, pairs)
        rows = name_rows(model)
        systems = [enter(folder, row=row, device=device) for folder, row in zip(model or (None,), rows, strict=True)]
        main = systems[-1].drawer.rows[-1]
        if volume is not None:
            systems.append(enter_volume(model[0] if model else None, volume, device=device))
        systems += [enter_control(model[0] if model else None, control, device=device) for control in controls]
    out.mkdir(exist_ok=True)
    facts = {
        "model": ", ".join(map(str, model)) or "bundled", "preset": ", ".join(e.preset for e in systems),
        "weights": ", ".join(e.fingerprint for e in systems), "data": data.name, "split": split,
    }  # fmt: skip
    if size is not None and size != records.canvas:
        facts["size"] = str(size)
    if source != "exact":
        facts["source"] = source
    table = Table(
        records=records, pairs=tuple(chosen), lpips=weights, size=size or records.canvas, protocols=tuple(protocol),
        bodies=bodies, workers=workers, facts=facts, own_pose=own_pose, aligned=aligned,
        faces=faces or face_model is not None, face_model=face_model,
        sources=fitted_sources(records, out) if source == "fitted" else None,
    )  # fmt: skip
    with alone_in(out), progress_of("pictures drawn", "pictures measured", things="pairs") as (drawn, measured):
        keep_making(out / "making.json", facts, holds="report")
        made = measure_table(table, [system.drawer for system in systems], out, drawn, measured, main=main)
    say(to_markdown(made))
    say(f"Wrote {out / 'index.html'}, report.md, figures.csv and report.json beside it")
    if made.problems:
        raise ValueError(f"{len(made.problems)} pictures could not be measured; they are named in {out / 'report.md'}")


def check_face_model(face_model: Path | None) -> None:
    """ValueError unless the recogniser that is named is one."""
    from layerpose.evaluation.recogniser import read_recogniser

    if face_model is not None:
        read_recogniser(face_model)


def check_plots() -> None:
    """ValueError without the package that draws the plots."""
    if find_spec("matplotlib") is None:
        raise ValueError("the report's plots need matplotlib; install it: pip install 'layerpose[evaluate]'")


def name_rows(folders: tuple[Path, ...]) -> tuple[str | None, ...]:
    """A row for each of several models: its folder's name, with the run's before it where it is `best` or `last`."""
    if len(folders) < 2:
        return (None,)
    resolved = [folder.resolve() for folder in folders]
    names = [f.parent.name if f.name in ("best", "last") else f.name for f in resolved]
    if len(set(names)) < len(names):
        names = [f"{f.parent.name} {f.name}" for f in resolved]
    if len(set(names)) < len(names):
        raise ValueError(f"--model: two models would have the row {max(names, key=names.count)!r}; rename a folder")
    return tuple(names)
