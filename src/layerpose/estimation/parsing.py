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
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate, one_hot

from layerpose.config import ParsingConfig
from layerpose.estimation import network_folder
from layerpose.maps.render import DrawnBody
from layerpose.networks.unet import UNet
from layerpose.types import CLASSES

KIND = BUNDLED = "parsing"


@torch.inference_mode()
def parse_photo(
    network: UNet, picture: Float[np.ndarray, "s s 3"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """One-hot classes of the person in a picture (RGB in 0..1, with what is behind the person), all on one canvas.

    Nothing outside the mask (0..1) is the person; inside it, what the network takes for background is none either.
    """
    image = torch.from_numpy(picture * 2 - 1).float().permute(2, 0, 1)[None]
    logits = predict_logits(network, image.to(mask.device), mask, drawn)
    found = torch.where(mask[:, 0] > 0.5, logits.argmax(1), 0)
    return one_hot(found, len(CLASSES)).permute(0, 3, 1, 2).float()


def predict_logits(
    network: UNet, image: Float[Tensor, "1 3 s s"], mask: Float[Tensor, "1 1 s s"], drawn: DrawnBody
) -> Float[Tensor, "1 7 s s"]:
    """What the network sees at its own size, enlarged to the canvas."""
    size = (network.config.size,) * 2
    small = [interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True) for x in (image, mask)]
    logits = network(*small, _rough(drawn, network.config.size))
    return interpolate(logits, size=image.shape[-2:], mode="bilinear", align_corners=False)


def _rough(drawn: DrawnBody, size: int) -> Float[Tensor, "1 7 s s"]:
    """The body's own parsing at another size: the class at each pixel's centre."""
    places = ((torch.arange(size, device=drawn.buffers.keys.device) + 0.5) * drawn.size / size).long()
    part = drawn.nearest.part[places][:, places].long() + 1
    return one_hot(part, len(CLASSES)).permute(2, 0, 1)[None].float()


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
