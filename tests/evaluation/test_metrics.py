"""SSIM and LPIPS on pictures whose answer is known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.ssim import C1, ssim
from layerpose.evaluation.tables import Score, table


def test_ssim_of_flat_pictures_by_hand() -> None:
    a, b = torch.full((1, 3, 32, 32), 0.5), torch.full((1, 3, 32, 32), -0.2)
    assert float(ssim(a, a)) == pytest.approx(1.0)
    wanted = (2 * 0.5 * -0.2 + C1) / (0.5**2 + 0.2**2 + C1)
    assert float(ssim(a, b)) == pytest.approx(wanted, abs=1e-3)


def test_ssim_over_a_region_does_not_look_outside_it() -> None:
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    other, region = image.clone(), torch.zeros(1, 1, 64, 64)
    other[..., 40:] = 0
    region[..., :30] = 1
    assert float(ssim(image, other, region)) == pytest.approx(1.0, abs=1e-5)
    assert float(ssim(image, other)) < 0.9


def test_lpips_grows_with_the_distortion(shared: Path) -> None:
    metric = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    generator = torch.Generator().manual_seed(0)
    image = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8, generator=generator) * 2 - 1, size=(128, 128))
    noise = torch.randn(image.shape, generator=generator)
    distances = [float(metric((image + strength * noise).clamp(-1, 1), image)) for strength in (0.0, 0.1, 0.4)]
    assert distances[0] == pytest.approx(0, abs=1e-6)
    assert distances[0] < distances[1] < distances[2]


def test_a_table_has_a_row_for_each_answer() -> None:
    scores = [Score(lpips_box=x, ssim_person=0.5, lpips_full=0.1, ssim_full=0.9) for x in (0.1, 0.3)]
    assert "| ours | 0.2000 | 0.5000 | 0.1000 | 0.9000 |" in table({"ours": scores})
