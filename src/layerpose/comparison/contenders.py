"""A model folder, ours or a compared system's -> who draws its rows of a table, and what has to be said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from layerpose.baselines.inputs import input_config, prepare_bodies
from layerpose.baselines.model_folder import is_baseline, load_baseline
from layerpose.config import ModelConfig
from layerpose.estimation.volume import load_network, project_predicted
from layerpose.evaluation.predictions import Draw, Drawer, every_stage
from layerpose.maps.render import DrawnBody
from layerpose.maps.source import SourceView
from layerpose.runtime.device import choose_device
from layerpose.runtime.precision import fast_autocast
from layerpose.stages.conditions import Conditions, prepare
from layerpose.stages.model_folder import fingerprint
from layerpose.training.batches import move
from layerpose.transfer import PoseTransfer

Device = Literal["auto", "cpu", "cuda"]
VOLUME_ROW = "full by volume"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Who takes part."""

    drawer: Drawer
    preset: str
    """The preset's or the compared system's name."""
    fingerprint: str
    """Of the weights."""


def enter(folder: Path | None, *, row: str | None, device: Device) -> Contender:
    """Read a model folder (None: the bundled weights). With a `row` it draws that one, without its every stage."""
    if folder is not None and is_baseline(folder):
        return _enter_baseline(folder, row, device)
    runner = PoseTransfer.load(folder, device=device)
    config, weights = runner.config, runner.fingerprint
    if row is None:
        drawer = every_stage(config, lambda: lambda conditions: runner.draw(move(conditions, runner.device)))
        return Contender(drawer=drawer, preset=config.name, fingerprint=weights)

    drawer = Drawer(
        rows=(row,), config=config, open=lambda: _draw_finished(PoseTransfer.load(folder, device=device))
    )  # fmt: skip
    return Contender(drawer=drawer, preset=config.name, fingerprint=weights)


def _draw_finished(runner: PoseTransfer) -> Draw:
    """A model of ours as who draws one row, its finished picture."""
    return lambda conditions: [runner.draw(move(conditions, runner.device)).image]


def enter_volume(folder: Path | None, network: Path, *, device: Device) -> Contender:
    """A model of ours whose target maps are those of the volume that a network predicts (the paper's Ours-V)."""
    runner, volumes = PoseTransfer.load(folder, device=device), load_network(network)

    def prepare_predicted(view: SourceView, target: DrawnBody, config: ModelConfig) -> Conditions:
        return prepare(view, project_predicted(volumes, view.image, target), config)

    drawer = Drawer(
        rows=(VOLUME_ROW,), config=runner.config, prepare=prepare_predicted,
        open=lambda: _draw_finished(runner),
    )  # fmt: skip
    weights = fingerprint(runner.config, volumes.state_dict())
    return Contender(drawer=drawer, preset=f"{runner.config.name} by volume", fingerprint=weights)


def _enter_baseline(folder: Path, row: str | None, device: Device) -> Contender:
    config, networks = load_baseline(folder)
    weights = fingerprint(config, networks.generator.state_dict())
    chosen = torch.device(choose_device(device))

    def open_baseline() -> Callable[[Conditions], list[Tensor]]:
        theirs = load_baseline(folder)[1].to(chosen)

        @torch.inference_mode()
        def draw(conditions: Conditions) -> list[Tensor]:
            with fast_autocast(chosen.type):
                return [theirs(move(conditions, chosen))]

        return draw

    drawer = Drawer(
        rows=(row or config.name,), config=input_config(config.canvas), open=open_baseline, prepare=prepare_bodies
    )  # fmt: skip
    return Contender(drawer=drawer, preset=config.name, fingerprint=weights)
