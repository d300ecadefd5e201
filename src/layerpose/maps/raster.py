"""Triangles -> z-buffers: a rasteriser in Warp kernels, one source for CPU and CUDA.

Every triangle is drawn once, into the z-buffer of its own part. What a part looks like alone is what its buffer holds;
what the viewer sees is the nearest over the buffers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import torch
import warp as wp
from jaxtyping import Float, Int
from torch import Tensor

from layerpose.runtime.cache import cache_dir

wp.config.log_level = wp.LOG_ERROR
wp.config.kernel_cache_dir = str(cache_dir() / "warp")
wp.config.use_precompiled_headers = False  # they lie in the system's folder, where a killed process leaves them
wp.init()
_ready: set[tuple[str, str]] = set()
"""Kernels that have run on a device; ..."""
_first = Lock()
"""... the others are built and loaded by one thread at a time."""
EMPTY = 0x7FFFFFFFFFFFFFFF
DEPTH_OFFSET_M = wp.constant(wp.float64(64.0))
DEPTH_STEPS = wp.constant(wp.float64(16777216.0))
"""A key holds the depth, moved into 0..128 m, in steps of 2^-24 m, above the 32 bits of the triangle's number."""


@wp.func
def signed_area(a: wp.vec3, b: wp.vec3, x: float, y: float):
    """Twice the area of (a, b, point); its sign does not depend on the order in which an edge's ends are given."""
    if a[0] < b[0] or (a[0] == b[0] and a[1] < b[1]):
        return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
    return -((a[0] - b[0]) * (y - b[1]) - (a[1] - b[1]) * (x - b[0]))


@wp.kernel
def draw_triangles(
    vertices: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    parts: wp.array(dtype=wp.int32),
    frame: wp.vec4i,
    keys: wp.array3d(dtype=wp.int64),
):
    """One thread a triangle: leave depth and number in every pixel of the frame whose centre it covers, if nearer."""
    f = wp.tid()
    a = vertices[faces[f, 0]]
    b = vertices[faces[f, 1]]
    c = vertices[faces[f, 2]]
    area = signed_area(a, b, c[0], c[1])
    if area == 0.0:
        return
    left = wp.max(int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5)), frame[0])
    right = wp.min(int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5)), frame[2] - 1)
    top = wp.max(int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5)), frame[1])
    bottom = wp.min(int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5)), frame[3] - 1)
    part = parts[f]
    share = 1.0 / area
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            x = float(column) + 0.5
            y = float(row) + 0.5
            wa = signed_area(b, c, x, y) * share
            wb = signed_area(c, a, x, y) * share
            wc = signed_area(a, b, x, y) * share
            if wa >= 0.0 and wb >= 0.0 and wc >= 0.0:
                z = wp.float64(wa * a[2] + wb * b[2] + wc * c[2])
                steps = wp.int64((z + DEPTH_OFFSET_M) * DEPTH_STEPS)
                wp.atomic_min(keys, part, row - frame[1], column - frame[0], (steps << wp.int64(32)) | wp.int64(f))


@wp.kernel
def find_nearest(
    keys: wp.array3d(dtype=wp.int64),
    area: wp.vec4i,
    first: int,
    last: int,
    left: wp.float64,
    top: wp.float64,
    step: wp.float64,
    start: wp.vec2i,
    part: wp.array2d(dtype=wp.int32),
    triangle: wp.array2d(dtype=wp.int32),
    depth: wp.array2d(dtype=wp.float32),
):
    """One thread a pixel of the crop, from `start` on: the smallest key over the buffers first .. last - 1."""
    row, column = wp.tid()
    row += start[0]
    column += start[1]
    y = int(wp.floor(top + (wp.float64(row) + wp.float64(0.5)) * step))
    x = int(wp.floor(left + (wp.float64(column) + wp.float64(0.5)) * step))
    if x < area[0] or y < area[1] or x >= area[2] or y >= area[3]:
        return
    x -= area[0]
    y -= area[1]
    best = keys[first, y, x]
    owner = first
    for other in range(first + 1, last):
        key = keys[other, y, x]
        if key < best:
            best = key
            owner = other
    if best < wp.int64(EMPTY):
        part[row, column] = owner
        triangle[row, column] = wp.int32(best & wp.int64(0xFFFFFFFF))
        depth[row, column] = wp.float32(wp.float64(best >> wp.int64(32)) / DEPTH_STEPS - DEPTH_OFFSET_M)


