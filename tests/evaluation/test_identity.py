"""Faces: how alike they are, without a recogniser and with one that is written here."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from layerpose.data.portrait import estimate_to_portrait
from layerpose.data.records import Records, describe, write_person
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.evaluation.identity import (
    Portrait,
    compare_faces,
    face_levels,
    find_portrait,
    similarity,
)
from layerpose.evaluation.read_source import exact_sources, fitted_sources
from layerpose.evaluation.recogniser import read_recogniser
from layerpose.media.pictures import read_photo

SIZE = 512


@pytest.fixture(scope="module")
def seen() -> Estimate:
    """The bundled synthetic person."""
    with as_file(files("layerpose") / "examples" / "person.png") as path:
        return estimate(read_photo(path), SIZE)


@pytest.fixture(scope="module")
def portrait(seen: Estimate) -> Portrait:
    found = find_portrait(seen.photo.image, seen.body)
    assert found is not None
    return found


def test_a_face_is_itself_and_another_is_less_like_it(seen: Estimate, portrait: Portrait) -> None:
    again = find_portrait(seen.photo.image, seen.body)
    assert compare_faces(again, portrait).likeness == pytest.approx(1)
    other = swap_halves(portrait)
    assert compare_faces(other, portrait).likeness < 0.6


def swap_halves(portrait: Portrait) -> Portrait:
    """Somebody else: mouth and chin where brows and eyes are, and the other way round."""
    upside_down = np.ascontiguousarray(portrait.aligned[::-1])
    return Portrait(face=portrait.face, aligned=upside_down)


def test_a_face_in_weaker_light_is_the_same_face(seen: Estimate, portrait: Portrait) -> None:
    found = find_portrait(0.6 * seen.photo.image - 0.1 * seen.photo.mask, seen.body)
    assert compare_faces(found, portrait).likeness > 0.95


def test_a_face_that_was_moved_and_shrunk_is_aligned_again(seen: Estimate, portrait: Portrait) -> None:
    pixels = seen.photo.image[0].permute(1, 2, 0).numpy()
    turned = cv2.warpAffine(pixels, np.array([[0.97, 0.05, 4.0], [-0.05, 0.97, 9.0]]), (SIZE, SIZE))
    found = find_portrait(torch.from_numpy(turned).permute(2, 0, 1)[None], seen.body)
    assert compare_faces(found, portrait).likeness > 0.9


def test_where_no_face_is_nothing_is_alike(seen: Estimate, portrait: Portrait) -> None:
    found = find_portrait(torch.zeros_like(seen.photo.image), seen.body)
    assert found is None
    likeness = compare_faces(found, portrait)
    assert (likeness.found, likeness.likeness, likeness.cosine) == (0, 0, None)


def test_levels_of_a_face_are_those_within_its_outline(seen: Estimate, portrait: Portrait) -> None:
    photo = seen.photo.image
    assert face_levels(photo + 10 / 127.5, photo, portrait.face) == pytest.approx(10, abs=1e-3)
    elsewhere = photo.clone()
    elsewhere[..., SIZE // 2 :, :] = 0
    assert face_levels(elsewhere, photo, portrait.face) == 0


def test_points_are_brought_onto_points_by_a_turn_a_scale_and_a_shift() -> None:
    points = np.random.default_rng(0).normal(size=(5, 2))
    turn = 1.7 * np.array([[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]])
    found = similarity(points, points @ turn.T + [3.0, -2.0])
    assert found == pytest.approx(np.column_stack([turn, [3.0, -2.0]]))


def test_a_source_that_is_fitted_is_read_like_a_photo_and_kept(seen: Estimate, tmp_path: Path) -> None:
    told = estimate_to_portrait(seen, "bundled")
    describe(tmp_path, {"canvas": SIZE})
    write_person(tmp_path / "people" / "00000", told.phenotype.tolist(), {"split": "test"}, [told.frame])
    records = Records(tmp_path)
    exact, read = exact_sources(records)("00000", "000"), fitted_sources(records, tmp_path / "report")
    fitted = read("00000", "000")
    assert fitted.labels is not None
    assert exact.labels is None
    both = ((fitted.shot.mask > 0.5) & (exact.shot.mask > 0.5)).sum() / (
        (fitted.shot.mask + exact.shot.mask) > 0.5
    ).sum()
    assert 0.9 < both < 1, "the cut-out is made anew, before another background"
    assert fitted.shot.body.camera.scale == pytest.approx(exact.shot.body.camera.scale, rel=0.05)
    file = tmp_path / "report" / "fits" / "00000-000.npz"
    before = file.stat().st_mtime_ns
    assert torch.equal(read("00000", "000").shot.image, fitted.shot.image)
    assert file.stat().st_mtime_ns == before
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"is damaged .* delete it, it will be made again"):
        read("00000", "000")


def field(number: int, value: bytes | int | str) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def write_onnx(
    file: Path, *operators: str, gives: tuple[int, ...] = (1, 3, 1, 1), subtract: float | None = None
) -> Path:  # fmt: skip
    """A network of operators with one input and one output each, one after the other; the first gets the face."""
    nodes, begin = [], "face"
    if subtract is not None:
        tensor = field(2, 1) + field(8, "middle") + field(9, np.float32(subtract).tobytes())
        nodes.append(field(1, field(1, "face") + field(1, "middle") + field(2, "moved") + field(4, "Sub")))
        begin = "moved"
    for number, operator in enumerate(operators):
        nodes.append(field(1, field(1, begin) + field(2, f"out{number}") + field(4, operator)))
        begin = f"out{number}"
    given, prediction = (
        field(1, name) + field(2, field(1, field(1, 1) + field(2, b"".join(field(1, field(1, n)) for n in shape))))
        for name, shape in (("face", (1, 3, 112, 112)), (begin, gives))
    )
    graph = b"".join(nodes) + field(2, "g")
    if subtract is not None:
        graph += field(5, field(1, 1) + tensor)
    graph += field(11, given) + field(12, prediction)
    file.write_bytes(field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 13)))
    return file


def test_a_recogniser_gives_equal_faces_one_and_others_less(portrait: Portrait, tmp_path: Path) -> None:
    """A recogniser that knows faces by their mean colour alone."""
    recogniser = read_recogniser(write_onnx(tmp_path / "colours.onnx", "GlobalAveragePool"))
    assert compare_faces(portrait, portrait, recogniser).cosine == pytest.approx(1)
    green = np.zeros_like(portrait.aligned)
    green[..., 1] = 255
    assert recogniser.cosine(portrait.aligned, green) < 0.9
    assert recogniser.describe(green) == pytest.approx([-1, 1, -1]), "RGB, in [-1, 1]"
    assert compare_faces(None, portrait, recogniser).cosine == 0


def test_a_recogniser_that_centres_its_faces_itself_is_given_levels(tmp_path: Path) -> None:
    recogniser = read_recogniser(write_onnx(tmp_path / "centred.onnx", "GlobalAveragePool", subtract=100.0))
    assert recogniser.takes_levels
    assert recogniser.describe(np.full((112, 112, 3), 130, dtype=np.uint8)) == pytest.approx([30, 30, 30])


def test_what_is_no_recogniser_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found no file"):
        read_recogniser(tmp_path / "missing.onnx")
    (tmp_path / "noise.onnx").write_bytes(np.random.default_rng(0).bytes(2000))
    with pytest.raises(ValueError, match=r"noise.onnx is no recogniser that OpenCV can run"):
        read_recogniser(tmp_path / "noise.onnx")
    with pytest.raises(ValueError, match="gives 37632 numbers for a face of 112 x 112"):
        read_recogniser(write_onnx(tmp_path / "picture.onnx", "Relu", gives=(1, 3, 112, 112)))
