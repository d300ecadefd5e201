"""The built-in walk, in every layout that is written here or that the tests write of other programs -> files.

The walk's joints turn as SMPL's do: what is written as SMPL's rotations is set on the skeletons of the tests.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.smpl import SMPL_JOINTS
from layerpose.motion.moves import library_motion
from layerpose.motion.timing import select
from layerpose.motion.write.bvh import Names
from layerpose.motion.write.by_suffix import Format, plan_output, write_take
from layerpose.motion.write.take import moving

TESTS = Path(__file__).parents[1] / "tests" / "motion"
FRAMES = 66
OURS: tuple[tuple[str, str, Names, Format | None], ...] = (
    ("BVH, Mixamo", "mixamo.bvh", "mixamo", None), ("BVH, CMU", "cmu.bvh", "cmu", None),
    ("GLB", "a.glb", "mixamo", None), ("AMASS, written here", "a.npz", "mixamo", None),
    ("our own", "a.json", "mixamo", None), ("OpenPose folder", "points", "mixamo", "openpose"),
    ("skeleton folder", "pictures", "mixamo", "skeleton"),
)  # fmt: skip
ACTOR_JOINTS = {"Hips": "pelvis", "Spine": "spine1", "Spine1": "spine2", "Spine2": "spine3", "Neck": "neck",
                "Head": "head"} | {
    f"{side}{own}": f"{side.lower()}_{joint}" for side in ("Left", "Right")
    for own, joint in {"Shoulder": "collar", "Arm": "shoulder", "ForeArm": "elbow", "Hand": "wrist", "UpLeg": "hip",
                       "Leg": "knee", "Foot": "ankle", "ToeBase": "foot"}.items()
}  # fmt: skip
"""Joint of the tests' skeleton -> SMPL's."""
Y_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
"""The body's axes (z up, facing -y) -> y up, facing z."""


def load(path: Path, name: str) -> ModuleType:
    """A module of the tests."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def walks(folder: Path) -> Iterator[tuple[str, str]]:
    """Name of each layout, and the file or `FILE#PERSON:` that holds the walk in it."""
    take = moving(select(library_motion("walk"), 0, FRAMES))
    for name, file, names, kind in OURS:
        write_take(take, plan_output(folder / file, kind), names=names)
        yield name, str(folder / file)
    with np.load(folder / "a.npz") as stored:
        turned = stored["poses"][:, :66].reshape(FRAMES, 22, 3).astype(np.float64)
        path = stored["trans"].astype(np.float64) @ Y_UP.T
    turned[:, 0] = (Rotation.from_matrix(Y_UP) * Rotation.from_rotvec(turned[:, 0])).as_rotvec()
    yield from _rigs(folder, turned, path)
    yield from _smpl_family(folder, turned, path)


def _rigs(
    folder: Path, turned: Float[np.ndarray, "t 22 3"], path: Float[np.ndarray, "t 3"]
) -> Iterator[tuple[str, str]]:
    fbx, gltf = load(TESTS / "test_fbx.py", "of_fbx"), load(TESTS / "test_gltf.py", "of_gltf")
    actor: Any = load(TESTS / "conftest.py", "of_actor").actor._get_wrapped_function()()
    acts = [
        {own: Rotation.from_rotvec(turned[frame, SMPL_JOINTS.index(joint)]) for own, joint in ACTOR_JOINTS.items()}
        for frame in range(FRAMES)
    ]
    actor = replace(actor, acts=tuple(acts), steps=tuple(map(tuple, path - [0, path[0, 1], 0])))
    for name, (form, layout) in fbx.LAYOUTS.items():
        file = folder / f"{len(name)}-{form}.fbx"
        file.write_bytes(fbx.FORMS[form](fbx.scene(actor, **layout)))
        yield f"FBX: {name}", str(file)
    for name, layout in gltf.LAYOUTS.items():
        file = folder / f"{name.replace(' ', '-')}.glb"
        file.write_bytes(gltf.glb(*gltf.scene(actor, **layout)))
        yield f"glTF: {name}", str(file)
    (folder / "a.vrma").write_bytes(gltf._vrm(actor, "a")[0])
    yield "VRMA", str(folder / "a.vrma")


def _smpl_family(
    folder: Path, turned: Float[np.ndarray, "t 22 3"], path: Float[np.ndarray, "t 3"]
) -> Iterator[tuple[str, str]]:
    told: Any = load(TESTS / "read" / "conftest.py", "of_smpl")
    every = np.concatenate([turned, np.zeros((FRAMES, 2, 3))], axis=1)

    def vectors(up: str = "y") -> Float[np.ndarray, "t 24 3"]:
        root = (Rotation.from_matrix(told.UPS[up]) * Rotation.from_rotvec(every[:, 0])).as_rotvec()
        return np.concatenate([root[:, None], every[:, 1:]], axis=1)

    told.FRAMES, told.LAST, told.PATH_M, told.vectors = FRAMES, FRAMES - 1, path, vectors
    for number, (name, write) in enumerate(told.WRITERS.items()):
        (folder / str(number)).mkdir()
        written = write(folder / str(number))
        if written.moves:
            yield name, f"{written.path}#{written.person}:" if written.person else str(written.path)
