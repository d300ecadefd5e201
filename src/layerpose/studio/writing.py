"""A body as the page has it -> a file for other programs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from layerpose.export.actors import dress_take
from layerpose.maps.source import SourceView
from layerpose.motion.write.by_suffix import plan_output, write_take
from layerpose.motion.write.take import still
from layerpose.types import Body, Pose

Format = Literal["json", "openpose", "openpose.png", "bvh", "glb"]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file in memory."""

    name: str
    kind: str
    """As browsers call it."""
    content: bytes


NAMES: dict[Format, tuple[str, str]] = {
    "json": ("pose.json", "application/json"),
    "openpose": ("pose_keypoints.json", "application/json"),
    "openpose.png": ("pose.png", "image/png"),
    "bvh": ("pose.bvh", "text/plain"),
    "glb": ("person.glb", "model/gltf-binary"),
}


def write_body(body: Pose | Body, format: Format, view: SourceView | None) -> Written:
    """The file; a GLB shows what photos show of the person, if there are any."""
    take = still(body)
    if view is not None and format == "glb":
        take = dress_take(take, view)
    name, kind = NAMES[format]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        write_take(take, plan_output(path))
        return Written(name=name, kind=kind, content=path.read_bytes())
