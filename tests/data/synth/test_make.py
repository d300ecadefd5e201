from __future__ import annotations

import errno
import json
import re
import shutil
import time
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pytest
import torch

from layerpose.body.camera import foreshorten, project
from layerpose.cli import main
from layerpose.data.records import Records
from layerpose.data.synth import make
from layerpose.data.synth.dress import dress
from layerpose.data.synth.make import Order, synthesise
from layerpose.data.synth.people import sample_person
from layerpose.data.synth.poses import PoseSource
from layerpose.data.synth.render import Studio
from layerpose.data.synth.wardrobe import Wardrobe
from layerpose.maps.render import coco_18, draw_body, draw_posed
from layerpose.runtime.locks import alone_in
from layerpose.types import CLASSES

SIZE = 256


def files(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.mark.parametrize("made", ["data", "asset_data"])
def test_the_body_drawn_with_the_records_camera_covers_the_picture(made: str, request: pytest.FixtureRequest) -> None:
    records, overlaps = Records(request.getfixturevalue(made)), []
    for person in records.people:
        for frame in records.frames(person):
            image, mask, body = records.load(person, frame)
            assert (image[:, :, mask[0, 0] == 0] == 0).all()
            drawn, solid = draw_body(body, records.canvas).nearest.part >= 0, mask[0, 0] > 0.5
            overlaps.append((drawn & solid).sum() / (drawn | solid).sum())
            assert not torch.cat([solid[0], solid[-1], solid[:, 0], solid[:, -1]]).any()
    assert np.mean(overlaps) > 0.75


def test_bodies_agree_with_labels_of_the_dressed_mesh_and_joints_land_on_their_parts(wardrobe: Wardrobe) -> None:
    poses, rng = PoseSource(None, None, "train"), np.random.default_rng(5)
    agree, landed = [], []
    for _ in range(4):
        studio = Studio(dress(sample_person(wardrobe, "train", rng), wardrobe, 256))
        for _ in range(5):
            rotations = poses.draw(rng).rotations
            posed, vertices = studio.pose(rotations)
            seen = foreshorten(torch.as_tensor(vertices), 5.0)
            camera = replace(make._frame(seen, rng), distance_m=5.0)
            labels = studio.label(vertices, camera, SIZE)
            drawn = draw_posed(posed, camera, SIZE, device=torch.device("cpu"))
            body = drawn.nearest.part.numpy() + 1
            both = (labels > 0) & (body > 0)
            agree.append((labels == body)[both].mean())
            joints = project(torch.as_tensor(coco_18(posed.keypoints)), camera).numpy()
            landed += list(joints_on_parts(joints, drawn, labels))
    assert np.mean(agree) > 0.94
    assert len(landed) > 100
    assert np.mean(landed) > 0.97


def joints_on_parts(joints: np.ndarray, drawn, labels: np.ndarray):
    """For elbows, wrists, knees, ankles and nose that the body itself shows: is their part there in the picture?"""
    parts = {0: "head", 7: "left_arm", 8: "right_arm", 9: "left_arm", 10: "right_arm",
             13: "left_leg", 14: "right_leg", 15: "left_leg", 16: "right_leg"}  # fmt: skip
    for joint, part in parts.items():
        column, row = (int(v) for v in joints[joint, :2] * SIZE)
        if drawn.nearest.depth[row, column] > joints[joint, 2] - 0.08 and drawn.nearest.part[row, column] >= 0:
            around = labels[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
            yield CLASSES.index(part) in around


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.usefixtures("forks")
def test_people_that_are_there_are_kept_and_the_same_order_gives_the_same_bytes(
    data: Path, order: Order, tmp_path: Path
) -> None:
    picture = data / "people" / "00001" / "000.png"
    before = picture.stat().st_mtime_ns
    synthesise(data, order)
    assert picture.stat().st_mtime_ns == before
    synthesise(tmp_path, order, workers=2)
    assert files(tmp_path) == files(data)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_run_killed_ten_times_and_resumed_equals_an_undisturbed_one(tmp_path: Path) -> None:
    order, rng, done = Order(people=5, frames=2, size=64, seed=9), np.random.default_rng(0), []
    synthesise(tmp_path / "undisturbed", order)  # and every fork is warm

    def begin() -> BaseProcess:
        process = get_context("fork").Process(target=synthesise, args=(tmp_path / "killed", order))
        process.start()
        return process

    for _ in range(10):
        process = begin()
        time.sleep(rng.uniform(0.05, 0.3))
        process.kill()
        process.join()
        done.append(len(list((tmp_path / "killed" / "people").glob("0*"))))
    process = begin()
    process.join()
    assert process.exitcode == 0
    assert done[0] < 5
    assert files(tmp_path / "killed") == files(tmp_path / "undisturbed")


def test_another_seed_in_the_same_folder_is_refused(data: Path, order: Order) -> None:
    with pytest.raises(ValueError, match="seed 4, not 5"):
        synthesise(data, replace(order, seed=5))


def test_two_do_not_work_in_one_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with alone_in(tmp_path / "data"):
        assert main(["synth", "-o", str(tmp_path / "data"), "--people", "1", "--frames", "2", "--size", "64"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "another layerpose is at work in" in said[0]
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("name", ["people", "frames", "size"])
def test_an_order_of_nothing_is_refused(order: Order, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0"):
        synthesise(tmp_path / "data", replace(order, **{name: 0}))
    assert not (tmp_path / "data").exists()


def test_a_full_disk_leaves_no_half_person(order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written, write = [], Path.write_bytes

    def full(self: Path, content: bytes) -> int:
        written.append(self)
        if len(written) > order.frames + 1:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return write(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        synthesise(tmp_path, order)
    assert [folder.name for folder in (tmp_path / "people").iterdir()] == ["00000"]
    monkeypatch.undo()
    synthesise(tmp_path, order)
    assert Records(tmp_path).people == ["00000", "00001", "00002"]


@pytest.fixture
def assets(asset_order: Order, tmp_path: Path) -> Path:
    assert asset_order.assets is not None
    return Path(shutil.copytree(asset_order.assets, tmp_path / "assets"))


def test_a_half_copied_asset_folder_is_refused(order: Order, assets: Path, tmp_path: Path) -> None:
    for mesh in (assets / "clothes").glob("*/*.obj"):
        mesh.unlink()
    with pytest.raises(ValueError, match=r"\.obj is missing; copy the asset folder again"):
        synthesise(tmp_path / "data", replace(order, assets=assets))
    assert list((tmp_path / "data" / "people").iterdir()) == []


def test_a_corrupt_texture_is_refused(order: Order, assets: Path, tmp_path: Path) -> None:
    for texture in (assets / "skins").glob("*.webp"):
        texture.write_bytes(texture.read_bytes()[:300])
    with pytest.raises(ValueError, match=re.escape("skins/") + ".*cannot be read"):
        synthesise(tmp_path / "data", replace(order, assets=assets))


def test_a_clip_with_another_skeleton_is_refused(order: Order, tmp_path: Path) -> None:
    motion = tmp_path / "motion"
    motion.mkdir()
    (motion / "robot_01.bvh").write_text(
        "HIERARCHY\nROOT Chassis\n{\nOFFSET 0 0 0\nCHANNELS 3 Zrotation Yrotation Xrotation\nEnd Site\n"
        "{\nOFFSET 0 1 0\n}\n}\nMOTION\nFrames: 1\nFrame Time: 0.1\n0 0 0\n"
    )
    with pytest.raises(ValueError, match="robot_01"):
        synthesise(tmp_path / "data", replace(order, motion=motion))
    assert not (tmp_path / "data").exists()


def licences(data: Path) -> list[str]:
    return json.loads((data / "dataset.json").read_text(encoding="utf-8"))["licences"]


def test_the_licences_name_what_is_in_the_pictures_and_nothing_else(data: Path) -> None:
    clothes, body = licences(data)
    assert "drawn by layerpose" in clothes
    assert "Anny" in body


def test_the_licences_name_the_asset_folder_and_the_clips(asset_data: Path) -> None:
    clothes, _, motion = licences(asset_data)
    assert "MakeHuman base assets, CC0" in clothes
    assert "mocap.cs.cmu.edu" in motion
