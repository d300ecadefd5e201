"""A file's name says what is written, and what cannot be is said before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerpose.motion.library import library_pose
from layerpose.motion.motion_file import read_motion
from layerpose.motion.pose_file import read_pose
from layerpose.motion.write.by_suffix import Format, plan_output, write_take
from layerpose.motion.write.take import Take, still
from layerpose.types import Body


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.bvh", "bvh"), ("a.GLB", "glb"), ("a.npz", "npz"), ("a.json", "json"), ("a.png", "skeleton"),
        ("a_keypoints.json", "openpose"),
    ],
)  # fmt: skip
def test_the_suffix_tells_the_format(tmp_path: Path, name: str, format: Format):
    assert plan_output(tmp_path / name).format == format


@pytest.mark.parametrize(
    ("name", "asked", "message"),
    [
        ("a.fbx", None, r"ends in \.fbx, which is not written; expected"),
        ("a", None, "say what goes into it: --as openpose or --as skeleton"),
        ("a.bvh", "skeleton", "leave one out"),
        ("nowhere/a.bvh", None, "does not exist"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, name: str, asked: Format | None, message: str
):
    with pytest.raises(ValueError, match=message):
        plan_output(tmp_path / name, asked)


def test_a_file_that_is_read_is_never_overwritten(tmp_path: Path):
    (tmp_path / "a.bvh").touch()
    with pytest.raises(ValueError, match="never overwritten"):
        plan_output(tmp_path / "a.bvh", inputs=[tmp_path / "a.bvh"])


def test_a_motion_does_not_go_into_one_picture(tmp_path: Path, take: Take):
    with pytest.raises(ValueError, match="holds one pose, and the motion has 12"):
        write_take(take, plan_output(tmp_path / "a.png"))
    assert not list(tmp_path.iterdir())


def test_our_own_file_of_a_pose_is_a_body_and_of_a_motion_a_motion(tmp_path: Path, take: Take):
    output = plan_output(tmp_path / "a.json")
    assert write_take(still(library_pose("sit")), output) == ""
    assert isinstance(read_pose(output.path), Body)
    write_take(take, output)
    assert read_motion(output.path).num_frames == 12
