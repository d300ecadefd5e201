"""A pose or a motion -> files of its maps, for other generators: the command `maps`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from layerpose.cli.console import busy, check_numbers, say

if TYPE_CHECKING:
    from layerpose.export.maps import Shoot

SIZE = 1024
LARGEST = 4096


def maps(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="IN")],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    size: Annotated[int, tyro.conf.arg(metavar="PIXELS")] = SIZE,
    photo: Annotated[Path | None, tyro.conf.arg(metavar="PHOTO")] = None,
    fps: Annotated[float | None, tyro.conf.arg(metavar="RATE")] = None,
    range: Annotated[str | None, tyro.conf.arg(metavar="FIRST:END")] = None,
    video: bool = False,
) -> None:
    """Write the maps of a pose or a motion as other generators take them: parts, depth, normals, points, OpenPose.

    Args:
        source: What --pose or --motion takes: a pose file, a photo, a frame (FILE#120), a motion file, or a name.
        out: A folder; older maps in it are replaced, anything else never.
        size: Side of the pictures in pixels.
        photo: A photo whose person is drawn: its shape and clothes; without it an average adult's bare body.
        fps: Frames a second of a motion; without it the motion's own rate.
        range: Only these frames of a motion, counted from 0 at its own rate; END is not included.
        video: Of a motion: a video (.mp4) for each map instead of a folder of frames.
    """
    from layerpose.media.outputs import check_output_folder

    check_output_folder(out)
    check_numbers({"--size": (size, 64)})
    if size > LARGEST:
        raise ValueError(f"--size is {size}; expected at most {LARGEST}")
    with busy("Starting"):
        from layerpose.export.actors import open_take
        from layerpose.export.casting import cast_bodies
        from layerpose.export.maps import check_maps_folder, plan_shoot, write_still
    check_maps_folder(out)
    with busy("Reading the motion"):
        take = open_take(source, frames=range, fps=fps)
        bodies, clothes = cast_bodies(take, photo)
    if video and take.is_still:
        raise ValueError(f"{source} is a single pose; --video is for motions: leave it out")
    with busy("Drawing"):
        shoot = plan_shoot(bodies, size, clothes)
        if take.is_still:
            write_still(shoot, out)
        else:
            _write_motion(shoot, out, fps=take.motion.fps, video=video)
    frames = "1 pose" if take.is_still else f"{len(bodies)} frames"
    say(f"Wrote {out}: {frames}, parsing, depth, normals, points, openpose")


def _write_motion(shoot: Shoot, out: Path, *, fps: float, video: bool) -> None:
    """Frames, and out of them videos."""
    from layerpose.export.maps import COMMENT, PICTURES, load_frames, write_frames
    from layerpose.runtime.cache import writing_folder
    from layerpose.video.encode import encode

    with writing_folder(out) as part:
        write_frames(shoot, part, fps=fps)
        for name in PICTURES if video else ():
            encode(load_frames(part / name), part / f"{name}.mp4", fps=fps, comment=COMMENT)
            shutil.rmtree(part / name)
