"""A pose or motion in one format -> the same in another: the command `convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

from layerpose.cli.console import busy, say

As = Literal["openpose", "skeleton"]


def convert(
    source: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="IN")],
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="OUT")],
    names: Literal["mixamo", "cmu"] = "mixamo",
    fps: Annotated[float | None, tyro.conf.arg(metavar="RATE")] = None,
    range: Annotated[str | None, tyro.conf.arg(metavar="FIRST:END")] = None,
    person: Annotated[str | None, tyro.conf.arg(metavar="NAME")] = None,
    photo: Annotated[Path | None, tyro.conf.arg(metavar="PHOTO")] = None,
    planted: bool = False,
    as_: Annotated[As | None, tyro.conf.arg(name="as")] = None,
) -> None:
    """Write a pose or a motion in another format, as other programs read it (docs/motion-files.md).

    Args:
        source: What --motion or --pose takes: a motion file, one frame of it (FILE#120), a pose file, a photo, a name.
        out: .bvh, .glb, .npz (AMASS), .json (our own), _keypoints.json (OpenPose), .png (a skeleton), or a folder.
        names: Joint names of a .bvh.
        fps: Frames a second; without it the motion's own rate.
        range: Only these frames of the motion, counted from 0 at its own rate; END is not included.
        person: Of a file with several people or samples: which one, as FILE#NAME: says it too.
        photo: A photo whose person performs it: its shape, and in a .glb its looks; without it an average adult.
        planted: Bend the legs so that the feet stand where the motion's do; without it every joint turns as recorded.
        as_: What goes into a folder, a file for each frame: OpenPose's JSON, or pictures of the skeleton.
    """
    from layerpose.motion.write.by_suffix import plan_output, write_take

    inputs = [Path(source.rpartition("#")[0] or source), photo]
    output = plan_output(out, as_, inputs=inputs)
    with busy("Starting"):
        from layerpose.export.actors import cast, open_take, photo_take, plant_feet
    with busy("Reading the motion"):
        take = open_take(source if person is None else f"{source}#{person}:", frames=range, fps=fps)
    if photo is not None:
        from layerpose.cli.transfer import find_person
        from layerpose.estimation.estimate import estimate, read_source
        from layerpose.presets import base

        seen = find_person(read_source(photo), lambda picture: estimate(picture, base().canvas))
        take = cast(take, photo_take(seen, textured=output.format == "glb"))
    take = plant_feet(take) if planted else take
    with busy("Writing"):
        left_out = write_take(take, output, names=names)
    frames = "1 pose" if take.is_still else f"{take.motion.num_frames} frames, {take.seconds:.1f} s"
    say(f"Wrote {out}: {frames}{f'; it has no place for {left_out}' if left_out else ''}")
