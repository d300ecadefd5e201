"""Album + target pose -> a view of the album's frames, the one whose pose is most like the target's leading."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float

from layerpose.config import ModelConfig
from layerpose.data.album.opening import Album
from layerpose.data.pairs import CPU, Pairs, Sample, limb_directions, view_shot
from layerpose.maps.render import pose_body
from layerpose.maps.source import SourceView, join_views

NUM_PHOTOS = 4
"""Frames in a view."""
NUM_LEADS = 3
"""A training sample is led by one of so many closest frames."""
KEPT_VIEWS = 64


class Closest:
    """An album looked up by pose."""

    def __init__(self, album: Album, config: ModelConfig, device: torch.device = CPU) -> None:
        self.device = device
        self.album, self.pairs = album, Pairs(album, [album.owner], config, length=0, seed=0, disturb=False)
        self.frames = album.frames(album.owner)
        self.view_frame = lru_cache(maxsize=KEPT_VIEWS)(self._view_frame)
        """What one frame shows."""
        self._directions = lru_cache(maxsize=1)(self._find_directions)

    def __reduce__(self) -> tuple[type[Closest], tuple[Album, ModelConfig, torch.device]]:
        """Sent to another process without the views that were made already."""
        return Closest, (self.album, self.pairs.config, self.device)

    def view(
        self, orientations: Float[np.ndarray, "j 3 3"], *, also: SourceView | None = None, without: str | None = None,
        lead: int = 0,
    ) -> SourceView:  # fmt: skip
        """The frames (and a photo, if one is given) closest to the target's bones. One may be left out; `lead` counts
        how many closer ones the leading frame follows.
        """
        wanted = limb_directions(orientations)
        apart = np.linalg.norm(self._directions() - wanted, axis=-1).mean(-1)
        order = [self.frames[index] for index in np.argsort(apart, kind="stable") if self.frames[index] != without]
        views = [self.view_frame(frame) for frame in order[: max(NUM_PHOTOS, lead + 1)]]
        if also is not None and _distance(also.orientations, wanted) < apart.min():
            views.insert(0, also)
        elif also is not None:
            views.append(also)
        return join_views(views[lead], [view for view in views if view is not views[lead]])

    def _view_frame(self, frame: str) -> SourceView:
        return view_shot(self.pairs.read(self.album.owner, frame), self.pairs.config, self.device)

    def _find_directions(self) -> Float[np.ndarray, "f n 3"]:
        owner = self.album.owner
        posed = (pose_body(self.album.body(owner, frame)) for frame in self.frames)
        return np.stack([limb_directions(one.transforms[:, :3, :3]) for one in posed])


class AlbumPairs(Pairs):
    """Frames of an album as targets, each with a view of the others as its source; an index is always one sample."""

    def __init__(self, album: Album, config: ModelConfig, *, length: int, seed: int) -> None:
        super().__init__(album, [album.owner], config, length=length, seed=seed, disturb=False)
        self.closest = Closest(album, config)

    def __getitem__(self, index: int) -> Sample:
        round_, place = divmod(index, len(self.closest.frames))
        target = np.random.default_rng([self.seed, round_]).permutation(self.closest.frames)[place]
        lead = int(np.random.default_rng([self.seed, index, 1]).integers(NUM_LEADS))
        truth = self.read(self.closest.album.owner, str(target))
        orientations = pose_body(truth.body).transforms[:, :3, :3]
        return self.finish(self.closest.view(orientations, without=str(target), lead=lead), truth)


def _distance(orientations: Float[np.ndarray, "j 3 3"], wanted: Float[np.ndarray, "n 3"]) -> float:
    return float(np.linalg.norm(limb_directions(orientations) - wanted, axis=-1).mean())
