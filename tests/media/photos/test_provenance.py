"""Pictures that networks have drawn say so to programs, in the words of IPTC; others do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.media.photos.originals import WRITTEN, Original, write_original
from layerpose.media.photos.provenance import GENERATED
from layerpose.media.pictures import write_png

KIND = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def test_a_drawn_picture_is_of_a_trained_algorithm(tmp_path: Path) -> None:
    write_png(Image.new("RGB", (8, 8)), tmp_path / "a.png", comment=f"{GENERATED} 9.9. Not a photograph.")
    assert f"{KIND}trainedAlgorithmicMedia".encode() in (tmp_path / "a.png").read_bytes()


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITTEN if suffix not in (".jpeg", ".tif")])
def test_a_photo_with_a_drawn_person_is_a_composite(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    photo = Original(numbers=np.full((16, 16, 3), 90, np.uint8), profile=None)
    write_original(photo, path, comment=f"{GENERATED} 9.9. Not a photograph.")
    assert f"{KIND}compositeWithTrainedAlgorithmicMedia".encode() in path.read_bytes()


def test_what_no_network_has_drawn_does_not_say_so(tmp_path: Path) -> None:
    write_png(Image.new("RGB", (8, 8)), tmp_path / "a.png", comment="A body drawn by layerpose 9.9. Not a photograph.")
    assert b"xmpmeta" not in (tmp_path / "a.png").read_bytes()
