"""Take + the name of a file -> the file: which format it is, is told by its suffix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from layerpose.media.outputs import check_output, check_output_folder
from layerpose.motion.motion_file import write_motion
from layerpose.motion.pose_file import write_pose
from layerpose.motion.write.amass import write_amass
from layerpose.motion.write.bvh import Names, write_bvh
from layerpose.motion.write.openpose import SUFFIX, write_openpose, write_openpose_folder
from layerpose.motion.write.skeleton_picture import write_skeleton_folder, write_skeleton_picture
from layerpose.motion.write.take import Take

Format = Literal["bvh", "glb", "npz", "json", "openpose", "skeleton"]
SUFFIXES: dict[str, Format] = {
    SUFFIX: "openpose", ".bvh": "bvh", ".glb": "glb", ".npz": "npz", ".json": "json", ".png": "skeleton",
}  # fmt: skip
"""The longest first."""
FOLDERS: tuple[Format, ...] = ("openpose", "skeleton")
"""Formats with a file for each frame."""
EXPECTED = f"{', '.join(SUFFIXES)}, or a folder with --as {' or '.join(FOLDERS)}"
LEFT_OUT: dict[Format, str] = {
    "bvh": "how stout the person is",
    "npz": "the person's shape",
    "openpose": "depth, and the face",
    "skeleton": "depth, hands and face",
}
"""What a format has no place for."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """Where to write, and what."""

    path: Path
    format: Format
    is_folder: bool


def plan_output(path: Path, asked: Format | None = None, *, inputs: Sequence[Path | None] = ()) -> Output:
    """Work out the format before anything else is done. ValueError if it is not known or cannot be written there."""
    suffix = next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), "")
    if path.is_dir() or not path.suffix:
        if asked not in FOLDERS:
            raise ValueError(f"{path} is a folder; say what goes into it: --as {' or --as '.join(FOLDERS)}")
        check_output_folder(path, inputs=inputs)
        return Output(path=path, format=asked, is_folder=True)
    if not suffix:
        raise ValueError(f"{path} ends in {path.suffix}, which is not written; expected {EXPECTED}")
    format = SUFFIXES[suffix]
    if asked == "openpose" and suffix == ".json":
        format = asked
    elif asked not in (None, format):
        raise ValueError(f"--as {asked} does not go with {path}, which is written as {format}; leave one out")
    check_output(path, path.suffix.lower(), inputs=inputs)
    return Output(path=path, format=format, is_folder=False)


def write_take(take: Take, output: Output, *, names: Names = "mixamo") -> str:
    """Write it; returns what the file has no place for, or nothing. ValueError for a motion in a file for a pose."""
    if output.format in FOLDERS and not output.is_folder and not take.is_still:
        raise ValueError(
            f"{output.path} holds one pose, and the motion has {take.motion.num_frames}; name a folder (no suffix, and "
            f"--as {output.format}), or a single frame, like IN#0"
        )
    match output.format:
        case "bvh":
            write_bvh(take, output.path, names=names)
        case "glb":
            from layerpose.motion.write.glb import write_glb  # what draws takes long to load, and no other needs it

            write_glb(take, output.path)
        case "npz":
            write_amass(take, output.path)
        case "json" if take.is_still:
            write_pose(take.first_body, output.path)
        case "json":
            write_motion(take.motion, output.path)
        case "openpose":
            (write_openpose_folder if output.is_folder else write_openpose)(take, output.path)
        case "skeleton":
            (write_skeleton_folder if output.is_folder else write_skeleton_picture)(take, output.path)
    return LEFT_OUT.get(output.format, "")
