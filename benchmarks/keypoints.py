"""Poses written as OpenPose JSON and read again: how far the 12 joints are off, in the picture and in space.

    python benchmarks/keypoints.py                    # the library's poses, each seen from three sides
    python benchmarks/keypoints.py --photos a.jpg b.jpg

Photos are compared with the fit from the photo itself. Shares of the stature; in space from the middle of the hips.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.estimation.finding import find_landmarks
from layerpose.estimation.fit import fit_body
from layerpose.inputs.bodies import framed_body
from layerpose.maps.render import pose_body
from layerpose.media.pictures import read_photo
from layerpose.motion.keypoint_layouts import BODY_25, COCO_17, COCO_18
from layerpose.motion.library import NAMES, library_pose
from layerpose.motion.posing import turn
from layerpose.motion.read.keypoints import read_keypoints
from layerpose.motion.write.keypoints import find_keypoints
from layerpose.motion.write.take import still
from layerpose.types import Body

SIDES_DEG = (0, 50, -130)
SIDE = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", nargs="*", type=Path, default=[])
    bodies = list(photo_bodies(parser.parse_args().photos)) or list(library_bodies())
    for points in (BODY_25, COCO_18):
        found = np.array([compare(name, body, points) for name, body in bodies])
        picture, worst, space = found[:, 0].mean(), found[:, 1].max(), found[:, 2]
        print(f"{len(points)} points, {len(found)} poses: picture {picture:.4f} (worst joint {worst:.4f}), "
              f"space {space.mean():.3f} (worst pose {space.max():.3f})")  # fmt: skip


def library_bodies() -> Iterator[tuple[str, Body]]:
    for name in NAMES:
        for degrees in SIDES_DEG:
            yield f"{name} {degrees}", framed_body(turn(library_pose(name), np.deg2rad(degrees)))


def photo_bodies(photos: list[Path]) -> Iterator[tuple[str, Body]]:
    for photo in photos:
        pixels = np.array(read_photo(photo))
        fit, side = fit_body(find_landmarks(pixels)), max(pixels.shape[:2])
        x, y = fit.body.camera.translation
        camera = replace(fit.body.camera, scale=fit.body.camera.scale / side, translation=(x / side, y / side))
        yield photo.name, replace(fit.body, camera=camera)


def compare(name: str, body: Body, points: tuple[str, ...]) -> tuple[float, float, float]:
    found = read_again(body, points)
    ours, theirs = joints_of(body), joints_of(found)
    stature = float(np.ptp(rest_of(body)[:, 2]))
    off = np.linalg.norm(in_picture(ours, body) - in_picture(theirs, found), axis=1) / (stature * body.camera.scale)
    apart = np.linalg.norm(from_hips(ours) - from_hips(theirs), axis=1) / stature
    print(f"{name}, {len(points)} points: picture {off.mean():.4f} (worst {off.max():.4f}), space {apart.mean():.3f}",
          flush=True)  # fmt: skip
    return float(off.mean()), float(off.max()), float(apart.mean())


def read_again(body: Body, points: tuple[str, ...]) -> Body:
    """With BODY_25 the hands too."""
    found = find_keypoints(still(body))
    places = [found.body[0][BODY_25.index(name)] for name in points]
    person = {"pose_keypoints_2d": flat(np.array(places))}
    if points == BODY_25:
        person |= {
            "hand_left_keypoints_2d": flat(found.left_hand[0]),
            "hand_right_keypoints_2d": flat(found.right_hand[0]),
        }
    record = {"people": [person], "canvas_width": SIDE, "canvas_height": SIDE}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "pose.json"
        file.write_text(json.dumps(record))
        return read_keypoints(file).pose(0)


def flat(points: np.ndarray) -> list[float]:
    return np.column_stack([points, np.ones(len(points))]).ravel().tolist()


def joints_of(body: Body) -> np.ndarray:
    names = body_model().keypoint_names
    return pose_body(body).keypoints[[names.index(name) for name in COCO_17[5:]]]


def rest_of(body: Body) -> np.ndarray:
    return body_model().rest(body.phenotype.double().numpy()).vertices[body_model().skin]


def in_picture(joints: np.ndarray, body: Body) -> np.ndarray:
    return project(torch.as_tensor(joints), body.camera)[:, :2].numpy()


def from_hips(joints: np.ndarray) -> np.ndarray:
    return joints - joints[6:8].mean(0)


if __name__ == "__main__":
    main()
