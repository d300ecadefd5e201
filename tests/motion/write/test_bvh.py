"""A BVH, read by a reading of its own as the format says, has its joints where the body has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.read.bvh_text import parse_bvh
from layerpose.motion.write.bvh import Names, write_bvh
from layerpose.motion.write.joints import SKELETONS, Joint
from layerpose.motion.write.take import Y_UP, Take


def places_of(path: Path) -> dict[str, np.ndarray]:
    """Where the joints of every frame are, in centimetres."""
    told = parse_bvh(path.read_bytes())
    world: list[tuple[np.ndarray, np.ndarray]] = []
    numbers, column = told.values(range(told.num_frames)), 0
    for joint, parent in enumerate(told.parents):
        values = numbers[:, column : column + len(told.channels[joint])]
        column += len(told.channels[joint])
        place = np.tile(told.offsets[joint], (told.num_frames, 1))
        turn = np.tile(np.eye(3), (told.num_frames, 1, 1))
        for channel, value in zip(told.channels[joint], values.T, strict=True):
            if channel.endswith("position"):
                place[:, "XYZ".index(channel[0])] += value
            else:
                turn = turn @ Rotation.from_euler(channel[0].lower(), value[:, None], degrees=True).as_matrix()
        if parent >= 0:
            above, turned = world[parent]
            place, turn = above + (turned @ place[..., None])[..., 0], turned @ turn
        world.append((place, turn))
    return {name: place for name, (place, _) in zip(told.joints, world, strict=True) if name}


@pytest.mark.parametrize("names", ["mixamo", "cmu"])
def test_joints_lie_where_the_bodys_do(take: Take, tmp_path: Path, names: Names):
    write_bvh(take, tmp_path / "dance.bvh", names=names)
    read, model = places_of(tmp_path / "dance.bvh"), body_model()
    joints = [joint for joint in SKELETONS[names] if isinstance(joint, Joint)]
    assert set(read) == {joint.name for joint in joints}
    for joint in joints:
        off = read[joint.name] - take.heads_m[:, model.bone(joint.bone)] @ Y_UP.T * 100
        assert np.linalg.norm(off, axis=1).max() < 1.0, joint.name


def test_all_zeros_are_a_t_pose_facing_z(take: Take, tmp_path: Path):
    write_bvh(take, tmp_path / "dance.bvh")
    told = parse_bvh((tmp_path / "dance.bvh").read_bytes())
    rest = {}
    for name, parent, offset in zip(told.joints, told.parents, told.offsets, strict=True):
        rest[name] = offset + (rest[told.joints[parent]] if parent >= 0 else 0)
    for side, sign in (("Left", 1), ("Right", -1)):
        arm = rest[f"{side}Hand"] - rest[f"{side}Arm"]
        leg = rest[f"{side}Foot"] - rest[f"{side}UpLeg"]
        toes = rest[f"{side}ToeBase"] - rest[f"{side}Foot"]
        assert arm[0] * sign > 0.999 * np.linalg.norm(arm)
        assert leg[1] < -0.999 * np.linalg.norm(leg)
        assert toes[2] > 0.9 * np.linalg.norm(toes)
    assert rest["Head"][1] > 50


def test_rate_is_the_motions(take: Take, tmp_path: Path):
    write_bvh(take, tmp_path / "dance.bvh")
    assert parse_bvh((tmp_path / "dance.bvh").read_bytes()).frame_time == pytest.approx(1 / 24)
