"""How exactly are motion files read? ``python benchmarks/motion_files.py``: a table, reader against writer.

What this project writes itself is a dance by somebody tall, read again (AMASS: by an average adult). Layouts of
other programs are those that the tests write of a skeleton whose joints are written down; what is read is held against
these. Limbs: the largest angle of any upper or lower arm or leg in any frame; path: of the hips, as a share of the
stature; facing: of the line of the hips from above.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from layouts import TESTS, load

from layerpose.body.model import body_model
from layerpose.motion.moves import library_motion
from layerpose.motion.posing import ADULT
from layerpose.motion.read.opening import open_clip
from layerpose.motion.timing import select
from layerpose.motion.write.bvh import Names
from layerpose.motion.write.by_suffix import plan_output, write_take
from layerpose.motion.write.take import Take, moving
from layerpose.types import Motion

BONES = ("upperarm01", "lowerarm01", "wrist"), ("upperleg01", "lowerleg01", "foot")
LIMBS = [(f"{a}.{side}", f"{b}.{side}") for bones in BONES for a, b in pairwise(bones) for side in "LR"]
TALL = (0.2, 0.6, 0.9, 0.4, 0.7, 0.6)
STATURE_IN_LEGS = 2.1
OURS: tuple[tuple[str, str, Names], ...] = (
    ("BVH, Mixamo", "a.bvh", "mixamo"), ("BVH, CMU", "a.bvh", "cmu"), ("GLB", "a.glb", "mixamo"),
    ("AMASS", "a.npz", "mixamo"), ("our own", "a.json", "mixamo"),
)  # fmt: skip


def angles(one: Float[np.ndarray, "*n 3"], other: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
    """Degrees between directions."""
    one, other = (way / np.linalg.norm(way, axis=-1, keepdims=True) for way in (one, other))
    return np.rad2deg(np.arccos(np.clip((one * other).sum(-1), -1, 1)))


def ways(motion: Motion) -> dict[tuple[str, str], Float[np.ndarray, "t 3"]]:
    """Where limbs and the line of the hips point, performed by an average adult."""
    model, heads = body_model(), moving(motion).heads_m
    pairs = [*LIMBS, ("upperleg01.R", "upperleg01.L")]
    return {pair: heads[:, model.bone(pair[1])] - heads[:, model.bone(pair[0])] for pair in pairs}


def row(name: str, limbs: float, path: float | None, facing: float, right: bool) -> str:
    """A line of the table."""
    gone = "-" if path is None else f"{path:.2%}"
    return f"| {name} | {limbs:.2f} | {gone} | {facing:.2f} | {'yes' if right else 'NO'} |"


def written_by_us(folder: Path) -> Iterator[str]:
    """Each format that is written, read again."""
    motion = select(library_motion("dance"), 0, 120)
    motion = replace(motion, path=motion.path + torch.linspace(0, 1, 120)[:, None] * torch.tensor([0.5, -1.0, 0.1]))
    before, gone = ways(motion), motion.path - motion.path[0]
    for name, file, names in OURS:
        shape = torch.tensor(ADULT if file.endswith("npz") else TALL)
        write_take(Take(phenotype=shape, motion=replace(motion, ankles=None)), plan_output(folder / file), names=names)
        read = open_clip(folder / file).motion()
        after = ways(read)
        limbs = max(float(angles(before[pair], after[pair]).max()) for pair in LIMBS)
        across = [found["upperleg01.R", "upperleg01.L"] * [1, 1, 0] for found in (before, after)]
        path = float((read.path - read.path[0] - gone).abs().max()) / STATURE_IN_LEGS
        facing = float(angles(*across).max())
        yield row(name, limbs, path, facing, facing < 90)


def rigs(folder: Path) -> Iterator[tuple[str, Path]]:
    """Skeletons in the layouts of FBX, glTF and VRMA."""
    fbx, gltf = load(TESTS / "test_fbx.py", "of_fbx"), load(TESTS / "test_gltf.py", "of_gltf")
    actor = load(TESTS / "conftest.py", "of_actor").actor._get_wrapped_function()()
    for name, (form, layout) in fbx.LAYOUTS.items():
        (folder / "a.fbx").write_bytes(fbx.FORMS[form](fbx.scene(actor, **layout)))
        yield f"FBX: {name}", folder / "a.fbx"
    for name, layout in gltf.LAYOUTS.items():
        (folder / "a.glb").write_bytes(gltf.glb(*gltf.scene(actor, **layout)))
        yield f"glTF: {name}", folder / "a.glb"
    (folder / "a.vrma").write_bytes(gltf._vrm(actor, "a")[0])
    yield "VRMA", folder / "a.vrma"


def written_as_others(folder: Path) -> Iterator[str]:
    """The actor of the tests, whose joints in frames 0 and 2 are written down."""
    told = load(TESTS / "conftest.py", "of_told")
    for name, path in rigs(folder):
        motion = open_clip(path).motion()
        found = ways(motion)
        limbs = max(
            float(angles(found[pair][frame], np.array(way)))
            for frame, wanted in ((0, told.LIMBS), (2, told.LATER)) for pair, way in wanted.items() if pair in LIMBS
        )  # fmt: skip
        across = found["upperleg01.R", "upperleg01.L"] * [1, 1, 0]
        gone = (motion.path[2] - motion.path[0]).numpy() - np.array([0, -0.2, 0.3]) / 0.86
        facing = float(angles(across, np.array([1.0, 0.0, 0.0])).max())
        yield row(name, limbs, float(np.abs(gone).max()) * 0.86 / 1.72, facing, facing < 90)


def smpl_family(folder: Path) -> Iterator[str]:
    """SMPL's rotations and places of joints, in every layout."""
    told = load(TESTS / "read" / "conftest.py", "of_smpl")
    wanted = told.wanted_directions()
    for number, (name, write) in enumerate(told.WRITERS.items()):
        (folder / str(number)).mkdir()
        written: Any = write(folder / str(number))
        clip = open_clip(written.path, written.person)
        found, motion = told.directions(clip.pose(written.frame)), clip.motion(fps=30)
        limbs = max(float(angles(found[joint], wanted[joint])) for joint in wanted)
        path = None
        if written.moves:
            path = float(np.abs((motion.path[-1] - motion.path[0]).numpy() - told.PATH_LEGS).max()) / STATURE_IN_LEGS
        across = ways(motion)["upperleg01.R", "upperleg01.L"][0] * [1, 1, 0]
        yaw = np.deg2rad(told.YAW)
        facing = float(angles(across, np.array([np.cos(yaw), np.sin(yaw), 0.0])))
        yield row(name, limbs, path, facing, facing < 90)


def main() -> None:
    print("| format | limbs, degrees | path | facing, degrees | left is left |\n|---|---|---|---|---|")
    for part in (written_by_us, written_as_others, smpl_family):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            for line in part(Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
