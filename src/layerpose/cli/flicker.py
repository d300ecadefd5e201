"""Photo + motion -> how much the video would flicker: the command `flicker`."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import busy, progress, say
from layerpose.cli.options import Networks
from layerpose.cli.transfer import find_person

if TYPE_CHECKING:
    from layerpose.evaluation.flicker import Filmed, Flicker
    from layerpose.maps.source import SourceView
    from layerpose.motion.filming import Film
    from layerpose.transfer import PoseTransfer


def flicker(
    photo: tyro.conf.Positional[Path],
    /,
    *,
    motion: Annotated[str, tyro.conf.arg(aliases=("-m",), metavar="MOTION")],
    out: Annotated[Path | None, tyro.conf.arg(aliases=("-o",), metavar="CSV")] = None,
    fps: Annotated[float | None, tyro.conf.arg(metavar="RATE")] = None,
    size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None,
    range: Annotated[str | None, tyro.conf.arg(metavar="FIRST:END")] = None,
    camera: Literal["fixed", "follow", "turntable"] = "fixed",
    lpips: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None,
    networks: Networks,
) -> None:
    """Measure how much neighbouring frames of `animate` differ beyond what the body's motion explains.

    The frames are drawn with the same options, measured and dropped; no video is written.

    Args:
        photo: A photo of one whole person.
        motion: As for `animate`.
        out: Also write a table: for each frame the change of luminance, LPIPS, and the share of the body compared.
        fps: Frames a second; without it the motion's own rate, at most 30.
        size: Side of the frames in pixels; without it the model's largest (1024).
        range: Only these frames of the motion, counted from 0 at its own rate; END is not included.
        camera: As for `animate`.
        lpips: The weights of the metric; without it lpips_alex_v01.pt in the cache folder.
        networks: Which networks draw, and where.
    """
    with busy("Starting"):
        from layerpose.cli.evaluate import LPIPS_FILE
        from layerpose.evaluation.flicker import measure_flicker
        from layerpose.evaluation.lpips import Lpips
        from layerpose.inputs.motions import resolve_motion
        from layerpose.media.outputs import check_output
        from layerpose.media.pictures import read_photo
        from layerpose.motion.filming import film
        from layerpose.runtime.cache import cache_dir

    check_output(out, ".csv", inputs=[photo, Path(motion)])
    distance = Lpips(lpips or cache_dir() / LPIPS_FILE)
    picture = read_photo(photo)
    with busy("Reading the motion"):
        moved = resolve_motion(motion, frames=range, fps=fps)
    model = networks.load(size)
    seen = find_person(picture, model.look)
    found = measure_flicker(_shoot(model, model.view(seen), film(moved, seen.body, camera)), distance)
    if out is not None:
        write_table(found, out)
    say(f"Flicker of {moved.num_frames} frames: {found.summary}")
    if out is not None:
        say(f"Wrote {out}")


def write_table(found: Flicker, out: Path) -> None:
    """One line for each frame but the first."""
    from layerpose.runtime.cache import writing

    with writing(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["frame", "luminance", "lpips", "compared"])
        rows = zip(found.luminance, found.lpips, found.common, strict=True)
        table.writerows([frame, *(f"{value:.6f}" for value in row)] for frame, row in enumerate(rows, start=1))


def _shoot(model: PoseTransfer, view: SourceView, clip: Film) -> Iterator[Filmed]:
    """Frames as `animate` draws them, over flat grey, one at a time."""
    from layerpose.evaluation.flicker import Filmed
    from layerpose.maps.render import draw_body

    with progress("Frames", "frames") as report:
        for done, body in enumerate(clip.bodies(), start=1):
            image = model.draw(model.prepare(view, body)).image.float()
            yield Filmed(image=image, drawn=draw_body(body, image.shape[-1], device=image.device))
            report(done, clip.num_frames)
