"""Request -> the answer that was given to the same one before, for a while."""

from __future__ import annotations

import json
import time
from pathlib import Path
from threading import Lock
from typing import Any

from layerpose.runtime.cache import private_folder, writing
from layerpose.service.crew import Answer
from layerpose.studio.keeping import NAME, name_of

SUFFIXES = {"image/png": ".png", "application/json": ".json", "application/zip": ".zip"}
KINDS = {suffix: kind for kind, suffix in SUFFIXES.items()}
KEPT_S = 3600.0
MOST_BYTES = 512 << 20


class Results:
    """A folder of answers by the content of their requests; the oldest go first."""

    def __init__(self, folder: Path, *, kept_s: float = KEPT_S, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.kept_s, self.most_bytes = private_folder(folder), kept_s, most_bytes
        self._alone = Lock()

    def key(self, kind: str, request: dict[str, Any], weights: str) -> str:
        """The same for the same request to the same model."""
        return name_of(kind.encode(), weights.encode(), json.dumps(request, sort_keys=True).encode())

    def find(self, key: str) -> Answer | None:
        """The answer, if it is still there."""
        if not NAME.fullmatch(key):
            return None
        for path in self.folder.glob(f"{key}.*"):
            if path.suffix in KINDS and time.time() - path.stat().st_mtime < self.kept_s:
                return Answer(kind=KINDS[path.suffix], content=path.read_bytes())
        return None

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer, and forget what is too old or too much."""
        with writing(self.folder / f"{key}{SUFFIXES[answer.kind]}") as temporary:
            temporary.write_bytes(answer.content)
        with self._alone:
            self._tidy()

    def _tidy(self) -> None:
        files = sorted(((path.stat(), path) for path in self.folder.glob("[0-9a-f]*.*")), key=lambda x: -x[0].st_mtime)
        total = 0
        for stat, path in files:
            total += stat.st_size
            if total > self.most_bytes or time.time() - stat.st_mtime > self.kept_s:
                path.unlink(missing_ok=True)
