"""Does a BVH say elsewhere what it says here? ``pip install bvhio; python benchmarks/bvh_in_bvhio.py [dance ...]``.

Every motion is written with the names of Mixamo and of CMU and read by bvhio; at ten frames its joints are compared
with those that are read here and with the body's own. Exit code 1 where one is off by 1 mm.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import bvhio  # pyright: ignore[reportMissingImports]
import numpy as np
from jaxtyping import Float

from layerpose.export.actors import open_take
from layerpose.motion.read.bvh_file import to_rig
from layerpose.motion.read.bvh_text import parse_bvh
from layerpose.motion.write.bvh import CM, Names, write_bvh
from layerpose.motion.write.joints import SKELETONS, Joint, place_of
from layerpose.motion.write.take import Y_UP

NUM_FRAMES = 10
LIMIT_MM = 1.0
MM_PER_CM = 10.0
WAYS: tuple[Names, ...] = ("mixamo", "cmu")


def places_there(path: Path, frames: list[int], names: list[str]) -> Float[np.ndarray, "t n 3"]:
    """Where bvhio has the joints, in cm."""
    root = bvhio.readAsHierarchy(str(path))
    joints = {joint.Name: joint for joint, _, _ in root.layout()}
    found = []
    for frame in frames:
        root.loadPose(frame, recursive=True)
        found.append([list(joints[name].PositionWorld) for name in names])
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("motions", nargs="*", default=["dance"])
    worst = 0.0
    print("| motion | joints | from those read here, mm | from the body's, mm |\n|---|---|---|---|")
    for name in parser.parse_args().motions:
        take = open_take(name)
        frames = np.linspace(0, take.motion.num_frames - 1, NUM_FRAMES).round().astype(int).tolist()
        for way in WAYS:
            joints = [joint for joint in SKELETONS[way] if isinstance(joint, Joint)]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "a.bvh"
                write_bvh(take, path, names=way)
                there = places_there(path, frames, [joint.name for joint in joints])
                rig = to_rig(parse_bvh(path.read_bytes()), path)
            here = rig.world(frames)[1][:, [rig.joints.index(joint.name) for joint in joints]]
            body = np.stack([place_of(joint, take.heads_m[frames]) for joint in joints], axis=1) @ Y_UP.T * CM
            off, apart = (np.linalg.norm(there - other, axis=-1).max() * MM_PER_CM for other in (here, body))
            print(f"| {name}, {way} | {len(joints)} | {off:.3f} | {apart:.3f} |", flush=True)
            worst = max(worst, float(off), float(apart))
    sys.exit(1 if worst >= LIMIT_MM else 0)


if __name__ == "__main__":
    main()
