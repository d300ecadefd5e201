"""A system that the paper compares with -> one that the loop can train; its networks and losses are its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from layerpose.baselines.inputs import input_config, prepare_bodies
from layerpose.baselines.model_folder import load_baseline, save_baseline
from layerpose.baselines.registry import BASELINES, BaselineConfig, make_networks
from layerpose.config import ModelConfig
from layerpose.data.pairs import Sample
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions
from layerpose.training.batches import DROPOUT, Batch, stream
from layerpose.training.plan import Plan
from layerpose.training.recipes import Phase
from layerpose.training.system import Look
from layerpose.types import Term

Given = tuple[Sample, Float[Tensor, "b 3 h w"]]
"""What its discriminator sees beside the true picture."""


class ComparedTrainer:
    """Generator and discriminator of one system."""

    def __init__(self, config: BaselineConfig, seed: int) -> None:
        self.baseline, self.seed = BASELINES[config.name], seed
        self.networks = make_networks(config)
        self.model: nn.Module = self.networks.generator
        self.discriminators: nn.Module = self.networks.discriminator
        self.vgg = Vgg19(self.baseline.deepest_tap)

    def trained(self, phase: Phase) -> Iterable[nn.Parameter]:  # noqa: ARG002  (it has one phase)
        """All of the generator."""
        return self.model.parameters()

    def generator_terms(self, phase: Phase, batch: Batch) -> tuple[list[Term], Given]:  # noqa: ARG002
        """What the generator minimises, and its picture."""
        # Dropout too depends on the seed and the sample's number alone.
        torch.manual_seed(int(stream(self.seed, batch.numbers[0], DROPOUT).integers(2**62)))
        terms, image = self.baseline.generator_terms(self.networks, self.vgg, batch.sample)
        return terms, (batch.sample, image)

    def judge_terms(self, given: Given, step: int) -> list[Term]:  # noqa: ARG002  (every step the same)
        """What the discriminator minimises."""
        return self.baseline.discriminator_terms(self.networks, *given)

    def compile(self) -> None:
        """The VGG-19 that both sides of the loss run through, and both networks."""
        for network in (self.model, self.discriminators, self.vgg):
            network.compile(dynamic=False)


class Compared:
    """One of `BASELINES`."""

    def __init__(self, config: BaselineConfig) -> None:
        self.config, self.prepare = config, prepare_bodies

    def drawn(self, share: float) -> ModelConfig:
        """The whole person at one size."""
        return input_config(int(self.config.canvas * share))

    def assemble(self, plan: Plan) -> ComparedTrainer:
        """New networks."""
        return ComparedTrainer(self.config, plan.seed)

    def read(self, folder: Path) -> dict[str, Tensor]:
        """Weights of a stored model with the same networks."""
        config, networks = load_baseline(folder)
        if (config.name, config.networks) != (self.config.name, self.config.networks):
            raise ValueError(
                f"the model in {folder} is {config.name} with other networks; start from one of {self.config.name}"
            )
        return networks.generator.state_dict()

    def show(self) -> nn.Module:
        """Networks that do not learn."""
        return make_networks(self.config)

    def dress(self, shown: nn.Module, weights: dict[str, Tensor]) -> None:
        """The generator's; the discriminator is never looked at."""
        shown.generator.load_state_dict(weights)

    def look(self, shown: nn.Module, conditions: Conditions, phase: Phase) -> Look:  # noqa: ARG002
        """Its picture."""
        image = shown(conditions)
        return Look(image=image, cells=(conditions.source, image))

    def save(self, shown: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write a model folder."""
        save_baseline(shown, self.config, folder, facts=facts)
