"""The texture of a painted person has each point's own colour where the texture coordinates say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerpose.body.model import body_model
from layerpose.maps.parsing import parse_source
from layerpose.maps.source import view_source
from layerpose.maps.texture import bake_texture

SIZE = 256


def test_a_point_that_is_seen_has_its_own_colour_at_its_texture_coordinate(painted: Callable[[float], tuple]):
    drawn, posed, image, mask = painted(0.0)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    texture = np.array(bake_texture(view, SIZE))
    model = body_model()
    vertex, corner = model.faces.ravel(), model.uv_faces.ravel()
    well_seen = view.quality.numpy()[vertex] > 0.5 * float(view.quality.max())
    column, row = (model.uv[corner[well_seen]] * [SIZE, -SIZE] + [0, SIZE]).astype(int).T
    wanted = (np.sin(model.template[vertex[well_seen]] * 4) + 1) * 127.5
    off = np.abs(texture[row.clip(0, SIZE - 1), column] - wanted).max(1)
    assert well_seen.sum() > 5000
    assert np.median(off) < 6
    assert (off < 40).mean() > 0.95
