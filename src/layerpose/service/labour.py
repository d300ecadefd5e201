"""A process of the service: loads a model, then does task after task; whatever a task holds, the process goes on."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from http import HTTPStatus
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any, Literal

from layerpose.runtime.saying import one_line
from layerpose.service.crew import Answer
from layerpose.studio.jobs import StoppedError
from layerpose.studio.refusing import RefusedError


@dataclass(frozen=True, kw_only=True)
class Labourer:
    """What a process is told when it begins; calling it is what it does."""

    weights: Path | None
    device: Literal["auto", "cpu", "cuda"]
    engine: Literal["auto", "torch", "quick", "onnxruntime", "openvino"]
    threads: int

    def __call__(self, pipe: Connection) -> None:
        """Until the other end is closed."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end_with_parent()
        import cv2
        import torch

        torch.set_num_threads(self.threads)
        cv2.setNumThreads(self.threads)
        from layerpose.service.tasks import Tasks
        from layerpose.transfer import PoseTransfer

        tasks = Tasks(PoseTransfer.load(self.weights, device=self.device, engine=self.engine))
        work_on(pipe, tasks.do)


def end_with_parent() -> None:
    """A process that nobody listens to ends, however its parent ended."""
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None
    Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def work_on(pipe: Connection, do: Any) -> None:
    """Take tasks from a pipe; a refusal goes back as a status and a line."""

    def report(done: int, total: int) -> None:
        pipe.send(("progress", done, total))
        if not pipe.recv():
            raise StoppedError

    pipe.send(("ready",))
    while True:
        try:
            kind, request = pipe.recv()
        except EOFError:
            return
        pipe.send(_attempt(do, kind, request, report))


def _attempt(do: Any, kind: str, request: dict[str, Any], report: Any) -> tuple[Any, ...]:
    try:
        answer = do(kind, request, report)
        assert isinstance(answer, Answer)
        return "done", answer
    except StoppedError:
        return "refused", int(HTTPStatus.CONFLICT), "cancelled"
    except RefusedError as error:
        return "refused", int(error.status), one_line(error)
    except (ValueError, OSError) as error:
        return "refused", int(HTTPStatus.BAD_REQUEST), one_line(error)
    except Exception as error:  # the next task is none the worse for it
        print(f"layerpose: {kind}: {type(error).__name__}: {one_line(error)}", file=sys.stderr, flush=True)
        return "refused", int(HTTPStatus.INTERNAL_SERVER_ERROR), f"something went wrong ({type(error).__name__})"
