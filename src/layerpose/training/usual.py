"""Synthetic people -> what people usually look like (`maps.usual`): outfits by outlines, what is alike, the mean face.

Stand-in for a command: ``python -m layerpose.training.usual DATA --out FOLDER``; minutes, and nothing is random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import tyro
from jaxtyping import Bool, Float, Int
from rich.progress import track
from scipy.spatial import cKDTree

from layerpose.body.model import body_model
from layerpose.data.records import Records
from layerpose.maps.clothing import FACE, read_outline, spread
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import draw_posed, place_posed, pose_body
from layerpose.maps.source import sample, view_source
from layerpose.maps.usual import Usual, save_usual

CPU = torch.device("cpu")
NUM_COMPONENTS = 20
FRAMES = 5
"""Pictures of each person whose outlines, or colours, are put together."""
FRONTAL = 0.75
"""A face is taken where the nose's normal points so much towards the viewer."""
FACING = 0.35
"""Colours of a place are taken where its surface is seen so directly."""
FACE_RADIUS_M, FADED_M = 0.07, 0.1
"""From its middle the face reaches so far, and has faded out there."""
BLACK = 6 / 127.5
"""Is added to colours before they are compared."""
NUM_PLACES = 1400
"""So many places, spread evenly, are compared with each other."""
NUM_MATERIALS = 8
DIFFERENT = 0.8
"""From this mean difference of the colours' logarithms on, two places are simply not of one colour."""


def worn_by(records: Records, person: str) -> Float[np.ndarray, "v"]:
    """How far a person's clothes and hair stand off every vertex in metres, by the outlines of several pictures."""
    read = []
    for frame in _some_frames(records, person):
        image, mask, body = records.load(person, frame)
        drawn = draw_posed(pose_body(body), body.camera, image.shape[-1], device=CPU)
        read.append(read_outline(drawn, mask[0, 0].numpy() > 0.5))
    vertex, off = (np.concatenate(found) for found in zip(*read, strict=True))
    return spread(vertex, off)


def find_outfits(
    worn: Sequence[Float[np.ndarray, "v"]], num_components: int = NUM_COMPONENTS
) -> tuple[Float[np.ndarray, "v"], Float[np.ndarray, "k v"]]:
    """Mean and principal components of what people and their mirror images wear."""
    every = np.stack(worn)
    every = np.concatenate([every, every[:, body_model().mirror]])
    mean = every.mean(0)
    _, lengths, directions = np.linalg.svd(every - mean, full_matrices=False)
    deviations = lengths[:num_components, None] / np.sqrt(len(every))
    return mean, deviations * directions[:num_components]


def see_places(records: Records, person: str, places: Int[np.ndarray, "n"]) -> Float[np.ndarray, "n 3"]:
    """Logarithms of a person's colours at some vertices, as several pictures show them; NaN where none does."""
    sums, weights = np.zeros((len(places), 3)), np.zeros((len(places), 1))
    for frame in _some_frames(records, person):
        colours, shown = _see(records, person, frame, places)
        sums += colours * shown[:, None]
        weights += shown[:, None]
    return np.where(weights > 0, np.log(sums / np.maximum(weights, 1) + BLACK), np.nan)


def spread_evenly(num: int) -> Int[np.ndarray, "n"]:
    """Skin vertices, each the one farthest from all before it on the template."""
    model = body_model()
    places = model.template[model.skin]
    chosen, away = [0], np.full(len(places), np.inf)
    for _ in range(num - 1):
        away = np.minimum(away, ((places - places[chosen[-1]]) ** 2).sum(1))
        chosen.append(int(away.argmax()))
    return model.skin[chosen]


