"""What a user can get wrong -> one clear line on stderr, exit code 2, and every file as it was."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.cli import main

OLD = b"what was here before"

Refused = Callable[..., str]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output that exists already and must survive a refusal."""
    path = tmp_path / "out.png"
    path.write_bytes(OLD)
    return path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture without a person: sky over grass."""
    rows = np.linspace(0, 1, 300)[:, None, None]
    sky = np.array([120, 170, 230]) * (1 - 0.3 * rows) * np.ones((1, 400, 1))
    noise = np.random.default_rng(0).normal(0, 6, (300, 400, 3))
    picture = np.where(rows < 0.6, sky, np.array([80, 140, 60])) + noise
    path = tmp_path / "landscape.png"
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(path)
    return path


ONCE = " (once, "
"""Of what is fetched or built at first use, and said whoever comes first."""


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run the command line, check that it refuses properly, and return the line it said."""

    def run(*words: object) -> str:
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        code = main([str(word) for word in words])
        said = "".join(line for line in capsys.readouterr().err.splitlines(True) if ONCE not in line)
        assert code == 2
        assert said.startswith("layerpose: ")
        assert len(said.splitlines()) == 1
        assert "Traceback" not in said
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        return said

    return run


def hollow_png(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("text.jpg", b"Dear diary, this is not a photo.\n" * 20, "not a picture"),
        ("empty.png", b"", "empty"),
        ("huge.png", hollow_png(30_000, 30_000), "too large"),
        ("large.png", hollow_png(11_000, 11_000), "11000 x 11000"),
        ("tiny.png", hollow_png(10, 10), "10 x 10"),
    ],
    ids=["text", "empty", "huge", "large", "tiny"],
)
def test_a_file_that_is_no_photo_is_refused(refused: Refused, out: Path, name: str, content: bytes, reason: str):
    bad = out.with_name(name)
    bad.write_bytes(content)
    said = refused("transfer", bad, "--pose", "walk", "-o", out)
    assert name in said
    assert reason in said


@pytest.mark.parametrize("command", ["transfer", "fit"])
def test_a_truncated_photo_is_refused(refused: Refused, out: Path, photo: Path, command: str):
    cut = out.with_name("cut.png")
    cut.write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])
    words = ["--pose", "walk", "-o", out] if command == "transfer" else ["-o", out.with_name("pose.json")]
    assert "damaged or cut short" in refused(command, cut, *words)


def test_a_missing_photo_is_refused(refused: Refused, out: Path):
    assert "nowhere.jpg" in refused("transfer", out.with_name("nowhere.jpg"), "--pose", "walk", "-o", out)


def test_a_folder_is_no_photo(refused: Refused, out: Path):
    assert "is a folder" in refused("fit", out.parent, "-o", out.with_name("pose.json"))
    assert "out.png is a file's name" in refused("transfer", out.parent, "--pose", "walk", "-o", out)


def test_a_landscape_has_nobody_to_fit(refused: Refused, out: Path, photo: Path):
    assert "person" in refused("fit", photo, "-o", out.with_name("pose.json"))


def test_a_pose_photo_without_people_is_refused(refused: Refused, out: Path, photo: Path):
    assert "person" in refused("transfer", photo, "--pose", photo, "-o", out)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"layerpose_pose": 1, "rotations": {"upperarm1.L": [0, 0, 1]}}, "did you mean 'upperarm01.L'"),
        ({"layerpose_pose": 1, "rotations": {"head": [0, float("nan"), 0]}}, "finite"),
        ({"layerpose_pose": 1, "rotations": {"head": [0, 1]}}, "expected 3 numbers"),
        ({"layerpose_pose": 2, "rotations": {}}, "expected the version"),
        ({"rotations": {}}, "not a pose file"),
        ([], "not a pose file"),
    ],
)
def test_a_bad_pose_file_is_refused(refused: Refused, out: Path, photo: Path, record: object, reason: str):
    pose = out.with_name("pose.json")
    pose.write_text(json.dumps(record))
    said = refused("transfer", photo, "--pose", pose, "-o", out)
    assert "pose.json" in said
    assert reason in said


