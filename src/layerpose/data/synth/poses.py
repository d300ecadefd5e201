"""Motion clips, still poses and the library -> random poses with much self-occlusion and no limb through the torso."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import Rest, body_model
from layerpose.body.skeleton import mirrored
from layerpose.data.synth.people import split_of_name
from layerpose.motion.bvh import Clip, read_bvh
from layerpose.motion.library import FIGURES, library_pose
from layerpose.motion.posing import ADULT, curl_fingers

NOISY_BONES = (
    "spine05", "spine03", "spine02", "neck01", "head", "clavicle.L", "clavicle.R", "upperarm01.L", "upperarm01.R",
    "lowerarm01.L", "lowerarm01.R", "wrist.L", "wrist.R", "upperleg01.L", "upperleg01.R", "lowerleg01.L",
    "lowerleg01.R", "foot.L", "foot.R",
)  # fmt: skip
NOISE_DEG = (3.0, 6.0)
MIXED_SHARE = 0.35
"""Share of the poses whose upper body comes from elsewhere than the lower."""
FRONT_SHARE = 0.4
"""Share of the pictures taken from within 50 degrees of the front; the others from all around."""
MAX_TRIES = 12
TORSO_RADII_M = (0.125, 0.085)
"""Half-axes (sideways, to the front) of the ellipse round the spine that arms stay out of."""
LEG_GAP_M = 0.075
"""Smallest distance of the two legs' axes, and of a hand from a leg's axis."""
UPPER_ROOT = "spine05"
RARE = ("t-pose", "gym01", "fly01", "fly02", "fight02")
"""Poses that people seldom take before a camera; three of four draws are drawn again."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A random pose and where it is from."""

    rotations: Float[np.ndarray, "j 3 3"]
    source: str


