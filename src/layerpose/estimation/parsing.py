"""Photo + mask + fitted body -> source parsing S_s: by the body's projection, or by a network; that network on disk.

The fit knows which limb is the left one and which lies in front; the mask knows how far clothes and hair reach; the
picture knows which colours each part has and where a sleeve ends. So the body's classes are filled up to the mask,
weighed by colour, and their outlines moved to the edges nearby. A network may stand in the place of the second step.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor
from torch.nn.functional import interpolate

from layerpose.config import ParsingConfig
from layerpose.estimation import network_folder
from layerpose.estimation.guided_filter import guided_filter
from layerpose.estimation.part_colours import weigh_by_colour
from layerpose.maps.joints import joined_classes
from layerpose.maps.nearest import nearest_pixels
from layerpose.maps.parsing import fill_labels, labels_to_parsing
from layerpose.maps.raster import Hit
from layerpose.maps.render import DrawnBody
from layerpose.networks.unet import UNet
from layerpose.runtime.weights import to_config
from layerpose.types import CLASSES

KIND = "parsing"
EDGE_SIZE, EDGE_RADIUS_PX, EDGE_EPSILON = 256, 6, 3e-4
"""Edges are followed at this size, for any canvas."""
SURE = 0.8
"""From this chance on, a pixel inside the mask is background: a held thing, a piece of wall."""


def parse_photo(
    picture: Float[np.ndarray, "s s 3"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """One-hot classes of the person in a picture (RGB in 0..1, with what is behind the person), all on one canvas."""
    body = _classes(drawn, EDGE_SIZE)
    _, filled = describe(body, _resize(mask, EDGE_SIZE))
    small = cv2.resize(picture.astype(np.float32), (EDGE_SIZE, EDGE_SIZE), interpolation=cv2.INTER_AREA)
    chances = weigh_by_colour(small, filled[0].argmax(0).cpu().numpy(), body, _joined(drawn, body))
    return _decide(follow_edges(picture, torch.from_numpy(chances).permute(2, 0, 1)[None]), mask)


def parse_by_network(
    network: UNet, picture: Float[np.ndarray, "s s 3"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """The same with a network between the two steps."""
    return _decide(follow_edges(picture, predict_chances(network, picture, mask, drawn)), mask)


@torch.inference_mode()
def predict_chances(
    network: UNet, picture: Float[np.ndarray, "s s 3"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 e e"]:
    """What the network takes each pixel for, at the size at which edges are followed."""
    size = network.config.size
    image = torch.from_numpy(picture * 2 - 1).float().permute(2, 0, 1)[None].to(mask.device)
    logits = network(_resize(image, size), *describe(_classes(drawn, size), _resize(mask, size)))
    return interpolate(logits, size=(EDGE_SIZE, EDGE_SIZE), mode="bilinear", align_corners=False).softmax(1)


def follow_edges(picture: Float[np.ndarray, "s s 3"], chances: Float[Tensor, "1 7 e e"]) -> Float[Tensor, "1 7 e e"]:
    """Move the outlines of the classes to the picture's own edges nearby."""
    size = tuple(chances.shape[-2:])
    guide = cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    planes = np.ascontiguousarray(chances[0].permute(1, 2, 0).cpu().numpy())
    moved = guided_filter(guide, planes, radius=EDGE_RADIUS_PX, epsilon=EDGE_EPSILON)
    return torch.from_numpy(moved).permute(2, 0, 1)[None]


def describe(
    body: Integer[np.ndarray, "s s"], mask: Float[Tensor, "1 1 s s"]
) -> tuple[Float[Tensor, "1 2 s s"], Float[Tensor, "1 7 s s"]]:
    """What the network is told of the fit: outlines of mask and naked body; the body's classes filled to the mask."""
    rough = torch.as_tensor(fill_labels(body, mask[0, 0].cpu().numpy() > 0.5), device=mask.device)
    naked = torch.as_tensor(body > 0, device=mask.device).float()[None, None]
    return torch.cat([mask, naked], dim=1), labels_to_parsing(rough)


def _joined(drawn: DrawnBody, body: Integer[np.ndarray, "s s"]) -> Bool[np.ndarray, "s s 7"]:
    """Into which classes the part of the body point nearest to each pixel passes there."""
    size = len(body)
    centres = ((torch.arange(size, device=drawn.buffers.keys.device) + 0.5) * drawn.size / size).long()
    hit = drawn.nearest
    thin = Hit(**{name: value[centres][:, centres] for name, value in vars(hit).items()})
    joined = joined_classes(thin).cpu().numpy()
    return joined.reshape(-1, len(CLASSES))[nearest_pixels(body > 0)].reshape(joined.shape)


def _classes(drawn: DrawnBody, size: int) -> Integer[np.ndarray, "s s"]:
    """What the naked body shows at the centres of so many pixels."""
    centres = ((torch.arange(size, device=drawn.buffers.keys.device) + 0.5) * drawn.size / size).long()
    return drawn.nearest.part[centres][:, centres].cpu().numpy() + 1


def _resize(picture: Float[Tensor, "1 c h w"], size: int) -> Float[Tensor, "1 c s s"]:
    return interpolate(picture, size=(size, size), mode="bilinear", align_corners=False, antialias=True)


def _decide(chances: Float[Tensor, "1 7 e e"], mask: Float[Tensor, "1 1 s s"]) -> Float[Tensor, "1 7 s s"]:
    """The likeliest part inside the mask, unless it is surely background; nobody outside."""
    size = mask.shape[-2:][::-1]
    planes = (cv2.resize(np.ascontiguousarray(one), size) for one in chances[0].float().cpu().numpy())
    background, best = next(planes), next(planes)
    found = np.ones(best.shape, dtype=np.uint8)
    for part, plane in enumerate(planes, start=2):  # plane by plane: many times as fast as argmax over all
        found[plane > best] = part
        best = np.maximum(plane, best)
    found[(mask[0, 0].cpu().numpy() <= 0.5) | (background >= SURE)] = 0
    return labels_to_parsing(torch.from_numpy(found).to(mask.device))


def save_network(network: UNet, folder: Path, *, facts: dict[str, Any] | None = None) -> None:
    """Write the network into a folder; `facts` say where its weights come from."""
    network_folder.save_network(network, network.config, folder, KIND, facts=facts, half=True)


def load_network(folder: Path) -> UNet:
    """Read what `save_network` wrote, ready to run. ValueError says what is wrong with the folder."""
    return network_folder.load_network(folder, KIND, lambda stored: UNet(to_config(ParsingConfig, stored)))