def test_a_pose_file_that_is_no_json_is_refused(refused: Refused, out: Path, photo: Path):
    pose = out.with_name("pose.json")
    pose.write_text("{ stand on one leg")
    assert "not JSON" in refused("transfer", photo, "--pose", pose, "-o", out)


def test_an_unknown_pose_name_is_refused_with_the_known_ones(refused: Refused, out: Path, photo: Path):
    said = refused("transfer", photo, "--pose", "wlak", "-o", out)
    assert "wlak" in said
    assert "walk" in said


@pytest.mark.parametrize("frame", [5, 10**12])
def test_a_frame_past_the_end_of_a_bvh_is_refused(refused: Refused, out: Path, photo: Path, bvh: Path, frame: int):
    said = refused("transfer", photo, "--pose", f"{bvh}#{frame}", "-o", out)
    assert str(frame) in said


@pytest.mark.parametrize("frame", ["-1", "last", "1.5", ""])
def test_a_frame_that_is_no_number_is_refused(refused: Refused, out: Path, photo: Path, bvh: Path, frame: str):
    assert "whole number" in refused("transfer", photo, "--pose", f"{bvh}#{frame}", "-o", out)


def test_a_missing_bvh_is_refused(refused: Refused, out: Path, photo: Path):
    assert "dance.bvh" in refused("transfer", photo, "--pose", "dance.bvh#3", "-o", out)


@pytest.mark.parametrize("command", [["body", "show", "walk"], ["transfer", "nobody.png", "--pose", "walk"]])
def test_an_smpl_body_without_its_file_is_refused(refused: Refused, out: Path, photo: Path, command: list[str]):
    words = [photo if word == "nobody.png" else word for word in command]
    said = refused(*words, "--body", "smpl", "-o", out)
    assert "register at https://smpl" in said
    assert "--smpl SMPL_NEUTRAL.pkl" in said
    assert "nowhere.pkl" in refused(*words, "--body", "smpl", "--smpl", out.with_name("nowhere.pkl"), "-o", out)


def test_an_smpl_pickle_that_runs_code_is_refused(refused: Refused, out: Path):
    evil = out.with_name("evil.pkl")
    evil.write_bytes(b"cos\nsystem\n(S'touch ran'\ntR.")
    said = refused("body", "show", "walk", "--body", "smpl", "--smpl", evil, "-o", out)
    assert "evil.pkl is refused: it asks for os.system" in said


def test_an_smpl_file_is_never_overwritten(refused: Refused, out: Path):
    assert "never overwritten" in refused("body", "show", "walk", "--body", "smpl", "--smpl", out, "-o", out)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"poses": np.full((2, 156), np.nan), "mocap_framerate": 60.0}, "not finite, first at (0, 0)"),
        ({"poses": np.zeros((2, 69)), "mocap_framerate": 60.0}, "poses is (2, 69); expected frames of 72"),
        (
            {"poses": np.eye(1, 156).repeat(2, 0) * np.pi / 2, "mocap_framerate": 60.0},
            "has 2 frames (0 to 1); 7 is not one",
        ),
        ({"theta": np.zeros((8, 72))}, "72 numbers a person; expected 85"),
    ],
    ids=["nan", "joints", "frame", "hmr"],
)
def test_a_bad_motion_of_smpl_is_refused(refused: Refused, out: Path, arrays: dict[str, object], reason: str):
    clip = out.with_name("clip.npz")
    np.savez(clip, **arrays)
    said = refused("body", "show", f"{clip}#7", "-o", out)
    assert "clip.npz" in said
    assert reason in said


def test_output_paths_are_checked_before_the_photo_is_opened(refused: Refused, out: Path):
    missing = out.with_name("nowhere.jpg")
    said = refused("transfer", missing, "--pose", "walk", "-o", out.parent / "no" / "such" / "out.png")
    assert "does not exist; create it" in said


def test_an_output_under_a_file_is_refused(refused: Refused, out: Path, photo: Path):
    assert "out.png" in refused("transfer", photo, "--pose", "walk", "-o", out / "deeper.png")
    assert "not a folder" in refused("fit", photo, "-o", out / "pose.json")
    assert "not a folder" in refused("transfer", photo, "--pose", "walk", "-o", out, "--layers", out)


