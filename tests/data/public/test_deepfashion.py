"""A small folder in DeepFashion's layout, made of the bundled person -> a data set."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from layerpose.cli import main
from layerpose.data.benchmark import choose_pairs
from layerpose.data.pairs import Pairs
from layerpose.data.public.deepfashion import open_deepfashion
from layerpose.data.public.fashion_lists import JOINTS as ANNOTATED
from layerpose.data.records import Records
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.landmarks import JOINTS
from layerpose.maps.render import draw_body
from layerpose.presets import debug

LEFT, RIGHT = "fashionWOMENDressesid0000000{}01_1front.jpg", "fashionWOMENDressesid0000000{}01_2side.jpg"
HALF, ELSEWHERE, BROKEN = (f"fashionWOMENDressesid000000010{n}.jpg" for n in ("1_3half", "1_4full", "1_7additional"))
ALONE = "fashionMENDenimid0000000901_1front.jpg"


def person() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as path:
        return Image.open(path).convert("RGB")


def small(picture: Image.Image) -> Image.Image:
    """A photo of 176 x 256."""
    return picture.resize((192, 256), Image.Resampling.BOX).crop((8, 0, 184, 256))


def annotate(photo: Image.Image, *, shift: int = 0) -> str:
    """The joints as a list of lines and one of columns, -1 for those that are not known."""
    points = find_landmarks(np.asarray(photo)).image
    places = [points[JOINTS[name]] if (name := joint.replace("_", " ")) in JOINTS else (-1, -1) for joint in ANNOTATED]
    rows = [[-1 if place[axis] < 0 else int(place[axis]) + shift * axis for place in places] for axis in (1, 0)]
    return f"{json.dumps(rows[0])}: {json.dumps([x if x < 0 else x + shift for x in rows[1]])}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people for training, one of whom has photos that cannot be used, one for testing, in both crops."""
    folder, whole = tmp_path_factory.mktemp("made"), small(person())
    mirrored = ImageOps.mirror(whole)
    bordered = Image.new("RGB", (256, 256), "white")
    bordered.paste(mirrored, (40, 0))
    half = small(person().crop((120, 60, 648, 764)))
    photos = {
        "train": {LEFT.format(1): whole, RIGHT.format(1): mirrored, HALF: half, ELSEWHERE: whole, BROKEN: whole,
                  LEFT.format(2): whole, RIGHT.format(2): bordered, ALONE: whole},
        "test": {LEFT.format(3): bordered, RIGHT.format(3): whole},
    }  # fmt: skip
    pairs = {
        "train": [(LEFT.format(1), name) for name in (RIGHT.format(1), HALF, ELSEWHERE, BROKEN)]
        + [(LEFT.format(2), RIGHT.format(2)), (ALONE, ALONE)],
        "test": [(RIGHT.format(3), LEFT.format(3)), (LEFT.format(3), RIGHT.format(3))],
    }
    joints = {id(whole): annotate(whole), id(mirrored): annotate(mirrored), id(half): annotate(whole)}
    joints[id(bordered)] = joints[id(mirrored)]
    for split in photos:
        (folder / split).mkdir()
        lines = ["name:keypoints_y:keypoints_x"]
        for name, photo in photos[split].items():
            photo.save(folder / split / name, quality=95)
            lines.append(f"{name}: {annotate(whole, shift=25) if name == ELSEWHERE else joints[id(photo)]}")
        (folder / f"fasion-resize-annotation-{split}.csv").write_text("\n".join(lines) + "\n")
        rows = [f"{source},{target}" for source, target in pairs[split]]
        (folder / f"fasion-resize-pairs-{split}.csv").write_text("\n".join(["from,to", *rows]) + "\n")
    content = (folder / "train" / BROKEN).read_bytes()
    (folder / "train" / BROKEN).write_bytes(content[: len(content) // 2])
    return folder


@pytest.fixture(scope="module")
def imported(made: Path, rough_fits: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("imported") / "data"
    assert main(["import", "deepfashion", str(made), "-o", str(out), "--workers", "1"]) == 0
    return out


@pytest.fixture
def fashion(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "fashion"))


@pytest.fixture
def refused(fashion: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*words: str, folder: Path = fashion) -> str:
        assert main(["import", "deepfashion", str(folder), "-o", str(tmp_path / "out"), *words]) == 2
        line = capsys.readouterr().err
        assert len(line.splitlines()) == 1
        assert not (tmp_path / "out").exists()
        return line

    return run


def test_the_published_pairs_and_people_are_kept_in_their_splits(imported: Path) -> None:
    records = Records(imported)
    name = "WOMENDressesid0000000{}01"
    assert records.split("test") == [f"test-{name.format(3)}"]
    assert records.split("val") == []  # the first garment is the one whose only photo is alone
    assert records.split("train") == [f"train-{name.format(1)}", f"train-{name.format(2)}"]
    pairs = choose_pairs(records, "test", 10)
    assert pairs == [(f"test-{name.format(3)}", *frames) for frames in (("001", "000"), ("000", "001"))]
    rows = [line.split(",") for line in (imported / "train_pairs.csv").read_text().splitlines()[1:]]
    assert rows == [[f"train-{name.format(n)}", "000", "001"] for n in (1, 2)]


def test_what_cannot_be_used_is_named_with_its_reason(imported: Path) -> None:
    with (imported / "refused.csv").open(newline="") as file:
        reasons = {row["picture"]: row["reason"] for row in csv.DictReader(file)}
    assert set(reasons) == {HALF, ELSEWHERE, BROKEN, ALONE}
    assert "cut by the edge" in reasons[HALF]
    assert "not where the annotated joints are" in reasons[ELSEWHERE]
    assert "damaged or cut short" in reasons[BROKEN]
    assert "no other picture" in reasons[ALONE]


def test_bodies_lie_over_their_people_and_each_frame_has_its_shape(imported: Path) -> None:
    records = Records(imported)
    assert records.canvas == 256
    shapes = []
    for person in records.people:
        for frame in records.frames(person):
            image, mask, body = records.load(person, frame)
            drawn, solid = draw_body(body, 256).nearest.part >= 0, mask[0, 0] > 0.5
            assert (drawn & solid).sum() / (drawn | solid).sum() > 0.8
            assert image[mask.expand_as(image) == 0].abs().max() == 0
            shapes.append(body.phenotype)
    assert not torch.equal(shapes[0], shapes[1])


def test_both_crops_of_a_photo_become_the_same_frame(imported: Path) -> None:
    """The mirrored photo: 176 x 256 of the first person, 256 x 256 with a white border of the second."""
    records = Records(imported)
    (narrow, _, body), (wide, _, other) = (records.load(person, "001") for person in records.split("train"))
    assert (narrow - wide).abs().mean() < 0.02
    assert body.camera.translation == pytest.approx(other.camera.translation, abs=0.02)


def test_the_data_set_trains_as_it_is(imported: Path) -> None:
    records = Records(imported)
    sample = Pairs(records, records.split("train"), debug(), length=1, seed=0)[0]
    assert sample.target.shape == (1, 3, 128, 128)
    assert sample.mask.max() == 1


def test_a_run_that_was_killed_goes_on_and_one_that_is_finished_does_nothing(
    made: Path, imported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(imported, tmp_path / "data"))
    words = ["import", "deepfashion", str(made), "-o", str(copied), "--workers", "1"]
    lines = (copied / "converted.jsonl").read_text().splitlines(keepends=True)
    (copied / "converted.jsonl").write_text("".join(lines[:-1]) + lines[-1][:30])
    last = copied / "people" / json.loads(lines[-1])["person"]
    (last / "000.png").write_bytes(b"half a picture")
    (copied / "test_pairs.csv").unlink()
    assert main(words) == 0
    for path in imported.rglob("*"):
        if path.is_file():
            assert (copied / path.relative_to(imported)).read_bytes() == path.read_bytes()
    monkeypatch.setattr("layerpose.data.public.deepfashion.find_landmarks", None)
    assert main(words) == 0


def test_bad_folders_are_refused_in_one_line(fashion: Path, refused: Callable[..., str], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no fasion-resize-pairs-train.csv" in refused(folder=empty)
    assert "is no folder" in refused(folder=tmp_path / "nowhere")
    assert "--pictures is for videos" in refused("--pictures", "4")
    assert "--size is 10" in refused("--size", "10")
    (fashion / "train" / LEFT.format(2)).unlink()
    said = refused()
    assert "1 of 8 photos that the pairs name are missing" in said
    assert LEFT.format(2) in said
    person().save(fashion / "train" / LEFT.format(2))
    assert "has 768 x 1024 pixels; expected 176 x 256, or 256 x 256" in refused()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("fasion-resize-pairs-train.csv", "", "expected the columns from,to"),
        ("fasion-resize-pairs-train.csv", "from,to\n", "names no pairs"),
        ("fasion-resize-pairs-train.csv", "from,to\na.jpg\n", "expected the columns from,to in every line"),
        ("fasion-resize-pairs-train.csv", "from,to\na.jpg,b.jpg\n", "expected names like PERSON_1front.jpg"),
        (
            "fasion-resize-annotation-test.csv",
            "name:keypoints_y:keypoints_x\na_1.jpg:[1]:[2]\n",
            "line 2: expected two",
        ),
        ("fasion-resize-annotation-test.csv", "name,x,y\n", "expected the columns name:keypoints_y:keypoints_x"),
    ],
)
def test_bad_lists_are_refused_in_one_line(
    fashion: Path, refused: Callable[..., str], name: str, content: str, reason: str
) -> None:
    (fashion / name).write_text(content)
    said = refused()
    assert reason in said
    assert name in said or "a photo" in said


def test_the_list_may_be_spelt_right(fashion: Path) -> None:
    for path in fashion.glob("fasion-*"):
        path.rename(fashion / path.name.replace("fasion", "fashion"))
    assert len(open_deepfashion(fashion).people) == 4
