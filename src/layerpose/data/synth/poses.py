"""Motion clips, still poses and figures -> random poses with much self-occlusion that a body can take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.data.synth.anatomy import possible
from layerpose.data.synth.builtin.tailoring import hanging
from layerpose.motion.figures import basic, still
from layerpose.motion.posing import curl_fingers, mirror, pose_from_figure
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.retarget import RigClip

FIGURES = basic.FIGURES | still.FIGURES
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
ELEVATION_DEG = (-15.0, 4.0, 30.0)
"""Lowest, most frequent and highest angle from which the camera looks down."""
ROLL_DEG = 1.5
MAX_TRIES = 40
UPPER_ROOT = "spine05"
RARE = ("t-pose", "gym01", "fly01", "fly02", "fight02")
"""Poses that people seldom take before a camera; three of four draws are drawn again."""
ACTION_WEIGHTS = {"figures": 5.0, "still": 1.5}
"""How much likelier an action is than a group of as many clips; walks would prevail otherwise."""
SPLIT_OF_PLACE = {2: "test", 5: "val"}
"""In each action, of every eight clips in the order of their names."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A random pose and where it is from."""

    rotations: Float[np.ndarray, "j 3 3"]
    source: str


class PoseSource:
    """Clips, stills and figures of one split, grouped by action so that the many walks do not prevail."""

    def __init__(self, motion: Path | None, stills: Path | None, split: str) -> None:
        groups: dict[str, list[Path | str]] = {"figures": sorted(FIGURES)}
        for folder in (motion, stills):
            if folder is None:
                continue
            files = sorted(folder.glob("*.bvh"))
            if not files:
                raise ValueError(f"{folder} holds no .bvh files; expected a folder of motion clips")
            for file in files:
                groups.setdefault(_action(file, still=folder is stills), []).append(file)
        kept = {action: [item for i, item in enumerate(g) if _split(i) == split] for action, g in groups.items()}
        self._groups = {action: items for action, items in kept.items() if items}
        self._actions = sorted(self._groups)
        weights = np.array([_weight(action, len(self._groups[action])) for action in self._actions])
        self._weights = weights / weights.sum()

    @property
    def sources(self) -> list[str]:
        """Every clip, still and figure that may occur."""
        return sorted(
            str(item.name if isinstance(item, Path) else item) for group in self._groups.values() for item in group
        )

    def check(self) -> None:
        """Read every clip, so that a bad one is found before the work starts. ValueError names it."""
        for group in self._groups.values():
            for item in group:
                if isinstance(item, Path):
                    _clip(item)

    def draw(self, rng: np.random.Generator) -> Drawn:
        """A random pose that is `possible`, seen from a random side."""
        for _ in range(MAX_TRIES):
            drawn = self._draw_still(rng)
            if possible(drawn.rotations):
                break
        else:
            drawn = Drawn(rotations=_rotations("stand"), source="stand")
        rotations = drawn.rotations.copy()
        rotations[0] = _face(rotations[0], rng)
        return Drawn(rotations=rotations, source=drawn.source)

    def _draw_still(self, rng: np.random.Generator) -> Drawn:
        rotations, source = self._pick(rng)
        if rng.random() < MIXED_SHARE:
            other, other_source = self._pick(rng)
            upper = hanging(UPPER_ROOT)
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
            return _rotations(item), item
        clip = _clip(item)
        frame = int(rng.integers(1, clip.num_frames)) if clip.num_frames > 1 else 0
        return clip.pose(frame).rotations.double().numpy(), f"{item.name}#{frame}"


def _rotations(figure: str) -> Float[np.ndarray, "j 3 3"]:
    """A figure's joint rotations, the caller's to change."""
    return _figure(figure).copy()


@lru_cache(maxsize=128)
def _figure(name: str) -> Float[np.ndarray, "j 3 3"]:
    return pose_from_figure(FIGURES[name]).rotations.double().numpy()


def _face(root: Float[np.ndarray, "3 3"], rng: np.random.Generator) -> Float[np.ndarray, "3 3"]:
    """The root's own heading taken away, a random one put in its place; the camera a little above or below."""
    forwards = root @ [0, -1, 0]
    heading = np.arctan2(forwards[0], -forwards[1]) if np.hypot(forwards[0], forwards[1]) > 0.3 else 0.0
    azimuth = rng.uniform(-0.87, 0.87) if rng.random() < FRONT_SHARE else rng.uniform(-np.pi, np.pi)
    upright = Rotation.from_euler("z", azimuth - heading)
    tilt = Rotation.from_euler("x", np.deg2rad(rng.triangular(*ELEVATION_DEG)))
    roll = Rotation.from_euler("y", np.deg2rad(rng.normal(scale=ROLL_DEG)))
    return (roll * tilt * upright).as_matrix() @ root


def _disturb(rotations: Float[np.ndarray, "j 3 3"], rng: np.random.Generator) -> Float[np.ndarray, "j 3 3"]:
    bones = [body_model().bone(name) for name in NOISY_BONES]
    noise = rng.normal(scale=np.deg2rad(rng.uniform(*NOISE_DEG)), size=(len(bones), 3))
    out = rotations.copy()
    out[bones] = out[bones] @ Rotation.from_rotvec(noise).as_matrix()
    return out


@lru_cache(maxsize=256)
def _clip(path: Path) -> RigClip:
    return read_bvh(path)


def _action(path: Path, *, still: bool) -> str:
    """What a file shows, as far as its name tells: the name without its number, or the subject of a CMU clip."""
    if still:
        return "still"
    subject, _, trial = path.stem.rpartition("_")
    return subject if trial.isdigit() else "posing"


def _split(place: int) -> str:
    return SPLIT_OF_PLACE.get(place % 8, "train")


def _weight(action: str, count: int) -> float:
    return ACTION_WEIGHTS.get(action, 1.0) * float(np.sqrt(count))
