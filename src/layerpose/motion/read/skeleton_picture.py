"""The coloured skeleton of ControlNet -> the points of the person: 18 joints, each a disc in its own hue, on black.

A joint is where its colour is at full brightness; limbs are drawn in the same hues at 0.6 of it. The hues are 20
degrees apart, so smoothing and JPEG leave them apart too.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from layerpose.media.pictures import read_photo
from layerpose.motion.keypoint_layouts import COCO_18, COLOURS, LIMBS
from layerpose.motion.read.keypoint_record import Person, Picture, person_of

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
DARK = 40
"""The brightest channel of what counts as black."""
BRIGHT = 200
"""The same of a joint; a limb has 153."""
VIVID = 0.75
"""Least saturation of what is drawn; white hands and grey are left out."""
BLACK_SHARE = 0.6
VIVID_SHARE = 0.7
"""Of what is not black."""
FEWEST_HUES = 5
LIMB = 153
"""Brightness of a limb."""
EVEN = 0.6
"""Share of what is vivid that has the brightness of a joint or of a limb, in a drawn skeleton."""
LARGEST_SIDE = 2048
"""Larger pictures are made smaller before joints are looked for."""
SMALLEST_DISC = 3
"""Pixels."""
LEAST_DISC = 0.3
"""A disc that is covered by others so far that less of it is left is not used."""
SECOND_DISC = 0.6
"""The same for a second one of a colour, which would be another person's."""
LEAST_PIECE = 0.08
"""Smaller pieces of one colour are where others run together."""
JOINED = 0.25
"""Least share of the line between two joints that is drawn in the limb's colour, for the two to be one person's ..."""
BROKEN = 0.1
"""... and the most of it that may be black."""
FEWEST_JOINTS = 4
"""Of a person; what is left over goes to whoever is nearest and lacks it."""
MOST_DISCS = 400
"""More are no people."""


def is_skeleton_picture(path: Path) -> bool:
    """Whether a picture shows such a skeleton, and is no photo. False for what cannot be read."""
    try:
        return shows_skeleton(np.array(read_photo(path)))
    except (ValueError, OSError):
        return False


