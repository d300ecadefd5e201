"""A GLB, skinned by a reading of its own as the standard says, is our body in our pose."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.maps.render import hang_skirt
from layerpose.motion.library import library_pose
from layerpose.motion.write.glb import split_seams, write_glb
from layerpose.motion.write.take import Y_UP, Take, still

TYPES = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Gltf:
    """A GLB taken apart."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        rest, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        self.binary = data[28 + size :]
        assert len(self.binary) == rest == self.json["buffers"][0]["byteLength"]

    def array(self, accessor: int) -> np.ndarray:
        told = self.json["accessors"][accessor]
        view, width = self.json["bufferViews"][told["bufferView"]], WIDTHS[told["type"]]
        kind = TYPES[told["componentType"]]
        assert view["byteOffset"] % 4 == 0
        assert view["byteLength"] == told["count"] * width * np.dtype(kind).itemsize
        values = np.frombuffer(self.binary, kind, told["count"] * width, view["byteOffset"])
        return values.reshape(told["count"], *([width] if width > 1 else []))

    def attribute(self, name: str) -> np.ndarray:
        return self.array(self.json["meshes"][0]["primitives"][0]["attributes"][name])

    def globals(self, time: float = 0.0) -> dict[int, np.ndarray]:
        """World matrix of every node; animations between two keys as the standard says, but straight."""
        local = [
            (np.array(node.get("translation", [0, 0, 0.0])), np.array(node.get("rotation", [0, 0, 0, 1.0])))
            for node in self.json["nodes"]
        ]
        for animation in self.json.get("animations", []):
            for channel in animation["channels"]:
                sampler, target = animation["samplers"][channel["sampler"]], channel["target"]
                times, values = self.array(sampler["input"]), self.array(sampler["output"]).astype(np.float64)
                assert (np.diff(times) > 0).all()
                value = np.array([np.interp(time, times, column) for column in values.T])
                place, turn = local[target["node"]]
                moved = (value, turn) if target["path"] == "translation" else (place, value / np.linalg.norm(value))
                local[target["node"]] = moved
        world: dict[int, np.ndarray] = {}

        def descend(node: int, above: np.ndarray) -> None:
            matrix = np.eye(4)
            matrix[:3, :3], matrix[:3, 3] = Rotation.from_quat(local[node][1]).as_matrix(), local[node][0]
            world[node] = above @ matrix
            for child in self.json["nodes"][node].get("children", []):
                descend(child, world[node])

        for root in self.json["scenes"][0]["nodes"]:
            descend(root, np.eye(4))
        return world

    def skinned(self, time: float = 0.0) -> np.ndarray:
        skin, world = self.json["skins"][0], self.globals(time)
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
        joints = np.stack([world[node] for node in skin["joints"]]) @ inverse
        matrices = np.einsum("vk,vkab->vab", self.attribute("WEIGHTS_0"), joints[self.attribute("JOINTS_0")])
        return np.einsum("vab,vb->va", matrices[:, :3, :3], self.attribute("POSITION")) + matrices[:, :3, 3]


@pytest.fixture(scope="module")
def written(take: Take, tmp_path_factory: pytest.TempPathFactory) -> Gltf:
    path = tmp_path_factory.mktemp("glb") / "dance.glb"
    write_glb(take, path)
    return Gltf(path)


FRAMES = (0, 3, 7, 11)


def test_joints_lie_where_the_bodys_do(take: Take, written: Gltf):
    for frame in FRAMES:
        world = written.globals(frame / take.motion.fps)
        places = np.stack([world[node][:3, 3] for node in written.json["skins"][0]["joints"]])
        assert np.abs(places - take.heads_m[frame] @ Y_UP.T).max() < 1e-5


def test_skin_lies_where_the_bodys_does(take: Take, written: Gltf):
    vertex = split_seams()[0]
    for frame in FRAMES:
        posed = body_model().pose(take.rest, take.rotations[frame])
        off = np.linalg.norm(
            written.skinned(frame / take.motion.fps) - ((posed.vertices + take.pelvis_m[frame]) @ Y_UP.T)[vertex],
            axis=1,
        )
        assert off.max() < 0.006
        assert off.mean() < 1e-4


