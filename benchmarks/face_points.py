"""Which vertices of the body the face network's points lie on: ``python benchmarks/face_points.py SYNTH``.

SYNTH is a data set of `layerpose synth`, in which the bodies of the pictures are known. The network looks at every
second picture of the people of the split `train`; where it sees a face, each of its 468 points lies on a place of the
body. Printed is the table of `estimation.face_points`: of the points whose places differ least those that lie farthest
apart, left and right alike, and the vertex nearest to the median of each one's places.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree

from layerpose.body.model import body_model
from layerpose.data.backgrounds import paint_background
from layerpose.data.records import Records
from layerpose.estimation.face import find_face
from layerpose.evaluation.identity import head_square
from layerpose.maps.raster import interpolate
from layerpose.maps.render import draw_body, mesh
from layerpose.types import PARTS

FIRST = (1, 168, 61, 133, 0, 17)
"""Nose, its root, a corner of the mouth and of an eye, the lips: these are in it."""
NUM_POINTS = 44
FACING = 0.35
"""A place counts where it faces the viewer by more (cosine)."""
MOST_M, OFF_M, SEEN = 0.0046, 0.004, 150
"""Half of a point's places lie within so much of their median, it of a vertex; it was on the face so often."""


def read_places(data: Path) -> np.ndarray:
    """(n, 468, 3) places on the template, NaN where a point is not on the face."""
    records, found = Records(data), []
    points = mesh(torch.device("cpu"))
    for person in records.split("train"):
        for frame in records.frames(person)[::2]:
            image, mask, body = records.load(person, frame)
            size = image.shape[-1]
            ground = paint_background(size, np.random.default_rng([int(person), int(frame)])) / 127.5 - 1
            picture = image + (1 - mask) * torch.as_tensor(ground).float().permute(2, 0, 1)
            pixels = ((picture[0].permute(1, 2, 0).clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
            centre, side = head_square(body)
            face = find_face(pixels, centre * size, side * size)
            if face is None:
                continue
            drawn = draw_body(body, size)
            hit, told = drawn.nearest, torch.cat([points.points, drawn.normals[:, 2:]], dim=1)
            places = interpolate(hit.triangle, drawn.vertices_px, points.faces, told).numpy()
            column, row = np.floor(face.points).astype(int).clip(0, size - 1).T
            there = places[row, column].astype(np.float64)
            on_face = (hit.part.numpy()[row, column] == PARTS.index("head")) & (np.abs(there[:, 3]) > FACING)
            found.append(np.where(on_face[:, None], there[:, :3], np.nan))
    return np.array(found)


def choose(places: np.ndarray) -> dict[int, int]:
    """Point of the network -> vertex."""
    model, points = body_model(), mesh(torch.device("cpu")).points.numpy()
    skin = cKDTree(points[model.skin])
    median = np.nanmedian(places, axis=0)
    spread = np.nanmedian(np.linalg.norm(places - median, axis=-1), axis=0)
    filled = np.nan_to_num(median)
    off, mirror = cKDTree(filled).query(filled * [-1, 1, 1])
    good = (spread < MOST_M) & ((~np.isnan(places[..., 0])).sum(0) > SEEN) & (skin.query(filled)[0] < OFF_M)
    paired = good & good[mirror] & (mirror[mirror] == np.arange(len(mirror))) & (off < OFF_M)
    rows, chosen = np.flatnonzero(paired), []
    for first in FIRST:
        chosen += sorted({first, int(mirror[first])} - set(chosen)) if paired[first] else []
    while len(chosen) < NUM_POINTS:
        apart = cKDTree(median[chosen]).query(median[rows])[0]
        farthest = int(rows[apart.argmax()])
        chosen += sorted({farthest, int(mirror[farthest])})
    middle = (filled[chosen] + filled[mirror[chosen]] * [-1, 1, 1]) / 2
    return dict(sorted(zip(chosen, model.skin[skin.query(middle)[1]].tolist(), strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    warnings.simplefilter("ignore")
    places = read_places(parser.parse_args().data)
    table = choose(places)
    print(f"{len(places)} faces, {len(table)} points")
    print(", ".join(f"{point}: {vertex}" for point, vertex in table.items()))


if __name__ == "__main__":
    main()
