"""Data set -> a trained volume network: `train --model volume`."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from layerpose.cli.console import busy, say


def train_volume_network(data: Path, out: Path, *, steps_scale: float, seed: int, workers: int, dry_run: bool) -> None:
    """Train the network that predicts a labelled volume, on the CPU; RUN/network is what --volume takes."""
    from layerpose.media.outputs import check_output_folder

    if steps_scale <= 0:
        raise ValueError(f"--steps-scale is {steps_scale}; expected more than 0")
    check_output_folder(out)
    with busy("Starting"):
        from layerpose.config import VolumeConfig
        from layerpose.training.volume import VolumeRecipe, train_volume
    config, recipe = VolumeConfig(), VolumeRecipe()
    recipe = replace(recipe, num_steps=max(round(recipe.num_steps * steps_scale), 1))
    if dry_run:
        import json

        everything = {"out": str(out), "data": str(data), "model": asdict(config), "recipe": asdict(recipe)}
        say(json.dumps(everything, indent=1))
        return
    train_volume(data, out, config, recipe, seed=seed, workers=workers)
    say(f"Wrote {out / 'network'}; use it with --body volume --volume {out / 'network'}")
