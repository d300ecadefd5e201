"""Which numbers a device is given."""

from __future__ import annotations

import pytest
import torch

from layerpose.precision import fast_autocast, fast_precision


@pytest.mark.parametrize(("amx", "wanted"), [(True, "bf16"), (False, "fp32")])
def test_a_cpu_multiplies_bf16_where_it_has_amx(amx: bool, wanted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: True)
    assert fast_precision("cpu") == wanted
    assert fast_precision("cuda") == "bf16"
    with fast_autocast("cpu"):
        found = torch.ones(2, 2) @ torch.ones(2, 2)
    assert found.dtype == {"bf16": torch.bfloat16, "fp32": torch.float32}[wanted]
