"""ComfyUI's images, masks and keypoints <-> layerpose: a node for each thing that the package does, and nothing else.

Images are (frames, height, width, 3) in 0..1, masks (frames, height, width).
"""

from __future__ import annotations

import json
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from layerpose.estimation.estimate import Estimate
from layerpose.export.layered import layer_pictures
from layerpose.export.maps import draw_pictures, plan_shoot
from layerpose.inputs.motions import resolve_motion
from layerpose.inputs.poses import resolve_pose
from layerpose.maps.source import SourceView
from layerpose.motion.filming import film
from layerpose.motion.library import NAMES as POSES
from layerpose.motion.library import library_pose
from layerpose.motion.moves import NAMES as MOVES
from layerpose.scene.backdrop import Backdrop
from layerpose.transfer import PoseTransfer, place
from layerpose.types import Transfer

PERSON, POSE, KEYPOINTS = "LAYERPOSE_PERSON", "LAYERPOSE_POSE", "POSE_KEYPOINT"
MAPS = ("depth", "normals", "parsing", "openpose")
SIZES = (1024, 512, 256)
CLEAR = Backdrop(image=None)
Person = tuple[Estimate, SourceView]


@lru_cache(maxsize=1)
def model() -> PoseTransfer:
    """The bundled one, loaded once."""
    return PoseTransfer.load()


def to_pictures(images: torch.Tensor) -> list[Image.Image]:
    """ComfyUI's images -> pictures."""
    return [Image.fromarray(pixels) for pixels in (images * 255).round().clamp(0, 255).byte().cpu().numpy()]


def to_images(pictures: list[Image.Image]) -> torch.Tensor:
    """Pictures -> ComfyUI's images."""
    return torch.from_numpy(np.stack([np.asarray(picture.convert("RGB"), np.float32) for picture in pictures]) / 255)


def to_masks(pictures: list[Image.Image]) -> torch.Tensor:
    """What of each picture is not transparent."""
    return torch.from_numpy(np.stack([np.asarray(picture.getchannel("A"), np.float32) for picture in pictures]) / 255)


def depth_to_8_bits(picture: Image.Image) -> Image.Image:
    """Sixteen bits of grey -> eight."""
    values = np.asarray(picture)
    return Image.fromarray((values >> 8).astype(np.uint8)) if values.dtype == np.uint16 else picture


class LoadPerson:
    """Image -> the person in it."""

    CATEGORY, FUNCTION = "layerpose", "look"
    RETURN_TYPES, RETURN_NAMES = (PERSON,), ("person",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"image": ("IMAGE",)}}

    def look(self, image: torch.Tensor) -> tuple[Person]:
        """Fit the body; further images of the batch show the same person from other sides."""
        first, *others = (model().look(picture) for picture in to_pictures(image))
        return ((first, model().view(first, others)),)


class LibraryPose:
    """A name -> the pose."""

    CATEGORY, FUNCTION = "layerpose", "find"
    RETURN_TYPES, RETURN_NAMES = (POSE,), ("pose",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"name": (list(POSES),)}}

    def find(self, name: str) -> tuple[Any]:
        """From the library."""
        return (library_pose(name),)


class PoseFile:
    """A file of any program -> the pose."""

    CATEGORY, FUNCTION = "layerpose", "read"
    RETURN_TYPES, RETURN_NAMES = (POSE,), ("pose",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"file": ("STRING", {"default": "dance.fbx#120"})}}

    def read(self, file: str) -> tuple[Any]:
        """As `layerpose transfer --pose`."""
        return (resolve_pose(file),)


