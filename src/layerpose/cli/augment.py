"""Photos + motion -> training data in COCO's format: the command `augment`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from layerpose.cli.console import busy, check_numbers, progress, say
from layerpose.cli.options import Networks

POSES = 8
REASONS = 6
"""Reasons that are listed."""


def augment(
    photos: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="PHOTO ...")],
    /,
    *,
    motion: Annotated[str, tyro.conf.arg(aliases=("-m",), metavar="MOTION")],
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="DATA")],
    poses_per_photo: Annotated[int, tyro.conf.arg(metavar="INT")] = POSES,
    size: Annotated[int | None, tyro.conf.arg(metavar="PIXELS")] = None,
    range: Annotated[str | None, tyro.conf.arg(metavar="FIRST:END")] = None,
    background: Annotated[str, tyro.conf.arg(aliases=("-b",), metavar="keep|COLOUR|IMAGE")] = "keep",
    sheet: Annotated[Path | None, tyro.conf.arg(aliases=("-s",), metavar="PNG")] = None,
    networks: Networks,
) -> None:
    """Make training data: the people of photos in new poses, with keypoints, parts, boxes and joints in space (COCO).

    A run that was stopped goes on where it was. A photo that cannot be used is named in DATA/refused.csv.

    Args:
        photos: Photos of one whole person each.
        motion: Where the poses come from: what animate's --motion takes.
        out: The data set's folder: images, parts (masks), annotations.json.
        poses_per_photo: Pictures of each photo, spread over the motion.
        size: Side of the pictures in pixels; without it the model's largest (1024).
        range: Only these frames of the motion, counted from 0; END is not included.
        background: The photo's own with the person's place filled in, a colour, or a picture.
        sheet: Also write a contact sheet of pictures with their annotations drawn.
        networks: Which networks draw, and where.
    """
    from layerpose.media.outputs import check_output, check_output_folder

    if not photos:
        raise ValueError("no photo is named; expected one or more, like layerpose augment a.jpg b.jpg -m walk -o DATA")
    check_numbers({"--poses-per-photo": (poses_per_photo, 1)})
    check_output_folder(out)
    check_output(sheet, ".png", inputs=photos)
    with busy("Starting"):
        from layerpose.inputs.motions import resolve_motion
        from layerpose.media.pictures import write_png
        from layerpose.runtime.making import keep_making
        from layerpose.scene.backdrop import TRANSPARENT, check_backdrop
        from layerpose.video.augment import COMMENT, JOB, augment, draw_annotated, find_actor
    if background == TRANSPARENT:
        raise ValueError("--background transparent is no picture to train on; expected keep, a colour or a picture")
    check_backdrop(background)
    with busy("Reading the motion"):
        moved = resolve_motion(motion, frames=range)
    model = networks.load(size)
    job = {
        "photos": [str(photo) for photo in photos], "motion": motion, "range": range, "poses": poses_per_photo,
        "size": model.config.canvas, "background": background, "model": model.fingerprint,
    }  # fmt: skip
    keep_making(out / JOB, job, holds="data set of this command")
    with progress("Pictures", "pictures") as report:
        outcome = augment(
            photos, out, poses=poses_per_photo, report=report,
            find=lambda photo: find_actor(photo, moved, model, background),
        )  # fmt: skip
    if sheet is not None and outcome.pictures:
        write_png(draw_annotated(out), sheet, comment=COMMENT)
    for photo, reason in list(outcome.refused.items())[:REASONS]:
        say(f"Left out {photo}: {reason}")
    if not outcome.pictures:
        raise ValueError(f"none of {len(photos)} photos could be used; {out / 'refused.csv'} says why")
    say(f"Wrote {out}: {outcome.pictures} pictures of {len(photos) - len(outcome.refused)} photos")
