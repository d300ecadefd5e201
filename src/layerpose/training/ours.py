"""The three stages as a system that the loop can train."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from layerpose.config import ModelConfig, scaled
from layerpose.networks.perceptual import Vgg19
from layerpose.stages.conditions import Conditions, prepare
from layerpose.stages.model import Model
from layerpose.stages.model_folder import load_model, save_model
from layerpose.training.adversarial import Discriminators
from layerpose.training.objectives import OurTrainer
from layerpose.training.plan import Plan
from layerpose.training.recipes import Phase, Recipe
from layerpose.training.system import Look
from layerpose.types import Transfer


class Ours:
    """Coarse, layers, fusion."""

    def __init__(self, config: ModelConfig) -> None:
        self.config, self.prepare = config, prepare

    def drawn(self, share: float) -> ModelConfig:
        """The same networks at smaller sizes; they learn to draw also what need not be drawn."""
        return replace(scaled(self.config, share), carry=False)

    def assemble(self, plan: Plan) -> OurTrainer:
        """New networks."""
        assert isinstance(plan.recipe, Recipe)
        model, discriminators = Model(self.config), Discriminators(self.config, plan.recipe)
        vgg = Vgg19(plan.recipe.deepest_tap)
        return OurTrainer(model=model, discriminators=discriminators, vgg=vgg, recipe=plan.recipe, seed=plan.seed)

    def read(self, folder: Path) -> dict[str, Tensor]:
        """Weights of a stored model whose networks are the same; its name and sizes may differ."""
        model = load_model(folder)
        theirs, ours = asdict(model.config), asdict(self.config)
        for name in ("guides", "coarse", "face", "arm", "leg", "fusion", "layers", "fuse"):
            if theirs[name] != ours[name]:
                raise ValueError(
                    f"the model in {folder} has the preset '{model.config.name}' and does not fit '{self.config.name}':"
                    f" its {name} differs; start from a model of the same preset"
                )
        return model.state_dict()

    def show(self) -> Model:
        """A model that does not learn."""
        return Model(self.config)

    def dress(self, shown: nn.Module, weights: dict[str, Tensor]) -> None:
        """The weights as they are."""
        shown.load_state_dict(weights)

    def look(self, shown: nn.Module, conditions: Conditions, phase: Phase) -> Look:
        """What the phase trains: the draft, the pasted picture, or the result."""
        made: Transfer = shown(conditions)
        image = made.coarse
        if "fusion" in phase.trains:
            image = made.image
        elif "layers" in phase.trains:
            image = made.pasted
        filled = () if made.warp is None else (made.warp.filled,)
        return Look(image=image, cells=(made.source, *filled, made.coarse, made.pasted, made.image))

    def save(self, shown: nn.Module, folder: Path, facts: dict[str, Any]) -> None:
        """Write a model folder."""
        assert isinstance(shown, Model)
        save_model(shown, folder, facts=facts)
