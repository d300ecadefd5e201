"""What people usually look like, from a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from layerpose.body.model import body_model
from layerpose.data.records import Records
from layerpose.maps.usual import load_usual
from layerpose.training.usual import find_face, main, worn_by


def test_a_data_set_tells_what_its_people_look_like(painted: Path, tmp_path: Path) -> None:
    main(painted, out=tmp_path / "usual")
    found, records = load_usual(tmp_path / "usual"), Records(painted)
    people = records.split("train")
    worn = np.stack([worn_by(records, person) for person in people])
    assert np.allclose(found.outfit, (worn.mean(0) + worn.mean(0)[body_model().mirror]) / 2, atol=1e-3)
    assert len(found.components) == min(20, 2 * len(people))
    both = (worn[0] - found.outfit) @ np.linalg.pinv(found.components.astype(np.float64))
    assert np.allclose(found.outfit + both @ found.components, worn[0], atol=2e-3), "each person is one of the outfits"


def test_where_no_face_is_seen_there_is_none(painted: Path) -> None:
    assert not find_face(Records(painted), []).any()
