"""A model + a few dozen frames of one person -> the same model, better at that person, within minutes.

Every frame is drawn from those of the others that are closest to it in pose (`data.closest`), as the finished model
will draw every pose from the album in its folder. Trained is the fusion, for the finished picture alone (L1 and
Eq. 5): with so few pictures learning them by heart is the point, and a discriminator would only cost time. Every step
also pulls the weights a little back to where they started from, so that little is forgotten of other people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Adam

from layerpose.config import ModelConfig, scaled
from layerpose.data.album.closest import AlbumPairs
from layerpose.data.album.opening import Album
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import Vgg19
from layerpose.runtime.cache import writing
from layerpose.runtime.precision import fast_autocast
from layerpose.runtime.saying import one_line
from layerpose.stages.model import Model
from layerpose.training.batches import WINDOWS, move, stream
from layerpose.training.checkpoint import DAMAGED
from layerpose.training.losses import colour_loss, perceptual_loss
from layerpose.training.objectives import FOREGROUND_WEIGHT, cut_windows
from layerpose.training.recipes import STAGES
from layerpose.training.solo import load_in_order
from layerpose.types import Transfer

STATE = "state.pt"
WARM_UP = 20
"""Steps over which the learning rate grows."""
PACED = 6
"""After so many steps their pace tells how many fit into the time."""
SAVE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class PersonalRecipe:
    """How a model is made personal."""

    size: int = 512
    """Side of the pictures that are drawn."""
    learning_rate: float = 2e-4
    """The highest; constant for the first half, then linear to zero."""
    colour: float = 10.0
    perceptual: float = 10.0
    """Weights of L1 and of the perceptual loss."""
    window: int = 192
    """Side of the random window that the perceptual loss looks at."""
    deepest_tap: str = "4_2"
    """Last layer of VGG-19 that the perceptual loss looks at."""
    pull: float = 10.0
    """How strongly the weights are held: a weight moves back by this times the learning rate times its distance."""
    trains: tuple[str, ...] = ("fusion",)
    """Stages whose weights move: coarse, layers, fusion. A model without a fusion trains its last stage."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the training is."""

    step: int
    num_steps: int | None
    """None while the pace is still being measured."""
    loss: float


Report = Callable[[Place], None]


def personalise(
    model: Model, album: Album, out: Path, recipe: PersonalRecipe, length: Minutes | Steps, report: Report, *,
    seed: int = 0, workers: int = 1,
) -> int:  # fmt: skip
    """Train `model` where it is; returns the number of steps. Goes on from ``state.pt`` in `out`, if there is one."""
    device = next(model.parameters()).device
    config = replace(sized(model.config, recipe.size), carry=False)
    pairs = AlbumPairs(album, config, length=2**31, seed=seed)
    vgg = Vgg19(recipe.deepest_tap).to(device, memory_format=torch.channels_last).requires_grad_(False)  # pyright: ignore[reportCallIssue]
    moving = _choose(model.train(), recipe.trains)
    anchor = [p.detach().clone() for p in moving]
    run = _Run(model=model, maker=Adam(moving, betas=(0.9, 0.99), fused=True))
    if (out / STATE).exists():
        run.load(out / STATE)
    if isinstance(length, Steps) and not run.settled:
        run.num_steps, run.settled = max(length.number, run.step + 1), True
    clock = _Clock()
    for told in load_in_order(pairs, range(run.step, len(pairs)), 1, workers=workers, ahead=2):
        sample = move(told, device)
        rate = learning_rate(recipe, run.step, run.num_steps)
        loss = _take_step(run, sample, vgg, recipe, rate, stream(seed, run.step, WINDOWS))
        pull_back(moving, anchor, rate * recipe.pull)
        run.step += 1
        clock.tick()
        if not run.settled and clock.ticks > PACED:
            assert isinstance(length, Minutes)
            run.num_steps = run.step + clock.steps_left(60 * length.number - run.seconds)
            run.settled = run.seconds + clock.seconds >= 30 * length.number
        report(Place(step=run.step, num_steps=run.num_steps, loss=loss))
        if run.step == run.num_steps:
            break
        if run.num_steps is not None and clock.is_time_to_save():
            run.save(out / STATE, clock.seconds)
    model.eval()
    return run.step


@dataclass(frozen=True)
class Minutes:
    """Train for so long: as many steps as fit, by the pace of the first half."""

    number: float


@dataclass(frozen=True)
class Steps:
    """Train so many steps, however long it takes."""

    number: int