@wp.kernel
def interpolate_attributes(
    triangle: wp.array2d(dtype=wp.int32),
    vertices: wp.array(dtype=wp.vec3),
    faces: wp.array2d(dtype=wp.int32),
    attributes: wp.array2d(dtype=wp.float32),
    out: wp.array3d(dtype=wp.float32),
):
    """One thread a pixel: barycentric mean of the corners' attributes; beside the triangle, that of its rim."""
    row, column = wp.tid()
    f = triangle[row, column]
    if f < 0:
        return
    ia = faces[f, 0]
    ib = faces[f, 1]
    ic = faces[f, 2]
    a = vertices[ia]
    b = vertices[ib]
    c = vertices[ic]
    x = float(column) + 0.5
    y = float(row) + 0.5
    area = signed_area(a, b, c[0], c[1])
    wa = wp.max(signed_area(b, c, x, y) / area, 0.0)
    wb = wp.max(signed_area(c, a, x, y) / area, 0.0)
    wc = wp.max(signed_area(a, b, x, y) / area, 0.0)
    total = wa + wb + wc
    wa /= total
    wb /= total
    wc /= total
    for k in range(attributes.shape[1]):
        out[row, column, k] = wa * attributes[ia, k] + wb * attributes[ib, k] + wc * attributes[ic, k]


@dataclass(frozen=True, kw_only=True)
class Hit:
    """What a pixel's ray meets first: part and triangle (-1: nothing) and depth in metres (0 where nothing)."""

    part: Int[Tensor, "h w"]
    triangle: Int[Tensor, "h w"]
    depth: Float[Tensor, "h w"]


@dataclass(frozen=True, kw_only=True)
class ZBuffers:
    """One z-buffer per part; a key packs depth (high) and triangle (low), so the smaller key is the nearer one."""

    keys: Int[Tensor, "p _ _"]
    """Of the `area` alone."""
    area: tuple[int, int, int, int]
    """Left, top, right and bottom of what may be covered."""
    canvas: tuple[int, int]
    """Height and width of the picture that it lies in."""

    def nearest(self, box: Float[Tensor, "3"] | None = None, size: int | None = None) -> Hit:
        """What the viewer sees: the nearest over all parts. With a box, cut to it (`size` pixels a side)."""
        return self._hit(0, len(self.keys), box, size)

    def of_part(self, part: int, box: Float[Tensor, "3"] | None = None, size: int | None = None) -> Hit:
        """What the viewer would see if this part were alone. With a box, cut to it (`size` pixels a side)."""
        return self._hit(part, part + 1, box, size)

    def depths_at(self, row: int, column: int) -> list[float | None]:
        """Of each part the depth in metres at a pixel; None where it is not."""
        left, top, right, bottom = self.area
        if not (left <= column < right and top <= row < bottom):
            return [None] * len(self.keys)
        keys = self.keys[:, row - top, column - left].tolist()
        depths = ((key >> 32) / float(DEPTH_STEPS) - float(DEPTH_OFFSET_M) for key in keys)
        return [None if key == EMPTY else float(np.float32(depth)) for key, depth in zip(keys, depths, strict=True)]

    def _hit(self, first: int, last: int, box: Float[Tensor, "3"] | None, size: int | None) -> Hit:
        canvas, device = self.canvas[1], self.keys.device
        shape = self.canvas if size is None else (size, size)
        left, top, side = (0.0, 0.0, 1.0) if box is None else box.double().tolist()
        step = side * canvas / shape[1]
        part = torch.full(shape, -1, dtype=torch.int32, device=device)
        triangle = torch.full(shape, -1, dtype=torch.int32, device=device)
        depth = torch.zeros(shape, dtype=torch.float32, device=device)
        low = [math.floor((self.area[i] - offset * canvas) / step) for i, offset in ((1, top), (0, left))]
        high = [math.ceil((self.area[i] - offset * canvas) / step) for i, offset in ((3, top), (2, left))]
        start = [min(max(place, 0), extent) for place, extent in zip(low, shape, strict=True)]
        size_of = [
            min(max(place, begin), extent) - begin for place, begin, extent in zip(high, start, shape, strict=True)
        ]
        given = [self.keys, wp.vec4i(*self.area), first, last, left * canvas, top * canvas, step, wp.vec2i(*start)]
        launch(find_nearest, tuple(size_of), given, [part, triangle, depth])
        return Hit(part=part, triangle=triangle, depth=depth)


