"""A landmark network + picture -> what it says; where its anchors lie; how a crop is cut for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import numpy as np
from jaxtyping import Float

from layerpose.estimation.detector_files import read_network

_one_at_a_time = Lock()
"""A network keeps its picture between being given it and being asked."""


def run_detector(name: str, picture: Float[np.ndarray, "h w 3"]) -> list[np.ndarray]:
    """The outputs of a bundled network for one picture."""
    network = _open(name)
    with _one_at_a_time:
        network.set_tensor(network.get_input_details()[0]["index"], picture[None])
        network.invoke()
        return [network.get_tensor(output["index"]) for output in network.get_output_details()]


def place_anchors(size: int, strides: Sequence[tuple[int, int]]) -> Float[np.ndarray, "n 2"]:
    """Anchor centres in pixels of a detector's input of this side; `strides`: a grid's pitch, and anchors in a cell."""
    centres = []
    for stride, repeat in strides:
        row, column = np.indices((size // stride,) * 2).reshape(2, -1) + 0.5
        centres.append(np.repeat(np.column_stack([column, row]) * stride, repeat, axis=0))
    return np.concatenate(centres)


def between_centres(affine: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """A map between pictures for OpenCV, which puts the centre of pixel 0 at 0 and not at 0.5."""
    return np.column_stack([affine[:, :2], affine[:, 2] + affine[:, :2] @ [0.5, 0.5] - 0.5])


@lru_cache(maxsize=4)
def _open(name: str):
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_content=read_network(name), num_threads=1)
    network.allocate_tensors()
    return network
