"""Videos and photos of people -> a data set: the command `prepare`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import busy, check_numbers, progress, say

if TYPE_CHECKING:
    from layerpose.data.footage.select import Outcome
    from layerpose.motion.write.by_suffix import Output

WORKERS = 2
SHEETS = "sheets"


def prepare(
    sources: tyro.conf.Positional[tuple[Path, ...]] = (),
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="DATA")],
    size: int = 1024,
    frames: int = 60,
    worst_reprojection: float = 0.02,
    least_overlap: float = 0.78,
    review: bool = False,
    motion_out: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    workers: Annotated[int | None, tyro.conf.arg(metavar="INT")] = None,
    ray: Annotated[str | None, tyro.conf.arg(metavar="ADDRESS")] = None,
) -> None:
    """Make a data set from videos, one person each, or folders with photos of one person: data like that of `synth`.

    Frames far apart in pose are chosen, cut out and fitted with one body shape; doubtful ones are put aside. A run that
    was stopped goes on where it was; without SOURCES, all that the data set knows of is brought up to date.

    Args:
        sources: Videos of one person each, or folders of photos of one person.
        out: The data set's folder; people that are already in it are kept.
        size: Side of the pictures in pixels.
        frames: At most so many pictures of each person.
        worst_reprojection: Frames whose body misses the landmarks by more, as a share of the stature, are put aside.
        least_overlap: Frames whose body and mask overlap less are put aside.
        review: Write DATA/review.csv, a list of verdicts to edit; every later run goes by it.
        motion_out: Also write how the person of the video moves: .bvh, .glb, .npz or .json, as convert writes them; of
            several people their numbers stand in the names (walk-00000.bvh).
        workers: Processes that work side by side, each at a person of its own; 2 without it.
        ray: Work on a Ray cluster, which has to see the same disk: local, auto or HOST:PORT. It decides how many work.
    """
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    check_numbers({"--workers": (workers, 1)})
    if ray and workers:
        raise ValueError("--workers is for one machine; with --ray the cluster says how many work: leave one out")
    if not sources and not out.exists():
        raise ValueError(f"no videos were named and there is no {out}; name a video, or a folder of photos")
    with busy("Starting"):
        from layerpose.data.footage.candidates import Order
        from layerpose.data.footage.measure import Limits
        from layerpose.data.footage.prepare import prepare as run
        from layerpose.data.footage.review import write_review
        from layerpose.export.filmed import plan_motions
        from layerpose.runtime.cluster import Cluster, connected

    planned = None if motion_out is None else plan_motions(motion_out, inputs=sources)
    limits = Limits(reprojection=worst_reprojection, overlap=least_overlap)
    order = Order(size=size, frames=frames, limits=limits)
    with connected(ray), progress("people", "people") as report:
        crew = Cluster(shared=out.resolve()) if ray else workers or WORKERS
        outcomes = run(out, sources, order, workers=crew, report=report)
    _draw_sheets(out, outcomes)
    for outcome in outcomes:
        if not outcome.problem:
            say(_describe(outcome))
    if review:
        say(f"Wrote {write_review(out, outcomes)}: change verdicts there, then give the same command again")
    if planned is not None and any(not outcome.problem for outcome in outcomes):
        _write_motions(out, outcomes, planned)
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    if problems:
        others = f"; {len(problems) - 1} more were left out too" if len(problems) > 1 else ""
        raise ValueError(f"{problems[0]}{others}")
    say(f"Wrote {out}")


def _write_motions(out: Path, outcomes: Sequence[Outcome], planned: Output) -> None:
    from layerpose.export.filmed import write_motions

    for path, take in write_motions(out, outcomes, planned):
        say(f"Wrote {path}: {take.motion.num_frames} frames, {take.seconds:.1f} s")


def _describe(outcome: Outcome) -> str:
    reasons = Counter(reason.partition(":")[0] for _, reason in outcome.aside)
    aside = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    return (
        f"{outcome.person} {Path(outcome.source).name}: {len(outcome.kept)} frames, landmarks missed by"
        f" {outcome.reprojection:.2%} of the stature, mask overlap {outcome.overlap:.3f}; put aside: {aside or 'none'}"
    )


def _draw_sheets(out: Path, outcomes: Sequence[Outcome]) -> None:
    """``sheets/00000.png`` for each person."""
    from layerpose.data.footage.candidates import FOLDER
    from layerpose.data.records import Records
    from layerpose.media.pictures import write_png
    from layerpose.sheets.transfer import draw_verdicts

    if not any(outcome.kept or outcome.aside for outcome in outcomes):
        return
    candidates = Records(out / FOLDER)
    (out / SHEETS).mkdir(exist_ok=True)
    for outcome in outcomes:
        file = out / SHEETS / f"{outcome.person}.png"
        if outcome.person in candidates.people:
            with busy(f"Drawing {file}"):
                sheet = draw_verdicts(candidates, outcome.person, dict(outcome.aside))
            write_png(sheet, file, comment="Frames of a video with fitted bodies, by layerpose.")
