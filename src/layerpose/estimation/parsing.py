"""Photo + mask + fitted body -> source parsing S_s by a network, and that network on disk.

The fit knows which limb is the left one and which lies in front; the picture knows where sleeves, hems and hair end.
The network is told both, and the mask decides where the person is.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor
from torch.nn.functional import interpolate, one_hot

from layerpose.config import ParsingConfig
from layerpose.estimation import network_folder
from layerpose.maps.parsing import fill_labels
from layerpose.maps.render import DrawnBody
from layerpose.networks.unet import UNet
from layerpose.types import CLASSES

KIND = BUNDLED = "parsing"
DOUBT = 1.0
"""By so much must the logit of background exceed that of a part inside the mask, whose outline is finer."""


@torch.inference_mode()
def parse_photo(
    network: UNet, picture: Float[np.ndarray, "s s 3"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """One-hot classes of the person in a picture (RGB in 0..1, with what is behind the person), all on one canvas.

    Nothing outside the mask (0..1) is the person; inside it, what the network is sure to be background is none either.
    """
    image = torch.from_numpy(picture * 2 - 1).float().permute(2, 0, 1)[None].to(mask.device)
    logits = predict_logits(network, image, mask, drawn)
    logits[:, 0] -= DOUBT
    found = torch.where(mask[:, 0] > 0.5, logits.argmax(1), 0)
    return one_hot(found, len(CLASSES)).permute(0, 3, 1, 2).float()


def predict_logits(
    network: UNet, image: Float[Tensor, "1 3 s s"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """What the network sees at its own size, enlarged to the canvas."""
    size = network.config.size
    image, small = (
        interpolate(x, size=(size, size), mode="bilinear", align_corners=False, antialias=True) for x in (image, mask)
    )
    centres = ((torch.arange(size, device=mask.device) + 0.5) * drawn.size / size).long()
    body = drawn.nearest.part[centres][:, centres].cpu().numpy() + 1
    logits = network(image, *describe(body, small))
    return interpolate(logits, size=mask.shape[-2:], mode="bilinear", align_corners=False)


def describe(
    body: Integer[np.ndarray, "s s"], mask: Float[Tensor, "1 1 s s"]
) -> tuple[Float[Tensor, "1 2 s s"], Float[Tensor, "1 7 s s"]]:
    """What the network is told of the fit: outlines of mask and naked body; the body's classes filled to the mask."""
    rough = torch.as_tensor(fill_labels(body, mask[0, 0].cpu().numpy() > 0.5), device=mask.device).long()
    naked = torch.as_tensor(body > 0, device=mask.device).float()[None, None]
    return torch.cat([mask, naked], dim=1), one_hot(rough, len(CLASSES)).permute(2, 0, 1)[None].float()


def save_network(network: UNet, folder: Path, *, facts: dict[str, Any] | None = None) -> None:
    """Write the network into a folder; `facts` say where its weights come from."""
    network_folder.save_network(network, network.config, folder, KIND, facts=facts, half=True)


def load_network(folder: Path) -> UNet:
    """Read what `save_network` wrote, ready to run. ValueError says what is wrong with the folder."""
    return network_folder.load_network(folder, KIND, lambda stored: UNet(ParsingConfig(**stored)))


@lru_cache(maxsize=1)
def bundled_network() -> UNet:
    """The network that comes with layerpose, read once."""
    with as_file(files("layerpose") / "weights" / BUNDLED) as folder:
        return load_network(folder)
