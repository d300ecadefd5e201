"""One photo of a person and one target pose -> a 1024 x 1024 picture of that person in that pose.

    photo --> estimation --> Body --+
                                    +--> maps --> Maps --> stages: coarse -> layers -> fuse --> image
    pose  --> motion ---------------+                      (networks are the bricks)

In two lines::

    model = layerpose.PoseTransfer.load()
    result = model("photo.jpg", layerpose.library_pose("walk"))

The names below are what is promised; they are loaded on first use, so ``import layerpose`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerpose.estimation.estimate import estimate
    from layerpose.inputs.poses import resolve_pose
    from layerpose.motion.library import library_pose
    from layerpose.motion.pose_file import read_pose, write_pose
    from layerpose.motion.read.bvh_file import read_bvh
    from layerpose.transfer import PoseTransfer
    from layerpose.types import Body, Camera, Maps, Pose, Transfer

__version__ = "0.2.0"

_HOMES = {
    "PoseTransfer": "layerpose.transfer",
    "Body": "layerpose.types",
    "Camera": "layerpose.types",
    "Maps": "layerpose.types",
    "Pose": "layerpose.types",
    "Transfer": "layerpose.types",
    "estimate": "layerpose.estimation.estimate",
    "library_pose": "layerpose.motion.library",
    "read_bvh": "layerpose.motion.read.bvh_file",
    "read_pose": "layerpose.motion.pose_file",
    "resolve_pose": "layerpose.inputs.poses",
    "write_pose": "layerpose.motion.pose_file",
}

__all__ = [
    "Body",
    "Camera",
    "Maps",
    "Pose",
    "PoseTransfer",
    "Transfer",
    "__version__",
    "estimate",
    "library_pose",
    "read_bvh",
    "read_pose",
    "resolve_pose",
    "write_pose",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'layerpose' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
