"""A take with everything in it: a person who is no average adult, who dances, with moving fingers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.moves import library_motion
from layerpose.motion.timing import select
from layerpose.motion.write.take import Take


@pytest.fixture(scope="session", autouse=True)
def _skins_kept(skins_kept: None) -> None: ...


@pytest.fixture(scope="session")
def take() -> Take:
    """Twelve frames; every bone of the fingers, the neck and the spine bends on its own."""
    motion = select(library_motion("dance"), 0, 120)
    motion = replace(motion, rotations=motion.rotations[::10], path=motion.path[::10], ankles=None, fps=24.0)
    rng = np.random.default_rng(0)
    rotations = motion.rotations.double().numpy()
    for bone, name in enumerate(body_model().bone_names):
        if name.startswith(("finger", "clavicle", "toe2-1")):
            bend = Rotation.from_rotvec(rng.uniform(-0.2, 0.2, (len(rotations), 3))).as_matrix()
            rotations[:, bone] = rotations[:, bone] @ bend
    path = motion.path + torch.linspace(0, 1, len(rotations))[:, None] * torch.tensor([0.5, -1.0, 0.1])
    motion = replace(motion, rotations=torch.from_numpy(rotations.astype(np.float32)), path=path)
    return Take(phenotype=torch.tensor([0.2, 0.6, 0.6, 0.4, 0.7, 0.6]), motion=motion)
