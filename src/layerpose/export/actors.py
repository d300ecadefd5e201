"""What a user typed after `convert`, and a fitted photo -> Take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from layerpose.inputs.motions import resolve_motion
from layerpose.inputs.poses import resolve_pose
from layerpose.media.photos.files import SUFFIXES as PHOTOS
from layerpose.motion.library import NAMES as POSES
from layerpose.motion.moves import NAMES as MOVES
from layerpose.motion.performer import perform
from layerpose.motion.timing import FASTEST
from layerpose.motion.write.take import Picture, Take, moving, still

if TYPE_CHECKING:
    from layerpose.estimation.estimate import Estimate
    from layerpose.maps.source import SourceView


def open_take(text: str, *, frames: str | None = None, fps: float | None = None) -> Take:
    """A motion (or a range of its frames, at its own rate or another), a single frame ``FILE#N``, a pose, or a name."""
    if is_pose(text):
        if frames is not None or fps is not None:
            raise ValueError(f"{text} is a single pose; --range and --fps are for motions: leave them out")
        return still(resolve_pose(text))
    motion = resolve_motion(text, frames=frames, fps=fps, fastest=FASTEST)
    if motion.num_frames == 1 and Path(text).suffix.lower() == ".json":
        return still(resolve_pose(text))
    return moving(motion)


def is_pose(text: str) -> bool:
    """What was typed names one pose: a frame of a file, a picture, or a pose of the library that is no motion too."""
    file, hash_sign, place = text.rpartition("#")
    if hash_sign and not Path(text).exists():
        return not place.endswith(":") and Path(file).suffix != ""
    if Path(text).exists():
        return Path(text).suffix.lower() in PHOTOS
    return text in POSES and text not in MOVES


def photo_take(seen: Estimate, *, textured: bool) -> Take:
    """The person of a photo in its own pose and place; `textured`: with what the photo shows of it, and its clothes."""
    canvas, (height, width) = seen.canvas, seen.landmarks.mask.shape
    picture = Picture(width=width, height=height, left=canvas.left, top=canvas.top, side=canvas.side)
    take = replace(still(seen.body), picture=picture)
    if not textured:
        return take
    from layerpose.maps.render import draw_posed, pose_body  # what draws takes long to load: files need none of it
    from layerpose.maps.source import view_source

    posed = pose_body(seen.body)
    drawn = draw_posed(posed, seen.body.camera, canvas.size, device=torch.device("cpu"))
    return dress_take(take, view_source(seen.photo.image, seen.parsing, drawn, posed, dressed=True))


def dress_take(take: Take, view: SourceView) -> Take:
    """The same with what photos show of the person."""
    from layerpose.maps.texture import bake_texture

    return replace(take, texture=bake_texture(view), clothes=view.clothes)


def cast(take: Take, person: Take) -> Take:
    """The motion of the one with the shape and the surface of the other."""
    return replace(person, motion=take.motion, camera=None, picture=take.picture)


def plant_feet(take: Take) -> Take:
    """The legs bent so that the feet stand where the motion's do, whatever the proportions."""
    return replace(take, motion=perform(take.motion, take.rest))
