"""Every command of the page on motion files writes what it says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from layerpose.body.model import body_model
from layerpose.cli.run import main
from layerpose.export.actors import is_pose
from layerpose.motion.library import library_pose
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.write.openpose import write_openpose
from layerpose.motion.write.take import moving, still

PAGE = Path(__file__).parents[2] / "docs" / "motion-files.md"
COMMANDS = re.findall(r"`(layerpose convert [^`]+)` \|$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_page_has_a_command_for_each_format():
    assert len(COMMANDS) >= 6


@pytest.mark.usefixtures("skins_kept")
@pytest.mark.parametrize("command", COMMANDS)
def test_row_of_the_page_is_written(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    _, *arguments = shlex.split(command)
    short = ["--range", "0:4"] if arguments[1] == "walk" else []
    assert main([*arguments, *short]) == 0
    out = arguments[arguments.index("-o") + 1]
    assert capsys.readouterr().out.startswith(f"Wrote {out}: ")
    assert (tmp_path / out).stat().st_size > 0


def test_a_refusal_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    for arguments, reason in (
        (["sit", "-o", "a.fbx"], "is not written"),
        (["sit", "-o", "a.bvh", "--fps", "30"], "leave them out"),
        (["nothing.bvh", "-o", "a.bvh"], "no file"),
    ):
        assert main(["convert", *arguments]) == 2
        said = capsys.readouterr().err
        assert reason in said
        assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_each_of_several_people_becomes_a_file_of_its_own(tmp_path: Path):
    people = []
    for name, across in (("arms-up", 0), ("stand", 900)):
        write_openpose(still(library_pose(name)), tmp_path / "one_keypoints.json")
        [one] = json.loads((tmp_path / "one_keypoints.json").read_text())["people"]
        points = np.array(one["pose_keypoints_2d"]).reshape(-1, 3)
        points[points[:, 2] > 0, 0] += across
        people.append({"pose_keypoints_2d": points.ravel().tolist()})
    (tmp_path / "two.json").write_text(json.dumps([{"people": people}] * 2))
    for number, above in ((0, True), (1, False)):
        out = tmp_path / f"{number}.bvh"
        assert main(["convert", f"{tmp_path / 'two.json'}#{number}:", "-o", str(out), "--fps", "10"]) == 0
        heads = moving(read_bvh(out).motion()).heads_m[0]
        assert (heads[body_model().bone("wrist.L"), 2] > heads[body_model().bone("head"), 2]) == above


@pytest.mark.parametrize(
    ("text", "pose"),
    [("walk", False), ("sit", True), ("dance.bvh", False), ("dance.bvh#120", True), ("wham.pkl#1:", False),
     ("wham.pkl#1:30", True)],
)  # fmt: skip
def test_a_frame_is_a_pose_and_a_file_a_motion(text: str, pose: bool):
    assert is_pose(text) == pose
