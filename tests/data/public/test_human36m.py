"""A small folder in Human3.6M's layout, filmed of the bundled person -> a data set."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import av
import h5py
import numpy as np
import pytest
from PIL import Image

from layerpose.cli import main
from layerpose.data.film import count_frames, read_frame
from layerpose.data.public.human36m import open_human36m
from layerpose.data.public.masks import read_mask
from layerpose.data.records import Records
from layerpose.maps.render import draw_body

SIZE, FRAMES, HEIGHT = 320, 20, 280
MASKED_ROWS = 40
"""How much of the feet the masks that come with the data leave out, so that one sees whose mask was used."""


@pytest.fixture(scope="module")
def cut_out() -> tuple[np.ndarray, np.ndarray]:
    """The bundled person and its mask: what differs from the grey wall."""
    with as_file(files("layerpose") / "examples" / "person.png") as path:
        picture = Image.open(path).convert("RGB").resize((HEIGHT * 3 // 4, HEIGHT), Image.Resampling.BOX)
    values = np.array(picture).astype(int)
    wall = np.ptp(values, axis=-1) < 12
    return np.array(picture), ~wall & (values.min(-1) < 150)


def film(path: Path, pictures: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=50, options={"g": "8", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def made(cut_out: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """S1 walks (with masks in a MATLAB file), takes photos and points; S5 greets, and one of its videos is damaged."""
    folder, (person, solid) = tmp_path_factory.mktemp("made"), cut_out
    pictures, masks = [], []
    for frame in range(FRAMES):
        picture, mask = np.full((SIZE, SIZE, 3), 200, np.uint8), np.zeros((SIZE, SIZE), np.uint8)
        place = slice(20, 20 + HEIGHT), slice(30 + 2 * frame, 30 + 2 * frame + person.shape[1])
        picture[place] = person
        mask[place] = solid
        mask[20 + HEIGHT - MASKED_ROWS :] = 0
        picture[:16, :16] = 10 * frame  # tells the frame
        pictures.append(picture)
        masks.append(mask)
    for name in ("S1/Videos/Walking 1.54138969", "S1/Videos/Photo.58860488", "S1/Videos/Directions 2.54138969",
                 "S1/Videos/Eating.54138969", "S1/Videos/_ALL.54138969", "S5/Videos/Greeting.60457274"):  # fmt: skip
        film(folder / f"{name}.mp4", pictures)
    (folder / "S5" / "Videos" / "Posing.60457274.mp4").write_bytes(b"no video " * 100)
    segments = folder / "S1" / "MySegmentsMat" / "ground_truth_bs"
    segments.mkdir(parents=True)
    with h5py.File(segments / "Walking 1.54138969.mat", "w") as file:
        cells = file.create_dataset("Masks", (FRAMES, 1), dtype=h5py.ref_dtype)
        for frame, mask in enumerate(masks):
            cells[frame, 0] = file.create_dataset(f"#refs#/{frame}", data=mask.T).ref
    film(segments / "Directions 2.54138969.mp4", [np.repeat(mask[..., None] * 255, 3, axis=-1) for mask in masks])
    return folder


@pytest.fixture(scope="module")
def imported(made: Path, rough_fits: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("imported") / "data"
    words = ["--pictures", "2", "--size", "256", "--workers", "1"]
    assert main(["import", "human36m", str(made), "-o", str(out), *words]) == 0
    return out


@pytest.fixture
def refused(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: str, folder: Path = made) -> str:
        assert main(["import", "human36m", str(folder), "-o", str(tmp_path / "out"), *words]) == 2
        line = capsys.readouterr().err
        assert len(line.splitlines()) == 1
        return line

    return run


def test_actions_are_split_as_in_the_paper_and_the_end_of_training_videos_is_for_validation(made: Path) -> None:
    people = {one.name: one for one in open_human36m(made, 4)}
    assert list(people) == ["S1-train", "S1-val", "S1-test", "S5-train", "S5-val"]
    assert {m.video.name.split(".")[0] for m in people["S1-train"].moments} == {"Walking 1"}
    assert {m.video.name.split(".")[0] for m in people["S1-test"].moments} == {"Directions 2", "Photo"}
    assert [m.frame for m in people["S1-train"].moments] == [2, 6, 11, 15]
    assert [m.frame for m in people["S1-val"].moments] == [19]
    assert people["S1-train"].moments[0].name == "S1/Walking 1.54138969.mp4#2"


@pytest.mark.parametrize("number", [0, 7, 8, 13, 19])
def test_a_frame_is_found_by_its_number(made: Path, number: int) -> None:
    video = made / "S1" / "Videos" / "Walking 1.54138969.mp4"
    assert count_frames(video) == FRAMES
    assert read_frame(video, number)[4:12, 4:12].mean() == pytest.approx(10 * number, abs=4)
    with pytest.raises(ValueError, match="has no frame 20"):
        read_frame(video, 20)


def test_masks_of_both_kinds_are_read_upright(made: Path) -> None:
    segments = made / "S1" / "MySegmentsMat" / "ground_truth_bs"
    one, other = (read_mask(segments / name, 5) for name in ("Walking 1.54138969.mat", "Directions 2.54138969.mp4"))
    assert set(np.unique(one)) == {0, 255}
    assert (one == other).mean() > 0.99
    assert one[: SIZE // 2].any()
    with pytest.raises(ValueError, match="has 20 masks; there is none for frame 20"):
        read_mask(segments / "Walking 1.54138969.mat", 20)


def test_people_are_cut_out_by_the_masks_and_bodies_lie_over_them(imported: Path) -> None:
    records = Records(imported)
    assert records.people == ["S1-test", "S1-train", "S5-train"]
    for person in records.people:
        for record in records.person(person)["frames"]:
            _, mask, body = records.load(person, record["name"])
            drawn, solid = draw_body(body, 256).nearest.part >= 0, mask[0, 0] > 0.5
            assert (drawn & solid).sum() / (drawn | solid).sum() > 0.7
            masked = "Photo" not in record["pose"] and "Greeting" not in record["pose"]
            assert (drawn & ~solid)[192:].sum() > 300 if masked else (drawn & ~solid)[192:].sum() < 300


def test_a_damaged_video_and_people_without_a_pair_are_named(imported: Path) -> None:
    with (imported / "refused.csv").open(newline="") as file:
        rows = [(row["person"], row["picture"].split("#")[0], row["reason"]) for row in csv.DictReader(file)]
    found = {(person, picture): reason for person, picture, reason in rows}
    assert "is not a video that can be read" in found["S5-train", "S5/Posing.60457274.mp4"]
    assert found["S1-val", "S1/Walking 1.54138969.mp4"] == "no other picture of this person can be used"


def test_other_options_are_not_mixed_into_the_same_data_set(
    made: Path, imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "human36m", str(made), "-o", str(imported), "--size", "128", "--pictures", "2"]) == 2
    assert "was made with canvas 256, not 128" in capsys.readouterr().err


def test_bad_folders_are_refused_in_one_line(
    made: Path, refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    (empty / "S1" / "Videos").mkdir(parents=True)
    assert "holds no S1/Videos" in refused(folder=tmp_path)
    assert "has no videos of Greeting, Posing" in refused(folder=empty)
    assert "--pictures is 1" in refused("--pictures", "1")
    monkeypatch.setattr("layerpose.data.public.masks.find_spec", lambda name: None)
    assert "install it: pip install 'layerpose[human36m]'" in refused()
    assert not (tmp_path / "out").exists()
    shutil.copy(made / "S5" / "Videos" / "Posing.60457274.mp4", empty / "S1" / "Videos" / "Posing.60457274.mp4")
    assert "no person has two pictures that can be used" in refused("--workers", "1", folder=empty)
