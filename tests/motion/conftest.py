"""A skeleton of our own in three frames, which tests write in the layouts of other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import ADULT
from layerpose.motion.retarget import RigClip

TRUNK = {
    "Hips": ("", (0, 1.0, 0)), "Spine": ("Hips", (0, 1.1, 0)), "Spine1": ("Spine", (0, 1.2, 0)),
    "Spine2": ("Spine1", (0, 1.3, 0)), "Neck": ("Spine2", (0, 1.45, 0)), "Head": ("Neck", (0, 1.52, 0)),
    "HeadTop": ("Head", (0, 1.72, 0)),
}  # fmt: skip
LEFT = {
    "LeftShoulder": ("Spine2", (0.05, 1.42, 0)), "LeftArm": ("LeftShoulder", (0.17, 1.42, 0)),
    "LeftForeArm": ("LeftArm", (0.45, 1.42, 0)), "LeftHand": ("LeftForeArm", (0.7, 1.42, 0)),
    "LeftHandMiddle1": ("LeftHand", (0.8, 1.42, 0)), "LeftUpLeg": ("Hips", (0.1, 0.95, 0)),
    "LeftLeg": ("LeftUpLeg", (0.1, 0.52, 0)), "LeftFoot": ("LeftLeg", (0.1, 0.09, 0)),
    "LeftToeBase": ("LeftFoot", (0.1, 0.02, 0.13)),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Actor:
    """In metres, y up, looking along z, x to the person's left; the rest pose is a T."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    rest: np.ndarray
    fps: float = 30.0
    acts: tuple[dict[str, Rotation], ...] = field(default_factory=tuple)
    """Turns of joints relative to their parents, about the world's axes, by frame."""
    steps: tuple[tuple[float, float, float], ...] = ()
    """How far the hips are from where they rest."""

    def row(self, name: str) -> int:
        return self.names.index(name)

    def turns(self, frame: int) -> np.ndarray:
        """World rotations against the rest pose."""
        turns = np.tile(np.eye(3), (len(self.names), 1, 1))
        for row, (name, parent) in enumerate(zip(self.names, self.parents, strict=True)):
            own = self.acts[frame].get(name, Rotation.identity()).as_matrix()
            turns[row] = own if parent < 0 else turns[parent] @ own
        return turns

    def places(self, frame: int) -> np.ndarray:
        """World places."""
        turns, places = self.turns(frame), self.rest.copy()
        places[0] += self.steps[frame]
        for row, parent in enumerate(self.parents):
            if parent >= 0:
                places[row] = places[parent] + turns[parent] @ (self.rest[row] - self.rest[parent])
        return places


@pytest.fixture(scope="session")
def actor() -> Actor:
    """The left thigh is lifted further from frame to frame, the left arm hangs, the right one is up, elbows bend."""
    right = {
        name.replace("Left", "Right"): (parent.replace("Left", "Right"), (-place[0], *place[1:]))
        for name, (parent, place) in LEFT.items()
    }
    joints = TRUNK | LEFT | right
    names = tuple(joints)
    left_arm, right_arm, left_elbow, right_elbow = (
        Rotation.from_euler(axis, angle, degrees=True) for axis, angle in zip("zzyy", (-75, -80, -20, 40), strict=True)
    )
    return Actor(
        names=names,
        parents=tuple(names.index(parent) if parent else -1 for parent, _ in joints.values()),
        rest=np.array([place for _, place in joints.values()], dtype=np.float64),
        acts=tuple(
            {
                "LeftArm": left_arm, "RightArm": right_arm, "LeftForeArm": left_elbow, "RightForeArm": right_elbow,
                "LeftUpLeg": Rotation.from_euler("x", -20 * (frame + 1), degrees=True),
                "LeftLeg": Rotation.from_euler("x", 30 * frame, degrees=True),
                "Spine1": Rotation.from_euler("y", 10 * frame, degrees=True),
                "Head": Rotation.from_euler("x", 10, degrees=True),
            }
            for frame in range(3)
        ),
        steps=((0, 0, 0), (0, 0.15, 0.1), (0, 0.3, 0.2)),
    )  # fmt: skip


LIMBS = {
    ("upperarm01.L", "lowerarm01.L"): (0.259, 0.0, -0.966), ("lowerarm01.L", "wrist.L"): (0.243, -0.342, -0.908),
    ("upperarm01.R", "lowerarm01.R"): (-0.174, 0.0, 0.985), ("lowerarm01.R", "wrist.R"): (-0.133, -0.643, 0.754),
    ("upperleg01.L", "lowerleg01.L"): (0.0, -0.342, -0.940), ("lowerleg01.L", "foot.L"): (0.0, -0.342, -0.940),
    ("upperleg01.R", "lowerleg01.R"): (0.0, 0.0, -1.0), ("lowerleg01.R", "foot.R"): (0.0, 0.0, -1.0),
}  # fmt: skip
"""Where the actor's limbs point in frame 0, in body axes."""
LATER = {
    ("upperleg01.L", "lowerleg01.L"): (0.0, -0.866, -0.5), ("lowerleg01.L", "foot.L"): (0.0, 0.0, -1.0),
    ("upperleg01.R", "lowerleg01.R"): (0.0, 0.0, -1.0), ("root", "head"): (0.0, 0.0, 1.0),
}  # fmt: skip
"""The same in frame 2."""
WITHIN_DEG = 2.0


@pytest.fixture(scope="session")
def acted() -> Callable[[RigClip], None]:
    """Whether a clip shows the actor: where limbs point, where it looks, and where the hips go."""
    model = body_model()
    rest = model.rest(np.array(ADULT))

    def heads(clip: RigClip, frame: int) -> np.ndarray:
        return model.kinematics(rest, clip.pose(frame).rotations.double().numpy())[1]

    def check(clip: RigClip) -> None:
        for frame, limbs in ((0, LIMBS), (2, LATER)):
            places = heads(clip, frame)
            for (start, end), expected in limbs.items():
                way = places[model.bone(end)] - places[model.bone(start)]
                way /= np.linalg.norm(way)
                assert np.rad2deg(np.arccos(np.clip(way @ expected, -1, 1))) < (8 if start == "root" else WITHIN_DEG), (
                    end
                )
            hips = places[model.bone("upperleg01.L")] - places[model.bone("upperleg01.R")]
            assert hips[0] / np.linalg.norm(hips) > np.cos(np.deg2rad(WITHIN_DEG))
        path = clip.motion().path.numpy()
        assert np.abs(path[2] - path[0] - np.array([0, -0.2, 0.3]) / 0.86).max() < 0.01 * 1.72 / 0.86
        assert clip.motion(1, 2).num_frames == 1

    return check
