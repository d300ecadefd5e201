"""One synthetic person over a plain wall, as the bundled example: ``python examples/render_person.py ASSETS OUT``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.body.camera import frame
from layerpose.data.synth.dress import dress
from layerpose.data.synth.people import sample_person
from layerpose.data.synth.render import Studio, sample_look
from layerpose.data.synth.wardrobe import Wardrobe
from layerpose.motion.library import FIGURES
from layerpose.motion.posing import Limb, pose_from_figure, turn

SIZE = (768, 1024)


def render_person(assets: Path, seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    wardrobe = Wardrobe(assets)
    studio = Studio(dress(sample_person(wardrobe, "train", rng), wardrobe, 2048))
    apart = Limb(upper=(0.55, 0.02, -1), lower=(0.4, -0.15, -1), palm=(-1, 0.1, 0))
    pose = pose_from_figure(replace(FIGURES["stand"], left_arm=apart, right_arm=apart))
    rotations = turn(pose, 0.1).rotations.double().numpy()
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
