"""A person and a body -> the finished picture, at the size that is wanted; what does not depend on the body is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import local
from typing import Any

from PIL import Image
from torch import nn

from layerpose.estimation.estimate import Estimate
from layerpose.estimation.resize import resize_estimate
from layerpose.maps.painting import Painting, carry_paintings
from layerpose.maps.source import SourceView
from layerpose.networks.generator import Generator
from layerpose.scene.backdrop import KEEP, TRANSPARENT, Backdrop, find_backdrop
from layerpose.studio.hearing import heard
from layerpose.studio.keeping import Store
from layerpose.studio.people import People
from layerpose.studio.recent import Recent
from layerpose.studio.views import Views
from layerpose.transfer import PoseTransfer, place_seen
from layerpose.types import Body, Pose, Transfer

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
VIEWS_AT_ONCE, BACKDROPS_AT_ONCE = 6, 6
SMALLEST, LARGEST, FARTHEST = 0.02, 10.0, 10.0
"""Of a camera: canvases for a metre, and canvases from the edge. What is beyond shows nobody."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A picture that is wanted."""

    person: str
    also: tuple[str, ...] = ()
    """More photos of the same person."""
    pose: Pose | Body
    size: int
    background: str = TRANSPARENT
    """``transparent``, ``keep``, a colour, or the name of a picture in the store."""
    paintings: tuple[Painting, ...] = ()
    """What was painted on layers, the first below."""


class Drawer:
    """A model with everybody whom it draws."""

    def __init__(self, model: PoseTransfer, people: People, pictures: Store) -> None:
        self.people, self.pictures = people, pictures
        self._views: Views[tuple[str, ...]] = Views(model, VIEWS_AT_ONCE)
        self.sizes, self.model = self._views.sizes, self._views.model
        self._backdrops: Recent[tuple[str, str, int], Backdrop] = Recent(BACKDROPS_AT_ONCE)
        self._patience = local()
        for generator in model.model.modules():
            if isinstance(generator, Generator):
                generator.blocks.register_forward_pre_hook(self._ask)  # its own would keep the stem from bands

    def draw(self, wish: Wish, check: Callable[[], None] = lambda: None) -> Image.Image:
        """Draw it. `check` is asked between the steps, and may raise to have it left undone."""
        made = self.transfer(wish, check)
        check()
        body = framed(self.people.get(wish.person).seen, wish.pose)
        return self.backdrop(wish.person, wish.background, wish.size).compose(made, body)

    def transfer(self, wish: Wish, check: Callable[[], None] = lambda: None) -> Transfer:
        """All steps of it."""
        model, seen = self.model(wish.size), self.people.get(wish.person).seen
        view = self.view((wish.person, *wish.also), wish.size)
        body = framed(seen, wish.pose)
        check()
        conditions = model.prepare(view, body)
        with self._asking(check):
            made = model.draw(conditions)
            if not wish.paintings:
                return made
            return model.retouch(conditions, made, carry_paintings(wish.paintings, model.draw_target(view, body)))

    def check(self, size: int, people: tuple[str, ...], background: str) -> None:
        """ValueError or UnknownError for what could not be drawn, without drawing it."""
        self.model(size)
        for person in people:
            self.people.get(person)
        self.backdrop(people[0], background, size)

    def view(self, people: tuple[str, ...], size: int) -> SourceView:
        """What the photos of a person show, on a canvas of a size."""
        return self._views.view(people, size, lambda: [self.people.get(person).seen for person in people])

    def seen(self, person: str, size: int) -> Estimate:
        """What one photo says, on a canvas of a size."""
        return resize_estimate(self.people.get(person).seen, size)

    def backdrop(self, person: str, background: str, size: int) -> Backdrop:
        """What lies behind a person."""
        key = person if background == KEEP else "", background, size
        return self._backdrops.recall(key, lambda: self._find_backdrop(person, background, size))

    def _find_backdrop(self, person: str, background: str, size: int) -> Backdrop:
        wanted = background
        if background not in (KEEP, TRANSPARENT) and not COLOUR.fullmatch(background):
            wanted = str(self.pictures.find(background))
        photo, seen = self.people.get(person).photo, self.seen(person, size)
        return heard(lambda: find_backdrop(wanted, photo, seen))[0]

    @contextmanager
    def _asking(self, check: Callable[[], None]) -> Iterator[None]:
        self._patience.check = check
        try:
            yield
        finally:
            del self._patience.check

    def _ask(self, _: nn.Module, __: Any) -> None:
        """Within each network: is the picture still wanted?"""
        getattr(self._patience, "check", lambda: None)()


def framed(seen: Estimate, pose: Pose | Body) -> Body:
    """A whole body exactly where it says, a pose as `transfer.place_seen` frames it. ValueError for one far off."""
    if not isinstance(pose, Body):
        return place_seen(seen, pose)
    camera = pose.camera
    if not SMALLEST <= camera.scale <= LARGEST or max(map(abs, camera.translation)) > FARTHEST:
        raise ValueError(
            f"the camera has scale {camera.scale:.3g} and translation {camera.translation}; expected a scale of "
            f"{SMALLEST:g} to {LARGEST:g} and a translation within {FARTHEST:g}"
        )
    return pose
