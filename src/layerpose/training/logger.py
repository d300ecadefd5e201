"""Losses, validation figures and pictures of a run -> TensorBoard's event files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from layerpose.training.validation import Verdict

if TYPE_CHECKING:
    from tensorboardX.proto.event_pb2 import Event

FOLDER = "tensorboard"
Result = TypeVar("Result")
LENGTH, CHECK = 8, 4
"""Bytes of a record's length and of a check sum; one follows the length, one the record."""


class Logger:
    """An event file below a run's folder; later events of an earlier, interrupted call are hidden.

    Written directly: tensorboardX's own writer waits for ever where its thread meets a full disk.
    """

    def __init__(self, out: Path, done: int) -> None:
        """`done` counts the steps of the whole run so far."""
        try:
            from tensorboardX.event_file_writer import EventsWriter
            from tensorboardX.proto.event_pb2 import Event, SessionLog
        except ImportError as error:
            raise ValueError("training needs the package tensorboardX; install layerpose[train]") from error
        self.folder, self._event = out / FOLDER, Event
        self.folder.mkdir(exist_ok=True)
        self._writer = self._try(lambda: EventsWriter(str(self.folder / "events")))
        self._write(Event(step=done + 1, session_log=SessionLog(status=SessionLog.START)))

    def note_losses(self, phase: str, values: dict[str, float], step: int) -> None:
        """The terms of one step, and with them the learning rate."""
        from tensorboardX.summary import scalar

        for name, value in values.items():
            self._write(self._event(step=step, summary=scalar(f"{phase}/{name}".replace(" ", "_"), value)))

    def note_verdict(self, phase: str, verdict: Verdict, step: int) -> None:
        """Figures and the sheet of the validation pairs."""
        from tensorboardX.summary import image

        self.note_losses(f"validation_{phase}", verdict.figures, step)
        sheet = ((verdict.sheet + 1) / 2).numpy()
        self._write(self._event(step=step, summary=image(f"validation_{phase}/pictures", sheet)))
        self.flush()

    def flush(self) -> None:
        """What is in memory is on the disk."""
        self._try(self._writer.flush)

    def close(self) -> None:
        """Write what is still in memory."""
        self._try(self._writer.close)

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self._try(lambda: self._writer.write_event(event))

    def _try(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except OSError as error:
            raise ValueError(f"cannot write into {self.folder} ({error.strerror}); make room, then go on") from error


def read_losses(out: Path) -> dict[str, dict[int, float]]:
    """Every scalar of a run's event files: tag -> step -> value.

    Where an interrupted run went on, the later event of a step counts; a record that was cut off ends its file.
    """
    from tensorboardX.proto.event_pb2 import Event

    found: dict[str, dict[int, float]] = {}
    for file in sorted((out / FOLDER).glob("events*")):
        data, place = file.read_bytes(), 0
        while (begin := place + LENGTH + CHECK) < len(data):
            end = begin + int.from_bytes(data[place : place + LENGTH], "little")
            if end > len(data):
                break
            event, place = Event.FromString(data[begin:end]), end + CHECK
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found
