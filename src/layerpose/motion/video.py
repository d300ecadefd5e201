"""A video of one person -> Motion: landmarks and a fit for each frame, one shape for all, smoothed over time.

Every rotation is smoothed by a Savitzky-Golay filter on its quaternion: it keeps the height of fast movements, which a
moving average flattens.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import torch
from av.error import FFmpegError
from jaxtyping import Float, UInt8
from scipy.interpolate import interp1d
from scipy.signal import savgol_filter
from scipy.spatial.transform import Rotation

from layerpose.body.camera import BODY_TO_CAMERA
from layerpose.body.model import body_model
from layerpose.estimation.fit import Fit, fit_body
from layerpose.estimation.landmarks import find_landmarks
from layerpose.motion.performer import ankles_of, leg_length
from layerpose.types import Motion

FITTED_FPS = 15.0
"""Frames of a faster video are left out: a fit takes a second or more."""
WINDOW, ORDER = 7, 2
"""Frames and degree of the Savitzky-Golay filter."""
CUT = 0.25
"""Mean difference of two frames (0..1, at `THUMB`) from which on the video counts as cut between them."""
THUMB = 32
TURNED = np.pi / 2
"""A frame in which the body faces so far away from where both neighbours see it is a mistake."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One frame of the video, upright."""

    time: float
    pixels: UInt8[np.ndarray, "h w 3"]

    @property
    def thumb(self) -> Float[np.ndarray, "h w 3"]:
        """Few pixels in 0..1, for comparing frames."""
        return self.pixels[:: -(-len(self.pixels) // THUMB), :: -(-self.pixels.shape[1] // THUMB)] / 255


def is_cut(before: Look, after: Look) -> bool:
    """Whether two neighbouring frames have nothing to do with each other."""
    return bool(np.abs(after.thumb - before.thumb).mean() > CUT)


def read_video(path: Path) -> Motion:
    """The motion of the video's person. ValueError if there is none; what is bridged or cut off is warned about."""
    fits: list[Fit | None] = []
    times: list[float] = []
    cuts: list[str] = []
    before: Look | None = None
    for look in read_looks(path):
        if before is not None and is_cut(before, look):
            cuts.append(f"{look.time:.1f} s")
        before = look
        times.append(look.time)
        try:
            fits.append(fit_body(find_landmarks(look.pixels)))
        except ValueError:
            fits.append(None)
    if not times:
        raise ValueError(f"{path} holds no frames that can be read; expected a video of a person")
    if cuts:
        warnings.warn(f"{path} is cut at {', '.join(cuts)}; the motion goes on from there", stacklevel=2)
    seen = [frame for frame, fit in enumerate(fits) if fit is not None]
    if not seen:
        raise ValueError(f"{path} shows no whole person that could be fitted, in none of {len(fits)} frames")
    return _to_motion(path, [fit for fit in fits if fit is not None], np.array(seen), np.array(times))


def read_looks(path: Path) -> Iterator[Look]:
    """Frames at an even rate, whatever the video's own is. Of a damaged file, those before the damage."""
    try:
        container = av.open(str(path))
    except FFmpegError as error:
        raise ValueError(
            f"{path} is not a video that can be read ({error.strerror}); expected MP4, WebM ..."
        ) from error
    with container:
        if not container.streams.video:
            raise ValueError(f"{path} has no pictures, only sound; expected a video of a person")
        following, last = 0.0, 0.0
        try:
            for frame in container.decode(container.streams.video[0]):
                last = float(frame.time or 0.0)
                if last < following - 1e-6:
                    continue
                following += 1 / FITTED_FPS
                following = following if following > last else last + 1 / FITTED_FPS
                turns = round(frame.rotation / 90) % 4
                yield Look(time=last, pixels=np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns)))
        except FFmpegError as error:
            warnings.warn(
                f"{path} is damaged after {last:.1f} s ({error.strerror}); what is before is used", stacklevel=2
            )


def _to_motion(path: Path, fits: list[Fit], seen: np.ndarray, times: Float[np.ndarray, "t"]) -> Motion:
    """Even frames from the first to the last fit; mistakes and frames without a person are bridged."""
    turns = np.stack([fit.body.pose.rotations.double().numpy() for fit in fits])
    good = ~_turned_away(turns)
    fits, turns, seen = [f for f, g in zip(fits, good, strict=True) if g], turns[good], seen[good]
    clock = times[seen]
    missing = len(times) - len(seen)
    if missing:
        warnings.warn(
            f"{path}: {missing} of {len(times)} frames show no body that fits; bridged or cut off", stacklevel=2
        )
    fps = min(FITTED_FPS, 1 / float(np.median(np.diff(times)))) if len(times) > 1 else FITTED_FPS
    even = np.arange(clock[0], clock[-1] + 0.5 / fps, 1 / fps).clip(max=clock[-1])
    quaternions = Rotation.from_matrix(turns.reshape(-1, 3, 3)).as_quat().reshape(*turns.shape[:2], 4)
    for frame in range(1, len(quaternions)):
        away = (quaternions[frame] * quaternions[frame - 1]).sum(-1) < 0
        quaternions[frame, away] *= -1
    smooth = _smooth(_between(clock, quaternions, even))
    rotations = Rotation.from_quat(smooth.reshape(-1, 4)).as_matrix().reshape(len(even), -1, 3, 3)
    phenotype = np.median([fit.body.phenotype.double().numpy() for fit in fits], axis=0)
    rest = body_model().rest(phenotype)
    scale = float(np.median([fit.body.camera.scale for fit in fits]))
    drawn = np.array([[*fit.body.camera.translation, 0.0] for fit in fits]) / scale
    places = _smooth(_between(clock, drawn - drawn[0], even)) @ BODY_TO_CAMERA.numpy() / leg_length(rest)
    motion = Motion(
        rotations=torch.from_numpy(rotations.astype(np.float32)),
        path=torch.from_numpy(places.astype(np.float32)),
        ankles=None,
        fps=fps,
    )
    ankles = places[:, None] + ankles_of(motion, rest) / leg_length(rest)
    return Motion(
        rotations=motion.rotations, path=motion.path, ankles=torch.from_numpy(ankles.astype(np.float32)), fps=fps
    )


def _turned_away(turns: Float[np.ndarray, "n j 3 3"]) -> np.ndarray:
    """Fits that face another way than both the one before and the one after, which agree."""
    wrong = np.zeros(len(turns), dtype=bool)
    root = Rotation.from_matrix(turns[:, 0])
    for frame in range(1, len(turns) - 1):
        before, after = ((root[frame].inv() * root[frame + step]).magnitude() for step in (-1, 1))
        wrong[frame] = min(before, after) > TURNED
    return wrong


def _between(clock: Float[np.ndarray, "n"], values: Float[np.ndarray, "n *k"], even: Float[np.ndarray, "t"]):
    if len(clock) == 1:
        return np.repeat(values, len(even), axis=0)
    return interp1d(clock, values, axis=0)(even)


def _smooth(values: Float[np.ndarray, "t *k"]) -> Float[np.ndarray, "t *k"]:
    window = min(WINDOW, len(values) - 1 + len(values) % 2)
    return values if window <= ORDER else np.asarray(savgol_filter(values, window, ORDER, axis=0))
