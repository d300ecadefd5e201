"""Voxelisation of ten bodies: seconds a body, and part IoU of the projected S: ``python benchmarks/voxels.py``.

The poses are the library's, the bodies differ in shape; 256 x 256 x 64 voxels on one CPU thread, as Warp runs there.
"""

from __future__ import annotations

import statistics
import time

import torch

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.maps.projection import project_volume
from layerpose.maps.render import draw_body, mesh, pose_body, render_maps
from layerpose.maps.voxels import SIZE, voxelise
from layerpose.motion.library import NAMES, library_pose
from layerpose.types import PARTS, Body, Camera

NUM_BODIES = 10


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    topology = mesh(torch.device("cpu"))
    seconds, projecting, overlaps, depths = [], [], [], []
    for name in ("stand", *NAMES[:NUM_BODIES]):
        phenotype = torch.rand(6, generator=generator)
        phenotype[1] = 0.7
        body = Body(phenotype=phenotype, pose=library_pose(name), camera=Camera(scale=1.0, translation=(0.0, 0.0)))
        camera = frame(torch.as_tensor(pose_body(body).vertices[body_model().skin]))
        drawn = draw_body(Body(phenotype=phenotype, pose=body.pose, camera=camera), SIZE)
        begin = time.perf_counter()
        volume = voxelise(drawn.vertices, topology.faces, topology.parts, scale=drawn.scale)
        seconds.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        projected = project_volume(volume, drawn)
        projecting.append(time.perf_counter() - begin)
        ours, wanted = render_maps(projected), render_maps(drawn)
        both, either = (ours.parsing * wanted.parsing)[0], (ours.parsing + wanted.parsing)[0].clamp(max=1)
        overlaps.append((both.sum((1, 2)) / either.sum((1, 2)).clamp(min=1))[1:])
        depths.append(float((ours.depth - wanted.depth)[:, 0][both[None, 1:].sum(1) > 0].abs().mean()))
    # The first body loads the kernels; it is not counted.
    print(f"voxelise a body: median {statistics.median(seconds[1:]):.2f} s, longest {max(seconds[1:]):.2f} s")
    print(f"project it: median {statistics.median(projecting[1:]):.2f} s")
    iou = torch.stack(overlaps[1:])
    print(f"part IoU of S at {SIZE}: mean {iou.mean():.3f}, worst {iou.min():.3f} ({PARTS[int(iou.amin(0).argmin())]})")
    print(f"depth: off by {statistics.mean(depths[1:]) * 1000:.1f} mm on average")


if __name__ == "__main__":
    main()
