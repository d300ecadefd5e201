"""A BVH, read by a reading of its own as the format says, has its joints where the body has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.write.bvh import Names, write_bvh
from layerpose.motion.write.joints import SKELETONS, Joint
from layerpose.motion.write.take import Y_UP, Take


class Bvh:
    """A BVH taken apart: joints with parents, offsets and channels, and the numbers of every frame."""

    def __init__(self, path: Path) -> None:
        hierarchy, motion = path.read_text(encoding="utf-8").split("MOTION\n")
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[np.ndarray] = []
        self.channels: list[list[str]] = []
        above: list[int] = []
        for line in hierarchy.splitlines():
            match line.split():
                case ["ROOT" | "JOINT" | "End", name]:
                    self.names.append(name)
                    self.parents.append(above[-1] if above else -1)
                    self.channels.append([])
                case ["{"]:
                    above.append(len(self.names) - 1)
                case ["}"]:
                    above.pop()
                case ["OFFSET", *numbers]:
                    self.offsets.append(np.array(numbers, dtype=np.float64))
                case ["CHANNELS", count, *channels]:
                    assert int(count) == len(channels)
                    self.channels[-1] = channels
        assert not above
        frames, time, *rows = motion.splitlines()
        self.frame_time = float(time.removeprefix("Frame Time: "))
        self.values = np.array([row.split() for row in rows], dtype=np.float64)
        assert frames == f"Frames: {len(self.values)}"

    def places(self) -> dict[str, np.ndarray]:
        """Where the joints of every frame are, in centimetres."""
        world: list[tuple[np.ndarray, np.ndarray]] = []
        columns = iter(self.values.T)
        for parent, offset, channels in zip(self.parents, self.offsets, self.channels, strict=True):
            place, turn = np.tile(offset, (len(self.values), 1)), np.tile(np.eye(3), (len(self.values), 1, 1))
            for channel, value in zip(channels, columns, strict=False):
                if channel.endswith("position"):
                    place[:, "XYZ".index(channel[0])] += value
                else:
                    turn = turn @ Rotation.from_euler(channel[0].lower(), value[:, None], degrees=True).as_matrix()
            if parent >= 0:
                above, turned = world[parent]
                place, turn = above + (turned @ place[..., None])[..., 0], turned @ turn
            world.append((place, turn))
        return {name: place for name, (place, _) in zip(self.names, world, strict=True) if name != "Site"}


@pytest.mark.parametrize("names", ["mixamo", "cmu"])
def test_joints_lie_where_the_bodys_do(take: Take, tmp_path: Path, names: Names):
    write_bvh(take, tmp_path / "dance.bvh", names=names)
    read, model = Bvh(tmp_path / "dance.bvh").places(), body_model()
    joints = [joint for joint in SKELETONS[names] if isinstance(joint, Joint)]
    assert set(read) == {joint.name for joint in joints}
    for joint in joints:
        off = read[joint.name] - take.heads_m[:, model.bone(joint.bone)] @ Y_UP.T * 100
        assert np.linalg.norm(off, axis=1).max() < 1.0, joint.name


def test_all_zeros_are_a_t_pose_facing_z(take: Take, tmp_path: Path):
    write_bvh(take, tmp_path / "dance.bvh")
    told = Bvh(tmp_path / "dance.bvh")
    rest = {}
    for name, parent, offset in zip(told.names, told.parents, told.offsets, strict=True):
        rest[name] = offset + (rest[told.names[parent]] if parent >= 0 else 0)
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
    assert Bvh(tmp_path / "dance.bvh").frame_time == pytest.approx(1 / 24)
