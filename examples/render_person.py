"""One synthetic person over a plain wall, as the bundled example: ``python examples/render_person.py ASSETS OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.body.camera import frame
from layerpose.data.synth.dress import dress
from layerpose.data.synth.people import sample_person
from layerpose.data.synth.render import Studio, sample_look
from layerpose.data.synth.wardrobe import Wardrobe
from layerpose.motion.library import library_pose
from layerpose.motion.posing import turn

SIZE = (768, 1024)


def render_person(assets: Path, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    wardrobe = Wardrobe(assets)
    studio = Studio(dress(sample_person(wardrobe, "train", rng), wardrobe, 2048))
    rotations = turn(library_pose("stand"), 0.15).rotations.double().numpy()
    _, vertices = studio.pose(rotations)
    camera = frame(torch.as_tensor(vertices), margin=0.08)
    person = Image.fromarray(studio.shoot(vertices, camera, sample_look(rng), SIZE[1], rng), "RGBA")
    rows = np.linspace(225, 190, SIZE[1])[:, None, None]
    wall = np.broadcast_to(rows * np.array([1.0, 0.985, 0.96]), (SIZE[1], SIZE[1], 3)).astype(np.uint8)
    picture = Image.alpha_composite(Image.fromarray(np.ascontiguousarray(wall)).convert("RGBA"), person).convert("RGB")
    left = (SIZE[1] - SIZE[0]) // 2
    return picture.crop((left, 0, left + SIZE[0], SIZE[1]))


if __name__ == "__main__":
    render_person(Path(sys.argv[1]), int(sys.argv[3]) if len(sys.argv) > 3 else 4).save(sys.argv[2])
