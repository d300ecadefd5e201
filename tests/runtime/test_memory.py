"""Zeros that take no memory until something is written to them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from layerpose.runtime.memory import sparse_zeros


def resident_bytes() -> int:
    """What of this process is in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the system for the memory in use")
def test_zeros_take_the_memory_of_what_is_written() -> None:
    before = resident_bytes()
    zeros = sparse_zeros(32, 1024, 1024)
    assert zeros.sum() == 0
    zeros[3, 5:8] = 1
    assert resident_bytes() - before < 2**24
    assert zeros.sum() == 3 * 1024
    assert torch.equal(zeros[3, 5:8], torch.ones(3, 1024))


def test_few_zeros_are_zeros() -> None:
    assert torch.equal(sparse_zeros(3, 4), torch.zeros(3, 4))
