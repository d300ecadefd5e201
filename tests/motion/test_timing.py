from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from layerpose.inputs.motions import resolve_motion
from layerpose.motion.library import library_pose
from layerpose.motion.motion_file import read_motion, write_motion
from layerpose.motion.moves import library_motion
from layerpose.motion.timing import resample, select


def test_resampling_keeps_the_duration_and_the_places() -> None:
    motion = library_motion("walk")
    slow = resample(motion, 12)
    assert slow.num_frames / slow.fps == pytest.approx(motion.num_frames / motion.fps, abs=0.05)
    assert torch.allclose(slow.rotations[2], motion.rotations[5], atol=1e-5)
    assert torch.allclose(slow.path[4], motion.path[10], atol=1e-5)
    halfway = resample(motion, 60).rotations[1]
    assert torch.allclose(halfway @ halfway.transpose(1, 2), torch.eye(3).expand(104, 3, 3), atol=1e-5)


def test_a_range_is_cut_out_before_the_rate_changes() -> None:
    part = resolve_motion("walk", frames="30:60", fps=10)
    assert part.num_frames == 10
    assert torch.allclose(part.rotations[0], library_motion("walk").rotations[30], atol=1e-6)
    assert resolve_motion("walk", frames="130:").num_frames == 2
    for text in ("walk", "5", "-1:4", "9:3", "0:1000"):
        with pytest.raises(ValueError, match="FIRST:END"):
            resolve_motion("walk", frames=text)
    with pytest.raises(ValueError, match="expected 1 to 120"):
        resolve_motion("walk", fps=0)


def test_a_motion_file_comes_back_as_it_was_written(tmp_path: Path) -> None:
    motion = select(library_motion("dance"), 0, 5)
    write_motion(motion, tmp_path / "dance.json")
    back = read_motion(tmp_path / "dance.json")
    assert torch.allclose(back.rotations, motion.rotations, atol=1e-5)
    assert torch.allclose(back.path, motion.path, atol=1e-5)
    assert motion.ankles is not None
    assert back.ankles is not None
    assert torch.allclose(back.ankles, motion.ankles, atol=1e-5)
    assert back.fps == 30


def test_a_folder_of_pose_files_is_a_motion_in_the_order_of_their_names(tmp_path: Path) -> None:
    for number, degrees in enumerate((0.0, 0.5, 1.0)):
        record = {"layerpose_pose": 1, "rotations": {"head": [0, 0, degrees]}}
        (tmp_path / f"{number}.json").write_text(json.dumps(record))
    motion = read_motion(tmp_path)
    assert motion.num_frames == 3
    assert motion.rotations[2, :, 0, 0].min() == pytest.approx(0.5403, abs=1e-3)
    assert not torch.allclose(motion.rotations[1], library_pose("stand").rotations)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"layerpose_motion": 1, "fps": 30, "frames": []}, "no frames"),
        ({"layerpose_motion": 1, "fps": 0, "frames": [{}]}, '"fps" is 0'),
        ({"layerpose_motion": 2, "fps": 30, "frames": [{}]}, "expected the version"),
        ({"layerpose_motion": 1, "fps": 30, "frames": [{}, {"rotations": {"haed": [0, 0, 1]}}]}, "frame 1: unknown"),
        ({"layerpose_motion": 1, "fps": 30, "frames": [{"ankles": [[0, 0, 0], [0, 0, 0]]}, {}]}, "1 of 2 frames"),
        ({"layerpose_motion": 1, "fps": 30, "frames": [{"pelvis": [0, 0]}]}, "expected 3 numbers"),
        ([], "not a motion file"),
    ],
)
def test_a_bad_motion_file_is_refused(tmp_path: Path, record: object, reason: str) -> None:
    (tmp_path / "bad.json").write_text(json.dumps(record))
    with pytest.raises(ValueError, match=reason) as caught:
        read_motion(tmp_path / "bad.json")
    assert "bad.json" in str(caught.value)