def test_nodes_are_named_and_joined_like_the_bones(written: Gltf):
    model, nodes = body_model(), written.json["nodes"]
    joints = written.json["skins"][0]["joints"]
    assert [nodes[node]["name"] for node in joints] == model.bone_names
    for bone, parent in enumerate(model.parents[1:], start=1):
        assert joints[bone] in nodes[joints[parent]]["children"]


def test_four_weights_add_up_to_one(written: Gltf):
    weights = written.attribute("WEIGHTS_0")
    assert weights.shape[1] == 4
    assert np.abs(weights.sum(1) - 1).max() < 1e-6
    assert weights.min() >= 0


def test_triangles_face_outwards_and_wear_their_texture(take: Take, written: Gltf):
    places, normals = written.attribute("POSITION"), written.attribute("NORMAL")
    faces = written.array(written.json["meshes"][0]["primitives"][0]["indices"]).reshape(-1, 3)
    across = np.cross(places[faces[:, 1]] - places[faces[:, 0]], places[faces[:, 2]] - places[faces[:, 0]])
    agree = (across * normals[faces].mean(1)).sum(1)
    assert (agree > 0).mean() > 0.99
    model = body_model()
    wanted = model.uv[model.uv_faces[:100]] * [1, -1] + [0, 1]
    assert np.allclose(written.attribute("TEXCOORD_0")[faces[:100]], wanted, atol=1e-6)


def test_person_stands_on_the_floor_and_looks_along_z(written: Gltf, take: Take):
    frames = np.argsort(take.heads_m[..., 2].min(1))[:3]
    lowest = min(written.skinned(frame / take.motion.fps)[:, 1].min() for frame in frames)
    assert abs(lowest) < 0.01
    names = body_model().bone_names
    places = dict(zip(names, (written.globals()[node][:3, 3] for node in range(len(names))), strict=True))
    assert places["toe2-1.L"][2] > places["foot.L"][2] + 0.05
    assert places["upperleg01.L"][0] > places["upperleg01.R"][0]
    assert places["head"][1] > 1.2


def test_a_pose_is_in_the_nodes(tmp_path: Path):
    sitting = still(library_pose("sit"))
    write_glb(sitting, tmp_path / "sit.glb")
    read = Gltf(tmp_path / "sit.glb")
    assert "animations" not in read.json
    places = np.stack([read.globals()[node][:3, 3] for node in range(104)])
    assert np.abs(places - sitting.heads_m[0] @ Y_UP.T).max() < 1e-5


def test_a_skirt_that_is_worn_hangs_between_the_legs_and_one_that_is_not_is_not_written(tmp_path: Path):
    """In a pose of its own, skinned by the file's weights, it is where it would hang on the posed body."""
    model = body_model()
    clothes = np.zeros(len(model.template), dtype=np.float32)
    clothes[model.skirt.vertices] = model.skirt.rows <= 18
    bare = replace(still(library_pose("walk")), clothes=np.zeros_like(clothes))
    files = []
    for name, take in (("bare", bare), ("worn", replace(bare, clothes=clothes))):
        write_glb(take, tmp_path / f"{name}.glb")
        files.append(Gltf(tmp_path / f"{name}.glb"))
    without, worn = files
    added = len(worn.attribute("POSITION")) - len(without.attribute("POSITION"))
    assert added == len(model.skirt.vertices)
    assert np.abs(worn.attribute("WEIGHTS_0").sum(1) - 1).max() < 1e-6
    assert np.abs(np.linalg.norm(worn.attribute("NORMAL"), axis=1) - 1).max() < 1e-5
    posed = model.pose(bare.rest, bare.rotations[0])
    wanted = ((hang_skirt(posed.vertices, clothes) + bare.pelvis_m[0]) @ Y_UP.T)[model.skirt.vertices]
    indices = worn.array(worn.json["meshes"][0]["primitives"][0]["indices"])
    hung = np.unique(indices[indices >= len(without.attribute("POSITION"))]) - len(without.attribute("POSITION"))
    off = np.linalg.norm(worn.skinned()[-added:] - wanted, axis=1)[hung]
    assert off.mean() < 0.01
    assert off.max() < 0.04
    assert (worn.attribute("TEXCOORD_0") >= 0).all()
    assert (worn.attribute("TEXCOORD_0") <= 1).all()
