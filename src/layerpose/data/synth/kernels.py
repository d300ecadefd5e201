"""Warp kernels: triangles -> nearest triangle per sample (texels with holes let through) -> shaded pixels."""

from typing import Any

import torch
import warp as wp

wp.config.log_level = wp.LOG_ERROR
wp.init()
EMPTY = 0x7FFFFFFFFFFFFFFF
NEAR_M = wp.constant(64.0)
STEPS = wp.constant(16777216.0)
OPAQUE = wp.constant(110)
"""Alpha (0..255) from which a texel is solid."""


@wp.struct
class Mesh:
    """Corners in sample units with depth, and what each triangle carries."""

    vertices: wp.array(dtype=wp.vec3)
    normals: wp.array(dtype=wp.vec3)
    faces: wp.array2d(dtype=wp.int32)
    uv: wp.array2d(dtype=wp.vec2)
    materials: wp.array(dtype=wp.int32)
    bias: wp.array(dtype=wp.float32)


@wp.struct
class Materials:
    """Textures in one row of texels, and how each shines; `shapes`: first texel, width, height, 1 if it has holes."""

    texels: wp.array2d(dtype=wp.uint8)
    shapes: wp.array2d(dtype=wp.int32)
    tints: wp.array(dtype=wp.vec3)
    gloss: wp.array(dtype=wp.vec2)


@wp.struct
class Light:
    """Directions towards the lights in camera axes, and colours."""

    key: wp.vec3
    key_colour: wp.vec3
    fill: wp.vec3
    fill_colour: wp.vec3
    sky: wp.vec3
    ground: wp.vec3
    gain: wp.vec3


@wp.func
def texel_place(u: float, size: int) -> int:
    """The nearest texel along one axis."""
    return wp.min(wp.max(int(wp.floor(u)), 0), size - 1)


@wp.func
def fetch(materials: Materials, material: int, x: int, y: int) -> wp.vec4:
    """One texel, 0..255; outside the texture the nearest inside."""
    first = materials.shapes[material, 0]
    width = materials.shapes[material, 1]
    height = materials.shapes[material, 2]
    place = first + wp.min(wp.max(y, 0), height - 1) * width + wp.min(wp.max(x, 0), width - 1)
    return wp.vec4(
        float(materials.texels[place, 0]),
        float(materials.texels[place, 1]),
        float(materials.texels[place, 2]),
        float(materials.texels[place, 3]),
    )


@wp.func
def sample(materials: Materials, material: int, uv: wp.vec2) -> wp.vec4:
    """Bilinear; v counts from the lowest row."""
    x = uv[0] * float(materials.shapes[material, 1]) - 0.5
    y = (1.0 - uv[1]) * float(materials.shapes[material, 2]) - 0.5
    left = int(wp.floor(x))
    top = int(wp.floor(y))
    s = x - float(left)
    t = y - float(top)
    upper = fetch(materials, material, left, top) * (1.0 - s) + fetch(materials, material, left + 1, top) * s
    lower = fetch(materials, material, left, top + 1) * (1.0 - s) + fetch(materials, material, left + 1, top + 1) * s
    return upper * (1.0 - t) + lower * t


@wp.func
def edge(a: wp.vec3, b: wp.vec3, x: float, y: float) -> float:
    """Twice the signed area of (a, b, point)."""
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])


@wp.kernel
def draw_mesh(mesh: Mesh, materials: Materials, keys: wp.array2d(dtype=wp.int64)):
    """Nearest triangle of every sample; one thread a triangle."""
    f = wp.tid()
    a = mesh.vertices[mesh.faces[f, 0]]
    b = mesh.vertices[mesh.faces[f, 1]]
    c = mesh.vertices[mesh.faces[f, 2]]
    area = edge(a, b, c[0], c[1])
    if wp.abs(area) < 1.0e-9:
        return
    left = wp.max(int(wp.ceil(wp.min(a[0], wp.min(b[0], c[0])) - 0.5)), 0)
    right = wp.min(int(wp.floor(wp.max(a[0], wp.max(b[0], c[0])) - 0.5)), keys.shape[1] - 1)
    top = wp.max(int(wp.ceil(wp.min(a[1], wp.min(b[1], c[1])) - 0.5)), 0)
    bottom = wp.min(int(wp.floor(wp.max(a[1], wp.max(b[1], c[1])) - 0.5)), keys.shape[0] - 1)
    material = mesh.materials[f]
    see_through = materials.shapes[material, 3]
    width = materials.shapes[material, 1]
    height = materials.shapes[material, 2]
    first = materials.shapes[material, 0]
    inverse = 1.0 / area
    for row in range(top, bottom + 1):
        y = float(row) + 0.5
        for column in range(left, right + 1):
            x = float(column) + 0.5
            wa = edge(b, c, x, y) * inverse
            wb = edge(c, a, x, y) * inverse
            wc = 1.0 - wa - wb
            if wa >= -1.0e-5 and wb >= -1.0e-5 and wc >= -1.0e-5:
                solid = int(1)  # noqa: RUF046, UP018 (a variable for Warp)
                if see_through == 1:
                    uv = wa * mesh.uv[f, 0] + wb * mesh.uv[f, 1] + wc * mesh.uv[f, 2]
                    across = texel_place(uv[0] * float(width), width)
                    down = texel_place((1.0 - uv[1]) * float(height), height)
                    if int(materials.texels[first + down * width + across, 3]) < OPAQUE:
                        solid = int(0)  # noqa: RUF046, UP018 (a variable for Warp)
                if solid == 1:
                    z = wa * a[2] + wb * b[2] + wc * c[2] + mesh.bias[f]
                    steps = wp.int64(wp.float64(z + NEAR_M) * wp.float64(STEPS))
                    key = (steps << wp.int64(32)) | wp.int64(f)
                    wp.atomic_min(keys, row, column, key)


