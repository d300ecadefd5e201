"""Photo + where a person is -> its landmarks and mask: MediaPipe's landmark network, run through LiteRT.

It looks at a rotated square around the person and gives 33 landmarks in the picture and in metres, and a mask.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.special import expit

from layerpose.estimation.detectors import between_centres, run_detector

NETWORK = "pose_landmark_heavy"
CROP = 256
ENLARGE = 1.25
CLOSER = 0.84
"""Side of the second square of which the mask is taken, as a share of the first one's."""
SAME_MASK = 0.75
"""Two looks at one person agree by more (IoU .86 and more, .79 with somebody else's leg); at two, by .64 or less."""
NUM_LANDMARKS = 33
ALIGNMENT = (33, 34)
"""Further outputs of the landmark network: the middle of the hips and the rim, as the detector gives them."""
HEATMAP_RADIUS = 3
CERTAIN = 0.5
PERSON = 0.75
"""Of whom the network is less sure, it is nobody: of people it is by .97 and more, of bushes and walls by .5 to .65."""
JOINTS = {
    "nose": 0, "left shoulder": 11, "right shoulder": 12, "left elbow": 13, "right elbow": 14, "left wrist": 15,
    "right wrist": 16, "left hip": 23, "right hip": 24, "left knee": 25, "right knee": 26, "left ankle": 27,
    "right ankle": 28,
}  # fmt: skip
"""The main joints: without them the pose is a guess."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """A rotated square in the photo: centre, side and rotation (radians)."""

    centre: Float[np.ndarray, "2"]
    side: float
    rotation: float

    @property
    def crop_to_photo(self) -> Float[np.ndarray, "2 3"]:
        """Affine map from pixels of the crop (0..256) to pixels of the photo."""
        scale = self.side / CROP
        cos, sin = scale * np.cos(self.rotation), scale * np.sin(self.rotation)
        linear = np.array([[cos, -sin], [sin, cos]])
        return np.column_stack([linear, self.centre - linear @ [CROP / 2, CROP / 2]])


@dataclass(frozen=True, kw_only=True)
class Landmarks:
    """One person: MediaPipe's 33 landmarks and mask."""

    image: Float[np.ndarray, "33 3"]
    """x and y in pixels of the photo, z in the same unit relative to the hips, smaller is nearer."""
    world: Float[np.ndarray, "33 3"]
    """Metres relative to the hips, in camera axes."""
    visibility: Float[np.ndarray, "33"]
    mask: Float[np.ndarray, "h w"]
    """How surely a pixel belongs to the person, 0..1."""
    score: float
    num_people: int
    region: Region | None = None
    """Where the person fills the square that the network expects: in a video, where to look in the next frame."""
    held: Bool[np.ndarray, "33"] = field(default_factory=lambda: np.zeros(NUM_LANDMARKS, dtype=bool))
    """Which ones a person has put where they are: they are not doubted."""
    agreement: float = 1.0
    """Of the masks of two looks (IoU); 1 where there was one look only."""
    face: Float[np.ndarray, "f 2"] | None = None
    """Where the photo shows the vertices of `face_points`, in pixels; None: no face is seen, or none was looked for."""


def region_between(hips: Float[np.ndarray, "2"], rim: Float[np.ndarray, "2"]) -> Region:
    """The square around a person, from the middle of the hips and the networks' point above or below it."""
    dx, dy = rim - hips
    return Region(
        centre=hips, side=2 * float(np.hypot(dx, dy)) * ENLARGE, rotation=float(np.pi / 2 - np.arctan2(-dy, dx))
    )


def hips(landmarks: Float[np.ndarray, "33 d"]) -> Float[np.ndarray, "d"]:
    """The place between the hips, by which a person is followed."""
    return landmarks[[JOINTS["left hip"], JOINTS["right hip"]]].mean(0)


def look_in(photo: UInt8[np.ndarray, "h w 3"], region: Region, *, num_people: int = 1) -> Landmarks:
    """The landmarks of whoever is in a region, however unsure."""
    outputs = _look_at(_crop(photo, region))
    everything = outputs[195].reshape(39, 5).astype(np.float64)
    raw = everything[:NUM_LANDMARKS].copy()
    raw[:, :2] = _refine(raw[:, :2], outputs[64 * 64 * 39].reshape(64, 64, 39)[..., :NUM_LANDMARKS])
    affine = region.crop_to_photo
    image = np.column_stack([raw[:, :2] @ affine[:, :2].T + affine[:, 2], raw[:, 2] * region.side / CROP])
    world = outputs[117].reshape(39, 3)[:NUM_LANDMARKS].astype(np.float64)
    cos, sin = np.cos(region.rotation), np.sin(region.rotation)
    world[:, :2] = world[:, :2] @ np.array([[cos, -sin], [sin, cos]]).T
    mask = _mask_of(outputs)
    return Landmarks(
        image=image,
        world=world,
        visibility=expit(raw[:, 3]),
        mask=cv2.warpAffine(mask, between_centres(affine), photo.shape[1::-1], flags=cv2.INTER_LINEAR),
        score=float(outputs[1].ravel()[0]),
        num_people=num_people,
        region=region_between(*(everything[list(ALIGNMENT), :2] @ affine[:, :2].T + affine[:, 2])),
    )