def find_materials(
    seen: Iterable[Float[np.ndarray, "n 3"]], places: Int[np.ndarray, "n"], num: int = NUM_MATERIALS
) -> Float[np.ndarray, "v m"]:
    """`Usual.materials`, by what `see_places` found of each person (classical scaling, Torgerson 1952)."""
    model = body_model()
    template, size = model.template[places], len(places)
    sums, pairs = np.zeros((size, size)), np.zeros((size, size))
    for colours in seen:
        there = np.flatnonzero(~np.isnan(colours[:, 0]))
        found = colours[there].astype(np.float32)
        both = np.ix_(there, there)
        sums[both] += np.minimum(np.abs(found[:, None] - found).mean(-1) / DIFFERENT, 1)
        pairs[both] += 1
    mirror = cKDTree(template).query(template * [-1, 1, 1])[1]
    sums, pairs = (each + each[np.ix_(mirror, mirror)] for each in (sums, pairs))
    unlike = np.where(pairs > 0, sums / np.maximum(pairs, 1), 1) * (1 - np.eye(size))
    centred = unlike - unlike.mean(0) - unlike.mean(1)[:, None] + unlike.mean()
    lengths, directions = np.linalg.eigh(-(centred + centred.T) / 4)
    at_places = directions[:, : -num - 1 : -1] * np.sqrt(np.maximum(lengths[: -num - 1 : -1], 0))
    away, near = cKDTree(template).query(model.template, k=3)
    weights = 1 / (away + 1e-3) ** 2
    return np.einsum("vkm,vk->vm", at_places[near], weights / weights.sum(1, keepdims=True))


def find_face(records: Records, people: Iterable[str]) -> Float[np.ndarray, "v 3"]:
    """`Usual.face`, by the pictures that show a face from the front."""
    model = body_model()
    away = np.linalg.norm(model.template - np.array(FACE), axis=1)
    face = np.flatnonzero((away < FADED_M) & np.isin(np.arange(len(away)), model.skin))
    nose = model.keypoint_weights[0].argmax()
    sums, weights = np.zeros((len(away), 3)), np.zeros(len(away))
    for person in people:
        for frame in records.frames(person):
            body = records.body(person, frame)
            if place_posed(pose_body(body), body.camera, CPU).normals[nose, 2] < -FRONTAL:
                colours, shown = _see(records, person, frame, face)
                if shown.mean() > 0.5:
                    lightness = np.log((colours + BLACK) / np.median(colours[shown] + BLACK, axis=0))
                    sums[face[shown]] += lightness[shown]
                    weights[face[shown]] += 1
    mean = sums / np.maximum(weights, 1)[:, None]
    fade = np.clip((FADED_M - away) / (FADED_M - FACE_RADIUS_M), 0, 1)[:, None]
    return (mean + mean[model.mirror]) / 2 * fade


def _some_frames(records: Records, person: str) -> Sequence[str]:
    """`FRAMES` of a person's pictures, from first to last."""
    frames = records.frames(person)
    return frames[:: max(len(frames) // FRAMES, 1)][:FRAMES]


def _see(
    records: Records, person: str, frame: str, places: Int[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, "n"]]:
    """Colours of vertices in 0..2, and which of them are seen well."""
    image, mask, body = records.load(person, frame)
    posed = pose_body(body)
    drawn = draw_posed(posed, body.camera, image.shape[-1], device=CPU)
    view = view_source(image, parse_source(drawn, mask), drawn, posed)
    colours = sample(view.image, view.drawn.vertices[None, places, :2])[0, :, 0].T
    return colours.numpy() + 1, view.quality.numpy()[places] > FACING * drawn.scale


def main(data: tyro.conf.Positional[Path], *, out: Path, faces: Path | None = None) -> None:
    """Find out what the people of ``train`` look like.

    Args:
        data: A data set, as `layerpose synth` makes it.
        out: The folder to write.
        faces: Another one, of larger pictures, for the face.
    """
    records, large = Records(data), Records(faces or data)
    people, others = records.split("train"), large.split("train")
    outfit, components = find_outfits([worn_by(records, person) for person in track(people, "outfits")])
    places = spread_evenly(NUM_PLACES)
    seen = (see_places(records, person, places) for person in track(people, "materials"))
    materials = find_materials(seen, places)
    face = find_face(large, track(others, "faces"))
    facts = {
        "people": len(people), "canvas": records.canvas, "faces of people": len(others), "canvas of faces": large.canvas
    }  # fmt: skip
    save_usual(Usual(outfit=outfit, components=components, materials=materials, face=face), out, facts)


if __name__ == "__main__":
    tyro.cli(main)
