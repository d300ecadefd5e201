from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.motion.bvh import read_bvh

CMU_JOINTS = (
    "Hips", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head",
    *(f"{side}{joint}" for side in ("Left", "Right") for joint in ("Arm", "ForeArm", "Hand", "UpLeg", "Leg", "Foot")),
)  # fmt: skip


def _direction(pose, start, end):
    model = body_model()
    _, heads = model.kinematics(model.rest(np.full(6, 0.6)), pose.rotations.double().numpy())
    along = heads[model.bone(end)] - heads[model.bone(start)]
    return along / np.linalg.norm(along)


def _small_clip(values: str, arm: str = "LeftArm") -> str:
    """The CMU skeleton in miniature: every joint hangs from the hips, arms along x, legs down."""
    joints = []
    for name in sorted(set(CMU_JOINTS) - {"Hips"}):
        side = -1 if name.startswith("Right") else 1
        offset = (side, 0, 0) if "Arm" in name or "Hand" in name else (0, -1, 0)
        end = f"End Site {{ OFFSET {offset[0]} {offset[1]} {offset[2]} }}"
        label = arm if name == "LeftArm" else name
        joints.append(f"JOINT {label} {{ OFFSET 0 0 0 CHANNELS 3 Zrotation Yrotation Xrotation {end} }}")
    body = " ".join(joints)
    return f"HIERARCHY ROOT Hips {{ OFFSET 0 0 0 CHANNELS 0 {body} }} MOTION\nFrames: 2 Frame Time: 0.1\n{values}"


def _values(**turned: float) -> str:
    names = sorted(set(CMU_JOINTS) - {"Hips"})
    still = " ".join("0 0 0" for _ in names)
    moved = " ".join(f"{turned.get(name, 0)} 0 0" for name in names)
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
        (_small_clip(_values(), arm="Oar"), "leftarm are missing"),
        (_small_clip(_values().replace("0", "nan", 1)), "not finite"),
        (_small_clip("0 0 0"), "3 numbers found"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0", "not a BVH"),
        ("HIERARCHY ROOT Hips { OFFSET 0 0 MOTION", "damaged"),
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