def shows_skeleton(pixels: UInt8[np.ndarray, "h w 3"]) -> bool:
    """Black for the most part, and what is not black is drawn in the pure hues of the joints, at two brightnesses."""
    pixels = _smaller(pixels, 512)
    brightest, vivid = pixels.max(2), _vivid(pixels)
    drawn = brightest > DARK
    if drawn.mean() > 1 - BLACK_SHARE or not drawn.any() or vivid.sum() < VIVID_SHARE * drawn.sum():
        return False
    inner = cv2.erode(vivid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if not inner.any():
        inner = vivid
    values = brightest[inner].astype(int)
    even = (values > BRIGHT + 25) | (np.abs(values - LIMB) < 25)
    hues = np.unique(_nearest(pixels[inner & (brightest > BRIGHT)]))
    return bool(even.mean() > EVEN and len(hues) >= FEWEST_HUES)


def read_skeleton(path: Path) -> Picture:
    """The person of a picture. ValueError if it shows no such skeleton."""
    pixels = np.array(read_photo(path))
    if not shows_skeleton(pixels):
        raise ValueError(f"{path} shows no skeleton in the 18 colours of OpenPose on black")
    height, width = pixels.shape[:2]
    small = _smaller(pixels, LARGEST_SIDE)
    rows = _joints(small, path.name)
    rows[:, :2] *= width / small.shape[1]
    person = person_of(COCO_18, rows)
    people: tuple[Person, ...] = () if person is None else (person,)
    return Picture(people=people, canvas=(float(width), float(height)))


def _smaller(pixels: UInt8[np.ndarray, "h w 3"], side: int) -> UInt8[np.ndarray, "r c 3"]:
    factor = side / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _vivid(pixels: UInt8[np.ndarray, "h w 3"]) -> Bool[np.ndarray, "h w"]:
    brightest = pixels.max(2).astype(float)
    return (brightest > DARK) & (pixels.min(2) < (1 - VIVID) * brightest)


def _nearest(colours: UInt8[np.ndarray, "n 3"]) -> Int[np.ndarray, "n"]:
    """The joint whose hue is nearest."""
    full = colours / colours.max(1, keepdims=True) * 255
    return ((full[:, None] - np.array(COLOURS)) ** 2).sum(-1).argmin(1)


def _joints(pixels: UInt8[np.ndarray, "h w 3"], name: str) -> Float[np.ndarray, "18 3"]:
    """Where each joint's disc is; confidence 0 where there is none. Of several people the largest."""
    bright = _vivid(pixels) & (pixels.max(2) > BRIGHT)
    which = np.full(pixels.shape[:2], -1)
    which[bright] = _nearest(pixels[bright])
    discs = _discs(which)
    if sum(map(len, discs)) > MOST_DISCS:
        raise ValueError(f"{name} has more than {MOST_DISCS} joints; expected the skeleton of one person")
    people = _separate(discs, pixels)
    if len(people) > 1:
        warnings.warn(f"{name} shows {len(people)} people; the largest is taken", stacklevel=4)
    return max(people, key=_extent) if people else np.zeros((len(COLOURS), 3))


def _discs(which: Int[np.ndarray, "h w"]) -> list[Float[np.ndarray, "_ 2"]]:
    """Middles of the discs of each colour. What is much smaller than a disc is where two colours run together."""
    pieces = []
    for joint in range(len(COLOURS)):
        _, _, stats, middles = cv2.connectedComponentsWithStats((which == joint).astype(np.uint8), connectivity=8)
        pieces.append((stats[1:, cv2.CC_STAT_AREA], middles[1:] + 0.5))
    largest = [areas.max() for areas, _ in pieces if len(areas)]
    usual = max(float(np.median(largest)), SMALLEST_DISC) if largest else np.inf
    radius = np.sqrt(usual / np.pi)
    return [_joined(areas, middles, usual, radius) for areas, middles in pieces]


def _joined(
    areas: Int[np.ndarray, "n"], middles: Float[np.ndarray, "n 2"], usual: float, radius: float
) -> Float[np.ndarray, "m 2"]:
    """Pieces of one disc, parted by what is drawn over it, count as one."""
    found: list[tuple[float, Float[np.ndarray, "2"]]] = []
    large = areas > LEAST_PIECE * usual
    areas, middles = areas[large], middles[large]
    for area, middle in sorted(zip(areas.tolist(), middles, strict=True), key=lambda piece: -piece[0]):
        near = [row for row, (_, other) in enumerate(found) if np.linalg.norm(middle - other) < 2 * radius]
        if near:
            whole, other = found[near[0]]
            found[near[0]] = (whole + area, (whole * other + area * middle) / (whole + area))
        else:
            found.append((area, middle))
    found.sort(key=lambda disc: -disc[0])
    least = [LEAST_DISC * usual] + [SECOND_DISC * usual] * len(found)
    return np.array([middle for (area, middle), bound in zip(found, least, strict=False) if area > bound]).reshape(
        -1, 2
    )


def _separate(
    discs: list[Float[np.ndarray, "_ 2"]], pixels: UInt8[np.ndarray, "h w 3"]
) -> list[Float[np.ndarray, "18 3"]]:
    """Which discs belong together: those that limbs of the right colour join."""
    nodes = [(joint, row) for joint, found in enumerate(discs) for row in range(len(found))]
    several = any(len(found) > 1 for found in discs)
    people: list[Float[np.ndarray, "18 3"]] = []
    for group in sorted(_groups(nodes, discs, pixels) if several else [nodes] if nodes else [], key=len, reverse=True):
        rows = np.zeros((len(COLOURS), 3))
        for joint, row in group:
            rows[joint] = [*discs[joint][row], 1]
        lacking = [one for one in people if not (one[:, 2] * rows[:, 2]).any()]
        if several and len(group) < FEWEST_JOINTS and lacking:
            nearest = min(lacking, key=lambda one: _apart(one, rows))
            nearest += rows
        else:
            people.append(rows)
    return people


def _apart(one: Float[np.ndarray, "18 3"], other: Float[np.ndarray, "18 3"]) -> float:
    """Distance between the nearest joints of two."""
    ours, theirs = (rows[rows[:, 2] > 0, :2] for rows in (one, other))
    return float(np.linalg.norm(ours[:, None] - theirs, axis=-1).min())


def _groups(
    nodes: list[tuple[int, int]], discs: list[Float[np.ndarray, "_ 2"]], pixels: UInt8[np.ndarray, "h w 3"]
) -> list[list[tuple[int, int]]]:
    group = {node: number for number, node in enumerate(nodes)}
    for limb, (start, end) in enumerate(LIMBS):
        a, b = COCO_18.index(start), COCO_18.index(end)
        for first in range(len(discs[a])):
            shares = [_drawn_share(discs[a][first], place, limb, pixels) for place in discs[b]]
            if shares and max(shares) > JOINED:
                old, new = group[b, int(np.argmax(shares))], group[a, first]
                group = {node: new if number == old else number for node, number in group.items()}
    return [[node for node in nodes if group[node] == number] for number in sorted(set(group.values()))]


def _drawn_share(
    start: Float[np.ndarray, "2"], end: Float[np.ndarray, "2"], limb: int, pixels: UInt8[np.ndarray, "h w 3"]
) -> float:
    """How much of the line between two joints has the limb's colour; 0 where the line is broken."""
    places = start + np.linspace(0.15, 0.85, 24)[:, None] * (end - start)
    colours = pixels[tuple(places.astype(int).T[::-1])]
    drawn = colours.max(1) > DARK
    if drawn.mean() < 1 - BROKEN:
        return 0.0
    return float((_nearest(colours[drawn]) == limb).sum() / len(places))


def _extent(rows: Float[np.ndarray, "18 3"]) -> float:
    seen = rows[rows[:, 2] > 0, :2]
    return float(np.ptp(seen, axis=0).max())