def draw(
    vertices: Float[Tensor, "v 3"],
    faces: Int[Tensor, "f 3"],
    triangle_parts: Int[Tensor, "f"],
    *,
    num_parts: int,
    height: int,
    width: int,
) -> ZBuffers:
    """Draw triangles, both sides, each into the buffer of its part.

    `vertices` hold x and y in pixels (pixel centres at +0.5) and z, smaller is nearer, within 64 m of zero.
    """
    extent = vertices.new_tensor([width, height])
    low = vertices[:, :2].amin(0).floor().clamp(min=0).minimum(extent)
    high = vertices[:, :2].amax(0).ceil().clamp(min=0).minimum(extent)
    left, top, right, bottom = (int(place) for place in (*low, *high))
    shape = num_parts, bottom - top, right - left
    keys = torch.full(shape, EMPTY, dtype=torch.int64, device=vertices.device)
    corners = wp.from_torch(vertices.float().contiguous(), dtype=wp.vec3)
    launch(draw_triangles, (len(faces),), [corners, faces, triangle_parts, wp.vec4i(left, top, right, bottom)], [keys])
    return ZBuffers(keys=keys, area=(left, top, right, bottom), canvas=(height, width))


def pack_keys(depth: Float[Tensor, "*n"], triangle: Int[Tensor, "*n"]) -> Int[Tensor, "*n"]:
    """Depth in metres and number of a triangle -> the key that a z-buffer holds."""
    steps = ((depth.double() + float(DEPTH_OFFSET_M)) * float(DEPTH_STEPS)).long()
    return (steps << 32) | triangle.long()


def interpolate(
    triangle: Int[Tensor, "h w"],
    vertices: Float[Tensor, "v 3"],
    faces: Int[Tensor, "f 3"],
    attributes: Float[Tensor, "v c"],
) -> Float[Tensor, "h w c"]:
    """Attributes of the body point behind each pixel centre; 0 where `triangle` is -1."""
    out = torch.zeros((*triangle.shape, attributes.shape[1]), device=vertices.device)
    corners = wp.from_torch(vertices.float().contiguous(), dtype=wp.vec3)
    inputs = [triangle, corners, faces, attributes.float().contiguous()]
    launch(interpolate_attributes, triangle.shape, inputs, [out])
    return out


def launch(kernel: Any, dim: tuple[int, ...], inputs: list[Any], outputs: list[Tensor]) -> None:
    """Run a kernel on tensors, on the device of the first output."""
    device = wp.device_from_torch(outputs[0].device)
    as_warp = [wp.from_torch(value) if isinstance(value, Tensor) else value for value in inputs]

    def run() -> None:
        wp.launch(kernel, dim=tuple(dim), inputs=as_warp, outputs=[wp.from_torch(o) for o in outputs], device=device)

    if (kernel.key, str(device)) in _ready:
        run()
        return
    with _first:
        run()
        _ready.add((kernel.key, str(device)))
