"""A take, and a photo of somebody -> the bodies of all frames: the take's own, or those of the photo's person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from layerpose.estimation.estimate import Estimate, estimate
from layerpose.maps.render import draw_posed, pose_body
from layerpose.maps.source import view_source
from layerpose.media.pictures import read_photo
from layerpose.motion.filming import film
from layerpose.motion.write.take import Take
from layerpose.presets import base
from layerpose.transfer import place
from layerpose.types import Body, Pose


def cast_bodies(take: Take, photo: Path | None) -> tuple[Sequence[Body], Float[np.ndarray, "v"] | None]:
    """The bodies, and how far clothes stand off the skin where a photo tells it."""
    seen = None if photo is None else estimate(read_photo(photo), base().canvas)
    source = take.first_body if seen is None else seen.body
    clothes = None if seen is None else _clothes(seen)
    if not take.is_still:
        return list(film(take.motion, source, "fixed").bodies()), clothes
    return [source if seen is None else place(source, Pose(rotations=take.motion.rotations[0]))], clothes


def _clothes(seen: Estimate) -> Float[np.ndarray, "v"] | None:
    posed = pose_body(seen.body)
    drawn = draw_posed(posed, seen.body.camera, seen.canvas.size, device=torch.device("cpu"))
    return view_source(seen.photo.image, seen.parsing, drawn, posed, dressed=True).clothes
