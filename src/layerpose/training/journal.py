"""Losses, validation figures and pictures of a run -> TensorBoard's event files."""

from __future__ import annotations

from pathlib import Path

from layerpose.training.validation import Verdict

FOLDER = "tensorboard"


class Journal:
    """The event files below a run's folder; `step` is where a resumed run goes on."""

    def __init__(self, out: Path, step: int) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError as error:
            raise ValueError("training needs the package tensorboardX; install layerpose[train]") from error
        self._writer = SummaryWriter(str(out / FOLDER), purge_step=step)

    def note_losses(self, phase: str, values: dict[str, float], step: int) -> None:
        """The terms of one step, and with them the learning rate."""
        for name, value in values.items():
            self._writer.add_scalar(f"{phase}/{name}", value, step)

    def note_verdict(self, phase: str, verdict: Verdict, step: int) -> None:
        """Figures and the sheet of the validation pairs."""
        for name, value in verdict.figures.items():
            self._writer.add_scalar(f"validation {phase}/{name}", value, step)
        self._writer.add_image(f"validation {phase}", ((verdict.sheet + 1) / 2).numpy(), step)

    def close(self) -> None:
        """Write what is still in memory."""
        self._writer.close()
