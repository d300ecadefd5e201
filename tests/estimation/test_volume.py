"""How logits become a labelled volume."""

from __future__ import annotations

import torch

from layerpose.estimation.volume import decide


def test_a_part_that_is_there_for_certain_keeps_a_voxel_though_its_slice_is_uncertain() -> None:
    """Three columns of four slices: a thick part, a thin one somewhere in three slices, and hardly anything."""
    chances = torch.zeros(2, 4, 3)
    chances[1, :, 0] = torch.tensor([0.1, 0.9, 0.9, 0.1])
    chances[1, :, 1] = torch.tensor([0.3, 0.4, 0.3, 0.0])
    chances[1, :, 2] = torch.tensor([0.1, 0.1, 0.1, 0.0])
    chances[0] = 1 - chances[1]
    assert decide(chances.log()).T.tolist() == [[0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_a_thin_part_never_takes_the_place_of_another() -> None:
    chances = torch.tensor([[[0.05], [0.1]], [[0.55], [0.5]], [[0.4], [0.4]]])
    assert decide(chances.log()).T.tolist() == [[1, 1]]
