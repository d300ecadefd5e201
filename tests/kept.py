"""What is slow and comes out the same each time -> done once in a run of the tests."""

from __future__ import annotations

import functools
import hashlib
import pickle
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

NUM_SAMPLES, NUM_VIEWS = 64, 6
"""How many are kept; a sample takes a few megabytes, a view of a large photo some sixty."""


def remember(work: Callable[..., Any]) -> Callable[..., Any]:
    """Slow work that comes out the same each time, done once for each set of arguments."""
    found: dict[bytes, Any] = {}

    @functools.wraps(work)
    def recall(*given: Any) -> Any:
        key = hashlib.sha256(pickle.dumps(given)).digest()
        if key not in found:
            found[key] = work(*given)
        return found[key]

    return recall


class Last:
    """The last things that were made, by their names."""

    def __init__(self, most: int) -> None:
        self.found: dict[Hashable, Any] = {}
        self.most = most

    def recall(self, name: Hashable, make: Callable[[], Any]) -> Any:
        if name not in self.found:
            self.found[name] = make()
            if len(self.found) > self.most:
                del self.found[next(iter(self.found))]
        return self.found[name]


@pytest.fixture(scope="session")
def fit_once() -> Callable[..., Any]:
    from layerpose.estimation.fit import solve

    return remember(solve)


@pytest.fixture(scope="session")
def find_once() -> Callable[..., Any]:
    from layerpose.estimation.finding import find_person

    return remember(find_person)


@pytest.fixture(scope="session")
def view_once() -> Callable[..., Any]:
    from layerpose.transfer import PoseTransfer

    view, last = PoseTransfer._view, Last(NUM_VIEWS)

    def recall(self: PoseTransfer, seen: Any) -> Any:
        name = (id(seen), self.config.canvas, self.config.guides.dressed, self.device)
        return last.recall(name, lambda: (seen, view(self, seen)))[1]

    return recall


@pytest.fixture(scope="module", autouse=True)
def fits_kept(
    request: pytest.FixtureRequest, fit_once: Callable[..., Any], find_once: Callable[..., Any],
    view_once: Callable[..., Any],
) -> Iterator[None]:  # fmt: skip
    """Whoever was fitted once is not fitted again, but where fits are the subject: one takes nearly a second.

    Nor are people looked for again in the same photo, where that is not the subject, nor is the same person seen anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not request.path.stem.startswith("test_fit"):
            patch.setattr("layerpose.estimation.fit.solve", fit_once)
        if request.path.parent.name != "estimation":
            patch.setattr("layerpose.estimation.estimate.find_person", find_once)
            patch.setattr("layerpose.transfer.PoseTransfer._view", view_once)
        yield


@pytest.fixture(scope="session")
def rough_fit() -> Callable[..., Any]:
    from layerpose.estimation.fit import solve

    return remember(solve)


@pytest.fixture(scope="module")
def rough_fits(fits_kept: None, rough_fit: Callable[..., Any]) -> Iterator[None]:
    """Bodies are fitted in half of the steps, where it is enough that they lie over the person."""
    from layerpose.estimation import fit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "solve", rough_fit)
        for name, few in {"POSE_STEPS": 12, "ORDER_ROUNDS": 1, "SHAPE_STEPS": 6, "OUTLINE_ROUNDS": 3}.items():
            patch.setattr(fit, name, few)
        yield


@pytest.fixture(scope="session")
def samples() -> Last:
    return Last(NUM_SAMPLES)


@pytest.fixture(scope="module")
def samples_kept(samples: Last) -> Iterator[None]:
    """What a model learns from is prepared once: the same pairs come run after run, and take longer than a step."""
    from layerpose.data.album.closest import Closest
    from layerpose.data.pairs import Pairs

    make, view = Pairs.make, Closest._view_frame

    def make_once(self: Pairs, person: str, source: str, target: str, rng: np.random.Generator) -> Any:
        frames, state = (self.records.path, person, source, target), str(rng.bit_generator.state)
        name = (*frames, self.config, self.disturb, self.prepare, state)
        return samples.recall(name, lambda: make(self, person, source, target, rng))

    def view_frame_once(self: Closest, frame: str) -> Any:
        name = (self.album.path, self.album.owner, frame, self.pairs.config, self.device)
        return samples.recall(name, lambda: view(self, frame))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pairs, "make", make_once)
        patch.setattr(Closest, "_view_frame", view_frame_once)
        yield


@pytest.fixture(scope="session")
def skins_kept() -> Iterator[None]:
    """The four bones of each vertex are chosen once for each body; it takes a second."""
    from layerpose.motion.write import glb

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(glb, "four_weights", remember(glb.four_weights))
        yield
