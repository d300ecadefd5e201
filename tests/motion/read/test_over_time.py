"""Fits of single frames as a motion: the way across the picture, and feet that stand on the floor."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.estimation.fit_points import PointFit
from layerpose.evaluation.feet import measure_feet
from layerpose.motion.moves import library_motion
from layerpose.motion.performer import leg_length
from layerpose.motion.posing import ADULT
from layerpose.motion.read.over_time import fits_to_motion
from layerpose.types import Body, Camera, Pose

SCALE = 0.3


def test_feet_of_points_in_pictures_stand_still_on_the_way_that_the_pictures_show() -> None:
    walk, rest = library_motion("walk"), body_model().rest(np.array(ADULT))
    aside = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    turns = walk.rotations.double().numpy()[:60]
    turns[:, 0] = aside @ turns[:, 0]
    way = walk.path.double().numpy()[:60] @ aside.T
    drawn = SCALE * leg_length(rest) * np.stack([way[:, 0], -way[:, 2]], axis=1)
    fits = {
        frame: PointFit(
            body=Body(
                phenotype=torch.tensor(ADULT), pose=Pose(rotations=torch.from_numpy(turns[frame].astype(np.float32))),
                camera=Camera(scale=SCALE, translation=(0.5 + drawn[frame, 0], 0.5 + drawn[frame, 1])),
            ),
            reprojection=0.0, points=np.zeros((27, 2)), parameters=np.zeros(63),
        )
        for frame in range(60)
    }  # fmt: skip
    motion = fits_to_motion("walk", fits, range(60), 30.0)
    path = motion.path.double().numpy()
    assert path[-1, 0] - path[0, 0] == pytest.approx(way[-1, 0] - way[0, 0], rel=0.05)
    assert abs(path[-1, 1] - path[0, 1]) < 0.1
    found = measure_feet(motion, rest)
    assert found.source_slide < 0.02
    assert found.planted > 0.2
