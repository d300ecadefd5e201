"""Keypoints with depth -> limb maps: the target pose as the volume network is told about it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.body.skeleton import BONES, KEYPOINTS

SIGMA = 5 / 256
"""Standard deviation across a limb, as a share of the canvas."""
NUM_LIMB_CHANNELS = 2 * len(BONES)


def draw_limbs(keypoints: Float[Tensor, "18 3"], size: int) -> Float[Tensor, "c size size"]:
    """For each bone a line with Gaussian flanks of peak 1, then the same times the depth (metres) along the bone."""
    starts, ends = (keypoints[[KEYPOINTS.index(bone[end]) for bone in BONES]][:, None, None] for end in (0, 1))
    centres = (torch.arange(size, device=keypoints.device) + 0.5) / size
    places = torch.stack(torch.meshgrid(centres, centres, indexing="xy"), dim=-1)
    along = (ends - starts)[..., :2]
    share = ((places - starts[..., :2]) * along).sum(-1) / (along**2).sum(-1).clamp(min=1e-8)
    share = share.clamp(0, 1)
    distance2 = ((places - starts[..., :2] - share[..., None] * along) ** 2).sum(-1)
    line = torch.exp(-distance2 / (2 * SIGMA**2))
    depth = starts[..., 2] + share * (ends - starts)[..., 2]
    return torch.cat([line, line * depth])
