"""A photo that comes again is not fitted again, and a file that is not a fit is as good as none."""

from __future__ import annotations

import os
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.estimation import estimate as estimating
from layerpose.estimation import kept
from layerpose.estimation.estimate import Estimate, estimate, read_source

SIZE = 256


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        return read_source(example).resize((384, 512))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "FOLDER", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def first(photo: Image.Image, tmp_path_factory: pytest.TempPathFactory) -> tuple[Estimate, bytes]:
    """A photo's fit, and the file in which it is kept."""
    folder = tmp_path_factory.mktemp("fits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "FOLDER", str(folder))
        seen = estimate(photo, SIZE, keep=True)
    (file,) = folder.iterdir()
    return seen, file.read_bytes()


def is_same(a: Estimate, b: Estimate) -> bool:
    pairs = [
        (a.photo.image, b.photo.image), (a.photo.mask, b.photo.mask), (a.parsing, b.parsing),
        (a.body.phenotype, b.body.phenotype), (a.body.pose.rotations, b.body.pose.rotations),
        (torch.from_numpy(a.landmarks.mask), torch.from_numpy(b.landmarks.mask)),
    ]  # fmt: skip
    return all(torch.equal(*pair) for pair in pairs) and (a.body.camera, a.quality, a.canvas, a.cut) == (
        b.body.camera, b.quality, b.canvas, b.cut,
    )  # fmt: skip


def never(*_: object) -> None:
    raise AssertionError("fitted again")


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_second_look_at_a_photo_gives_the_same_to_the_bit_and_does_not_fit_again(
    photo: Image.Image, folder: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    own = photo.convert("RGB")
    if mode == "RGBA":
        own = own.copy()
        mask = estimate(own, SIZE).landmarks.mask
        own.putalpha(Image.fromarray((mask * 255).astype(np.uint8)))
    first = estimate(own, SIZE, keep=True)
    monkeypatch.setattr(estimating, "fit_body", never)
    assert is_same(estimate(own, SIZE, keep=True), first)
    other = Image.fromarray(255 - np.array(own.convert("RGB"))[:, ::-1] // 2)
    with pytest.raises((AssertionError, ValueError), match=r"fitted again|person"):
        estimate(other, SIZE, keep=True)


@pytest.mark.skipif(os.name == "nt", reason="no modes")
def test_what_is_kept_of_a_photo_is_its_owners_alone(
    first: tuple[Estimate, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "FOLDER", str(folder / "fits"))
    (folder / "fits").mkdir(mode=0o755)
    seen = first[0]
    arrays = seen.photo.mask[0, 0].numpy(), seen.parsing[0].argmax(0).numpy().astype(np.uint8)
    kept.remember(
        folder / "fits" / "a.npz",
        kept.Kept(body=seen.body, reprojection=0.0, overlap=1.0, alpha=arrays[0], labels=arrays[1]),
    )
    assert (folder / "fits").stat().st_mode & 0o077 == 0


def test_nothing_is_kept_unasked(photo: Image.Image, folder: Path) -> None:
    estimate(photo, SIZE)
    assert not list(folder.iterdir())


def test_damaged_file_is_as_good_as_none_and_is_replaced(
    photo: Image.Image, first: tuple[Estimate, bytes], folder: Path
) -> None:
    seen, whole = first
    estimate(photo, SIZE, keep=True)
    (file,) = folder.iterdir()
    assert file.read_bytes() == whole
    assert kept.recall(file, SIZE) is not None
    assert kept.recall(file, 2 * SIZE) is None
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 255
    for content in (b"", whole[:1000], whole[:-50], bytes(flipped), b"PK" + bytes(100)):
        file.write_bytes(content)
        assert kept.recall(file, SIZE) is None
    assert is_same(estimate(photo, SIZE, keep=True), seen)
    assert file.read_bytes() == whole


def test_file_with_wrong_numbers_or_more_than_a_fit_is_as_good_as_none(
    first: tuple[Estimate, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "fit.npz"
    file.write_bytes(first[1])
    with np.load(file) as stored:
        arrays = dict(stored)
    wrong = {
        "alpha": np.full((SIZE, SIZE), np.nan, np.float32), "labels": np.full((SIZE, SIZE), 7, np.uint8),
        "figures": np.zeros(2), "rotations": np.zeros((3, 3)), "phenotype": np.array(["a"] * 6, dtype=object),
        "more": np.zeros(2_000_000),
    }  # fmt: skip
    for name, value in wrong.items():
        np.savez_compressed(file, **{**arrays, name: value})
        assert kept.recall(file, SIZE) is None, name


def test_only_the_last_photos_stay_in_the_cache(
    first: tuple[Estimate, bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    for age in (30, 20, 10):
        (folder / f"{age}.npz").touch()
        os.utime(folder / f"{age}.npz", (1e9 - age, 1e9 - age))
    seen = first[0]
    alpha, labels = seen.photo.mask[0, 0].numpy(), seen.parsing[0].argmax(0).byte().numpy()
    kept.remember(folder / "new.npz", kept.Kept(body=seen.body, reprojection=0, overlap=1, alpha=alpha, labels=labels))
    assert {file.name for file in folder.iterdir()} == {"10.npz", "new.npz"}
