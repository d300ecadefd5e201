"""A recogniser's file -> how surely two aligned faces are the same person's. ArcFace, SFace and their like, as ONNX."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

ALIGNED_SIZE = 112
LONGEST = 4096
"""A face is described by no more numbers than that."""
SUBTRACTS, BEGINNING = b'"\x03Sub', 4096
"""The operator `Sub` in an ONNX node; among a file's first nodes it means that the network brings levels to [-1, 1]."""


@dataclass(frozen=True, kw_only=True)
class Recogniser:
    """A network that gives the faces of one person vectors of one direction."""

    network: Any
    """An OpenCV network; its stubs name no such type."""
    takes_levels: bool
    """Its faces are in levels, 0..255, instead of [-1, 1]."""

    def cosine(self, face: UInt8[np.ndarray, "112 112 3"], other: UInt8[np.ndarray, "112 112 3"]) -> float:
        """1 for the same face; near 0 for two people who do not look alike."""
        ours, theirs = (self.describe(one) for one in (face, other))
        return float(ours @ theirs / max(np.linalg.norm(ours) * np.linalg.norm(theirs), 1e-12))

    def describe(self, face: UInt8[np.ndarray, "112 112 3"]) -> Float[np.ndarray, "n"]:
        """The face's vector."""
        scale, middle = (1.0, 0.0) if self.takes_levels else (1 / 127.5, 127.5)
        self.network.setInput(cv2.dnn.blobFromImage(face, scale, mean=(middle,) * 3))
        return self.network.forward().ravel().astype(np.float64)


def read_recogniser(file: Path) -> Recogniser:
    """Open a recogniser. ValueError if the file is none."""
    if not file.is_file():
        raise ValueError(f"--face-model: found no file {file}; expected a recogniser's ONNX file, as SFace or ArcFace")
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        content = file.read_bytes()
        made = Recogniser(
            network=cv2.dnn.readNetFromONNX(np.frombuffer(content, dtype=np.uint8)),
            takes_levels=SUBTRACTS in content[:BEGINNING],
        )
        length = made.describe(np.zeros((ALIGNED_SIZE, ALIGNED_SIZE, 3), dtype=np.uint8)).size
    except cv2.error as error:
        raise ValueError(f"{file} is no recogniser that OpenCV can run ({error.err}); expected ONNX") from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if not 1 < length <= LONGEST:
        raise ValueError(f"{file} gives {length} numbers for a face of 112 x 112; expected 2 to {LONGEST}")
    return made
