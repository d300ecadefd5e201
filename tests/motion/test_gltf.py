from __future__ import annotations

import base64
import copy
import json
import random
import struct
import time
import warnings

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.read.gltf import gltf_to_rig, read_gltf
from layerpose.motion.retarget import retarget

TURNED = Rotation.from_euler("x", 90, degrees=True).as_matrix()
BACKWARDS = np.diag([-1.0, 1.0, -1.0])
"""VRM 0.x looks along -z."""
VRM = {
    "hips": "Hips", "spine": "Spine", "chest": "Spine1", "upperChest": "Spine2", "neck": "Neck", "head": "Head",
} | {
    f"{side.lower()}{bone}": f"{side}{joint}" for side in ("Left", "Right")
    for bone, joint in {"Shoulder": "Shoulder", "UpperArm": "Arm", "LowerArm": "ForeArm", "Hand": "Hand",
                        "UpperLeg": "UpLeg", "LowerLeg": "Leg", "Foot": "Foot", "Toes": "ToeBase"}.items()
}  # fmt: skip


class Writer:
    """Buffers and accessors of a file that is being written."""

    def __init__(self):
        self.binary, self.views, self.accessors = b"", [], []

    def add(self, values, kind="<f4", **more):
        values = np.asarray(values, dtype=kind)
        if kind != "<f4":
            more["normalized"] = True
        shape = {1: "SCALAR", 3: "VEC3", 4: "VEC4", 16: "MAT4"}[values.shape[1]]
        self.views.append({"buffer": 0, "byteOffset": len(self.binary), "byteLength": values.nbytes})
        component = {"<f4": 5126, "<i2": 5122}[kind]
        told = {"bufferView": len(self.views) - 1, "componentType": component, "count": len(values), "type": shape}
        self.accessors.append(told | more)
        self.binary += values.tobytes() + bytes(-values.nbytes % 4)
        return len(self.accessors) - 1


def scene(
    actor, *, skinned=True, rolls=0, way="LINEAR", kind="<f4", lifted=False, axes=None, animated=True, names="mixamorig"
):
    """The actor as glTF JSON and its buffer: `lifted` hangs it on a node that is turned and scaled, as Blender does."""
    axes, writer = np.eye(3) if axes is None else axes, Writer()
    count = len(actor.names)
    own = Rotation.random(count, random_state=rolls).as_matrix() if rolls else np.tile(np.eye(3), (count, 1, 1))
    rest = axes @ own
    top, size = (TURNED, 0.01) if lifted else (np.eye(3), 1.0)
    times, frames = np.arange(len(actor.acts)) / actor.fps + 0.5, []
    for frame in range(-1, len(actor.acts)):
        turns = rest if frame < 0 else axes @ actor.turns(frame) @ axes.T @ rest
        places = (actor.rest if frame < 0 else actor.places(frame)) @ axes.T
        above = [(turns[p], places[p]) if p >= 0 else (top, np.zeros(3)) for p in actor.parents]
        local = [Rotation.from_matrix(t.T @ turns[r]).as_quat() for r, (t, _) in enumerate(above)]
        steps = [t.T @ (places[r] - s) / size for r, (t, s) in enumerate(above)]
        frames.append((np.array(local), np.array(steps)))
    quaternions, steps = (np.array([frame[i] for frame in frames]) for i in (0, 1))
    nodes = [
        {"name": f"{names}{name}", "rotation": quaternions[0 if skinned or not animated else 1, row].tolist(),
         "translation": steps[0, row].tolist(),
         "children": [r for r, p in enumerate(actor.parents) if p == row]} for row, name in enumerate(actor.names)
    ]  # fmt: skip
    nodes += [
        {
            "name": "Armature",
            "children": [0],
            "scale": [size] * 3,
            "rotation": Rotation.from_matrix(top).as_quat().tolist(),
        }
    ]
    record = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [count]}], "nodes": nodes}
    if skinned:
        matrices = np.tile(np.eye(4), (count, 1, 1))
        matrices[:, :3, :3], matrices[:, :3, 3] = rest, actor.rest @ axes.T
        inverse = np.linalg.inv(matrices).swapaxes(1, 2).reshape(count, 16)
        record["skins"] = [{"joints": list(range(count)), "inverseBindMatrices": writer.add(inverse)}]
    if animated:
        record["animations"] = [_animation(writer, times, quaternions[1:], steps[1:], way, kind)]
    return finish(record, writer), writer.binary