@wp.func
def shade(normal: wp.vec3, albedo: wp.vec3, gloss: wp.vec2, light: Light) -> wp.vec3:
    """Soft Lambert from key and fill, hemispheric ambient, a little specular from the key."""
    up = 0.5 - 0.5 * normal[1]
    ambient = light.sky * up + light.ground * (1.0 - up)
    key = wp.max((wp.dot(normal, light.key) + 0.15) / 1.15, 0.0)
    fill = wp.max((wp.dot(normal, light.fill) + 0.3) / 1.3, 0.0)
    lit = ambient + light.key_colour * key + light.fill_colour * fill
    half = wp.normalize(light.key + wp.vec3(0.0, 0.0, -1.0))
    shine = gloss[0] * wp.pow(wp.max(wp.dot(normal, half), 0.0), gloss[1])
    return wp.cw_mul(albedo, lit) + light.key_colour * shine


@wp.kernel
def shade_pixels(
    keys: wp.array2d(dtype=wp.int64),
    mesh: Mesh,
    materials: Materials,
    light: Light,
    samples: int,
    out: wp.array2d(dtype=wp.vec4),
):
    """Colour (straight alpha) of every pixel: the mean of its samples on linear light."""
    row, column = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    covered = float(0.0)  # noqa: UP018 (a variable for Warp)
    for i in range(samples):
        for j in range(samples):
            key = keys[row * samples + i, column * samples + j]
            if key < wp.int64(EMPTY):
                f = wp.int32(key & wp.int64(0xFFFFFFFF))
                ia = mesh.faces[f, 0]
                ib = mesh.faces[f, 1]
                ic = mesh.faces[f, 2]
                a = mesh.vertices[ia]
                b = mesh.vertices[ib]
                c = mesh.vertices[ic]
                x = float(column * samples + j) + 0.5
                y = float(row * samples + i) + 0.5
                area = edge(a, b, c[0], c[1])
                wa = edge(b, c, x, y) / area
                wb = edge(c, a, x, y) / area
                wc = 1.0 - wa - wb
                normal = wp.normalize(wa * mesh.normals[ia] + wb * mesh.normals[ib] + wc * mesh.normals[ic])
                if normal[2] > 0.0:
                    normal = -normal
                material = mesh.materials[f]
                uv = wa * mesh.uv[f, 0] + wb * mesh.uv[f, 1] + wc * mesh.uv[f, 2]
                texel = sample(materials, material, uv) / 255.0
                albedo = wp.vec3(texel[0] * texel[0], texel[1] * texel[1], texel[2] * texel[2])
                albedo = wp.cw_mul(albedo, materials.tints[material])
                total += shade(normal, albedo, materials.gloss[material], light)
                covered += 1.0
    if covered > 0.0:
        mean = wp.cw_mul(total / covered, light.gain)
        alpha = covered / float(samples * samples)
        out[row, column] = wp.vec4(
            wp.sqrt(wp.min(mean[0], 1.0)), wp.sqrt(wp.min(mean[1], 1.0)), wp.sqrt(wp.min(mean[2], 1.0)), alpha
        )
    else:
        out[row, column] = wp.vec4(0.0, 0.0, 0.0, 0.0)


def empty_keys(height: int, width: int) -> torch.Tensor:
    """A z-buffer with nothing in it."""
    return torch.full((height, width), EMPTY, dtype=torch.int64)


def launch(kernel: Any, dim: tuple[int, ...], inputs: list[Any]) -> None:
    """Run a kernel on the CPU."""
    wp.launch(kernel, dim=dim, inputs=inputs, device="cpu")
