"""Model + fixed pairs -> one contact sheet: source, filled warp, draft, pasted, result, truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.cache import writing
from layerpose.data.pairs import Pairs
from layerpose.stages.conditions import resize
from layerpose.stages.model import Model


@torch.inference_mode()
def write_preview(model: Model, pairs: Pairs, path: Path, *, size: int = 256) -> None:
    """One row a pair."""
    rows = []
    for index in range(len(pairs)):
        sample = pairs[index]
        with torch.autocast("cpu", torch.bfloat16):
            made = model(sample.conditions)
        cells = [made.source, made.coarse, made.pasted, made.image, sample.target]
        if made.warp is not None:
            cells.insert(1, made.warp.filled)
        rows.append(torch.cat([resize(cell.float(), size)[0] for cell in cells], dim=2))
    sheet = ((torch.cat(rows, dim=1).clamp(-1, 1) + 1) * 127.5).round().byte().permute(1, 2, 0).numpy()
    with writing(path) as temporary:
        Image.fromarray(np.ascontiguousarray(sheet)).save(temporary)
