"""The person's own shape, as far as SMPL's numbers can tell it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerpose.body.model import body_model
from layerpose.body.smpl import SmplPose, load_smpl
from layerpose.motion.posing import ADULT
from layerpose.motion.smpl_shape import phenotype_to_betas


@pytest.mark.parametrize("height", [0.2, 0.5, 0.8])
def test_tall_people_stay_tall(smpl_file: Path, height: float) -> None:
    smpl, body = load_smpl(smpl_file), body_model()
    phenotype = np.array([*ADULT[:4], height, ADULT[5]])
    betas = phenotype_to_betas(phenotype, smpl)
    vertices = smpl.pose(SmplPose(vectors=np.zeros((24, 3)), betas=betas)).vertices
    wanted = np.ptp(body.rest(phenotype).vertices[body.skin, 2])
    assert abs(np.ptp(vertices[:, 2]) - wanted) < 0.03
    assert np.abs(betas).max() < 3


def test_the_average_adult_needs_no_shape_numbers(smpl_file: Path) -> None:
    assert np.abs(phenotype_to_betas(np.array(ADULT), load_smpl(smpl_file))).max() < 0.1
