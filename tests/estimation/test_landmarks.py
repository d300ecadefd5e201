from __future__ import annotations

import hashlib
import subprocess
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.estimation import detector_files
from layerpose.estimation.estimate import estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.types import CLASSES


def photo(shared: Path, name: str) -> np.ndarray:
    return np.array(Image.open(shared / "real" / f"{name}.png").convert("RGB"))


def test_without_networks_and_offline_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: no route to host")
    monkeypatch.setattr(detector_files.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(ValueError, match=r"no route to host.*go online once"):
        detector_files.detector_files()


def test_a_tampered_network_is_not_taken_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    (tmp_path / "landmarks").mkdir()
    for name in detector_files.NETWORKS:
        (tmp_path / "landmarks" / Path(name).name).write_bytes(b"something else")
    monkeypatch.setattr(detector_files, "_download", lambda *_: pytest.fail("downloads again"))
    with pytest.raises(pytest.fail.Exception, match="downloads again"):
        detector_files.detector_files()


def test_several_who_want_the_networks_at_once_fetch_them_once(tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    monkeypatch.setattr(detector_files, "NETWORKS", {"inside/a.tflite": hashlib.sha256(b"a").hexdigest()})
    fetched = []

    def download(folder: Path) -> Path:
        time.sleep(0.2)
        fetched.append(folder)
        with zipfile.ZipFile(folder / "a.whl", "w") as archive:
            archive.writestr("inside/a.tflite", b"a")
        return folder / "a.whl"

    monkeypatch.setattr(detector_files, "_download", download)
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: detector_files.detector_files(), range(4)))
    assert len(fetched) == 1
    assert [(folder / "a.tflite").read_bytes() for folder in folders] == [b"a"]


@pytest.mark.parametrize("kind", ["noise", "sky"])
def test_a_photo_without_people_is_refused(kind: str):
    picture = np.random.default_rng(0).integers(0, 255, (400, 600, 3), dtype=np.uint8)
    if kind == "sky":
        picture = np.broadcast_to(np.linspace(90, 230, 400, dtype=np.uint8)[:, None, None], (400, 600, 3)).copy()
    with pytest.raises(ValueError, match="no person was found"):
        find_landmarks(picture)


def test_two_people_are_refused(shared: Path):
    one, two = photo(shared, "man_jacket"), photo(shared, "woman_shorts")
    both = np.concatenate([one[:900, :614], two[:900, :614]], axis=1)
    with pytest.raises(ValueError, match="2 people were found"):
        find_landmarks(both)


def test_a_person_cut_at_the_knees_is_refused(shared: Path):
    with pytest.raises(ValueError, match=r"cut by the edge of the photo \(outside: .*left ankle"):
        find_landmarks(photo(shared, "man_jacket")[:620])


def test_left_and_right_are_the_persons(shared: Path):
    seen = find_landmarks(photo(shared, "man_jacket"))
    assert seen.image[11, 0] > seen.image[12, 0], "he faces the camera: his left shoulder is at the right"
    assert find_landmarks(photo(shared, "lunge")).image[11, 0] < find_landmarks(photo(shared, "lunge")).image[12, 0]


def test_estimate_labels_each_landmark_with_its_part(shared: Path):
    seen = estimate(Image.fromarray(photo(shared, "woman_shorts")), 512)
    labels = seen.parsing[0].argmax(0).numpy()
    affine = seen.canvas.canvas_to_photo
    expected = {0: "head", 13: "left_arm", 14: "right_arm", 25: "left_leg", 28: "right_leg"}
    for landmark, part in expected.items():
        column, row = ((seen.landmarks.image[landmark, :2] - affine[:, 2]) / affine[0, 0]).astype(int)
        assert CLASSES[labels[row, column]] == part
    assert seen.reprojection < 0.02
    assert seen.overlap > 0.84
    np.testing.assert_array_equal(labels > 0, seen.photo.mask[0, 0].numpy() > 0.5)


def test_a_hand_before_the_leg_is_labelled_as_arm(shared: Path):
    seen = estimate(Image.fromarray(photo(shared, "basketball_bend")), 512)
    labels = seen.parsing[0].argmax(0).numpy()
    affine = seen.canvas.canvas_to_photo
    for place in ([15, 17, 19, 21], [13, 15, 15]):  # the hand; nearer to the wrist than to the elbow
        column, row = ((seen.landmarks.image[place, :2].mean(0) - affine[:, 2]) / affine[0, 0]).astype(int)
        around = labels[row - 4 : row + 5, column - 4 : column + 5]
        assert (around == CLASSES.index("left_arm")).mean() > 0.5
