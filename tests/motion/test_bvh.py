from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.read.bvh_file import read_bvh


def _direction(pose, start, end):
    model = body_model()
    _, heads = model.kinematics(model.rest(np.full(6, 0.6)), pose.rotations.double().numpy())
    along = heads[model.bone(end)] - heads[model.bone(start)]
    return along / np.linalg.norm(along)


ARM = """JOINT {side}Arm { OFFSET {at} 5 0 {free} JOINT {side}ForeArm { OFFSET {on} 0 0 {free}
JOINT {side}Hand { OFFSET {on} 0 0 {free} End Site { OFFSET {at} 0 0 } } } }"""
LEG = """JOINT {side}UpLeg { OFFSET {at} 0 0 {free} JOINT {side}Leg { OFFSET 0 -4 0 {free}
JOINT {side}Foot { OFFSET 0 -4 0 {free} End Site { OFFSET 0 0 2 } } } }"""
JOINTS = (
    "LeftUpLeg", "LeftLeg", "LeftFoot", "RightUpLeg", "RightLeg", "RightFoot",
    "LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand",
)  # fmt: skip
SNAKE = "HIERARCHY ROOT Oar { OFFSET 0 0 0 CHANNELS 1 Xrotation } MOTION\nFrames: 1\nFrame Time: 0.1\n0\n"


def _small_clip(values: str, trunk: str = "Spine") -> str:
    """The skeleton in miniature: arms along x, legs down."""
    free = "CHANNELS 3 Zrotation Yrotation Xrotation"

    def both(limb: str) -> str:
        sides = []
        for side, sign in (("Left", 1), ("Right", -1)):
            filled = limb.replace("{side}", side).replace("{free}", free)
            sides.append(filled.replace("{at}", str(sign)).replace("{on}", str(3 * sign)))
        return "\n".join(sides)

    head = "JOINT Head { OFFSET 0 6 0 CHANNELS 0 End Site { OFFSET 0 1 0 } }"
    body = f"{both(LEG)}\nJOINT {trunk} {{ OFFSET 0 1 0 CHANNELS 0 {head} {both(ARM)} }}"
    return f"HIERARCHY ROOT Hips {{ OFFSET 0 0 0 CHANNELS 0 {body} }} MOTION\nFrames: 2 Frame Time: 0.1\n{values}"


def _values(**turned: float) -> str:
    still = " ".join("0 0 0" for _ in JOINTS)
    moved = " ".join(f"{turned.get(name, 0)} 0 0" for name in JOINTS)
    return f"{still}\n{moved}\n"


def test_limbs_point_where_the_clips_limbs_point(tmp_path):
    (tmp_path / "small.bvh").write_text(_small_clip(_values(LeftArm=60)))
    clip = read_bvh(tmp_path / "small.bvh")
    assert np.allclose(_direction(clip.pose(0), "upperarm01.L", "lowerarm01.L"), [1, 0, 0], atol=0.01)
    raised = _direction(clip.pose(1), "upperarm01.L", "lowerarm01.L")
    assert np.allclose(raised, [0.5, 0, np.sqrt(0.75)], atol=0.01)
    assert np.allclose(_direction(clip.pose(1), "upperleg01.R", "lowerleg01.R"), [0, 0, -1], atol=0.01)


def test_frame_out_of_range_says_how_many_there_are(tmp_path):
    (tmp_path / "small.bvh").write_text(_small_clip(_values()))
    for frame in (2, -1):
        with pytest.raises(ValueError, match="has 2 frames"):
            read_bvh(tmp_path / "small.bvh").pose(frame)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "not a BVH"),
        ("", "not a BVH"),
        (SNAKE, "neither names nor shape"),
        (_small_clip(_values().replace("0", "nan", 1)), "not finite"),
        (_small_clip("0 0 0"), "3 numbers found"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0", "not a BVH"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0 MOTION", "not a BVH"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0 MOTION Frames: 3", "damaged"),
    ],
)
def test_bad_files_are_refused_with_a_reason(tmp_path, text, message):
    (tmp_path / "bad.bvh").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_bvh(tmp_path / "bad.bvh")


def test_walking_clip_walks_upright_and_faces_forwards(shared):
    clip = read_bvh(shared / "mocap" / "walk_01.bvh")
    poses = [clip.pose(frame) for frame in range(1, clip.num_frames, 4)]
    for pose in poses:
        assert _direction(pose, "root", "head")[2] > 0.95
    thighs = torch.tensor([_direction(pose, "upperleg01.L", "lowerleg01.L")[1] for pose in poses])
    assert thighs.max() - thighs.min() > 0.3
