"""Small videos made from the bundled example person, who leans to and fro, and data sets prepared from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from layerpose.media.pictures import read_photo

SIZE = 384
Shoot = Callable[..., Path]


@pytest.fixture(scope="session")
def person() -> np.ndarray:
    """The example person, small."""
    with as_file(files("layerpose") / "examples" / "person.png") as path:
        photo = np.array(read_photo(path))
    return cv2.resize(photo, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


def lean(picture: np.ndarray, degrees: float) -> np.ndarray:
    """The picture turned about its middle."""
    affine = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), degrees, 0.85)
    return cv2.warpAffine(picture, affine, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)


def write_video(path: Path, pictures: Sequence[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "12"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def shoot() -> Shoot:
    return write_video


@pytest.fixture(scope="session")
def clip(person: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six frames of a person who leans from one side to the other."""
    turns = (-15.0, -9.0, -3.0, 3.0, 9.0, 15.0)
    return write_video(tmp_path_factory.mktemp("clip") / "lean.mp4", [lean(person, turn) for turn in turns])