class PoseSource:
    """Clips, stills and library poses of one split, grouped by action so that the many walks do not prevail."""

    def __init__(self, motion: Path | None, stills: Path | None, split: str) -> None:
        self._groups: dict[str, list[Path | str]] = {}
        for folder in (motion, stills):
            if folder is None:
                continue
            files = sorted(folder.glob("*.bvh"))
            if not files:
                raise ValueError(f"{folder} holds no .bvh files; expected a folder of motion clips")
            for file in files:
                if split_of_name(file.name) == split:
                    self._groups.setdefault(_action(file, still=folder is stills), []).append(file)
        names = [name for name in FIGURES if split_of_name(name) == split]
        if names:
            self._groups["library"] = list(names)
        if not self._groups:
            raise ValueError(f"no pose is left for the split {split!r}; give a folder with more motion clips")
        self._actions = sorted(self._groups)
        weights = np.array([_weight(action, len(self._groups[action])) for action in self._actions])
        self._weights = weights / weights.sum()

    @property
    def sources(self) -> list[str]:
        """Every clip, still and library pose that may occur."""
        return sorted(
            str(item.name if isinstance(item, Path) else item) for group in self._groups.values() for item in group
        )

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A random pose, seen from a random side."""
        drawn = self._draw_still(rng)
        for _ in range(MAX_TRIES):
            if not collides(drawn.rotations):
                break
            drawn = self._draw_still(rng)
        rotations = drawn.rotations.copy()
        rotations[0] = _face(rotations[0], rng)
        return Drawn(rotations=rotations, source=drawn.source)

    def _draw_still(self, rng: np.random.Generator) -> Drawn:
        rotations, source = self._pick(rng)
        if rng.random() < MIXED_SHARE:
            other, other_source = self._pick(rng)
            upper = _below(UPPER_ROOT)
            rotations[upper] = other[upper]
            source = f"{source} + {other_source}"
        if rng.random() < 0.5:
            rotations = mirror(rotations)
        rotations = _disturb(rotations, rng)
        for side in "LR":
            rotations = curl_fingers(rotations, rng.uniform(-12, 25), sides=(side,))
        return Drawn(rotations=rotations, source=source)

    def _pick(self, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        group = self._groups[self._actions[rng.choice(len(self._actions), p=self._weights)]]
        item = group[rng.integers(len(group))]
        if (item if isinstance(item, str) else item.stem) in RARE and rng.random() < 0.75:
            return self._pick(rng)
        if isinstance(item, str):
            return library_pose(item).rotations.double().numpy(), item
        clip = _clip(item)
        frame = int(rng.integers(1, clip.num_frames)) if clip.num_frames > 1 else 0
        return clip.pose(frame).rotations.double().numpy(), f"{item.name}#{frame}"


def mirror(rotations: Float[np.ndarray, "j 3 3"]) -> Float[np.ndarray, "j 3 3"]:
    """Left and right swapped."""
    names = body_model().bone_names
    swap = [names.index(mirrored(name)) for name in names]
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ rotations[swap] @ flip


def collides(rotations: Float[np.ndarray, "j 3 3"]) -> bool:
    """An arm runs through the torso or a leg, or one leg through the other (thin stand-ins for the body's parts)."""
    model, rest = body_model(), _adult()
    turned, heads = model.kinematics(rest, rotations)
    places = dict(zip(model.bone_names, heads, strict=True))
    arms = np.stack([_along(places[f"{a}.{side}"], places[f"{b}.{side}"]) for side in "LR" for a, b in ARM_SPANS])
    chest = model.bone("spine02")
    axes = turned[chest] @ model.reference_orientations[chest].T
    inside = (arms.reshape(-1, 3) - heads[chest]) @ axes
    low, high = -0.25, 0.2
    ellipse = (inside[:, 0] / TORSO_RADII_M[0]) ** 2 + ((inside[:, 1] - 0.0) / TORSO_RADII_M[1]) ** 2
    if ((ellipse < 1) & (inside[:, 2] > low) & (inside[:, 2] < high)).any():
        return True
    legs = [[_along(places[f"{a}.{side}"], places[f"{b}.{side}"]) for a, b in LEG_SPANS] for side in "LR"]
    left, right = (np.concatenate(spans) for spans in legs)
    if _gap(left, right) < LEG_GAP_M:
        return True
    hands = np.stack([places[f"finger3-1.{side}"] for side in "LR"])
    return _gap(hands, np.concatenate([left, right])) < LEG_GAP_M


ARM_SPANS = (("lowerarm01", "wrist"), ("wrist", "finger3-2"))
LEG_SPANS = (("upperleg02", "lowerleg01"), ("lowerleg01", "foot"))


def _along(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return start + np.linspace(0.15, 1, 6)[:, None] * (end - start)


def _gap(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.linalg.norm(a[:, None] - b[None], axis=-1).min())


def _face(root: Float[np.ndarray, "3 3"], rng: np.random.Generator) -> Float[np.ndarray, "3 3"]:
    """The root's own heading taken away, a random one put in its place; the camera a little above or below."""
    forwards = root @ [0, -1, 0]
    heading = np.arctan2(forwards[0], -forwards[1]) if np.hypot(forwards[0], forwards[1]) > 0.3 else 0.0
    azimuth = rng.uniform(-0.87, 0.87) if rng.random() < FRONT_SHARE else rng.uniform(-np.pi, np.pi)
    upright = Rotation.from_euler("z", azimuth - heading)
    tilt = Rotation.from_euler("x", np.deg2rad(rng.uniform(-6, 14)))
    roll = Rotation.from_euler("y", np.deg2rad(rng.normal(scale=1.5)))
    return (roll * tilt * upright).as_matrix() @ root


def _disturb(rotations: Float[np.ndarray, "j 3 3"], rng: np.random.Generator) -> Float[np.ndarray, "j 3 3"]:
    bones = [body_model().bone(name) for name in NOISY_BONES]
    noise = rng.normal(scale=np.deg2rad(rng.uniform(*NOISE_DEG)), size=(len(bones), 3))
    out = rotations.copy()
    out[bones] = out[bones] @ Rotation.from_rotvec(noise).as_matrix()
    return out


@lru_cache(maxsize=4)
def _below(root: str) -> list[int]:
    """The bone and everything that hangs from it."""
    model = body_model()
    found = [model.bone(root)]
    for bone, parent in enumerate(model.parents):
        if parent in found:
            found.append(bone)
    return found


@lru_cache(maxsize=256)
def _clip(path: Path) -> Clip:
    return read_bvh(path)


@lru_cache(maxsize=1)
def _adult() -> Rest:
    return body_model().rest(np.array(ADULT))


def _action(path: Path, *, still: bool) -> str:
    """What a file shows, as far as its name tells: the name without its number, or the subject of a CMU clip."""
    if still:
        return "still"
    subject, _, trial = path.stem.rpartition("_")
    return subject if trial.isdigit() else "posing"


def _weight(action: str, count: int) -> float:
    return {"library": 4.0, "still": 1.5}.get(action, 1.0) * float(np.sqrt(count))
