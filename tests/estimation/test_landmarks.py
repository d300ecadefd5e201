from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.estimation import landmarks
from layerpose.estimation.detector_files import FOLDER, pack_network, read_network, unpack_network
from layerpose.estimation.estimate import estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.types import CLASSES


def photo(shared: Path, name: str) -> np.ndarray:
    return np.array(Image.open(shared / "real" / f"{name}.png").convert("RGB"))


NETWORKS = ("pose_detection", "pose_landmark_heavy", "face_detection_short_range", "face_landmark")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_bundled_as_a_file_that_its_engine_reads(name: str) -> None:
    assert read_network(name)[4:8] == b"TFL3"
    assert (FOLDER / "LICENSE").read_text().lstrip().startswith("Apache License")


def test_a_packed_network_is_the_same_file_but_for_a_little_in_its_large_weights() -> None:
    whole = read_network("pose_landmark_heavy")
    stored = pack_network(whole)
    again = np.frombuffer(unpack_network(stored), np.uint8)
    assert sum(array.nbytes for array in stored.values()) < 0.7 * len(whole)
    assert len(again) == len(whole)
    places = {int(name): stored[name].size for name in stored if name.isdigit()}
    assert len(places) > 50
    rest = np.ones(len(whole), dtype=bool)
    for place, size in places.items():
        rest[place : place + 2 * size] = False
        before, after = (np.frombuffer(file, np.float16, size, place).astype(np.float32) for file in (whole, again))
        assert np.linalg.norm(after - before) < 0.003 * np.linalg.norm(before)
    assert (again[rest] == np.frombuffer(whole, np.uint8)[rest]).all()


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


def test_a_mask_is_the_mean_of_two_looks_if_they_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is mirrored back; where it met something else, or nothing is known, the first one stays."""
    side = landmarks.CROP
    person, beside = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    person[40:200, 60:130] = 1
    region = landmarks.Region(centre=np.array([128.0, 128.0]), side=side / landmarks.CLOSER, rotation=0.0)
    shown = person.copy()
    shown[40:60, 60:130] = 0
    known = landmarks.Landmarks(
        image=np.zeros((33, 3)), world=np.zeros((33, 3)), visibility=np.ones(33), mask=person, score=1.0, num_people=1,
        region=region,
    )  # fmt: skip

    def look(mask: np.ndarray) -> landmarks.Landmarks:
        logits = (np.where(mask > 0.5, 50, -50)[:, ::-1]).astype(np.float32)
        monkeypatch.setattr(landmarks, "run_detector", lambda name, crop: [logits[None, ..., None]])
        return landmarks.look_mirrored(np.zeros((side, side, 3), np.uint8), known)

    seen = look(shown).mask
    assert seen[45:55, 70:120] == pytest.approx(0.5)
    assert seen[70:190, 65:125] == pytest.approx(1)
    beside[40:200, 140:210] = 1
    other = look(beside)
    assert other.mask is person
    assert other.agreement == 0
    assert landmarks.look_mirrored(np.zeros((side, side, 3), np.uint8), replace(known, score=0.2)).score == 0.2