def _animation(writer, times, quaternions, steps, way, kind):
    samplers, channels, clock = [], [], writer.add(times[:, None])
    tripled = way == "CUBICSPLINE"
    for row in range(quaternions.shape[1]):
        for path, values in (
            ("rotation", quaternions[:, row]),
            *([("translation", steps[:, row])] if row == 0 else []),
        ):
            if tripled:
                values = np.stack([np.zeros_like(values), values, np.zeros_like(values)], axis=1).reshape(
                    -1, values.shape[1]
                )
            packed = (
                writer.add(np.round(values * 32767), kind)
                if kind == "<i2" and path == "rotation"
                else writer.add(values)
            )
            channels.append({"sampler": len(samplers), "target": {"node": row, "path": path}})
            samplers.append({"input": clock, "output": packed, "interpolation": way})
    return {"name": "Walk", "channels": channels, "samplers": samplers}


def finish(record, writer):
    buffers = [{"byteLength": len(writer.binary)}] if writer.binary else []
    return record | {"buffers": buffers, "bufferViews": writer.views, "accessors": writer.accessors}


def glb(record, binary):
    text = json.dumps(record).encode()
    parts = [(0x4E4F534A, text + b" " * (-len(text) % 4)), (0x004E4942, binary)]
    body = b"".join(struct.pack("<II", len(part), kind) + part for kind, part in parts)
    return b"glTF" + struct.pack("<II", 2, 12 + len(body)) + body


def check(rig, actor, axes=None, tolerance=1e-5):
    axes = np.eye(3) if axes is None else axes
    turns, places = rig.world(range(3))
    expected = np.stack([actor.places(frame) for frame in range(3)]) @ axes.T
    rows = [next(r for r, joint in enumerate(rig.joints) if joint.endswith(name)) for name in actor.names]
    assert np.abs(places[:, rows] - expected).max() < tolerance
    if rig.bound:
        assert np.abs(rig.rest_places[rows] - actor.rest @ axes.T).max() < 1e-5
        moved = (turns @ rig.rest_turns.swapaxes(1, 2))[:, rows]
        assert np.abs(moved - axes @ np.stack([actor.turns(f) for f in range(3)]) @ axes.T).max() < 10 * tolerance


