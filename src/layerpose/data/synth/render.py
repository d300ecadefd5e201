"""A dressed person, a pose, a camera and light -> RGBA picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
import warp as wp
from jaxtyping import Float, Int64, UInt8

from layerpose.body.camera import BODY_TO_CAMERA, foreshorten
from layerpose.body.model import Posed, body_model, skin
from layerpose.data.synth import kernels
from layerpose.data.synth.dress import Dressed
from layerpose.types import Camera

SAMPLES = 2
"""Samples a side in every pixel."""
NOISE_TILE = 128
"""Side of the piece of sensor noise that is repeated over the picture."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Light and lens of one picture; directions towards the lights in camera axes, colours on linear light."""

    key: Float[np.ndarray, "3"]
    key_colour: Float[np.ndarray, "3"]
    fill: Float[np.ndarray, "3"]
    fill_colour: Float[np.ndarray, "3"]
    sky: Float[np.ndarray, "3"]
    ground: Float[np.ndarray, "3"]
    gain: Float[np.ndarray, "3"]
    blur: float
    """Standard deviation in pixels."""
    noise: float
    """Standard deviation in shares of full brightness."""


class Studio:
    """One dressed person before the camera: what all pictures share is handed to Warp once."""

    def __init__(self, dressed: Dressed) -> None:
        self.dressed = dressed
        self._mesh = kernels.Mesh()
        self._mesh.faces = wp.array(dressed.faces, dtype=wp.int32, device="cpu")
        self._mesh.uv = wp.array(dressed.uv, dtype=wp.vec2, device="cpu")
        self._mesh.materials = wp.array(dressed.materials, dtype=wp.int32, device="cpu")
        self._mesh.bias = wp.array(dressed.bias, dtype=wp.float32, device="cpu")
        self._materials = kernels.Materials()
        self._materials.texels = wp.array(dressed.texels, dtype=wp.uint8, device="cpu", copy=False)
        self._materials.shapes = wp.array(dressed.shapes, dtype=wp.int32, device="cpu")
        self._materials.tints = wp.array(dressed.tints, dtype=wp.vec3, device="cpu")
        self._materials.gloss = wp.array(dressed.gloss, dtype=wp.vec2, device="cpu")

    def pose(self, rotations: Float[np.ndarray, "j 3 3"]) -> tuple[Posed, Float[np.ndarray, "n 3"]]:
        """The body, and the vertices of skin and clothes, in body axes."""
        posed = body_model().pose(self.dressed.rest, rotations)
        return posed, skin(self.dressed.vertices, self.dressed.weights, posed.transforms)

    def shoot(
        self, vertices: Float[np.ndarray, "n 3"], camera: Camera, look: Look, size: int, rng: np.random.Generator
    ) -> UInt8[np.ndarray, "h w 4"]:
        """Draw posed vertices: RGBA with straight alpha, colours 0 where alpha is 0."""
        keys = self._draw(vertices, camera, size * SAMPLES)
        pixels = torch.empty(size, size, 4)
        inputs = [wp.from_torch(keys), self._mesh, self._materials, _light(look), SAMPLES]
        kernels.launch(kernels.shade_pixels, (size, size), [*inputs, wp.from_torch(pixels, dtype=wp.vec4)])
        return _develop(pixels.numpy(), look, rng)

    def label(self, vertices: Float[np.ndarray, "n 3"], camera: Camera, size: int) -> UInt8[np.ndarray, "h w"]:
        """The class (a row of `CLASSES`) that skin and clothes show at every pixel's centre."""
        keys = self._draw(vertices, camera, size)
        triangles = torch.where(keys < kernels.EMPTY, keys & 0xFFFFFFFF, -1).numpy()
        return np.where(triangles >= 0, self.dressed.parts[triangles] + 1, 0).astype(np.uint8)

    def _draw(self, vertices: Float[np.ndarray, "n 3"], camera: Camera, side: int) -> Int64[torch.Tensor, "h w"]:
        """Nearest triangle of every sample, `side` samples along the canvas; the kernels' mesh is set to it."""
        bent = foreshorten(torch.as_tensor(vertices), camera.distance_m).numpy()
        seen = (bent @ BODY_TO_CAMERA.numpy().T).astype(np.float32)
        normals = self._normals(seen)
        seen[:, :2] = (seen[:, :2] * camera.scale + np.array(camera.translation, dtype=np.float32)) * side
        self._mesh.vertices = wp.array(seen, dtype=wp.vec3, device="cpu")
        self._mesh.normals = wp.array(normals, dtype=wp.vec3, device="cpu")
        keys = kernels.empty_keys(side, side)
        kernels.launch(
            kernels.draw_mesh, (len(self.dressed.faces),), [self._mesh, self._materials, wp.from_torch(keys)]
        )
        return keys

    def _normals(self, vertices: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        a, b, c = (vertices[self.dressed.faces[:, corner]] for corner in range(3))
        normals = self.dressed.incidence @ np.cross(b - a, c - a)
        return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def sample_look(rng: np.random.Generator) -> Look:
    """A key light from somewhere in front and above, a weaker fill from elsewhere, sky and ground."""
    azimuth, height = rng.uniform(-1.3, 1.3), rng.uniform(0.05, 1.1)
    key = np.array([np.sin(azimuth) * np.cos(height), -np.sin(height), -np.cos(azimuth) * np.cos(height)])
    other = -np.sign(azimuth) * rng.uniform(0.4, 1.6)
    fill = np.array([np.sin(other), -0.1, -np.cos(other)])
    fill /= np.linalg.norm(fill)
    warmth = rng.normal(scale=0.07)
    warm = np.array([1 + warmth, 1, 1 - warmth])
    ambient, weaker = rng.uniform(0.3, 0.8), rng.uniform(0.1, 0.4)
    facing = ambient * 0.85 + max(-key[2], 0) + weaker * max(-fill[2], 0)
    strength = float(np.clip(np.exp(rng.normal(-0.16, 0.2)), 0.5, 1.1)) / facing
    return Look(
        key=key,
        key_colour=warm * strength,
        fill=fill,
        fill_colour=(2 - warm) * weaker * strength,
        sky=(2 - warm) * ambient * strength,
        ground=warm * ambient * rng.uniform(0.5, 0.9) * strength,
        gain=np.exp(rng.normal(scale=0.03, size=3)),
        blur=float(rng.uniform(0.3, 0.75)) if rng.random() < 0.5 else 0.0,
        noise=float(rng.uniform(0.003, 0.012)) if rng.random() < 0.4 else 0.0,
    )


def _light(look: Look) -> Any:
    light = kernels.Light()
    for name in ("key", "key_colour", "fill", "fill_colour", "sky", "ground", "gain"):
        setattr(light, name, wp.vec3(*(float(x) for x in getattr(look, name))))
    return light


def _develop(pixels: Float[np.ndarray, "h w 4"], look: Look, rng: np.random.Generator) -> UInt8[np.ndarray, "h w 4"]:
    """Blur and noise of a lens and a sensor, then 8 bits."""
    alpha = pixels[..., 3]
    if look.blur > 0:
        solid = cv2.merge([alpha] * 3 + [np.ones_like(alpha)])
        pixels = cv2.GaussianBlur(cv2.multiply(pixels, solid), (0, 0), look.blur)
        alpha = np.ascontiguousarray(pixels[..., 3])
        pixels = cv2.multiply(pixels, cv2.merge([1 / np.maximum(alpha, 1e-4)] * 3 + [np.ones_like(alpha)]))
    if look.noise > 0:
        tile = rng.standard_normal((NOISE_TILE, NOISE_TILE), dtype=np.float32) * np.float32(look.noise)
        repeats = -(-len(pixels) // NOISE_TILE)
        noise = np.tile(tile, (repeats, repeats))[: len(pixels), : len(pixels)]
        pixels = np.maximum(cv2.add(pixels, cv2.merge([noise] * 3 + [np.zeros_like(noise)])), 0)
    out = cv2.convertScaleAbs(pixels, alpha=255)
    out[out[..., 3] == 0] = 0
    return out
