"""Photo + pose -> predicted volume -> projection: the paper's Ours-V, and its network on disk."""

from __future__ import annotations

import math
from contextlib import nullcontext
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.config import VolumeConfig
from layerpose.estimation import network_folder
from layerpose.maps.limbs import NUM_LIMB_CHANNELS, POINTS, draw_limbs, limb_points
from layerpose.maps.projection import project_bare_volume
from layerpose.maps.render import DrawnBody, render_maps
from layerpose.networks.capsules import Capsules, Skeleton
from layerpose.networks.hourglass import VolumeNetwork
from layerpose.runtime.weights import to_config
from layerpose.types import DEPTH_RANGE_M, PARTS, Maps, Volume

KIND = "volume"
BUNDLED = Path("bundled")
BAND = 8192
"""Columns of the volume that are labelled at a time, to keep the memory small."""


CAPSULES = (
    ("head", "left_ear", "right_ear", (0.06, 0.06)), ("head", "nose", "neck", (0.04, 0.07)),
    ("head", "nose", "crown", (0.04, 0.08)),
    ("torso", "neck", "left_hip", (0.11, 0.10)), ("torso", "neck", "right_hip", (0.11, 0.10)),
    ("torso", "left_hip", "right_hip", (0.10, 0.10)), ("torso", "left_shoulder", "right_shoulder", (0.07, 0.07)),
    ("torso", "left_shoulder", "left_hip", (0.05, 0.04)), ("torso", "right_shoulder", "right_hip", (0.05, 0.04)),
    *((f"{side}_{part}", f"{side}_{start}", f"{side}_{end}", radii_m) for side in ("left", "right")
      for part, start, end, radii_m in (
        ("arm", "shoulder", "elbow", (0.07, 0.06)), ("arm", "elbow", "wrist", (0.06, 0.04)),
        ("arm", "wrist", "fingertip", (0.05, 0.04)), ("leg", "hip", "knee", (0.10, 0.07)),
        ("leg", "knee", "ankle", (0.07, 0.04)), ("leg", "ankle", "toe", (0.06, 0.03)),
        ("arm", "wrist", "thumb_tip", (0.03, 0.01)), ("arm", "wrist", "index_knuckle", (0.02, 0.02)),
        ("arm", "wrist", "little_knuckle", (0.02, 0.02)), ("arm", "index_knuckle", "index_tip", (0.01, 0.01)),
        ("arm", "little_knuckle", "little_tip", (0.01, 0.01)),
    )),
)  # fmt: skip
"""What a body of capsules is made of: part, both ends, and how thick each is on the way to a fit (metres)."""
CROWN = 0.4
"""The top of the head lies beyond the middle of the ears by this share of the way from the neck."""


def make_network(config: VolumeConfig) -> VolumeNetwork:
    """An untrained network for limb maps."""
    capsules = Capsules(
        [PARTS.index(part) + 1 for part, *_ in CAPSULES], [radii_m for *_, radii_m in CAPSULES],
        num_labels=config.num_labels, num_slices=config.num_slices, depth_range_m=DEPTH_RANGE_M,
    )  # fmt: skip
    return VolumeNetwork(config, NUM_LIMB_CHANNELS, capsules)


def lay_capsules(points: Float[Tensor, "32 3"], scale: float) -> Skeleton:
    """Where `CAPSULES` lie for limb points (canvas units, depth in metres) under a camera of that scale."""
    named: dict[str, Tensor] = dict(zip(POINTS, points * points.new_tensor([1, 1, scale]), strict=True))
    ears = (named["left_ear"] + named["right_ear"]) / 2
    named["crown"] = ears + CROWN * (ears - named["neck"])
    axes = torch.stack([torch.stack([named[start], named[end]]) for _, start, end, _ in CAPSULES])
    return Skeleton(axes=axes[None], scale=points.new_tensor([scale]))


@torch.inference_mode()
def predict_volume(
    network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], points: Float[Tensor, "32 3"], scale: float
) -> Volume:
    """The volume of the person in the source image with the target's `limb_points`, under a camera of that scale."""
    size, skeleton = network.config.size, lay_capsules(points, scale)
    small = interpolate(source, size=(size, size), mode="bilinear", align_corners=False, antialias=True)
    features, _ = network(small, draw_limbs(points, size // 2)[None])
    bands = torch.arange(size**2).split(BAND)
    labels = [decide(network.read_labels(features, skeleton, columns[None])[0]) for columns in bands]
    return Volume(labels=torch.cat(labels, dim=1).unflatten(1, (size, size)))


def decide(logits: Float[Tensor, "l d n"]) -> UInt8[Tensor, "d n"]:
    """The likeliest label of every voxel. A part that is in a column by more than even chance, though no one knows in
    which of its slices, gets the likeliest of them: as in a filled mesh, thin parts do not fall between the slices.
    """
    labels, likely = logits.argmax(0).byte(), logits.softmax(0)
    for label in range(1, len(logits)):
        absent = torch.log1p(-likely[label].clamp(max=1 - 1e-6)).sum(0)
        lost = torch.nonzero((absent < math.log(0.5)) & ~(labels == label).any(0)).flatten()
        place = likely[label][:, lost].argmax(0)
        free = labels[place, lost] == 0
        labels[place[free], lost[free]] = label
    return labels


def predict_maps(network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], target: DrawnBody) -> Maps:
    """S and D as the predicted volume shows them; H of the target."""
    return render_maps(project_predicted(network, source, target))


def project_predicted(network: VolumeNetwork, source: Float[Tensor, "1 3 h w"], target: DrawnBody) -> DrawnBody:
    """The predicted volume drawn in the place of the body; only the target's limbs are told to the network."""
    points = limb_points(target.bare or target)
    return project_bare_volume(predict_volume(network, source, points, target.scale), target)


def save_network(
    network: VolumeNetwork, folder: Path, *, facts: dict[str, Any] | None = None, half: bool = False
) -> None:
    """Write the network into a folder; `facts` say where its weights come from. With `half`, in 16 bits."""
    network_folder.save_network(network, network.config, folder, KIND, facts=facts, half=half)


def load_network(folder: Path) -> VolumeNetwork:
    """Read what `save_network` wrote, ready to run; `BUNDLED` stands for the network that the package brings.

    ValueError says what is wrong with the folder.
    """
    with as_file(files("layerpose") / "weights" / KIND) if folder == BUNDLED else nullcontext(folder) as place:
        return network_folder.load_network(place, KIND, lambda stored: make_network(to_config(VolumeConfig, stored)))
