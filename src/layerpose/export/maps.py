"""Bodies -> files of their maps, as the conditioning inputs of other generators are expected (docs/maps.md).

A still is a folder with a picture for each map; a motion has a folder of frames for each map, or a video.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt16
from PIL import Image

from layerpose.body.camera import project
from layerpose.maps.clothing import draw_dressed
from layerpose.maps.raster import interpolate
from layerpose.maps.render import DrawnBody, mesh, pose_body, render_maps
from layerpose.motion.write.keypoints import body_25
from layerpose.motion.write.skeleton_picture import draw_skeleton
from layerpose.runtime.cache import writing_folder
from layerpose.sheets.transfer import PALETTE
from layerpose.types import CLASSES, Body, Maps

PICTURES = ("parsing", "depth", "normals", "points", "openpose")
RECORD = "maps.json"
FARTHEST, NEAREST = 0.2, 1.0
"""Brightness of the farthest and of the nearest point of the body; the background is black."""
WHITE = 65535
POINT_RANGE_M = 1.1
"""Body points from so far on one side of the template's middle to the other run from 0 to 255."""
MIDDLE = 127.5
COMMENT = "A map of a body drawn by layerpose. Not a photograph."


@dataclass(frozen=True, kw_only=True)
class Shoot:
    """Bodies to be drawn, all at one size and with one range of depth."""

    bodies: Sequence[Body]
    size: int
    clothes: Float[np.ndarray, "v"] | None
    """How far clothes stand off the skin, where a photo tells it."""
    near_m: float
    far_m: float


def plan_shoot(bodies: Sequence[Body], size: int, clothes: Float[np.ndarray, "v"] | None = None) -> Shoot:
    """The range of depth is that of all frames, so that brightness does not flicker."""
    depths = [_depths(body) for body in bodies]
    return Shoot(
        bodies=bodies, size=size, clothes=clothes, near_m=min(near for near, _ in depths),
        far_m=max(far for _, far in depths),
    )  # fmt: skip


def check_maps_folder(folder: Path) -> None:
    """ValueError for a folder with anything in it that is not from here: an older one of ours is replaced."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / RECORD).is_file():
        raise ValueError(f"{folder} exists already and holds other files; expected a new or an empty folder, or maps")


def write_still(shoot: Shoot, folder: Path) -> None:
    """The maps of one body, whole or not at all."""
    with writing_folder(folder) as part:
        maps, pictures = draw_pictures(shoot, 0)
        for name, picture in pictures.items():
            picture.save(part / f"{name}.png")
        heatmaps = maps.heatmaps[0].numpy().astype(np.float16)
        np.savez_compressed(part / "heatmaps.npz", heatmaps=heatmaps)
        _write_record(shoot, part, fps=None)


def write_frames(shoot: Shoot, part: Path, *, fps: float) -> None:
    """A folder of frames for each map, into a folder that is there."""
    for name in PICTURES:
        (part / name).mkdir()
    for frame in range(len(shoot.bodies)):
        for name, picture in draw_pictures(shoot, frame)[1].items():
            picture.save(part / name / f"{frame:06d}.png")
    _write_record(shoot, part, fps=fps)


def load_frames(folder: Path) -> Iterator[Image.Image]:
    """The frames of one map as they go into a video: 8 bits a channel."""
    for file in sorted(folder.glob("*.png")):
        with Image.open(file) as picture:
            values = np.asarray(picture)
            grey = values.dtype != np.uint8
            yield (Image.fromarray((values >> 8).astype(np.uint8)) if grey else picture).convert("RGB")


def draw_pictures(shoot: Shoot, frame: int) -> tuple[Maps, dict[str, Image.Image]]:
    """S, D and H of a frame, and the pictures of all maps but H by name."""
    body = shoot.bodies[frame]
    drawn = draw_dressed(pose_body(body), body.camera, shoot.size, shoot.clothes, device=torch.device("cpu"))
    maps = render_maps(drawn)
    inside = maps.parsing[0, 0].numpy() == 0
    return maps, {
        "parsing": _indexed(maps),
        "depth": Image.fromarray(depth_to_grey(maps.depth[0, 0].numpy(), inside, shoot.near_m, shoot.far_m)),
        "normals": _normals(drawn, inside),
        "points": _points(drawn, inside),
        "openpose": _openpose(body, shoot.size),
    }


def depth_to_grey(
    depth: Float[np.ndarray, "h w"], inside: np.ndarray, near_m: float, far_m: float
) -> UInt16[np.ndarray, "h w"]:
    """Near is white, the background black."""
    share = ((far_m - depth) / max(far_m - near_m, 1e-6)).clip(0, 1)
    return np.where(inside, (FARTHEST + (NEAREST - FARTHEST) * share) * WHITE, 0).round().astype(np.uint16)


def _indexed(maps: Maps) -> Image.Image:
    """The number of the class in every pixel, and a colour for each in the palette."""
    picture = Image.fromarray(maps.parsing[0].argmax(0).byte().numpy(), mode="P")
    picture.putpalette([value for colour in PALETTE for value in colour])
    return picture


def _normals(drawn: DrawnBody, inside: np.ndarray) -> Image.Image:
    """Red to the left of the picture, green up, blue to the viewer: as ControlNet's (1.1)."""
    normals = _seen(drawn, drawn.normals)
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    normals = np.where(inside[..., None], -normals / np.maximum(length, 1e-6), [0.0, 0.0, 1.0])
    return Image.fromarray(((normals + 1) * MIDDLE).round().clip(0, 255).astype(np.uint8))


def _points(drawn: DrawnBody, inside: np.ndarray) -> Image.Image:
    """Where on the template each pixel is: red to the person's left, green to the back, blue up."""
    points = _seen(drawn, mesh(drawn.vertices.device).points)
    values = (points / POINT_RANGE_M + 1) * MIDDLE
    return Image.fromarray(np.where(inside[..., None], values.round().clip(0, 255), 0).astype(np.uint8))


def _seen(drawn: DrawnBody, attributes: torch.Tensor) -> Float[np.ndarray, "h w 3"]:
    """What the vertices have, in every pixel."""
    faces = mesh(drawn.vertices.device).faces
    return interpolate(drawn.nearest.triangle, drawn.vertices_px, faces, attributes).numpy()


def _openpose(body: Body, size: int) -> Image.Image:
    """The coloured skeleton."""
    found = body_25(pose_body(body).keypoints[None])[0]
    points = project(torch.as_tensor(found), body.camera)[:, :2].numpy() * size
    return Image.fromarray(draw_skeleton(points, size, size))


def _depths(body: Body) -> tuple[float, float]:
    """Nearest and farthest point."""
    depth = project(torch.as_tensor(pose_body(body).vertices), body.camera)[:, 2]
    return float(depth.min()), float(depth.max())


def _write_record(shoot: Shoot, part: Path, *, fps: float | None) -> None:
    record = {
        "layerpose_maps": 1,
        "size": shoot.size,
        "num_frames": len(shoot.bodies),
        "fps": fps,
        "parsing": dict(enumerate(CLASSES)),
        "depth": {
            "bits": 16, "near_m": shoot.near_m, "far_m": shoot.far_m, "near_value": round(NEAREST * WHITE),
            "far_value": round(FARTHEST * WHITE), "background": 0,
        },
        "normals": {"red": "left", "green": "up", "blue": "viewer", "zero": MIDDLE},
        "points": {"red": "left", "green": "back", "blue": "up", "from_m": -POINT_RANGE_M, "to_m": POINT_RANGE_M},
    }  # fmt: skip
    (part / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