def test_a_folder_that_cannot_be_written_to_is_refused(
    refused: Refused, out: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("layerpose.media.outputs.tempfile.TemporaryFile", fail)
    assert "cannot be written to (Permission denied)" in refused("transfer", photo, "--pose", "walk", "-o", out)


def test_an_output_of_another_kind_is_refused(refused: Refused, out: Path, photo: Path):
    assert ".png" in refused("transfer", photo, "--pose", "walk", "-o", out.with_suffix(".jpg"))
    assert ".json" in refused("fit", photo, "-o", out.with_suffix(".docx"))


def test_the_input_photo_is_never_overwritten(refused: Refused, photo: Path):
    link = photo.with_name("link.png")
    link.symlink_to(photo)
    assert "never overwritten" in refused("transfer", photo, "--pose", "walk", "-o", photo)
    assert "never overwritten" in refused("transfer", photo, "--pose", "walk", "-o", link)
    assert "never overwritten" in refused("fit", photo, "-o", photo.with_name("p.json"), "--sheet", photo)


def test_two_outputs_are_never_one_file(refused: Refused, photo: Path):
    both = photo.with_name("both.png")
    assert "never overwritten" in refused("transfer", photo, "--pose", "walk", "-o", both, "--sheet", both)
    head = photo.rename(photo.with_name("head.png"))
    assert "never overwritten" in refused("transfer", head, "--pose", "walk", "-o", both, "--layers", head.parent)


def test_help_is_quick_because_it_loads_no_torch():
    code = "import sys, layerpose.cli; sys.exit(bool({'torch', 'warp', 'cv2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def bvh(tmp_path: Path) -> Path:
    """Five frames of a skeleton that stands still."""
    tree = ("Hips", ["Spine", "LeftUpLeg", "RightUpLeg"]), {
        "Spine": ["Neck", "LeftArm", "RightArm"], "Neck": ["Head"], "Head": [],
        "LeftUpLeg": ["LeftLeg"], "LeftLeg": ["LeftFoot"], "LeftFoot": [],
        "RightUpLeg": ["RightLeg"], "RightLeg": ["RightFoot"], "RightFoot": [],
        "LeftArm": ["LeftForeArm"], "LeftForeArm": ["LeftHand"], "LeftHand": [],
        "RightArm": ["RightForeArm"], "RightForeArm": ["RightHand"], "RightHand": [],
    }  # fmt: skip
    (root, children), below = tree

    def joint(name: str, keyword: str) -> str:
        side = {"L": 1, "R": -1}[name[0]] if name.startswith(("Left", "Right")) else 0
        drop = -4 if "Leg" in name or "Foot" in name else 0
        offset = f"{2 * side} {drop if side else 4} 0"
        channels = "6 Xposition Yposition Zposition" if keyword == "ROOT" else "3"
        inner = children if name == root else below[name]
        body = "".join(joint(child, "JOINT") for child in inner) or "End Site { OFFSET 0 1 0 }"
        lines = [f"{keyword} {name}", "{", f"OFFSET {offset}", f"CHANNELS {channels} Zrotation Yrotation Xrotation"]
        return "\n".join([*lines, body.replace("{ OFFSET", "{\nOFFSET").replace("0 }", "0\n}"), "}"]) + "\n"

    frame = " ".join(["0"] * (6 + 3 * (len(below))))
    text = f"HIERARCHY\n{joint(root, 'ROOT')}MOTION\nFrames: 5\nFrame Time: 0.0333\n" + f"{frame}\n" * 5
    path = tmp_path / "still.bvh"
    path.write_text(text)
    return path


def test_a_further_photo_that_is_of_no_use_is_named(refused: Refused, photo: Path, out: Path) -> None:
    with as_file(files("layerpose") / "examples" / "person.png") as person:
        words = "transfer", person, "--pose", "walk", "--also"
        assert "gone.png" in refused(*words, photo.with_name("gone.png"), "-o", out)
        assert str(photo) in refused(*words, person, photo, "-o", out)
        assert "never overwritten" in refused(*words, photo, "-o", photo)
