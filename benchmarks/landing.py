"""Does the person land where the pose says? ``python benchmarks/landing.py PHOTOS --motion DIR [-o OUT]``.

Every photo of PHOTOS in five poses: two from other photos, two built-in, one frame of a BVH clip. The landmark
model then looks for a person in each result, and its 12 body joints are compared with the target body's. With -o, a
contact sheet of every step is written for each result, and one overview.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.estimation.finding import find_landmarks
from layerpose.maps.render import coco_18, pose_body
from layerpose.media.pictures import image_to_picture, read_photo, write_png
from layerpose.motion.library import NAMES, library_pose
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.sheets.transfer import draw_fit, draw_sheet
from layerpose.transfer import PoseTransfer, place

LANDMARKS = dict(zip(BODY_JOINTS, (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28), strict=True))
"""MediaPipe's number of each body joint."""
NEAR = 0.05
CELL = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--motion", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("-o", "--out", type=Path)
    given = parser.parse_args()
    model = PoseTransfer.load(given.weights)
    files = sorted(given.photos.glob("*.png"))
    clips = sorted(given.motion.glob("*.bvh"))
    seen = {file.stem: model.look(read_photo(file)) for file in files}
    joints = [KEYPOINTS.index(name) for name in BODY_JOINTS]
    found, near, means, overview = 0, [], [], []
    for number, name in enumerate(seen):
        view = model.view(seen[name])
        others = [list(seen)[(number + step) % len(seen)] for step in (1, 3)]
        clip = clips[(number * 17) % len(clips)]
        frame = read_bvh(clip).num_frames // 2
        poses = {other: seen[other].body for other in others}
        poses |= {built: library_pose(built) for built in (NAMES[(2 * number + i) % len(NAMES)] for i in (0, 1))}
        poses[f"{clip.stem}#{frame}"] = read_bvh(clip).pose(frame)
        row = [Image.fromarray(np.asarray(image_to_picture(seen[name].photo.image)))]
        for label, pose in poses.items():
            body = place(seen[name].body, pose)
            begin = time.perf_counter()
            made = model.draw(model.prepare(view, body))
            seconds = time.perf_counter() - begin
            picture = image_to_picture(made.image)
            row.append(picture)
            wanted = project(torch.as_tensor(coco_18(pose_body(body).keypoints)), body.camera)[joints, :2].numpy()
            stature = float(np.ptp(body_model().rest(body.phenotype.numpy()).vertices[body_model().skin, 2]))
            try:
                landed = find_landmarks(np.array(picture)).image[list(LANDMARKS.values()), :2] / picture.width
            except ValueError as error:
                print(f"{name} as {label}: {error}")
            else:
                found += 1
                off = np.linalg.norm(landed - wanted, axis=1) / (stature * body.camera.scale)
                near.append(off < NEAR)
                means.append(off.mean())
                print(f"{name} as {label}: joints off by {off.mean():.1%} of stature, {seconds:.1f} s")
            if given.out:
                given.out.mkdir(parents=True, exist_ok=True)
                sheet = draw_sheet(made, draw_fit(seen[name].photo.image, seen[name].body))
                write_png(sheet, given.out / f"{name}-as-{label.replace('#', '-')}.png", comment="layerpose benchmark")
        overview.append(np.concatenate([np.asarray(p.resize((CELL, CELL), Image.Resampling.LANCZOS)) for p in row], 1))
    total = len(seen) * 5
    print(f"{total} pictures: a person found in {found / total:.1%}")
    print(
        f"within {NEAR:.0%} of stature: {np.mean(near):.1%} of the joints; "
        f"the mean over the joints in {np.mean(np.array(means) < NEAR):.1%} of the pictures"
    )
    if given.out:
        Image.fromarray(np.concatenate(overview)).save(given.out / "overview.png")


if __name__ == "__main__":
    main()
