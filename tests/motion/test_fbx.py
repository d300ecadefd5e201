from __future__ import annotations

import struct
import time
import warnings
import zlib

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.motion.read import fbx_text
from layerpose.motion.read.fbx import fbx_to_rig, read_fbx

TICKS = 46_186_158_000
Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""From y up, front z to z up, front -y, as 3ds Max and Blender have them."""
CUBIC, CUBIC_TOLD = 8 | 0x100, 8 | 0x400


def node(name, *values, below=()):
    return name, values, list(below)


def table(**properties):
    rows = [node("P", key.replace("_", " "), "", "", "A", *values) for key, values in properties.items()]
    return node("Properties70", below=rows)


def pack(value, zipped):
    if isinstance(value, np.ndarray):
        data = value.tobytes()
        body = zlib.compress(data) if zipped else data
        kind = {"float64": b"d", "float32": b"f", "int64": b"l", "int32": b"i"}[value.dtype.name]
        return kind + struct.pack("<III", value.size, int(zipped), len(body)) + body
    if isinstance(value, str):
        return b"S" + struct.pack("<I", len(value.encode())) + value.encode()
    return b"D" + struct.pack("<d", value) if isinstance(value, float) else b"L" + struct.pack("<q", value)


def binary(nodes, version=7400, zipped=True):
    """The nodes as a binary file; from 7500 on sizes have 64 bits."""
    head = struct.Struct("<QQQB" if version >= 7500 else "<IIIB")

    def write(item, at):
        name, values, below = item
        packed = b"".join(pack(value, zipped) for value in values)
        inner, start = b"", at + head.size + len(name) + len(packed)
        for child in below:
            inner += write(child, start + len(inner))
        inner += bytes(head.size) if below else b""
        return head.pack(start + len(inner), len(values), len(packed), len(name)) + name.encode() + packed + inner

    out = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", version)
    for item in nodes:
        out += write(item, len(out))
    return out + bytes(head.size)


def text(nodes):
    """The nodes as an ASCII file."""

    def write(item, depth):
        name, values, below = item
        array = values[0] if values and isinstance(values[0], np.ndarray) else None
        if array is not None:
            return f"{name}: *{array.size} {{\n a: {','.join(map(str, array.tolist()))}\n}}\n"
        words = []
        for value in values:
            label, _, kind = value.partition("\x00\x01") if isinstance(value, str) else ("", "", "")
            words.append(f'"{kind}::{label}"' if kind else f'"{value}"' if isinstance(value, str) else str(value))
        inner = "".join(write(child, depth + 1) for child in below)
        return f"{name}: {', '.join(words)}" + (f" {{\n{inner}}}\n" if below else "\n")

    version = node("FBXHeaderExtension", below=[node("FBXVersion", 7500)])
    return ("; FBX 7.5.0 project file\n" + "".join(write(item, 0) for item in (version, *nodes))).encode()


def scene(
    actor, *, bound="", axes=None, unit=100.0, rolls=0, prerotated=False, order="xyz", stacks=("mixamo.com",), extra=()
):
    """The actor's nodes: `bound` "clusters", "pose" or "" (defaults are frame 0), `rolls` seeds the bones' own axes."""
    axes = np.eye(3) if axes is None else axes
    count = len(actor.names)
    own = Rotation.random(count, random_state=rolls).as_matrix() if rolls else np.tile(np.eye(3), (count, 1, 1))
    rest = axes @ own
    frames = [(axes @ actor.turns(f) @ axes.T @ rest, actor.places(f) @ axes.T * unit) for f in range(len(actor.acts))]

    def local(turns, places):
        steps = [turns[p].T @ (places[r] - places[p]) if p >= 0 else places[r] for r, p in enumerate(actor.parents)]
        return [turns[p].T @ turns[r] if p >= 0 else turns[r] for r, p in enumerate(actor.parents)], steps

    resting, _ = local(rest, actor.rest @ axes.T * unit)
    objects, connections = [], []

    def connect(child, parent, drives=None):
        connections.append(node("C", "OP" if drives else "OO", child, parent, *([drives] if drives else [])))

    for row, name in enumerate(actor.names):
        before = Rotation.from_matrix(resting[row]).as_euler("xyz", degrees=True) if prerotated else np.zeros(3)
        angles, places = [], []
        for turns, spots in frames:
            turned, steps = local(turns, spots)
            inner = Rotation.from_euler("xyz", before, degrees=True).inv() * Rotation.from_matrix(turned[row])
            euler = dict(zip(order, inner.as_euler(order, degrees=True), strict=True))
            angles.append([euler[axis] for axis in "xyz"])
            places.append(steps[row])
        properties = {
            "Lcl_Translation": places[0],
            "Lcl_Rotation": angles[0],
            "InheritType": [1],
            "RotationActive": [1],
        }
        properties["RotationOrder"] = [("xyz", "xzy", "yzx", "yxz", "zxy", "zyx").index(order)]
        if prerotated:
            properties["PreRotation"] = before
        rows = {key: [x if isinstance(x, int) else float(x) for x in value] for key, value in properties.items()}
        objects.append(node("Model", 100 + row, f"mixamorig:{name}\x00\x01Model", "LimbNode", below=[table(**rows)]))
        connect(100 + row, 100 + actor.parents[row] if actor.parents[row] >= 0 else 0)
        moved = [("Lcl Translation", places)] if row == 0 else []
        for kind, (drives, keys) in enumerate((*moved, ("Lcl Rotation", np.unwrap(angles, period=360, axis=0)))):
            key = 1000 + 10 * row + 5 * kind
            objects.append(
                node("AnimationCurveNode", key, "R\x00\x01AnimCurveNode", "", below=[table(**{"d|X": [0.0]})])
            )
            connect(key, 3)
            connect(key, 100 + row, drives)
            for axis, values in enumerate(np.array(keys).T):
                objects.append(node("AnimationCurve", key + 1 + axis, "\x00\x01AnimCurve", "", below=[
                    node("KeyTime", (np.arange(len(actor.acts)) * TICKS / actor.fps).astype(np.int64) + TICKS),
                    node("KeyValueFloat", values.astype(np.float32)),
                    node("KeyAttrFlags", np.array([CUBIC], dtype=np.int32)),
                    node("KeyAttrDataFloat", np.zeros(4, dtype=np.float32)),
                    node("KeyAttrRefCount", np.array([len(actor.acts)], dtype=np.int32)),
                ]))  # fmt: skip
                connect(key + 1 + axis, key, f"d|{'XYZ'[axis]}")
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = rest[row], axes @ actor.rest[row] * unit
        if bound == "clusters":
            objects.append(
                node(
                    "Deformer",
                    5000 + row,
                    "\x00\x01SubDeformer",
                    "Cluster",
                    below=[node("TransformLink", matrix.T.ravel())],
                )
            )
            connect(100 + row, 5000 + row)
        if bound == "pose":
            objects.append(node("Pose", 6000 + row, "\x00\x01Pose", "BindPose", below=[
                node("PoseNode", below=[node("Node", 100 + row), node("Matrix", matrix.T.ravel())])]))  # fmt: skip
    for number, name in enumerate(stacks):
        key = 2 if name == stacks[-1] else 20 + number
        objects.append(node("AnimationStack", key, f"{name}\x00\x01AnimStack", "", below=[table()]))
        if key == 2:
            objects.append(node("AnimationLayer", 3, "BaseLayer\x00\x01AnimLayer", "", below=[table()]))
            connect(3, 2)
    up = (
        {"UpAxis": [1], "FrontAxis": [2], "FrontAxisSign": [1]}
        if axes[1, 1]
        else {"UpAxis": [2], "FrontAxis": [1], "FrontAxisSign": [-1]}
    )
    settings = node("GlobalSettings", below=[table(**up, CoordAxis=[0], UnitScaleFactor=[100.0 / unit], TimeMode=[6])])
    return [settings, node("Objects", below=[*objects, *extra]), node("Connections", below=connections)]


def check(rig, actor, unit):
    turns, places = rig.world(range(3))
    expected = np.stack([actor.places(frame) for frame in range(3)]) * unit
    assert np.abs(places - expected).max() < 1e-4 * unit
    if rig.bound:
        assert np.abs(rig.rest_places - actor.rest * unit).max() < 1e-4 * unit
        moved = turns @ rig.rest_turns.swapaxes(1, 2)
        assert np.abs(moved - np.stack([actor.turns(frame) for frame in range(3)])).max() < 1e-4


LAYOUTS = {
    "Mixamo with skin, cm": ("binary", {"bound": "clusters", "prerotated": True, "rolls": 1}),
    "Mixamo without skin": ("wide", {"prerotated": True, "rolls": 2}),
    "bind pose, m": ("text", {"bound": "pose", "unit": 1.0, "rolls": 3}),
    "z up": ("plain", {"bound": "clusters", "axes": Z_UP, "rolls": 4}),
    "order zxy": ("binary", {"order": "zxy", "bound": "pose", "rolls": 5}),
    "text with skin": ("text", {"bound": "clusters", "prerotated": True, "rolls": 6}),
}
FORMS = {
    "binary": binary, "wide": lambda nodes: binary(nodes, 7500), "plain": lambda nodes: binary(nodes, zipped=False),
    "text": text,
}  # fmt: skip


@pytest.mark.parametrize(("form", "layout"), LAYOUTS.values(), ids=list(LAYOUTS))
def test_joints_of_an_fbx_are_where_its_writer_put_them_and_the_body_takes_them_over(
    actor, acted, tmp_path, form, layout
):
    (tmp_path / "a.fbx").write_bytes(FORMS[form](scene(actor, **layout)))
    rig = fbx_to_rig(tmp_path / "a.fbx")
    assert rig.num_frames == 3
    assert rig.fps == 30
    assert rig.bound is bool(layout.get("bound"))
    assert rig.joints[0] == "mixamorig:Hips"
    check(rig, actor, layout.get("unit", 100.0))
    acted(read_fbx(tmp_path / "a.fbx"))


def test_of_several_animations_the_one_with_keys_is_read_and_said(actor, tmp_path):
    (tmp_path / "a.fbx").write_bytes(binary(scene(actor, stacks=("Take 001", "Armature|Walk"))))
    with pytest.warns(UserWarning, match=r"2 animations \(Take 001, Armature\|Walk\); 'Armature\|Walk' is read"):
        rig = fbx_to_rig(tmp_path / "a.fbx")
    assert rig.num_frames == 3
    assert fbx_to_rig(tmp_path / "a.fbx", "walk").num_frames == 3
    with pytest.raises(ValueError, match="'Take 001' does not move the skeleton"):
        fbx_to_rig(tmp_path / "a.fbx", "Take 001")
    with pytest.raises(ValueError, match="no animation 'run'; it has: Take 001"):
        fbx_to_rig(tmp_path / "a.fbx", "run")


def test_a_key_between_frames_lies_on_the_curve_that_its_slopes_give(actor, tmp_path):
    nodes = scene(actor, stacks=("one",))
    curve = next(item for item in nodes[1][2] if item[0] == "AnimationCurve" and item[1][0] == 1001)
    curve[2][:] = [
        node("KeyTime", np.array([0, TICKS], dtype=np.int64)),
        node("KeyValueFloat", np.array([0, 1], dtype=np.float32)),
        node("KeyAttrFlags", np.array([CUBIC_TOLD], dtype=np.int32)),
        node("KeyAttrDataFloat", np.array([3, 3, 0, 0], dtype=np.float32)),
        node("KeyAttrRefCount", np.array([2], dtype=np.int32)),
    ]  # fmt: skip
    (tmp_path / "a.fbx").write_bytes(binary(nodes))
    rig = fbx_to_rig(tmp_path / "a.fbx")
    x = rig.world(range(rig.num_frames))[1][:, 0, 0]
    assert rig.fps == 30
    assert x[6] == pytest.approx(3 * 0.2 - 6 * 0.2**2 + 4 * 0.2**3, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"no fbx", "not an FBX file"),
        (lambda data: data[:25], "ends in its header"),
        (lambda data: data[:2000], "does not end within the file"),
        (lambda data: data[:23] + struct.pack("<I", 6100) + data[27:], "it is FBX 6.1; expected 7.0 or later"),
    ],
)
def test_what_is_no_fbx_or_cut_is_refused_with_a_reason(actor, tmp_path, change, message):
    (tmp_path / "a.fbx").write_bytes(change(binary(scene(actor))))
    with pytest.raises(ValueError, match=message):
        fbx_to_rig(tmp_path / "a.fbx")


def test_an_array_larger_than_it_says_is_refused_and_not_unpacked(actor, tmp_path):
    nodes = scene(actor)
    curve = next(item for item in nodes[1][2] if item[0] == "AnimationCurve")
    data = binary(nodes)
    bomb = zlib.compress(bytes(2**27), 9)
    values = curve[2][1][1][0]
    found = pack(values, zipped=True)
    (tmp_path / "a.fbx").write_bytes(
        data.replace(found, found[:5] + struct.pack("<II", 1, len(found) - 13) + bomb[: len(found) - 13])
    )
    with pytest.raises(ValueError, match="array of 3 numbers"):
        fbx_to_rig(tmp_path / "a.fbx")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (b";" * 60 + b"\n:", "is not understood"),
        (b"; \n" * 500_000 + b":", "is not understood"),
        (b"Geometry: {" + b"{}\n" * 2_000_000, "a brace is missing"),
        (b"Geometry: {" + b"{}\n" * 1_000_000 + b"} :", "is not understood"),
        (b"Values: " + b"1,\n" * 6_000, "more than 5000 values"),
        (b"Keys: *300000 {\n a: " + b"1," * 299_999 + b"1\n}", "at most 200000"),
        (b"Keys: *3 {\n a: " + b"1," * 9_000_000 + b"1\n}", "an array of 3 numbers"),
    ],
)
def test_text_that_is_mostly_nothing_is_refused_soon(tmp_path, monkeypatch, more, message):
    monkeypatch.setattr(fbx_text, "MOST_VALUES", 5_000)
    monkeypatch.setattr(fbx_text, "LONGEST", 200_000)
    (tmp_path / "a.fbx").write_bytes(text([]) + more)
    start = time.process_time()
    with pytest.raises(ValueError, match=message):
        fbx_to_rig(tmp_path / "a.fbx")
    assert time.process_time() - start < 2


def test_models_that_hang_on_each_other_are_refused(actor, tmp_path):
    nodes = scene(actor)
    nodes[2][2].insert(0, node("C", "OO", 100, 100 + len(actor.names) - 1))
    (tmp_path / "a.fbx").write_bytes(binary(nodes))
    with pytest.raises(ValueError, match="in a circle"):
        fbx_to_rig(tmp_path / "a.fbx")


def test_damaged_files_are_read_or_refused_in_one_line(actor, tmp_path):
    good, chance = binary(scene(actor, bound="clusters")), np.random.default_rng(0)
    for _ in range(40):
        data = bytearray(good)
        for at in chance.integers(27, len(data), size=int(chance.choice([1, 3, 30]))):
            data[at] = int(chance.integers(256))
        (tmp_path / "a.fbx").write_bytes(data[: int(chance.integers(27, len(data)))] if chance.random() < 0.3 else data)
        assert "\n" not in _said(tmp_path / "a.fbx")


def _said(path):
    """Why a file is refused; "" if it is read and all its numbers are finite."""
    try:
        with warnings.catch_warnings(action="ignore"):
            turns, places = (rig := fbx_to_rig(path)).world([0, rig.num_frames - 1])
    except ValueError as error:
        return str(error)
    return "" if np.isfinite(turns).all() and np.isfinite(places).all() else "not\nfinite"
