"""Reports -> a page on which people choose their favourite, and Table I: the commands `study` and `study-export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import busy, progress, say
from layerpose.cli.listening import check_serving, listen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerpose.evaluation.study_methods import Method

SUFFIXES = (".md", ".csv")


def study(
    reports: tyro.conf.Positional[tuple[Path, ...]] = (),
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    data: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
    methods: tuple[str, ...] = (),
    pairs: int = 20,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 8000,
) -> None:
    """Serve a page on which people choose among each report's results, unnamed and shuffled, beside source and pose.

    Stop it with Ctrl-C; the same command goes on with the same study, and no vote is lost.

    Args:
        reports: Reports of `evaluate` or `compare` on the same data set; none to go on with a study.
        out: The study's folder: pictures and votes.
        data: The data set of the reports: source pictures, and bodies of which the target pose is drawn; not to go on.
        methods: The results to choose among, all without it; a report on one model gives its own name to the result.
        pairs: How many pairs each person is asked about, chosen from those that all methods have.
        seed: Another seed, other pairs in another order.
        host: Where to listen; 0.0.0.0 lets phones in the same network in.
        port: Port to listen on.
    """
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    _check_options(pairs, port)
    with busy("Starting"):
        from layerpose.evaluation.study import check_same_study, open_study
        from layerpose.evaluation.study_methods import read_methods
        from layerpose.studio.serving import serve
        from layerpose.studio.study_app import make_app

    chosen = read_methods(reports, methods) if reports else []
    if not (out / "study.json").is_file():
        _make(chosen, out, data, pairs, seed)
    found = open_study(out)
    if chosen:
        check_same_study(found, chosen)
    with listen(host, port) as listener:
        say(f"{len(found.pairs)} pairs, {len(found.methods)} methods: http://{host}:{port}/ (Ctrl-C stops)")
        serve(make_app(found), listener)


def study_export(
    studies: tyro.conf.Positional[tuple[Path, ...]],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FILE")],
) -> None:
    """Write Table I: how often each method was the favourite, with 95 % intervals. The study may be running.

    Args:
        studies: Folders of `study`, one for each data set.
        out: The table: .md or .csv.
    """
    from layerpose.evaluation.study import open_study
    from layerpose.evaluation.study_table import to_csv, to_markdown
    from layerpose.evaluation.study_votes import Votes
    from layerpose.media.outputs import check_output
    from layerpose.runtime.cache import writing

    suffix = out.suffix.lower() if out.suffix.lower() in SUFFIXES else SUFFIXES[0]
    check_output(out, suffix)
    if not studies:
        raise ValueError("found no study; expected the folder of one or more, made by `layerpose study`")
    found = [(one, Votes(one).all()) for one in map(open_study, studies)]
    text = to_csv(found) if suffix == ".csv" else to_markdown(found)
    with writing(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(to_markdown(found))
    say(f"Wrote {out}")


def _check_options(pairs: int, port: int) -> None:
    if pairs < 1:
        raise ValueError(f"--pairs is {pairs}; expected 1 or more")
    check_serving("study", "study", port)


def _make(methods: Sequence[Method], out: Path, data: Path | None, pairs: int, seed: int) -> None:
    from layerpose.data.records import Records
    from layerpose.evaluation.study import make_study
    from layerpose.runtime.making import check_new
    from layerpose.sheets.transfer import draw_pose_of

    if not methods:
        raise ValueError(f"{out} is no study yet; name the reports of `layerpose evaluate` whose results are shown")
    if data is None:
        raise ValueError(f"{out} is no study yet; name the data set of the reports with --data")
    check_new(out, "study")
    records = Records(data)
    with progress("pictures copied", "pairs") as report:
        found = make_study(
            methods, out, records, num_pairs=pairs, seed=seed, draw_pose=draw_pose_of(records), report=report
        )
    if len(found.pairs) < pairs:
        say(f"All {len(found.pairs)} pairs that the methods share are asked about, fewer than --pairs {pairs}")
