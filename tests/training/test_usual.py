"""What people usually look like, from a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerpose.body.model import body_model
from layerpose.data.records import Records
from layerpose.maps.usual import load_usual
from layerpose.training.usual import find_face, find_materials, main, spread_evenly, worn_by


def test_a_data_set_tells_what_its_people_look_like(painted: Path, tmp_path: Path) -> None:
    main(painted, out=tmp_path / "usual")
    found, records = load_usual(tmp_path / "usual"), Records(painted)
    people = records.split("train")
    worn = np.stack([worn_by(records, person) for person in people])
    assert np.allclose(found.outfit, (worn.mean(0) + worn.mean(0)[body_model().mirror]) / 2, atol=1e-3)
    assert len(found.components) == min(20, 2 * len(people))
    both = (worn[0] - found.outfit) @ np.linalg.pinv(found.components.astype(np.float64))
    assert np.allclose(found.outfit + both @ found.components, worn[0], atol=2e-3), "each person is one of the outfits"


def test_what_is_of_one_colour_in_every_picture_is_of_one_material() -> None:
    """Shirts and trousers of any colour; half of the places are hidden in each picture."""
    rng, places = np.random.default_rng(0), spread_evenly(100)
    upper = body_model().template[places, 2] > 0
    seen = []
    for _ in range(40):
        shirt, trousers = np.log(rng.uniform(0.1, 2, (2, 3)))
        colours = np.where(upper[:, None], shirt, trousers)
        colours[rng.random(100) < 0.5] = np.nan
        seen.append(colours)
    found = find_materials(seen, places, 2)
    assert found.shape == (len(body_model().template), 2)
    apart = ((found[places][:, None] - found[places]) ** 2).sum(-1)
    same = upper[:, None] == upper
    assert apart[same].mean() < 0.1 * apart[~same].mean()
    assert 0.4 < apart[~same].mean() <= 1.01


def test_where_no_face_is_seen_there_is_none(painted: Path) -> None:
    assert not find_face(Records(painted), []).any()
