"""People in their own pose, and predictions laid over the truth by optical flow."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.comparison.measuring import Table, measure_table
from layerpose.data.benchmark import choose_pairs
from layerpose.data.records import Records
from layerpose.evaluation.alignment import EVENED, LAID_OVER, align
from layerpose.evaluation.fidelity import measure_fidelity
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.predictions import Drawer
from layerpose.evaluation.report import Report
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.presets import debug

SIZE = 128


def grainy_person() -> tuple[Float[Tensor, "1 3 s s"], Float[Tensor, "1 1 s s"]]:
    """A disc of smooth coloured grain on grey."""
    noise = np.random.default_rng(0).normal(size=(SIZE, SIZE, 3)).astype(np.float32)
    grain = cv2.GaussianBlur(noise, (0, 0), 2)
    rows, columns = np.indices((SIZE, SIZE)) - SIZE / 2
    mask = torch.as_tensor(np.hypot(rows, columns) < SIZE / 3)[None, None].float()
    image = torch.as_tensor(grain / np.abs(grain).max()).permute(2, 0, 1)[None]
    return (0.2 + 0.6 * image) * mask, mask


@pytest.fixture(scope="module")
def copied(painted: Path, lpips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """Measured: a model whose every prediction is the source."""
    out, records = tmp_path_factory.mktemp("copied"), Records(painted)
    copier = Drawer(rows=("full",), config=debug(), open=lambda: lambda conditions: [conditions.source])
    table = Table(
        records=records, pairs=tuple(choose_pairs(records, "train", 3)), lpips=lpips, size=SIZE, protocols=("fg",),
        bodies="none", workers=1, facts={}, own_pose=True, aligned=True,
    )  # fmt: skip
    return measure_table(table, [copier], out, lambda done, total: None, lambda done, total: None), out


def test_who_gives_the_source_back_is_exact_in_their_own_pose(copied: tuple[Report, Path]) -> None:
    made, folder = copied
    told = json.loads((folder / "report.json").read_text())["own_pose"]
    assert told["pictures"] == len({m.pair[:2] for m in made.measured})
    assert told["rows"]["own pose, full"]["fg_lpips"]["value"] < 1e-4
    assert told["rows"]["own pose, full"]["photo_levels"]["value"] < 0.5, "on disk a picture has whole levels"
    assert told["rows"]["own pose, full"]["photo_detail"]["value"] == pytest.approx(1, abs=0.02)
    assert made.alone is not None
    assert (
        f"{told['pictures']} sources in their own pose, hash `{made.alone.hash}`" in (folder / "report.md").read_text()
    )


def test_a_shifted_picture_is_misplaced_and_looks_the_same(lpips: Path) -> None:
    target, mask = grainy_person()
    truth = Truth(image=target, mask=mask, metric=Lpips(lpips))
    shifted = target.roll((3, -4), (2, 3))
    laid, evened = (Prediction(image=image, truth=truth).box_lpips for image in align(shifted, target, mask))
    plain = Prediction(image=shifted, truth=truth).box_lpips
    assert laid < 0.1 * plain
    assert evened < 0.1 * plain


def test_a_tint_is_left_by_the_flow_and_evened_out(lpips: Path) -> None:
    target, mask = grainy_person()
    tinted = target + mask * torch.tensor([0.15, 0.0, -0.15]).view(1, 3, 1, 1)
    laid, evened = align(tinted, target, mask)
    inside = cv2.erode(mask[0, 0].numpy(), np.ones((9, 9))) > 0
    assert (laid - target).abs()[0][:, inside].mean() > 0.09
    assert (evened - target).abs()[0][:, inside].mean() < 0.01


def test_rows_laid_over_the_truth_stand_beside_the_plain_ones(copied: tuple[Report, Path]) -> None:
    made, _ = copied
    assert made.rows[-4:] == ["full", f"full{LAID_OVER}", f"full{EVENED}", "target"]
    assert made.alone is not None
    assert made.alone.rows == [f"own pose, full{kind}" for kind in ("", LAID_OVER, EVENED)]


def test_a_pale_soft_copy_has_less_contrast_detail_and_saturation(lpips: Path) -> None:
    target, mask = grainy_person()
    soft = torch.as_tensor(cv2.GaussianBlur(target[0].permute(1, 2, 0).numpy(), (0, 0), 3)).permute(2, 0, 1)[None]
    truth = Truth(image=target, mask=mask, metric=Lpips(lpips))
    same = measure_fidelity(Prediction(image=target, truth=truth))
    pale = measure_fidelity(Prediction(image=0.5 * target, truth=truth))
    blurred = measure_fidelity(Prediction(image=soft, truth=truth))
    assert (same.levels, same.contrast, same.detail, same.saturation) == (0, 1, 1, 1)
    assert pale.contrast == pytest.approx(0.5)
    assert pale.saturation == pytest.approx(0.5)
    assert blurred.detail < 0.5
    assert blurred.levels > 1
