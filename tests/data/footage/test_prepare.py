"""A video of a person becomes a data set like the synthetic one; what cannot be one is refused in one line."""

from __future__ import annotations

import csv
import errno
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.cli import main
from layerpose.data.footage import candidates as candidates_module
from layerpose.data.footage.choose import choose_keyframes, distances
from layerpose.data.footage.people import Source
from layerpose.data.footage.watch import Sight, longest_shot, note_jumps
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.write.take import moving
from layerpose.presets import debug

Shoot = Callable[..., Path]
SMALL = ("--size", "128", "--workers", "1")


@pytest.fixture(scope="module")
def data(clip: Path, rough_fits: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "data"
    assert main(["prepare", str(clip), "-o", str(out), "--review", *SMALL]) == 0
    return out


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Prepare, check that it is refused in one line and that nothing is left, and return the line."""

    def run(*words: object) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        code = main(["prepare", *map(str, words), *SMALL])
        said = capsys.readouterr().err
        assert code == 2
        assert said.startswith("layerpose: ")
        assert len(said.splitlines()) == 1, said
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        return said

    return run


def sights_at(positions: np.ndarray) -> list[Sight]:
    """Sights whose 13 joints are all at the same place, which moves along x."""
    joints = [np.tile([x, 0.0, 0.0], (13, 1)) for x in positions]
    return [Sight(index=i, time=i / 10, hips=np.zeros(2), joints=joint) for i, joint in enumerate(joints)]


def test_a_video_becomes_pairs_that_training_reads(data: Path) -> None:
    records = Records(data)
    assert records.split("train") == ["00000"]
    assert 2 <= len(records.frames("00000")) <= 6
    image, mask, _ = records.load("00000", "000")
    assert image.shape == (1, 3, 128, 128)
    assert 0.05 < float(mask.mean()) < 0.6
    sample = Pairs(records, ["00000"], debug(), length=1, seed=0)[0]
    covered = (sample.conditions.maps.parsing[:, 1:].sum(1, keepdim=True) > 0).float()
    assert float((covered * sample.mask).sum() / torch.maximum(covered, sample.mask).sum()) > 0.7


def test_all_frames_of_a_person_have_one_shape(data: Path) -> None:
    records = Records(data)
    shapes = {tuple(records.body("00000", frame).phenotype.tolist()) for frame in records.frames("00000")}
    assert len(shapes) == 1
    poses = [records.body("00000", frame).pose.rotations[0] for frame in records.frames("00000")]
    assert not torch.allclose(poses[0], poses[-1], atol=0.05)


def test_the_same_command_again_keeps_every_byte(data: Path, clip: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (data / "people").rglob("*.*")}
    assert main(["prepare", str(clip), "-o", str(data), *SMALL]) == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (data / "people").rglob("*.*")} == before


def test_how_the_person_leans_is_written_as_a_motion(data: Path, tmp_path: Path, capsys) -> None:
    assert main(["prepare", "-o", str(data), "--motion-out", str(tmp_path / "lean.bvh"), *SMALL]) == 0
    assert "lean.bvh: 6 frames, 0.6 s" in capsys.readouterr().out
    take = moving(read_bvh(tmp_path / "lean.bvh").motion())
    hips, head = (take.heads_m[:, body_model().bone(bone)] for bone in ("root", "head"))
    lean = np.rad2deg(np.arctan2(*(head - hips)[:, [0, 2]].T))
    assert lean[0] - lean[-1] == pytest.approx(30, abs=6)
    assert (np.diff(lean) < 0).all()


def test_a_motion_is_no_picture_and_photos_do_not_move(refused: Callable[..., str], clip: Path, tmp_path: Path) -> None:
    assert "a video is a motion" in refused(clip, "-o", tmp_path / "data", "--motion-out", tmp_path / "lean.png")
    assert ".fbx, which is not written" in refused(clip, "-o", tmp_path / "data", "--motion-out", tmp_path / "lean.fbx")


def test_a_person_half_written_is_made_again(data: Path) -> None:
    whole = (data / "people" / "00000" / "poses.npz").read_bytes()
    part = data / "candidates" / "people" / ".00000.part"
    part.mkdir()
    (data / "candidates" / "people" / "00000").rename(data / "elsewhere")
    assert main(["prepare", "-o", str(data), *SMALL]) == 0
    assert not part.exists()
    assert (data / "people" / "00000" / "poses.npz").read_bytes() == whole
    assert (data / "sheets" / "00000.png").is_file()


def test_a_verdict_of_the_review_is_read_back(data: Path) -> None:
    file = data / "review.csv"
    with file.open(newline="") as opened:
        rows = list(csv.reader(opened))
    before = len(Records(data).frames("00000"))
    kept = next(row for row in rows[1:] if row[2] == "keep")
    kept[2] = "aside"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(rows)
    assert main(["prepare", "-o", str(data), *SMALL]) == 0
    assert len(Records(data).frames("00000")) == before - 1
    assert [kept[1], "by hand: struck"] in Records(data).person("00000")["aside"]
    kept[2] = "keep"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(rows)
    assert main(["prepare", "-o", str(data), *SMALL]) == 0
    assert len(Records(data).frames("00000")) == before


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.usefixtures("forks")
def test_two_workers_make_what_one_makes(clip: Path, shoot: Shoot, tmp_path: Path) -> None:
    first, again = (tmp_path / f"{name}.mp4" for name in ("first", "again"))
    shoot(first, [look.pixels for look in Source(path=clip, number=0).looks()][:3])
    again.write_bytes(first.read_bytes())
    few = ("--size", "128", "--frames", "2")
    two = ["prepare", str(first), str(again), "-o", str(tmp_path / "two"), *few, "--workers", "2"]
    assert main(two) == 0  # before one worker has done it, for nobody is fitted twice here
    assert main(["prepare", str(first), "-o", str(tmp_path / "one"), *few, "--workers", "1"]) == 0
    theirs = np.load(tmp_path / "one" / "people" / "00000" / "poses.npz")
    for person in ("00000", "00001"):
        ours = np.load(tmp_path / "two" / "people" / person / "poses.npz")
        assert all(np.array_equal(ours[name], theirs[name]) for name in theirs.files)


def test_an_unclear_verdict_is_named(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = data / "review.csv"
    text = file.read_text()
    file.write_text(text.replace(",keep,", ",perhaps,", 1))
    assert main(["prepare", "-o", str(data), *SMALL]) == 2
    assert "line 2: found 'perhaps'" in capsys.readouterr().err
    file.write_text(text)


def test_doubtful_frames_are_put_aside_with_the_reason(clip: Path, tmp_path: Path, capsys) -> None:
    words = ["prepare", str(clip), "-o", str(tmp_path / "data"), *SMALL, "--least-overlap", "0.99", "--frames", "2"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "gives 0 good frames" in said
    assert "mask overlap: 0." in said


def test_other_limits_need_another_folder(data: Path, clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(clip), "-o", str(data), *SMALL, "--least-overlap", "0.7"]) == 2
    assert "least_overlap 0.78, not 0.7" in capsys.readouterr().err


def test_nine_of_ten_people_train() -> None:
    splits = [Source(path=Path("x"), number=number).split for number in range(20)]
    assert splits.count("train") == 18
    assert {splits[9], splits[19]} == {"val", "test"}


def test_keyframes_are_the_farthest_apart() -> None:
    sights = sights_at(np.array([0.0, 0.01, 0.02, 0.5, 0.51, 1.0]))
    joints = [sight.joints for sight in choose_keyframes(sights, 60) if sight.joints is not None]
    assert len(joints) == 3
    for row, one in enumerate(joints):
        others = np.stack([other for number, other in enumerate(joints) if number != row])
        assert distances(others, one).min() > 0.4


def test_a_leg_taken_for_the_other_is_a_jump_and_a_fast_step_is_none() -> None:
    assert not any(sight.problem for sight in note_jumps(sights_at(np.linspace(0, 3, 11))))
    steady = np.zeros(11)
    steady[4] += 0.4
    problems = [sight.problem for sight in note_jumps(sights_at(steady))]
    assert problems[4].startswith("jumps: the nose is 0.40 m")
    assert not any(problems[:4] + problems[5:])


def test_after_a_cut_to_another_person_only_the_longer_part_counts(
    person: np.ndarray, clip: Path, shoot: Shoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = [look.pixels for look in Source(path=clip, number=0).looks()]
    other = [255 - picture for picture in first[:2]]
    source = Source(path=shoot(tmp_path / "cut.mp4", [*first, *other]), number=0)
    monkeypatch.setattr(candidates_module, "choose_keyframes", lambda sights, most: kept.extend(sights) or [])
    kept: list[Sight] = []
    candidates_module.find_candidates(tmp_path, source, candidates_module.Order())
    assert [bool(sight.problem) for sight in kept] == [False] * 6 + [True] * 2
    assert longest_shot(kept) == 0


@pytest.mark.filterwarnings("always:left out of")
def test_photos_of_one_person_in_a_folder_are_prepared_too(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image

    folder = tmp_path / "photos"
    folder.mkdir()
    for number, look in enumerate(Source(path=clip, number=0).looks()):
        if number in (0, 5):
            Image.fromarray(look.pixels).save(folder / f"{number}.png")
    (folder / "notes.txt").write_text("not a photo")
    assert main(["prepare", str(folder), "-o", str(tmp_path / "data"), *SMALL]) == 0
    assert "not those of photos: notes.txt" in capsys.readouterr().err
    frames = Records(tmp_path / "data").person("00000")["frames"]
    assert [frame["pose"] for frame in frames] == ["photos/0.png", "photos/5.png"]


def test_an_audio_file_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    said = refused(tmp_path / "song.wav", "-o", tmp_path / "data")
    assert "song.wav has no pictures, only sound" in said


def test_a_video_without_a_person_is_refused(refused: Callable[..., str], shoot: Shoot, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    shoot(tmp_path / "noise.mp4", [noise.integers(0, 255, (384, 384, 3), dtype=np.uint8) for _ in range(3)])
    assert "shows no whole person" in refused(tmp_path / "noise.mp4", "-o", tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_an_empty_folder_a_missing_file_and_a_photo_are_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.jpg").write_bytes(b"x")
    assert "holds 0 photos" in refused(tmp_path / "empty", "-o", tmp_path / "data")
    assert "there is no" in refused(tmp_path / "nowhere.mp4", "-o", tmp_path / "data")
    assert "single photo" in refused(tmp_path / "one.jpg", "-o", tmp_path / "data")
    assert "no videos were named" in refused("-o", tmp_path / "data")


def test_on_a_full_disk_nothing_half_written_is_left(
    refused: Callable[..., str], clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("layerpose.data.records.np.savez", fail)
    assert "No space left on device" in refused(clip, "-o", tmp_path / "data", "--frames", "2")
    assert not (tmp_path / "data").exists()
