"""What is in a data set, and does its ground truth hold: ``python benchmarks/datasheet.py DATA [--landmarks 100]``.

Prints Markdown for the datasheet: shares of parts that are hidden, differences of view, actions, people; how well body
and picture agree; and how often the landmark model finds the rendered people.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import permutations
from pathlib import Path

import numpy as np
import torch

from layerpose.body.camera import foreshorten, project
from layerpose.body.model import body_model
from layerpose.body.skeleton import BODY_JOINTS, KEYPOINTS
from layerpose.data.benchmark import FILE, read_pairs
from layerpose.data.complete import visible_shares
from layerpose.data.pairs import view_difference
from layerpose.data.records import Records
from layerpose.estimation.finding import find_landmarks
from layerpose.maps.render import coco_18, draw_posed, pose_body
from layerpose.media.pictures import image_to_picture

SIZE = 256
LANDMARKS = dict(zip(BODY_JOINTS, (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28), strict=True))
UPRIGHT = 0.82
"""A body is upright when its head is this share of its stature above its feet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--landmarks", type=int, default=100, help="pictures that the landmark model is run on")
    parser.add_argument("--people", type=int, default=200, help="people whose pictures are measured")
    given = parser.parse_args()
    records = Records(given.data)
    torch.set_num_threads(1)
    print(f"{len(records.people)} people, {sum(len(records.frames(p)) for p in records.people)} pictures\n")
    describe_people(records)
    people = records.people[:: max(len(records.people) // given.people, 1)]
    hidden = measure_bodies(records, people)
    describe_pairs(records, people, hidden)
    if given.landmarks:
        measure_landmarks(records, given.landmarks)


def describe_people(records: Records) -> None:
    people = [records.person(name) for name in records.people]
    shape = np.array([person["phenotype"] for person in people])
    print("| people | |\n|---|---|")
    print(f"| splits | {dict(Counter(person['split'] for person in people))} |")
    print(f"| more female than male | {np.mean(shape[:, 0] > 0.5):.0%} |")
    ages = np.percentile(shape[:, 1], [0, 50, 100])
    print(f"| age (2/3 young adult, 1 old) | {ages[0]:.2f} to {ages[2]:.2f}, median {ages[1]:.2f} |")
    print(f"| skins | {dict(Counter('dark' if 'dark' in p['skin'] else 'light' for p in people))} |")
    print(f"| outfits | {len({p['outfit'] for p in people})}, each cut recoloured for every person |")
    actions = Counter(_action(part) for p in people for f in p["frames"] for part in f["pose"].split(" + "))
    total = sum(actions.values())
    shares = ", ".join(f"{name} {num / total:.0%}" for name, num in actions.most_common(16))
    print(f"| actions | {shares} |\n")


def _action(source: str) -> str:
    if ".bvh" not in source:
        return source
    stem = source.partition(".")[0]
    head, _, last = stem.rpartition("_")
    return (f"cmu subject {head}" if head.isdigit() else head) if last.isdigit() else stem.rstrip("0123456789")


def measure_bodies(records: Records, people: list[str]) -> dict[tuple[str, str], bool]:
    """Overlap and perspective gap; returns which pictures hide more than half of a part."""
    overlaps, gaps, hidden = [], [], {}
    for person in people:
        for frame in records.frames(person):
            _, mask, body = records.load(person, frame)
            posed = pose_body(body)
            drawn = draw_posed(posed, body.camera, SIZE, device=torch.device("cpu"))
            inside = drawn.nearest.part >= 0
            small = torch.nn.functional.interpolate(mask, size=(SIZE, SIZE), mode="area")[0, 0] > 0.5
            overlaps.append(float((inside & small).sum() / (inside | small).sum()))
            joints = coco_18(posed.keypoints)
            seen = foreshorten(torch.as_tensor(joints), body.camera.distance_m).numpy()
            gaps.append(np.linalg.norm((seen - joints)[:, [0, 2]], axis=1) / stature(body.phenotype.numpy()))
            hidden[person, frame] = min(visible_shares(drawn).values()) < 0.5
    gap = np.concatenate(gaps)
    print("| ground truth | |\n|---|---|")
    print(f"| overlap (IoU) of the body's maps with alpha | mean {np.mean(overlaps):.3f}, lowest {min(overlaps):.3f} |")
    print(
        f"| perspective: by how much it moves the joints | mean {gap.mean():.2%} of stature,"
        f" 95 % below {np.percentile(gap, 95):.2%}, largest {gap.max():.2%} |"
    )
    print(f"| pictures that hide more than half of a part | {np.mean(list(hidden.values())):.0%} |\n")
    return hidden


def describe_pairs(records: Records, people: list[str], hidden: dict[tuple[str, str], bool]) -> None:
    listed = records.path / FILE
    pairs = [(p, s, t) for p in people for s, t in permutations(records.frames(p), 2)]
    rows = {"all pairs": pairs}
    if listed.is_file():
        found = read_pairs(listed)
        rows[f"test list ({found.hash})"] = [row for row in found.rows if (row[0], row[1]) in hidden]
    print("| pairs | number | a part more than half hidden in source or target | < 60 | 60-120 | > 120 degrees |")
    print("|---|---|---|---|---|---|")
    for name, some in rows.items():
        if not some:
            continue
        share = np.mean([hidden[p, s] or hidden[p, t] for p, s, t in some])
        turns = np.array([view_difference(records, p, s, t) for p, s, t in some])
        bins = [np.mean(turns < 60), np.mean((turns >= 60) & (turns <= 120)), np.mean(turns > 120)]
        print(f"| {name} | {len(some)} | {share:.0%} | " + " | ".join(f"{b:.0%}" for b in bins) + " |")
    print()


def measure_landmarks(records: Records, count: int) -> None:
    """The landmark model on upright people: does it find them, and are the joints where they are?"""
    errors, missed, rng = [], 0, np.random.default_rng(0)
    joints = [KEYPOINTS.index(name) for name in BODY_JOINTS]
    every = [(person, frame) for person in records.people for frame in records.frames(person)]
    for number in rng.permutation(len(every)):
        if len(errors) + missed == count:
            break
        person, frame = every[number]
        image, _, body = records.load(person, frame)
        posed = pose_body(body)
        tall = stature(body.phenotype.numpy())
        if posed.keypoints[0, 2] - posed.keypoints[15:17, 2].mean() < UPRIGHT * tall:
            continue
        wanted = project(torch.as_tensor(coco_18(posed.keypoints)), body.camera)[joints, :2].numpy()
        picture = image_to_picture(image)
        try:
            found = find_landmarks(np.array(picture)).image[list(LANDMARKS.values()), :2] / picture.width
        except ValueError:
            missed += 1
            continue
        errors.append(float(np.linalg.norm(found - wanted, axis=1).mean() / (tall * body.camera.scale)))
    count = len(errors) + missed
    near = np.sum(np.array(errors) <= 0.03) / count
    print("| landmark model on upright people | |\n|---|---|")
    print(f"| found | {len(errors) / count:.0%} of {count} |")
    print(f"| mean error of the 12 body joints | median {np.median(errors):.2%} of stature |")
    print(f"| mean error <= 3 % of stature | {near:.0%} |")


def stature(phenotype: np.ndarray) -> float:
    return float(np.ptp(body_model().rest(phenotype).vertices[body_model().skin, 2]))


if __name__ == "__main__":
    main()
