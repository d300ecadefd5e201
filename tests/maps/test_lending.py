"""Where hidden places have their colours from."""

import numpy as np
import torch

from layerpose.maps.joints import vertex_parts
from layerpose.maps.lending import TORSO, find_lenders, skin_vertices
from layerpose.maps.render import mesh

PLACES = mesh(torch.device("cpu")).points.double().numpy()[skin_vertices()]
TRUNK = vertex_parts()[skin_vertices()] == TORSO
SHOWN = PLACES[:, 1] < np.median(PLACES[TRUNK, 1])
"""From the front."""
RED, WHITE = np.array([0.6, -0.8, -0.8]), np.array([0.7, 0.7, 0.7])
CHEST = (
    TRUNK & (PLACES[:, 2] > np.quantile(PLACES[TRUNK, 2], 0.3)) & (PLACES[:, 2] < np.quantile(PLACES[TRUNK, 2], 0.7))
)


def test_back_of_an_open_jacket_is_the_jacket_not_the_shirt():
    shirt = TRUNK & (np.abs(PLACES[:, 0]) < 0.05)
    colours = np.where(shirt[:, None], WHITE, RED)

    lenders = find_lenders(SHOWN, SHOWN, colours)

    back = (CHEST & (np.abs(PLACES[:, 0]) < 0.12))[~SHOWN]
    assert back.sum() > 50
    assert (colours[lenders[back]] == RED).all(1).mean() > 0.97


def test_back_of_plain_cloth_is_what_lies_before_it():
    folds = RED + 0.15 * np.sin(60 * PLACES[:, :1])

    lenders = find_lenders(SHOWN, SHOWN, folds)

    back = CHEST[~SHOWN]
    off = PLACES[lenders[back]] - PLACES[~SHOWN][back]
    assert np.median(np.abs(off[:, 0])) < 0.01
    assert np.median(np.abs(off[:, 2])) < 0.01


def test_hidden_places_take_from_their_own_part_from_what_lends():
    lenders = find_lenders(SHOWN, SHOWN, np.tile(RED, (len(PLACES), 1)))

    parts = vertex_parts()[skin_vertices()]
    assert SHOWN[lenders].all()
    assert (parts[lenders] == parts[~SHOWN]).all()
