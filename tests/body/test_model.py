"""Our forward pass against anny's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body import model as building
from layerpose.body.model import body_model, nearest_rotations
from layerpose.body.skeleton import KEYPOINTS, mirrored
from layerpose.runtime.cache import cache_dir


@pytest.mark.filterwarnings("ignore")
def test_the_body_is_annys() -> None:
    model = body_model()
    os.environ.setdefault("ANNY_CACHE_DIR", str(cache_dir() / "anny"))
    import anny

    theirs = anny.Anny(topology="anny-full")
    rng = np.random.default_rng(0)
    for _ in range(3):
        phenotype = rng.random(6)
        rotations = Rotation.from_rotvec(rng.normal(scale=0.3, size=(104, 3))).as_matrix()
        posed = model.pose(model.rest(phenotype), rotations)
        deltas = torch.eye(4, dtype=torch.float64).repeat(1, 104, 1, 1)
        deltas[0, :, :3, :3] = torch.as_tensor(rotations)
        names = dict(zip(theirs.phenotype_labels, torch.as_tensor(phenotype)[:, None], strict=True))
        wanted = theirs(pose_parameters=deltas, phenotype_kwargs=names)["vertices"][0].numpy()
        assert np.abs(posed.vertices - wanted).max() < 1e-5


def test_the_mesh_mirrors_onto_itself() -> None:
    model = body_model()
    assert np.abs(model.template[model.mirror] * [-1, 1, 1] - model.template).max() < 1e-9
    assert (model.mirror[model.mirror] == np.arange(len(model.mirror))).all()


def test_left_keypoints_are_on_the_persons_left() -> None:
    model = body_model()
    keypoints = model.pose(model.rest(np.full(6, 0.6)), np.tile(np.eye(3), (104, 1, 1))).keypoints
    for name in KEYPOINTS[1:17]:
        if name.startswith("left_"):
            left, right = (keypoints[model.keypoint_names.index(n)] for n in (name, mirrored(name)))
            assert left[0] > 0 > right[0]
            assert np.allclose(left * [-1, 1, 1], right, atol=2e-3)


def test_nearest_rotation_is_that_of_the_singular_values_for_any_matrix() -> None:
    rng = np.random.default_rng(0)
    nearly = Rotation.random(20, random_state=rng).as_matrix() + rng.normal(0, 0.05, (20, 3, 3))
    for matrices in (nearly, nearly * 40, rng.normal(size=(20, 3, 3))):  # near, scaled, any: mirrored ones too
        left, _, right = np.linalg.svd(matrices)
        left[..., 2] *= np.linalg.det(left @ right)[:, None]
        assert np.abs(nearest_rotations(matrices) - left @ right).max() < 1e-7


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"PK\3\4" * 99])
def test_a_body_that_was_half_written_is_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(building, "_build", lambda _: {"faces": np.arange(900)})
    path = tmp_path / "body.npz"
    assert building._read_or_build(path)["faces"].sum() == 404550
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert building._read_or_build(path)["faces"].sum() == 404550
    assert path.read_bytes() == whole
