"""What the loop has to know of what it trains: what it is told, how it learns, how it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor, nn

from layerpose.config import ModelConfig
from layerpose.data.pairs import Prepare
from layerpose.stages.conditions import Conditions
from layerpose.training.recipes import Phase
from layerpose.types import Term

if TYPE_CHECKING:
    from layerpose.training.batches import Batch
    from layerpose.training.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a model made of one validation pair."""

    image: Float[Tensor, "1 3 _ _"]
    """What is judged in this phase."""
    cells: tuple[Float[Tensor, "1 3 _ _"], ...]
    """Pictures for the contact sheet, the source first."""


@runtime_checkable
class Trainer(Protocol):
    """Networks that learn together, generators and discriminators, each with an optimizer."""

    @property
    def model(self) -> nn.Module:
        """The generators; they are averaged, validated and saved."""
        ...

    @property
    def discriminators(self) -> nn.Module:
        """The discriminators."""
        ...

    @property
    def vgg(self) -> nn.Module:
        """What the perceptual losses look through; it does not learn."""
        ...

    def trained(self, phase: Phase) -> Iterable[nn.Parameter]:
        """What of the generators learns in a phase."""
        ...

    def generator_terms(self, phase: Phase, batch: Batch) -> tuple[list[Term], Any]:
        """What the generators minimise, and what the discriminators then have to know."""
        ...

    def judge_terms(self, given: Any, step: int) -> list[Term]:
        """What the discriminators minimise, once the generators have moved."""
        ...

    def compile(self) -> None:
        """Compile the networks."""
        ...


@runtime_checkable
class System(Protocol):
    """Ours, or one that we compare with."""

    prepare: Prepare

    def drawn(self, share: float) -> ModelConfig:
        """What is drawn for it, at a share of its full size."""
        ...

    def assemble(self, plan: Plan) -> Trainer:
        """New networks."""
        ...

    def read(self, folder: Path) -> dict[str, Tensor]:
        """Weights to start from, of a model folder. ValueError if they do not fit."""
        ...

    def show(self) -> nn.Module:
        """Networks to look at and to save, apart from those that learn."""
        ...

    def dress(self, shown: nn.Module, weights: dict[str, Tensor]) -> None:
        """Give the networks that are looked at the weights of the generators."""
        ...

    def look(self, shown: nn.Module, conditions: Conditions, phase: Phase) -> Look:
        """Draw one validation pair."""
        ...

    def save(self, shown: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write a model folder."""
        ...
