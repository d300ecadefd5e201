"""JSON that would swell in memory is refused; of a long motion file only the frames that are asked for are decoded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

from layerpose.inputs.motions import resolve_motion
from layerpose.inputs.poses import resolve_pose
from layerpose.motion import json_file
from layerpose.motion.json_file import parse_json
from layerpose.motion.motion_file import write_motion
from layerpose.motion.moves import library_motion
from layerpose.types import Pose


@pytest.mark.parametrize(
    "many", [b"[" + b"[]," * 5_000_000 + b"[]]", b'{"a":[' + b"1," * 9_000_000 + b"1]}", b"[" * 9_000_000]
)
def test_what_would_swell_is_refused_at_once(many: bytes):
    start = time.process_time()
    with pytest.raises(ValueError, match="values, of which at most"):
        parse_json(many)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("depth", [900, 1000, 5000])
def test_deep_nesting_is_a_reason_and_no_recursion(tmp_path: Path, depth: int):
    head = '{"layerpose_pose": 1, "rotations": {"head": '
    for near in range(depth - 100, depth, 7):
        (tmp_path / "a.json").write_text(head + "[" * near + "]" * near + "}}")
        with pytest.raises(ValueError, match=r"a\.json"):
            resolve_pose(str(tmp_path / "a.json"))


def test_a_name_without_end_is_told_by_its_start(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"layerpose_pose": 1, "rotations": {"upperarm01.' + "L" * 5_000_000 + '": 1}}')
    with pytest.raises(ValueError, match=r"did you mean 'upperarm01\.L'") as refused:
        resolve_pose(str(tmp_path / "a.json"))
    assert len(str(refused.value)) < 300


def test_frames_of_a_long_motion_file_are_those_of_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "walk.json"
    write_motion(library_motion("walk"), path)
    whole = resolve_motion(str(path))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*lines[:4], b"damaged,", *lines[5:]]))  # a line that nobody asks for
    monkeypatch.setattr(json_file, "BY_LINES", 0)
    part, pose = resolve_motion(str(path), frames="10:14"), resolve_pose(f"{path}#12")
    assert torch.equal(part.rotations, whole.rotations[10:14])
    assert torch.equal(part.path, whole.path[10:14])
    assert isinstance(pose, Pose)
    assert torch.equal(pose.rotations, whole.rotations[12])
    with pytest.raises(ValueError, match=r"walk\.json: frame 3: Expecting value"):
        resolve_motion(str(path))
