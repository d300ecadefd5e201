"""Take -> GLB: the body's mesh with skeleton, skin weights and motion, as Blender and three.js open it.

glTF's axes are y up and z forward, in metres. The mesh is bound in the reference pose, in which no bone is turned: a
node's rotation is the pose's own. A still has its pose in the nodes; a motion is an animation.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from PIL.Image import Image
from scipy.spatial.transform import Rotation

from layerpose import __version__
from layerpose.body.model import NUM_BONES, Posed, body_model
from layerpose.maps.clothing import move_out
from layerpose.maps.render import vertex_normals
from layerpose.motion.write.gltf_file import INDICES, VERTICES, GltfFile
from layerpose.motion.write.skinning import four_weights
from layerpose.motion.write.skirt import worn_skirt
from layerpose.motion.write.take import Y_UP, Take

MESH_NODE, ROOT_NODE = NUM_BONES, NUM_BONES + 1
CLAY = (0.72, 0.56, 0.47, 1.0)
"""Of a body without a photo, in linear light."""
ROUGH = 0.8
JPEG_QUALITY = 90
ANGLE = 1e-6
"""A bone that turns less than this (radians) in the whole clip does not move."""


def write_glb(take: Take, path: Path) -> None:
    """Write the person."""
    bound = body_model().pose(take.rest, np.tile(np.eye(3), (NUM_BONES, 1, 1)))
    file = GltfFile(description=_describe(take, bound))
    description = file.description
    description["meshes"] = [_mesh(file, take, bound)]
    description["skins"] = [_skin(file, bound)]
    if take.texture is not None:
        _add_texture(file, take.texture)
    if not take.is_still:
        description["animations"] = [_animation(file, take)]
    file.write(path)


def _describe(take: Take, bound: Posed) -> dict[str, Any]:
    """Everything but what needs numbers from the buffer."""
    material = {"name": "body", "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": ROUGH}}
    if take.texture is None:
        material["pbrMetallicRoughness"]["baseColorFactor"] = list(CLAY)
    return {
        "asset": {"version": "2.0", "generator": f"layerpose {__version__}", "copyright": "Body: anny, CC0"},
        "scene": 0,
        "scenes": [{"nodes": [ROOT_NODE, MESH_NODE]}],
        "nodes": [
            *_bones(take, bound),
            {"name": "body", "mesh": 0, "skin": 0},
            {"name": "person", "children": [0]},
        ],
        "materials": [material],
    }


def _bones(take: Take, bound: Posed) -> list[dict[str, Any]]:
    """A node for each bone, in its place in the reference pose (of a still: turned as the pose has it)."""
    model, heads = body_model(), bound.heads @ Y_UP.T
    rotations, path = _rotations(take)[0], take.pelvis_m[0] @ Y_UP.T
    nodes = []
    for bone, (name, parent) in enumerate(zip(model.bone_names, model.parents, strict=True)):
        place = heads[bone] - heads[parent] if parent >= 0 else path
        node: dict[str, Any] = {"name": name, "translation": place.tolist()}
        if take.is_still:
            node["rotation"] = rotations[bone].tolist()
        children = np.flatnonzero(model.parents == bone).tolist()
        nodes.append({**node, "children": children} if children else node)
    return nodes


def _mesh(file: GltfFile, take: Take, bound: Posed) -> dict[str, Any]:
    """The visible skin and a skirt; a vertex at a seam of the texture is there once for each side."""
    model = body_model()
    vertex, corner, faces = split_seams()
    bones, weights = four_weights(take.rest, bound)
    surface = bound.vertices if take.clothes is None else move_out(bound.vertices, take.clothes)
    normals = vertex_normals(torch.as_tensor(surface), torch.as_tensor(model.faces).long()).numpy()
    columns = [surface[vertex], normals[vertex], model.uv[corner], bones[vertex], weights[vertex]]
    skirt = worn_skirt(surface, take.clothes)
    if skirt is not None:
        faces = np.concatenate([faces, skirt.faces + len(vertex)])
        hung = (skirt.places, skirt.normals, skirt.uv, skirt.bones, skirt.weights)
        columns = [np.concatenate(both) for both in zip(columns, hung, strict=True)]
    places, normals, uv, bones, weights = columns
    attributes = {
        "POSITION": file.add(_single(places @ Y_UP.T), target=VERTICES, bounds=True),
        "NORMAL": file.add(_single(normals @ Y_UP.T), target=VERTICES),
        "TEXCOORD_0": file.add(_single(uv * [1, -1] + [0, 1]), target=VERTICES),
        "JOINTS_0": file.add(bones.astype(np.uint8), target=VERTICES),
        "WEIGHTS_0": file.add(_single(weights), target=VERTICES),
    }
    indices = file.add(faces.ravel().astype(np.uint16), target=INDICES)
    return {"name": "body", "primitives": [{"attributes": attributes, "indices": indices, "material": 0}]}


def split_seams() -> tuple[Int[np.ndarray, "n"], Int[np.ndarray, "n"], Int[np.ndarray, "f 3"]]:
    """Vertex and texture coordinate of every vertex of the file, and its triangles."""
    model = body_model()
    pairs = np.stack([model.faces.ravel(), model.uv_faces.ravel()], axis=1)
    both, row = np.unique(pairs, axis=0, return_inverse=True)
    return both[:, 0], both[:, 1], row.reshape(-1, 3)


def _skin(file: GltfFile, bound: Posed) -> dict[str, Any]:
    inverse = np.tile(np.eye(4, dtype=np.float32), (NUM_BONES, 1, 1))
    inverse[:, :3, 3] = -bound.heads @ Y_UP.T
    return {
        "name": "skeleton",
        "joints": list(range(NUM_BONES)),
        "skeleton": 0,
        "inverseBindMatrices": file.add(inverse),
    }


def _animation(file: GltfFile, take: Take) -> dict[str, Any]:
    """A channel for each bone that is turned at all, and one for the place of the pelvis."""
    times = _single(np.arange(take.motion.num_frames) / take.motion.fps)
    ends = np.array([0, -1])
    all_times, end_times = file.add(times, bounds=True), file.add(times[ends], bounds=True)
    samplers, channels = [], []

    def move(node: int, what: str, values: np.ndarray, input_: int) -> None:
        samplers.append({"input": input_, "output": file.add(_single(values)), "interpolation": "LINEAR"})
        channels.append({"sampler": len(samplers) - 1, "target": {"node": node, "path": what}})

    move(0, "translation", take.pelvis_m @ Y_UP.T, all_times)
    rotations = _rotations(take)
    for bone, values in enumerate(rotations.swapaxes(0, 1)):
        if np.abs(values - values[:1]).max() > ANGLE:
            move(bone, "rotation", values, all_times)
        elif np.abs(values[0, :3]).max() > ANGLE:
            move(bone, "rotation", values[ends], end_times)
    return {"name": "motion", "samplers": samplers, "channels": channels}


def _rotations(take: Take) -> Float[np.ndarray, "t j 4"]:
    """Quaternions (x, y, z, w) in glTF's axes; from frame to frame the nearer of the two that mean the same."""
    turned = Y_UP @ take.rotations @ Y_UP.T
    values = Rotation.from_matrix(turned.reshape(-1, 3, 3)).as_quat().reshape(*turned.shape[:2], 4)
    away = (values[1:] * values[:-1]).sum(-1) < 0
    values[1:] *= np.where(np.cumsum(away, axis=0) % 2, -1.0, 1.0)[..., None]
    return values


def _add_texture(file: GltfFile, texture: Image) -> None:
    packed = io.BytesIO()
    texture.convert("RGB").save(packed, format="JPEG", quality=JPEG_QUALITY)
    view = file.add_bytes(packed.getvalue())
    description, linear, mipmaps, clamp = file.description, 9729, 9987, 33071
    description["images"] = [{"name": "photo", "mimeType": "image/jpeg", "bufferView": view}]
    description["samplers"] = [{"magFilter": linear, "minFilter": mipmaps, "wrapS": clamp, "wrapT": clamp}]
    description["textures"] = [{"source": 0, "sampler": 0}]
    description["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = {"index": 0}


def _single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32)
