"""An estimate of a photo -> a frame of a data set: straight colours with the mask as alpha, and the fitted body."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from layerpose.data.records import Frame
from layerpose.estimation.estimate import Estimate

LEAST_ALPHA = 0.5 / 255
"""Where the mask is fainter, nothing of the colour is left."""


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """A frame whose body was fitted, with the shape that it was fitted with."""

    frame: Frame
    phenotype: Float[np.ndarray, "6"]
    """The fit's own: it takes up clothes and the camera's distance, so another photo's would not fill the outline."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A picture that cannot be used, and why."""

    picture: str
    reason: str


def estimate_to_portrait(seen: Estimate, source: str) -> Portrait:
    """`source` says which picture it is."""
    frame = Frame(
        picture=_rgba(seen),
        rotations=seen.body.pose.rotations.double().numpy(),
        camera=seen.body.camera,
        source=source,
    )
    return Portrait(frame=frame, phenotype=seen.body.phenotype.double().numpy())


def portray(source: str, look: Callable[[], Estimate]) -> Portrait | Refusal:
    """The portrait of what `look` finds, or the reason why it finds nobody whole."""
    try:
        return estimate_to_portrait(look(), source)
    except ValueError as error:
        return Refusal(picture=source, reason=str(error))


def _rgba(seen: Estimate) -> UInt8[np.ndarray, "h w 4"]:
    alpha = seen.photo.mask[0].permute(1, 2, 0).numpy()
    colour = seen.photo.image[0].permute(1, 2, 0).numpy() / np.maximum(alpha, LEAST_ALPHA)
    values = np.concatenate([(colour + 1) * 127.5 * (alpha >= LEAST_ALPHA), alpha * 255], axis=-1)
    return values.round().clip(0, 255).astype(np.uint8)
