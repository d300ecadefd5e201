"""Options that several commands take alike -> the model that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from layerpose.cli.console import busy

if TYPE_CHECKING:
    from layerpose.inputs.bodies import Redraw
    from layerpose.transfer import PoseTransfer

Device = Literal["auto", "cpu", "cuda"]
Engine = Literal["auto", "torch", "quick", "onnxruntime", "openvino"]
"""Written again in `engines.choose`, which is too heavy to load for --help; a test compares the two."""


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """Which networks draw, and where."""

    device: Device = "auto"
    """Where the networks run; auto takes the GPU if there is one."""
    weights: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """A model folder; without it the bundled weights are used."""

    def load(self, size: int | None = None, redraw: Redraw | None = None) -> PoseTransfer:
        """The model, drawing pictures of that size (without it of its largest) of that representation of the body."""
        with busy("Loading the model"):
            from layerpose.transfer import PoseTransfer

            engine = self._find_engine()
            model = PoseTransfer.load(self.weights, device=self.device, redraw=redraw, engine=engine, keep_fits=True)
            return model if size is None else model.at_size(size)

    def _find_engine(self) -> Engine:
        return "torch"


@dataclass(frozen=True, kw_only=True)
class EngineOptions(NetworkOptions):
    """The same, and what runs them."""

    engine: Engine = "auto"
    """What runs them: PyTorch for whole pictures (torch) or where there is something to draw (quick), or a program that
    an extra brings; auto takes what is fastest here (docs/speed.md)."""

    def _find_engine(self) -> Engine:
        return self.engine


FLAT = tyro.conf.arg(name="")
"""The fields are options of the command itself: ``--device``, not ``--networks.device``."""
Networks = Annotated[NetworkOptions, FLAT]
NetworksAndEngine = Annotated[EngineOptions, FLAT]
