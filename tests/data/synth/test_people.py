from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerpose.data.synth.people import sample_person, split_of
from layerpose.data.synth.wardrobe import Wardrobe


def test_everybody_is_an_adult_and_no_pair_of_skin_and_outfit_is_in_two_splits(wardrobe: Wardrobe) -> None:
    pairs = {"train": set(), "val": set(), "test": set()}
    for index in range(400):
        person = sample_person(wardrobe, split_of(index), np.random.default_rng(index))
        pairs[split_of(index)].add((person.skin, person.outfit))
        assert person.phenotype[1] >= 0.6
        assert "special" not in person.skin
        assert person.outfit
        assert person.shoes
    assert not pairs["train"] & pairs["test"] | pairs["train"] & pairs["val"] | pairs["val"] & pairs["test"]


def test_a_folder_without_assets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no MANIFEST\.json"):
        Wardrobe(tmp_path)
