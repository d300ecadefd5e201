"""Weights with a byte each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.runtime.packing import (
    GROUP,
    STEPS,
    pack,
    pack_finely,
    pack_state,
    unpack,
    unpack_finely,
    unpack_state,
)


@pytest.mark.parametrize("shape", [(8, 64), (5, 70), (3, 4, 3, 3), (64, 1)])
def test_no_number_is_off_by_more_than_half_a_step_of_its_group(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(0, 0.02, shape).astype(np.float32)
    values.reshape(-1)[0] = 3.0
    packed, steps = pack(values)
    assert packed.dtype == np.int8
    assert packed.shape == shape
    found = unpack(packed, steps)
    rows, error = values.reshape(len(values), -1), np.abs(found - values).reshape(len(values), -1)
    for start in range(0, rows.shape[1], GROUP):
        group = slice(start, start + GROUP)
        assert (error[:, group] <= 0.51 * np.abs(rows[:, group]).max(1, keepdims=True) / 127 + 1e-7).all()


@pytest.mark.parametrize("shape", [(8, 64), (5, 71)])
def test_two_further_bits_make_the_error_a_quarter(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(1).normal(0, 0.02, shape).astype(np.float32)
    packed, steps, bits = pack_finely(values)
    assert (packed.dtype, bits.dtype, len(bits)) == (np.int8, np.uint8, -(-values.size // 4))
    coarse, fine = unpack(*pack(values)), unpack_finely(packed, steps, bits)
    assert np.linalg.norm(fine - values) == pytest.approx(np.linalg.norm(coarse - values) / 4, rel=0.1)
    with pytest.raises(TypeError, match="bits of"):
        unpack_finely(packed, steps, bits[:2])


def test_zeros_stay_zeros() -> None:
    assert not unpack(*pack(np.zeros((4, 40), np.float32))).any()


def test_a_state_comes_back_by_name_small_things_in_16_bits_and_a_plain_one_as_it_is() -> None:
    state = {"weight": torch.randn(64, 64), "bias": torch.randn(64), "tiny": torch.randn(3, 3)}
    stored = pack_state(state)
    assert set(stored) == {"weight", f"weight{STEPS}", "bias", "tiny"}
    assert (stored["weight"].dtype, stored["bias"].dtype) == (torch.int8, torch.float16)
    found = unpack_state(stored)
    assert {name: value.dtype for name, value in found.items()} == dict.fromkeys(state, torch.float32)
    for name, value in state.items():
        assert torch.linalg.norm(found[name] - value) < 0.01 * torch.linalg.norm(value)
    assert all(torch.equal(value, state[name]) for name, value in unpack_state(state).items())


def test_steps_of_other_weights_are_refused() -> None:
    packed, _ = pack(np.ones((4, 40), np.float32))
    with pytest.raises(TypeError, match="packed numbers"):
        unpack(packed, np.ones((4, 1), np.float16))