def look_twice(photo: UInt8[np.ndarray, "h w 3"], region: Region, *, num_people: int = 1) -> Landmarks:
    """The landmarks of whoever is in a region that a detector gave, seen in the square that they themselves tell."""
    return look_again(photo, look_in(photo, region, num_people=num_people))


def look_again(photo: UInt8[np.ndarray, "h w 3"], first: Landmarks) -> Landmarks:
    """The same person in the square that the first look tells; as it is where it shows nobody."""
    if first.score < PERSON or first.region is None:
        return first
    return look_in(photo, first.region, num_people=first.num_people)


def look_mirrored(photo: UInt8[np.ndarray, "h w 3"], known: Landmarks) -> Landmarks:
    """The same person with a surer mask: the mean with that of a somewhat closer look at the mirror image.

    As it is where that look met something else; what they agree by is kept.
    """
    if known.score < PERSON or known.region is None:
        return known
    closer = replace(known.region, side=known.region.side * CLOSER)
    mirrored = np.ascontiguousarray(_crop(photo, closer)[:, ::-1])
    mask = _mask_of(_look_at(mirrored))[:, ::-1]
    shown = cv2.warpAffine(
        np.dstack([mask, np.ones_like(mask)]), between_centres(closer.crop_to_photo), photo.shape[1::-1]
    )
    other = np.where(shown[..., 1] > 0.999, shown[..., 0], known.mask)
    one, two = known.mask > CERTAIN, other > CERTAIN
    agreement = float((one & two).sum() / max((one | two).sum(), 1))
    mask = (known.mask + other) / 2 if agreement > SAME_MASK else known.mask
    return replace(known, mask=mask, agreement=agreement)


def _look_at(crop: Float[np.ndarray, "256 256 3"]) -> dict[int, np.ndarray]:
    """The network's outputs, by how many numbers each has."""
    return {output[0].size: output[0] for output in run_detector(NETWORK, crop)}


def _mask_of(outputs: dict[int, np.ndarray]) -> Float[np.ndarray, "256 256"]:
    """How surely each pixel of the crop is the person, 0..1."""
    return expit(outputs[CROP * CROP].reshape(CROP, CROP))


def _crop(photo: UInt8[np.ndarray, "h w 3"], region: Region) -> Float[np.ndarray, "256 256 3"]:
    """The rotated square as the network sees it; a much larger photo is averaged down first so that nothing aliases."""
    affine, factor = region.crop_to_photo, region.side / CROP
    if factor > 2:
        size = (max(round(photo.shape[1] * 2 / factor), 1), max(round(photo.shape[0] * 2 / factor), 1))
        shrink = np.array([size[0] / photo.shape[1], size[1] / photo.shape[0]])
        photo, affine = cv2.resize(photo, size, interpolation=cv2.INTER_AREA), affine * shrink[:, None]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(photo, between_centres(affine), (CROP, CROP), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return crop.astype(np.float32) / 255


def _refine(points: Float[np.ndarray, "n 2"], logits: Float[np.ndarray, "64 64 n"]) -> Float[np.ndarray, "n 2"]:
    """Move each landmark to the centre of mass of its heatmap nearby, where the heatmap is sure."""
    heat = expit(logits)
    size = heat.shape[0]
    refined = points.copy()
    for n, (x, y) in enumerate(points * size / CROP):
        column, row = int(x), int(y)
        if not (0 <= column < size and 0 <= row < size):
            continue
        rows = slice(max(row - HEATMAP_RADIUS, 0), row + HEATMAP_RADIUS + 1)
        columns = slice(max(column - HEATMAP_RADIUS, 0), column + HEATMAP_RADIUS + 1)
        window = heat[rows, columns, n]
        if window.max() >= CERTAIN:
            down, across = np.indices(window.shape)
            centre = np.array([(window * (across + columns.start)).sum(), (window * (down + rows.start)).sum()])
            refined[n] = centre / window.sum() * CROP / size
    return refined