class KeypointPose:
    """OpenPose keypoints, as DWPose's and OpenPose's nodes give them -> the pose."""

    CATEGORY, FUNCTION = "layerpose", "lift"
    RETURN_TYPES, RETURN_NAMES = (POSE,), ("pose",)

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"keypoints": (KEYPOINTS,)}}

    def lift(self, keypoints: list[dict[str, Any]]) -> tuple[Any]:
        """Of the first frame."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pose_keypoints.json"
            path.write_text(json.dumps(keypoints[0]), encoding="utf-8")
            return (resolve_pose(str(path)),)


class TransferPose:
    """Person + pose -> image and mask."""

    CATEGORY, FUNCTION = "layerpose", "draw"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE", "MASK"), ("image", "mask")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"person": (PERSON,), "pose": (POSE,)}}

    def draw(self, person: Person, pose: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """The person cut out; the mask says where it is."""
        picture = CLEAR.compose(draw(person, pose))
        return to_images([picture]), to_masks([picture])


class Animate:
    """Person + motion -> a batch of images and masks."""

    CATEGORY, FUNCTION = "layerpose", "draw"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE", "MASK"), ("images", "masks")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        rate = ("FLOAT", {"default": 15.0, "min": 1.0, "max": 60.0})
        file = ("STRING", {"default": "", "tooltip": "A motion file; empty: the motion chosen above"})
        return {"required": {"person": (PERSON,), "motion": (list(MOVES),), "fps": rate}, "optional": {"file": file}}

    def draw(self, person: Person, motion: str, fps: float, file: str = "") -> tuple[torch.Tensor, torch.Tensor]:
        """Frame after frame, with ComfyUI's progress."""
        reel = film(resolve_motion(file or motion, fps=fps), person[0].body, "fixed")
        tell, pictures = progress(reel.num_frames), []
        for body in reel.bodies():
            pictures.append(CLEAR.compose(model().draw(model().prepare(person[1], body))))
            tell(1)
        return to_images(pictures), to_masks(pictures)


class Layers:
    """Person + pose -> the five complete layers: head, left arm, right arm, left leg, right leg."""

    CATEGORY, FUNCTION = "layerpose", "draw"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE", "MASK"), ("layers", "masks")

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"person": (PERSON,), "pose": (POSE,)}}

    def draw(self, person: Person, pose: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Each on the whole canvas."""
        made = draw(person, pose)
        pictures = [layer.on_canvas(made.image.shape[-1]) for layer in layer_pictures(made)]
        return to_images(pictures), to_masks(pictures)


class Maps:
    """Person + pose -> what other generators are told: depth, normals, parts, the OpenPose picture."""

    CATEGORY, FUNCTION = "layerpose", "draw"
    RETURN_TYPES, RETURN_NAMES = ("IMAGE",) * len(MAPS), MAPS

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:  # noqa: N802
        """What ComfyUI asks for."""
        return {"required": {"person": (PERSON,), "pose": (POSE,), "size": (list(SIZES),)}}

    def draw(self, person: Person, pose: Any, size: int) -> tuple[torch.Tensor, ...]:
        """For ControlNet and its like."""
        pictures = draw_pictures(plan_shoot([place(person[0].body, pose)], size, person[1].clothes), 0)[1]
        return tuple(to_images([depth_to_8_bits(pictures[name])]) for name in MAPS)


def draw(person: Person, pose: Any) -> Transfer:
    """The three stages."""
    return model().draw(model().prepare(person[1], place(person[0].body, pose)))


def progress(total: int) -> Any:
    """ComfyUI's bar, where ComfyUI runs."""
    try:
        from comfy.utils import ProgressBar  # pyright: ignore[reportMissingImports]
    except ImportError:
        return lambda _: None
    return ProgressBar(total).update


NODES = (LoadPerson, LibraryPose, PoseFile, KeypointPose, TransferPose, Animate, Layers, Maps)
NODE_CLASS_MAPPINGS = {f"Layerpose{node.__name__}": node for node in NODES}
NODE_DISPLAY_NAME_MAPPINGS = {
    "LayerposeLoadPerson": "Person from image", "LayerposeLibraryPose": "Pose from library",
    "LayerposePoseFile": "Pose from file", "LayerposeKeypointPose": "Pose from keypoints",
    "LayerposeTransferPose": "Draw person in pose", "LayerposeAnimate": "Animate person",
    "LayerposeLayers": "Layers of person", "LayerposeMaps": "Maps of person",
}  # fmt: skip
