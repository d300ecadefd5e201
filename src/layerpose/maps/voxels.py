"""Posed mesh -> `Volume`: solid voxels with the seven labels, in Warp kernels, one source for CPU and CUDA.

A voxel is solid where the generalised winding number at its centre is above one half: overlaps of the mesh with itself
count as solid, and a hole in the mesh lets nothing leak. Its label is that of the nearest triangle. Slices are far
thicker than pixels, so a hand can fall between two centres; `_keep_thin_parts` sees to it that every part which a ray
through a pixel's centre meets has a voxel there.
"""

from __future__ import annotations

import torch
import warp as wp
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import max_pool2d

from layerpose.maps.raster import ZBuffers, draw
from layerpose.types import DEPTH_RANGE_M, NUM_SLICES, PARTS, Volume

SIZE = 256
"""Rows and columns of a volume. Paper: 256 x 256 x 64."""
ACCURACY = wp.constant(2.0)
"""Triangles further away than so many times their group's size are summed up as one (Barill et al.)."""
INSIDE = wp.constant(0.5)
HOLE = 2
"""Pixels by which the searched region reaches over the outline, so that it also covers holes that lie in line."""
NOWHERE = 1e3


@wp.kernel
def label_voxels(
    mesh: wp.uint64,
    parts: wp.array(dtype=wp.int32),
    near: wp.array2d(dtype=wp.float32),
    far: wp.array2d(dtype=wp.float32),
    step: wp.vec3,
    range_m: float,
    labels: wp.array3d(dtype=wp.uint8),
):
    """One thread a column of voxels; positions are in metres, x and y from the canvas's corner."""
    row, column = wp.tid()
    first = wp.max(int(wp.ceil((near[row, column] + range_m) / step[2] - 0.5)), 0)
    last = wp.min(int(wp.floor((far[row, column] + range_m) / step[2] - 0.5)), labels.shape[0] - 1)
    for place in range(first, last + 1):
        x = (float(column) + 0.5) * step[0]
        y = (float(row) + 0.5) * step[1]
        z = (float(place) + 0.5) * step[2] - range_m
        found = wp.mesh_query_point_sign_winding_number(mesh, wp.vec3(x, y, z), NOWHERE, ACCURACY, INSIDE)
        if found.result and found.sign < 0.0:
            labels[place, row, column] = wp.uint8(parts[found.face] + 1)


def voxelise(
    vertices: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"], triangle_parts: Int[Tensor, "f"], *, scale: float
) -> Volume:
    """Fill a mesh. `vertices` are in canvas units with depth in metres, `scale` is the camera's (`DrawnBody`)."""
    pixels = vertices.new_tensor([SIZE, SIZE, 1])
    nearest = _draw(vertices * pixels, faces, triangle_parts)
    farthest = _draw(vertices * pixels * vertices.new_tensor([1, 1, -1]), faces, triangle_parts)
    met = torch.stack([nearest.of_part(part).part >= 0 for part in range(len(PARTS))])
    near = torch.stack([nearest.of_part(part).depth for part in range(len(PARTS))])
    far = -torch.stack([farthest.of_part(part).depth for part in range(len(PARTS))])
    labels = torch.zeros(NUM_SLICES, SIZE, SIZE, dtype=torch.uint8, device=vertices.device)
    _fill(vertices, faces, triangle_parts, scale, met, near, far, labels)
    _keep_thin_parts(labels, met, near, far)
    _name_the_seen(labels, nearest.nearest().part)
    return Volume(labels=labels)


def _draw(vertices_px: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"], parts: Int[Tensor, "f"]) -> ZBuffers:
    return draw(vertices_px, faces, parts, num_parts=len(PARTS), height=SIZE, width=SIZE)


def _fill(
    vertices: Float[Tensor, "v 3"], faces: Int[Tensor, "f 3"], triangle_parts: Int[Tensor, "f"], scale: float,
    met: Bool[Tensor, "p h w"], near: Float[Tensor, "p h w"], far: Float[Tensor, "p h w"],
    labels: Int[Tensor, "d h w"],
) -> None:  # fmt: skip
    """Ask at the centre of every voxel between the nearest and the farthest triangle of its column."""
    nowhere = near.new_tensor(NOWHERE)
    low = -_widen(torch.where(met, -near, -nowhere).amax(0))
    high = _widen(torch.where(met, far, -nowhere).amax(0))
    device = wp.device_from_torch(vertices.device)
    metres = (vertices / vertices.new_tensor([scale, scale, 1])).float().contiguous()
    points = wp.clone(wp.from_torch(metres, dtype=wp.vec3))
    mesh = wp.Mesh(points, wp.clone(wp.from_torch(faces.flatten().contiguous())), support_winding_number=True)
    step = wp.vec3(1 / (SIZE * scale), 1 / (SIZE * scale), 2 * DEPTH_RANGE_M / NUM_SLICES)
    given = [mesh.id, *(wp.from_torch(x.contiguous()) for x in (triangle_parts, low, high)), step, DEPTH_RANGE_M]
    wp.launch(label_voxels, dim=(SIZE, SIZE), inputs=given, outputs=[wp.from_torch(labels)], device=device)


def _widen(depth: Float[Tensor, "h w"]) -> Float[Tensor, "h w"]:
    return max_pool2d(depth[None], 2 * HOLE + 1, stride=1, padding=HOLE)[0]


def _keep_thin_parts(
    labels: Int[Tensor, "d h w"], met: Bool[Tensor, "p h w"], near: Float[Tensor, "p h w"],
    far: Float[Tensor, "p h w"],
) -> None:  # fmt: skip
    """Where a column misses a part that its ray meets, the slice just behind the part's surface takes its label."""
    slice_m = 2 * DEPTH_RANGE_M / NUM_SLICES
    for part in range(len(PARTS)):
        lost = met[part] & ~(labels == part + 1).any(0)
        middle = near[part] + (far[part] - near[part]).clamp(max=slice_m) / 2
        place = ((middle + DEPTH_RANGE_M) / slice_m).floor().long()
        rows, columns = torch.nonzero(lost & (place >= 0) & (place < NUM_SLICES), as_tuple=True)
        labels[place[rows, columns], rows, columns] = part + 1


def _name_the_seen(labels: Int[Tensor, "d h w"], seen: Int[Tensor, "h w"]) -> None:
    """The first voxel of a column takes the part that its ray meets first, however near others lie behind it."""
    rows, columns = torch.nonzero((labels > 0).any(0) & (seen >= 0), as_tuple=True)
    first = (labels > 0).to(torch.uint8).argmax(0)[rows, columns]
    labels[first, rows, columns] = (seen[rows, columns] + 1).to(torch.uint8)
