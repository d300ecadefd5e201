"""Maps as other generators take them: what is near is bright, what looks up is green, and nothing else is replaced."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerpose.export.maps import check_maps_folder, load_frames, plan_shoot, write_frames, write_still
from layerpose.inputs.bodies import framed_body
from layerpose.motion.keypoint_layouts import COCO_18, COLOURS
from layerpose.motion.library import library_pose

SIZE = 128


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who sits and looks at the viewer."""
    folder = tmp_path_factory.mktemp("maps") / "sit"
    write_still(plan_shoot([framed_body(library_pose("sit"))], SIZE), folder)
    return folder


def pixels(folder: Path, name: str) -> np.ndarray:
    return np.array(Image.open(folder / f"{name}.png"))


def test_parsing_holds_the_numbers_of_the_classes(folder: Path):
    parsing = pixels(folder, "parsing")
    assert parsing.shape == (SIZE, SIZE)
    assert np.unique(parsing).tolist() == list(range(7))
    left_leg, right_leg = (np.nonzero(parsing == number)[1].mean() for number in (5, 6))
    assert left_leg > right_leg


def test_depth_has_16_bits_knees_are_nearer_than_the_head_and_the_background_is_black(folder: Path):
    depth, parsing = pixels(folder, "depth"), pixels(folder, "parsing")
    assert depth.dtype == np.uint16
    assert depth[parsing == 5].max() > 60000
    assert depth[parsing == 1].mean() < 40000
    assert depth[parsing > 0].min() >= 13107
    assert (depth[parsing == 0] == 0).all()
    record = json.loads((folder / "maps.json").read_text())["depth"]
    assert 0.5 < record["far_m"] - record["near_m"] < 1


def test_thighs_that_lie_flat_are_green_and_the_chest_is_blue(folder: Path):
    normals, parsing = pixels(folder, "normals").astype(int), pixels(folder, "parsing")
    thighs = np.zeros_like(parsing, dtype=bool)
    rows = np.nonzero((parsing == 5).any(1))[0]
    thighs[rows[0] : rows[0] + len(rows) // 8] = True
    assert normals[thighs & (parsing == 5)][:, 1].mean() > 170
    assert normals[parsing == 2][:, 2].mean() > 190
    left, right = (normals[:, half][parsing[:, half] > 0][:, 0].mean() for half in (slice(0, 64), slice(64, SIZE)))
    assert left > 127.5 > right
    assert (normals[parsing == 0] == (128, 128, 255)).all()


def test_heads_points_are_blue_and_the_joints_have_openpose_colours(folder: Path):
    points, parsing = pixels(folder, "points").astype(int), pixels(folder, "parsing")
    assert points[parsing == 1][:, 2].mean() > points[parsing == 5][:, 2].mean() + 60
    found = {tuple(colour) for colour in pixels(folder, "openpose").reshape(-1, 3).tolist()}
    assert set(COLOURS[2:14]) <= found, [COCO_18[row] for row, one in enumerate(COLOURS) if one not in found]


def test_frames_of_a_motion_share_one_range_of_depth(tmp_path: Path):
    bodies = [framed_body(library_pose(name)) for name in ("stand", "sit")]
    write_frames(plan_shoot(bodies, 64), tmp_path, fps=25)
    depth = [np.array(Image.open(tmp_path / "depth" / f"{frame:06d}.png")) for frame in range(2)]
    assert depth[0].max() < depth[1].max() - 10000
    [first, _] = load_frames(tmp_path / "depth")
    assert first.mode == "RGB"
    assert np.asarray(first)[..., 0].max() == depth[0].max() >> 8


def test_folder_with_other_files_is_refused_and_older_maps_are_not(tmp_path: Path, folder: Path):
    check_maps_folder(folder)
    check_maps_folder(tmp_path)
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ValueError, match="holds other files"):
        check_maps_folder(tmp_path)