LAYOUTS = {
    "plain": {}, "axes of their own": {"rolls": 1}, "held": {"way": "STEP"},
    "cubic": {"way": "CUBICSPLINE", "rolls": 2},
    "on a turned node in cm": {"lifted": True, "rolls": 3}, "without skin": {"skinned": False, "rolls": 4},
    "16 bits": {"kind": "<i2", "rolls": 5},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_joints_of_a_glb_are_where_its_writer_put_them_and_the_body_takes_them_over(actor, acted, tmp_path, layout):
    (tmp_path / "a.glb").write_bytes(glb(*scene(actor, **layout)))
    rig = gltf_to_rig(tmp_path / "a.glb")
    assert rig.num_frames == 3
    assert rig.fps == 30
    assert rig.bound is layout.get("skinned", True)
    check(rig, actor, tolerance=2e-4 if "kind" in layout else 1e-5)
    acted(read_gltf(tmp_path / "a.glb"))


def test_buffers_are_read_from_the_json_or_from_beside_it_but_from_nowhere_else(actor, tmp_path):
    record, binary = scene(actor)
    for uri in ("data:application/octet-stream;base64," + base64.b64encode(binary).decode(), "b%20c.bin"):
        (tmp_path / "b c.bin").write_bytes(binary)
        (tmp_path / "a.gltf").write_text(json.dumps(record | {"buffers": [{"byteLength": len(binary), "uri": uri}]}))
        check(gltf_to_rig(tmp_path / "a.gltf"), actor)
    (tmp_path / "in").mkdir()
    for uri, message in (
        ("../b c.bin", "not beside it"),
        ("http://a.org/b.bin", "not beside it"),
        ("c.bin", "missing"),
    ):
        (tmp_path / "in" / "a.gltf").write_text(json.dumps(record | {"buffers": [{"byteLength": 4, "uri": uri}]}))
        with pytest.raises(ValueError, match=message):
            gltf_to_rig(tmp_path / "in" / "a.gltf")


def _vrm(actor, version):
    """A T-pose of VRM 0.x or 1.0, or a VRM animation, with joints whose names say nothing."""
    axes = BACKWARDS if version == 0 else np.eye(3)
    record, binary = scene(
        actor, skinned=False, animated=version == "a", axes=axes, names="bone", rolls=6 if version == "a" else 0
    )
    nodes = {vrm: actor.row(joint) for vrm, joint in VRM.items()}
    if version == "a":
        for row, quaternion in enumerate(_resting(actor, 6)):
            record["nodes"][row]["rotation"] = quaternion
    table = {vrm: {"node": row} for vrm, row in nodes.items()}
    if version == 0:
        table = [{"bone": vrm, "node": row} for vrm, row in nodes.items()]
    name = {0: "VRM", 1: "VRMC_vrm", "a": "VRMC_vrm_animation"}[version]
    return glb(record | {"extensions": {name: {"humanoid": {"humanBones": table}}}}, binary), axes


def _resting(actor, rolls):
    turns = Rotation.random(len(actor.names), random_state=rolls).as_matrix()
    return [
        Rotation.from_matrix(turns[p].T @ turns[r] if p >= 0 else turns[r]).as_quat().tolist()
        for r, p in enumerate(actor.parents)
    ]


@pytest.mark.parametrize("version", [0, 1])
def test_a_vrm_is_one_t_pose_whose_bones_and_facing_are_known(actor, tmp_path, version):
    data, axes = _vrm(actor, version)
    (tmp_path / "a.vrm").write_bytes(data)
    with pytest.warns(UserWarning, match="no animation of its skeleton: it is read as one pose"):
        rig = gltf_to_rig(tmp_path / "a.vrm")
    assert (rig.num_frames, rig.fps, rig.bound) == (1, None, True)
    assert rig.facing is not None
    assert rig.facing.tolist() == [0, 0, 1 if version else -1]
    assert rig.bones is not None
    assert rig.bones["upperarm01.L"] == "boneLeftArm"
    row = rig.joints.index("boneLeftArm")
    assert np.allclose(rig.rest_places[row], axes @ actor.rest[actor.row("LeftArm")])
    clip = retarget(rig)
    assert np.allclose(clip.axes @ axes, [[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    assert np.allclose(clip.pose(0).rotations[0], np.eye(3), atol=0.03)


def test_a_vrm_animation_turns_against_its_t_pose(actor, acted, tmp_path):
    data, _ = _vrm(actor, "a")
    (tmp_path / "a.vrma").write_bytes(data)
    rig = gltf_to_rig(tmp_path / "a.vrma")
    assert rig.bound
    assert rig.facing is not None
    turns, places = rig.world(range(3))
    rows = [rig.joints.index(f"bone{name}") for name in VRM.values()]
    own = [actor.row(name) for name in VRM.values()]
    assert np.abs(places[:, rows] - np.stack([actor.places(f)[own] for f in range(3)])).max() < 1e-5
    moved = turns @ rig.rest_turns.swapaxes(1, 2)
    assert np.abs(moved[:, rows] - np.stack([actor.turns(f)[own] for f in range(3)])).max() < 1e-5
    acted(retarget(rig))


@pytest.mark.parametrize("version", [0, 1, "a"])
def test_a_hand_without_fingers_goes_on_as_the_forearm_does(actor, tmp_path, version):
    (tmp_path / "a.vrm").write_bytes(_vrm(actor, version)[0])
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # a VRM is one pose
        rig = gltf_to_rig(tmp_path / "a.vrm")
    (tmp_path / "a.glb").write_bytes(glb(*scene(actor)))
    clip, whole = retarget(rig), read_gltf(tmp_path / "a.glb")
    for frame in range(rig.num_frames):
        for bone in ("wrist.L", "wrist.R"):
            bent = Rotation.from_matrix(clip.pose(frame).rotations[body_model().bone(bone)].numpy())
            if version == "a":  # a hand with fingers shows where it points
                bent = bent * Rotation.from_matrix(whole.pose(frame).rotations[body_model().bone(bone)].numpy()).inv()
            assert np.rad2deg(bent.magnitude()) < 25


def _change(record, path, value):
    for key in path[:-1]:
        record = record[key]
    record[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["nodes", 6, "children"], [25], "in a circle"),
        (["nodes", 1, "children"], [7], "hangs on two nodes"),
        (["nodes", 0, "rotation"], [0, 0, float("nan"), 1], "expected 4 numbers"),
        (["accessors", 0, "count"], 10**9, "more than 150000000 numbers"),
        (["accessors", 1, "count"], 50000, "beyond its buffer's end"),
        (["bufferViews", 0, "extensions"], {"EXT_meshopt_compression": {}}, "compressed with EXT_meshopt"),
        (["animations", 0, "samplers", 0, "input"], 99, "none of its"),
        (["animations", 0, "samplers", 0, "interpolation"], "MAGIC", "interpolation is 'MAGIC'"),
        (["skins", 0, "joints"], {"a": 1}, "expected numbers of nodes"),
        (["asset", "version"], "1.0", "expected version 2"),
    ],
)
def test_a_damaged_gltf_is_refused_with_a_reason(actor, tmp_path, path, value, message):
    record, binary = scene(actor)
    _change(record, path, value)
    (tmp_path / "a.glb").write_bytes(glb(record, binary))
    with pytest.raises(ValueError, match=message):
        gltf_to_rig(tmp_path / "a.glb")


def test_millions_of_empty_parts_are_refused_at_once(tmp_path):
    (tmp_path / "a.glb").write_bytes(b"glTF" + struct.pack("<II", 2, 0) + struct.pack("<II", 0, 7) * 5_000_000)
    start = time.process_time()
    with pytest.raises(ValueError, match="no JSON part"):
        gltf_to_rig(tmp_path / "a.glb")
    assert time.process_time() - start < 1


ODD = (None, -1, 10**9, 2**63, 1e308, float("nan"), "x", [], {}, True, [[]], 0, 3, 25, {"node": 0}, 0.5)


def test_files_with_odd_values_anywhere_are_read_or_refused_in_one_line(actor, tmp_path):
    good, binary = scene(actor)
    chance = random.Random(0)
    for _ in range(80):
        record = copy.deepcopy(good)
        at = record
        while isinstance(at[key := chance.choice(list(at) if isinstance(at, dict) else range(len(at)))], dict | list):
            if not at[key] or chance.random() < 0.2:
                break
            at = at[key]
        at[key] = chance.choice(ODD)
        (tmp_path / "a.glb").write_bytes(glb(record, binary))
        assert "\n" not in _said(tmp_path / "a.glb")


def _said(path):
    """Why a file is refused; "" if it is read and all its numbers are finite."""
    try:
        with warnings.catch_warnings(action="ignore"):
            turns, places = (rig := gltf_to_rig(path)).world([0, rig.num_frames - 1])
    except ValueError as error:
        return str(error)
    return "" if np.isfinite(turns).all() and np.isfinite(places).all() else "not\nfinite"
