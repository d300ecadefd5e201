"""A model -> the same at every size that is drawn, and what is seen of people at each, made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from layerpose.estimation.estimate import Estimate
from layerpose.estimation.resize import resize_estimate
from layerpose.maps.source import SourceView
from layerpose.studio.recent import Recent
from layerpose.transfer import PoseTransfer

SHARES = (4, 2, 1)
"""Pictures are drawn at these shares of the model's canvas: while dragging, in between, finished."""
Key = TypeVar("Key", bound=Hashable)


class Views(Generic[Key]):
    """Views of as many people as are kept in memory; a key tells apart whose photos they are of."""

    def __init__(self, model: PoseTransfer, most: int) -> None:
        self.canvas = model.config.canvas
        self._models = {self.canvas // share: model.at_size(self.canvas // share) for share in SHARES}
        self._recent: Recent[tuple[Key, int], SourceView] = Recent(most)

    @property
    def sizes(self) -> list[int]:
        """In pixels, the smallest first."""
        return sorted(self._models)

    def model(self, size: int) -> PoseTransfer:
        """The model at a size. ValueError for one that is not drawn."""
        if size not in self._models:
            raise ValueError(f"pictures of {size} pixels were asked for; expected one of {self.sizes}")
        return self._models[size]

    def view(self, key: Key, size: int, look: Callable[[], Sequence[Estimate]]) -> SourceView:
        """What photos of a person show, on a canvas of a size; `look` tells what each says."""

        def make() -> SourceView:
            first, *others = (resize_estimate(seen, size) for seen in look())
            return self.model(size).view(first, others)

        return self._recent.recall((key, size), make)
