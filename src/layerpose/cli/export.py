"""A model folder -> its networks as ONNX beside the weights: the command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from layerpose.cli.console import busy, say


def export(
    weights: Annotated[tyro.conf.Positional[Path | None], tyro.conf.arg(metavar="FOLDER")] = None,
    /,
    *,
    out: Annotated[Path, tyro.conf.arg(aliases=("-o",), metavar="FOLDER")],
    volume: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None,
) -> None:
    """Write a model's networks as ONNX, for programs other than this one, beside a copy of its weights.

    Args:
        weights: A model folder; without it the bundled weights.
        out: The model folder to write: model.safetensors, config.json and an .onnx for each network (docs/speed.md).
        volume: Also a volume network, or bundled.
    """
    with busy("Starting"):
        from layerpose.engines.folder import check_programs, export_model, export_volume
        from layerpose.estimation.volume import load_network
        from layerpose.media.outputs import check_output_folder
        from layerpose.stages.model_folder import copy_model
        from layerpose.transfer import PoseTransfer, model_folder
    check_programs()
    check_output_folder(out)
    model = PoseTransfer.load(weights, device="cpu").model
    network = None if volume is None else load_network(volume)
    with busy("Writing"):
        with model_folder(weights) as folder:
            copy_model(folder, out)
        found = export_model(model, out)
        if network is not None:
            found |= export_volume(network, out)
    for name, difference in found.items():
        say(f"{out / name}: at most {difference:.1g} from PyTorch")
