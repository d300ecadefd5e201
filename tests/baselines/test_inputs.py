"""From a data set on disk to what the compared systems see."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.baselines.inputs import input_config, prepare_bodies
from layerpose.baselines.registry import BASELINES
from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.data.pairs import Pairs
from layerpose.data.records import Frame, Records, describe, write_person
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_posed, mesh
from layerpose.stages.conditions import collate

SIZE = 64
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """One painted person in two turns."""
    folder, model = tmp_path_factory.mktemp("data"), body_model()
    describe(folder, {"canvas": SIZE})
    phenotype = (0.3, 0.7, 0.5, 0.5, 0.5, 0.5)
    shots = []
    for turn in (0.0, 1.0):
        rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
        cos, sin = np.cos(turn), np.sin(turn)
        rotations[0] = [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]
        posed = model.pose(model.rest(np.array(phenotype)), rotations)
        camera = frame(torch.as_tensor(posed.vertices[model.skin]))
        drawn = draw_posed(posed, camera, SIZE, device=CPU)
        colours = torch.as_tensor(np.sin(model.template * 5) / 2 + 0.5).float()
        rgb = interpolate(drawn.nearest.triangle, drawn.vertices_px, mesh(CPU).faces, colours)
        picture = torch.cat([rgb, (drawn.nearest.part >= 0).float()[..., None]], dim=2)
        shots.append(
            Frame(
                picture=(picture * 255).byte().numpy(), rotations=rotations, camera=camera, source="painted",
            )
        )  # fmt: skip
    write_person(folder / "people" / "00000", phenotype, {"split": "train"}, shots)
    return Records(folder)


@pytest.mark.parametrize("disturb", [False, True])
def test_pairs_of_a_data_set_bring_what_every_baseline_needs(records: Records, disturb: bool) -> None:
    pairs = Pairs(
        records, ["00000"], input_config(SIZE), length=2, seed=0, disturb=disturb, prepare=prepare_bodies
    )  # fmt: skip
    batch = collate([pairs[0], pairs[1]])
    assert batch.part_targets == ()
    assert batch.conditions.warp is None
    for baseline in BASELINES.values():
        networks = baseline.make(type(baseline.config)(width=4, discriminator_width=4)).eval()
        with torch.no_grad():
            assert networks(batch.conditions).shape == (2, 3, SIZE, SIZE)


def test_our_own_model_is_told_nothing_more_than_before(records: Records) -> None:
    plain = Pairs(records, ["00000"], input_config(SIZE), length=1, seed=0, disturb=False)[0]
    told = Pairs(
        records, ["00000"], input_config(SIZE), length=1, seed=0, disturb=False, prepare=prepare_bodies
    )[0]  # fmt: skip
    assert plain.conditions.bodies is None
    assert torch.equal(plain.conditions.maps.parsing, told.conditions.maps.parsing)
    assert torch.equal(plain.conditions.source, told.conditions.source)