@dataclass(kw_only=True)
class _Run:
    """What changes while training."""

    model: Model
    maker: Adam
    step: int = 0
    """Steps that are done."""
    num_steps: int | None = None
    settled: bool = False
    """Whether that number stands; it may change while the learning rate is constant."""
    seconds: float = 0.0
    """How long earlier calls have trained."""

    def load(self, path: Path) -> None:
        try:
            stored = torch.load(path, weights_only=True)
            self.model.load_state_dict(stored["model"])
            self.maker.load_state_dict(stored["maker"])
            self.step, self.num_steps = stored["step"], stored["num_steps"]
            self.settled, self.seconds = stored["settled"], stored["seconds"]
        except DAMAGED as error:
            raise ValueError(f"{path} is damaged ({one_line(error)}); delete it to begin anew") from error

    def save(self, path: Path, seconds: float) -> None:
        """`seconds`: how long this call has trained."""
        content = {
            "model": self.model.state_dict(), "maker": self.maker.state_dict(), "step": self.step,
            "num_steps": self.num_steps, "settled": self.settled, "seconds": self.seconds + seconds,
        }  # fmt: skip
        with writing(path) as temporary, temporary.open("wb") as file:
            torch.save(content, file)


class _Clock:
    """How fast steps are, the first of this call left out: it starts workers and warms caches."""

    def __init__(self) -> None:
        self.begin = self.saved = time.monotonic()
        self.first, self.last, self.ticks = self.begin, self.begin, 0

    def tick(self) -> None:
        """A step is done."""
        self.ticks, self.last = self.ticks + 1, time.monotonic()
        if self.ticks == 1:
            self.first = self.last

    @property
    def seconds(self) -> float:
        """From the beginning to the last tick."""
        return self.last - self.begin

    def steps_left(self, seconds: float) -> int:
        """How many more steps fit into what is left of so many seconds."""
        pace = (self.last - self.first) / (self.ticks - 1)
        return max(int((seconds - self.seconds) / pace), 1)

    def is_time_to_save(self) -> bool:
        """Whether the last checkpoint is old."""
        if self.last - self.saved < SAVE_SECONDS:
            return False
        self.saved = self.last
        return True


def _choose(model: Model, stages: Sequence[str]) -> list[nn.Parameter]:
    """The weights of some stages, which alone need gradients from now on; of the last one if the model has none."""
    model.requires_grad_(False)
    there = [part for stage in STAGES if (part := getattr(model, stage)) is not None]
    chosen = [part for stage in stages if (part := getattr(model, stage)) is not None] or there[-1:]
    return [parameter for part in chosen for parameter in part.requires_grad_(True).parameters()]


def _take_step(
    run: _Run, sample: Sample, vgg: Vgg19, recipe: PersonalRecipe, rate: float, rng: np.random.Generator
) -> float:
    for group in run.maker.param_groups:
        group["lr"] = rate
    with fast_autocast(sample.target.device.type, training=True):
        loss = objective(run.model(sample.conditions), sample, vgg, recipe, rng)
    if not torch.isfinite(loss):
        raise ValueError(f"the loss is {float(loss)} in step {run.step + 1}; use a lower --learning-rate")
    run.maker.zero_grad(set_to_none=True)
    loss.backward()
    run.maker.step()
    return float(loss.detach())


def objective(
    made: Transfer, sample: Sample, vgg: Vgg19, recipe: PersonalRecipe, rng: np.random.Generator
) -> Float[Tensor, ""]:
    """L1 and the perceptual loss of the picture, the latter in a random window on the person."""
    weight = 1 + FOREGROUND_WEIGHT * sample.mask
    ours, theirs = cut_windows([made.image, sample.target], sample.mask, recipe.window, [rng])
    with torch.no_grad():
        wanted = vgg(theirs)
    return recipe.colour * colour_loss(made.image, sample.target, weight) + recipe.perceptual * perceptual_loss(
        vgg(ours), wanted
    )


def pull_back(moving: Sequence[Tensor], anchor: Sequence[Tensor], share: float) -> None:
    """Move the weights towards where they started from, by a share of the way (L2, decoupled from Adam)."""
    with torch.no_grad():
        for parameter, start in zip(moving, anchor, strict=True):
            parameter.lerp_(start, min(share, 1.0))


def learning_rate(recipe: PersonalRecipe, step: int, num_steps: int | None) -> float:
    """Up over the first steps, constant until the middle, then linear to zero."""
    down = 1.0 if num_steps is None else 2 * (1 - step / num_steps)
    return recipe.learning_rate * min(1.0, down, (step + 1) / WARM_UP)


def sized(config: ModelConfig, size: int) -> ModelConfig:
    """The same networks drawing smaller pictures. ValueError for a size that they cannot draw."""
    sizes = [config.canvas // share for share in (1, 2, 4)]
    if size not in sizes:
        raise ValueError(f"the size is {size}; expected one of {', '.join(map(str, sizes))}")
    return scaled(config, size / config.canvas)
