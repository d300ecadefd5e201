"""One motion, written out, in files of every layout that people have on disk; our own code writes them all."""

from __future__ import annotations

import io
import json
import pickle
import sys
import types
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.body.smpl import SMPL_JOINTS, SMPL_PARENTS
from layerpose.motion.posing import ADULT
from layerpose.types import Pose

FRAMES = 9
LAST = FRAMES - 1
TURNS = {
    "spine2": [0, 0, 8], "left_shoulder": [0, 0, -70], "left_elbow": [0, -40, 0], "right_shoulder": [0, 0, -50],
    "right_elbow": [0, 0, -60], "left_hip": [-50, 0, 0], "left_knee": [70, 0, 0], "right_knee": [20, 0, 0],
}  # fmt: skip
"""Rotation vectors of the last frame in degrees, SMPL's axes; frame 0 is a T-pose, in between they grow evenly."""
YAW = 30.0
"""The person faces so many degrees to its left of the viewer."""
LIMBS = {
    f"{name}_{start}": (f"{name}_{end}", f"{bones[0]}.{side}", f"{bones[1]}.{side}")
    for side, name in (("L", "left"), ("R", "right"))
    for start, end, *bones in (
        ("shoulder", "elbow", "upperarm01", "lowerarm01"), ("elbow", "wrist", "lowerarm01", "wrist"),
        ("hip", "knee", "upperleg01", "lowerleg01"), ("knee", "ankle", "lowerleg01", "foot"),
    )
}  # fmt: skip
"""Joint -> the one at its limb's end, and the body's bones at both."""
STRAIGHT_M = {
    "left_hip": (0.08, -0.08, 0), "left_knee": (0, -0.4, 0), "left_ankle": (0, -0.4, 0), "left_foot": (0, -0.06, 0.12),
    "spine1": (0, 0.1, 0), "spine2": (0, 0.15, 0), "spine3": (0, 0.06, 0), "neck": (0, 0.2, 0), "head": (0, 0.09, 0.05),
    "left_collar": (0.06, 0.15, 0), "left_shoulder": (0.12, 0, 0), "left_elbow": (0.28, 0, 0),
    "left_wrist": (0.25, 0, 0), "left_hand": (0.09, 0, 0),
}  # fmt: skip
"""A skeleton in a straight T-pose with legs of 0.8 m, y up, facing z; the right side mirrors the left."""
PATH_M = np.linspace([0.0, 0.9, 0.0], [0.1, 1.0, 0.3], FRAMES)
"""Where the pelvis goes, y up: 10 cm to the left, 10 cm up, 30 cm towards the viewer."""
PATH_LEGS = np.array([0.125, -0.375, 0.125])
"""The same in leg lengths, in body axes."""
UPS = {"y": np.eye(3), "z": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]), "-y": np.diag([1.0, -1, -1])}
"""SMPL's axes -> a file's, by which way is up in it."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a writer has made."""

    path: Path
    person: str | None = None
    moves: bool = True
    """The file says where the pelvis is."""
    frame: int = LAST
    """The frame that shows the last pose."""


def vectors(up: str = "y") -> np.ndarray:
    """SMPL's 24 rotation vectors of every frame, in axes with this up."""
    whole = np.zeros((24, 3))
    for joint, degrees in TURNS.items():
        whole[SMPL_JOINTS.index(joint)] = np.deg2rad(degrees)
    every = np.linspace(0, 1, FRAMES)[:, None, None] * whole
    yaw = Rotation.from_euler("y", YAW, degrees=True).as_matrix()
    every[:, 0] = Rotation.from_matrix(UPS[up] @ yaw).as_rotvec()
    return every


def path(up: str = "y") -> np.ndarray:
    """Where the pelvis is."""
    return PATH_M @ UPS[up].T


def places(up: str = "y") -> np.ndarray:
    """Where the 24 joints are."""
    turns, found = Rotation.from_rotvec(vectors().reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3), []
    for joint, parent in enumerate(SMPL_PARENTS):
        if parent < 0:
            found.append(PATH_M)
            continue
        name = SMPL_JOINTS[joint]
        bone = np.array(STRAIGHT_M[name.replace("right", "left")]) * ([-1, 1, 1] if "right" in name else 1)
        found.append(found[parent] + turns[:, parent] @ bone)
        turns[:, joint] = turns[:, parent] @ turns[:, joint]
    return np.stack(found, axis=1) @ UPS[up].T


def wanted_directions() -> dict[str, np.ndarray]:
    """Where the limbs of the last frame point, in body axes."""
    last = places()[LAST]
    found = {}
    for joint, (end, *_) in LIMBS.items():
        x, y, z = last[SMPL_JOINTS.index(end)] - last[SMPL_JOINTS.index(joint)]
        found[joint] = np.array([x, -z, y]) / np.linalg.norm([x, y, z])
    return found


def directions(pose: Pose) -> dict[str, np.ndarray]:
    """Where the limbs of a pose point."""
    model, found = body_model(), {}
    _, heads = model.kinematics(model.rest(np.array(ADULT)), pose.rotations.double().numpy())
    for joint, (_, start, end) in LIMBS.items():
        along = heads[model.bone(end)] - heads[model.bone(start)]
        found[joint] = along / np.linalg.norm(along)
    return found


class NumpyArrayWrapper:
    """joblib's note, by its name and fields."""

    def __init__(self, array: np.ndarray) -> None:
        self.subclass, self.shape, self.order, self.dtype = np.ndarray, array.shape, "C", array.dtype
        self.allow_mmap, self.numpy_array_alignment_bytes = True, 16


class JoblibPickler(pickle._Pickler):  # pyright: ignore
    """A pickle with the arrays' bytes between the instructions, as joblib writes it."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=4)
        self._file = file

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            super().save(obj, save_persistent_id)
            return
        super().save(NumpyArrayWrapper(obj))
        self.framer.commit_frame(force=True)
        padding = 16 - (self._file.tell() + 1) % 16
        self._file.write(bytes([padding]) + b"\xff" * padding + np.ascontiguousarray(obj).tobytes())


def joblib_bytes(data: Any) -> bytes:
    """What joblib.dump writes."""
    module = types.ModuleType("joblib.numpy_pickle")
    setattr(module, "NumpyArrayWrapper", NumpyArrayWrapper)  # noqa: B010
    before = {name: sys.modules.get(name) for name in ("joblib", "joblib.numpy_pickle")}
    NumpyArrayWrapper.__module__ = "joblib.numpy_pickle"
    sys.modules |= {"joblib": types.ModuleType("joblib"), "joblib.numpy_pickle": module}
    try:
        file = io.BytesIO()
        JoblibPickler(file).dump(data)
        return file.getvalue()
    finally:
        for name, old in before.items():
            sys.modules.pop(name) if old is None else sys.modules.__setitem__(name, old)


def amass(folder: Path, width: int, up: str = "z") -> Written:
    poses = np.zeros((FRAMES, width), dtype=np.float32)
    poses[:, :66] = vectors(up)[:, :22].reshape(FRAMES, 66)
    file = folder / f"amass_{width}_{up}.npz"
    np.savez(file, poses=poses, trans=path(up), betas=np.zeros(16), gender="neutral", mocap_framerate=60.0)
    return Written(path=file)


def amass_parts(folder: Path) -> Written:
    turned = vectors("z").reshape(FRAMES, 72)
    file = folder / "parts.npz"
    np.savez(
        file, root_orient=turned[:, :3], pose_body=turned[:, 3:66], pose_hand=np.zeros((FRAMES, 90)), trans=path("z"),
        betas=np.zeros(16), mocap_frame_rate=np.array(120), surface_model_type="smplx",
    )  # fmt: skip
    return Written(path=file)


def smplx_parts(folder: Path) -> Written:
    turned = vectors("y")
    np.savez_compressed(
        folder / "smplx.npz", global_orient=turned[:, 0], body_pose=turned[:, 1:22], transl=path("y"),
        betas=np.zeros((FRAMES, 10)), left_hand_pose=np.zeros((FRAMES, 45)), right_hand_pose=np.zeros((FRAMES, 45)),
    )  # fmt: skip
    return Written(path=folder / "smplx.npz")


def motion_x(folder: Path) -> Written:
    rows = np.zeros((FRAMES, 322), dtype=np.float32)
    rows[:, :66], rows[:, 309:312] = vectors("y")[:, :22].reshape(FRAMES, 66), path("y")
    np.save(folder / "motion_x.npy", rows)
    return Written(path=folder / "motion_x.npy")


def gvhmr(folder: Path, keys: tuple[str, ...] = ("smpl_params_global", "smpl_params_incam")) -> Written:
    held: dict[str, Any] = {"K_fullimg": torch.eye(3).expand(FRAMES, 3, 3), "net_outputs": {"static": torch.ones(2)}}
    for key in keys:
        up = "y" if key == "smpl_params_global" else "-y"
        turned = torch.from_numpy(vectors(up).reshape(FRAMES, 72)).float()
        shape = torch.zeros(1, 10).expand(FRAMES, 10).contiguous()
        held[key] = OrderedDict(
            body_pose=turned[:, 3:66], betas=shape, global_orient=turned[:, :3],
            transl=torch.from_numpy(path(up)).float(),
        )  # fmt: skip
    file = folder / f"hmr4d_results_{len(keys)}.pt"
    torch.save(held, file)
    return Written(path=file)


def track(up: str, rows: slice = slice(None)) -> dict[str, Any]:
    turned = vectors(up).reshape(FRAMES, 72)[rows].astype(np.float32)
    return {"pose": turned, "trans": path(up)[rows].astype(np.float32), "betas": np.zeros((len(turned), 10)),
            "verts": np.zeros((len(turned), 20, 3), np.float32), "frame_ids": np.arange(FRAMES)[rows]}  # fmt: skip


def wham(folder: Path, *, room: bool = True, packed: bool = False) -> Written:
    people: dict[int, Any] = defaultdict(dict)
    people[0] = {**track("-y", slice(3)), "pose": np.zeros((3, 72))}
    people[4] = track("-y")
    for person in people.values():
        if room:
            count = len(person["pose"])
            world = vectors("y").reshape(FRAMES, 72)[:count].astype(np.float32)
            person |= {"pose_world": world, "trans_world": path("y")[:count], "pose": np.zeros((count, 72))}
    data = joblib_bytes(people)
    file = folder / f"wham_output_{room}_{packed}.pkl"
    file.write_bytes(zlib.compress(data) if packed else data)
    return Written(path=file, person="4")


def tram(folder: Path) -> Written:
    turned = Rotation.from_rotvec(vectors("-y").reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3)
    held = {"pred_rotmat": turned.astype(np.float32), "pred_shape": np.zeros((FRAMES, 10)),
            "pred_trans": path("-y")[:, None], "frame": np.arange(5, 5 + FRAMES)}  # fmt: skip
    np.save(folder / "hps_track_0.npy", held, allow_pickle=True)  # pyright: ignore[reportArgumentType]
    return Written(path=folder / "hps_track_0.npy")


def phalp(folder: Path) -> Written:
    turned = Rotation.from_rotvec(vectors("-y").reshape(-1, 3)).as_matrix().reshape(FRAMES, 24, 3, 3)
    frames = {}
    for at in range(FRAMES):
        body = {"global_orient": turned[at, :1], "body_pose": turned[at, 1:], "betas": np.zeros(10, np.float32)}
        other = {**body, "global_orient": np.eye(3)[None]}
        frames[f"outputs/{at:06d}.jpg"] = {
            "time": at, "tid": [7, 2] if at < 4 else [2], "smpl": [other, body] if at < 4 else [body],
            "camera": [np.zeros(3), path("-y")[at]] if at < 4 else [path("-y")[at]], "shot": 0,
            "frame_path": f"outputs/{at:06d}.jpg", "size": [np.array([720, 1280])],
        }  # fmt: skip
    (folder / "demo_video.pkl").write_bytes(joblib_bytes(frames))
    return Written(path=folder / "demo_video.pkl", person="2")


def aist(folder: Path, protocol: int) -> Written:
    held = {"smpl_loss": 0.1, "smpl_poses": vectors("y").reshape(FRAMES, 72), "smpl_scaling": np.array([98.0]),
            "smpl_trans": path("y") * 98}  # fmt: skip
    file = folder / f"gWA_{protocol}.pkl"
    file.write_bytes(pickle.dumps(held, protocol))
    return Written(path=file)


def lhm(folder: Path) -> Written:
    turned, where = vectors("-y"), path("-y")
    (folder / "smplx_params").mkdir()
    for at in range(FRAMES):
        record = {
            "betas": [0.0] * 10, "root_pose": turned[at, 0].tolist(), "body_pose": turned[at, 1:22].tolist(),
            "jaw_pose": [0.0] * 3, "leye_pose": [0.0] * 3, "reye_pose": [0.0] * 3, "lhand_pose": [[0.0] * 3] * 15,
            "rhand_pose": [[0.0] * 3] * 15, "trans": where[at].tolist(), "focal": [1000.0, 1000.0],
            "princpt": [256.0, 256.0], "img_size_wh": [512, 512], "pad_ratio": 0,
        }  # fmt: skip
        (folder / "smplx_params" / f"{at + 5}.json").write_text(json.dumps(record))
    return Written(path=folder / "smplx_params")


def sam(folder: Path) -> Written:
    last, rows = places("-y")[LAST] - path("-y")[LAST], np.zeros((70, 3), dtype=np.float32)
    for row, joint in {5: "left_shoulder", 6: "right_shoulder", 7: "left_elbow", 8: "right_elbow", 9: "left_hip",
                       10: "right_hip", 11: "left_knee", 12: "right_knee", 13: "left_ankle", 14: "right_ankle",
                       62: "left_wrist", 41: "right_wrist", 69: "neck"}.items():  # fmt: skip
        rows[row] = last[SMPL_JOINTS.index(joint)]
    yaw = Rotation.from_euler("y", YAW, degrees=True).as_matrix()
    head, foot, hand = rows[69] + UPS["-y"] @ [0, 0.1, 0], [0.02, -0.06, 0.15], [0.09, 0, 0]
    around = {0: (0, [0, 0, 0.1]), 1: (0, [0.03, 0.03, 0.09]), 2: (0, [-0.03, 0.03, 0.09]), 3: (0, [0.07, 0, 0]),
              4: (0, [-0.07, 0, 0]), 15: (13, foot), 16: (13, foot), 17: (13, [0, -0.06, -0.05]), 18: (14, foot),
              19: (14, foot), 20: (14, [0, -0.06, -0.05]), 28: (41, hand), 32: (41, hand), 40: (41, [0.08, 0, -0.05]),
              49: (62, hand), 53: (62, hand), 61: (62, [0.08, 0, -0.05])}  # fmt: skip
    for row, (near, offset) in around.items():
        rows[row] = (head if near == 0 else rows[near]) + UPS["-y"] @ yaw @ offset
    held = [{"pred_keypoints_3d": rows, "pred_cam_t": np.array([0, 0, 3.0]), "mhr_model_params": np.zeros(204)}]
    (folder / "sam.pkl").write_bytes(pickle.dumps(held, 4))
    return Written(path=folder / "sam.pkl", moves=False, frame=0)


def joints(folder: Path, count: int) -> Written:
    np.save(folder / f"joints_{count}.npy", places("y")[:, :count].astype(np.float32))
    return Written(path=folder / f"joints_{count}.npy")


def features(folder: Path) -> Written:
    """HumanML3D's numbers, with a root that turns on from frame to frame."""
    where, angles = places("y")[:, :22], np.linspace(0, 0.8, FRAMES)
    rows = np.zeros((FRAMES, 263))
    rows[:-1, 0] = np.diff(angles) / 2
    turns = Rotation.from_euler("y", angles[:, None]).as_matrix()
    steps = np.einsum("tab,tb->ta", turns[1:], np.diff(where[:, 0], axis=0))
    rows[:-1, 1], rows[:-1, 2], rows[:, 3] = steps[:, 0], steps[:, 2], where[:, 0, 1]
    local = np.einsum("tab,tjb->tja", turns, where[:, 1:] - where[:, :1] * [1, 0, 1])
    rows[:, 4:67] = local.reshape(FRAMES, 63)
    np.save(folder / "features.npy", rows.astype(np.float32))
    return Written(path=folder / "features.npy")


def mdm(folder: Path) -> Written:
    motion = np.zeros((2, 22, 3, FRAMES + 3), dtype=np.float32)
    motion[:, ..., :FRAMES] = places("y")[:, :22].transpose(1, 2, 0)
    motion[0] = motion[0, ..., :1]
    held = {"motion": motion, "text": ["a person stands", "a person lifts a leg"],
            "lengths": np.array([4, FRAMES]), "num_samples": 2, "num_repetitions": 1}  # fmt: skip
    np.save(folder / "results.npy", held, allow_pickle=True)  # pyright: ignore[reportArgumentType]
    return Written(path=folder / "results.npy", person="1")


WRITERS: dict[str, Callable[[Path], Written]] = {
    "AMASS, SMPL": lambda folder: amass(folder, 72),
    "AMASS, SMPL-H": lambda folder: amass(folder, 156),
    "AMASS, SMPL-X": lambda folder: amass(folder, 165),
    "AMASS, parts": amass_parts,
    "SMPL-X, parts": smplx_parts,
    "Motion-X": motion_x,
    "GVHMR": gvhmr,
    "GVHMR, camera only": lambda folder: gvhmr(folder, ("smpl_params_incam",)),
    "WHAM": wham,
    "WHAM, camera only": lambda folder: wham(folder, room=False),
    "WHAM, packed": lambda folder: wham(folder, packed=True),
    "TRAM": tram,
    "4D-Humans": phalp,
    "AIST++": lambda folder: aist(folder, 4),
    "AIST++, old pickle": lambda folder: aist(folder, 2),
    "LHM": lhm,
    "SAM 3D Body": sam,
    "22 joints": lambda folder: joints(folder, 22),
    "24 joints": lambda folder: joints(folder, 24),
    "HumanML3D features": features,
    "MDM": mdm,
}


@pytest.fixture(params=WRITERS)
def layout(request: pytest.FixtureRequest) -> str:
    """The name of a layout."""
    return request.param


@pytest.fixture
def write() -> Callable[[str, Path], Written]:
    """Writes the motion in a layout."""
    return lambda layout, folder: WRITERS[layout](folder)


@pytest.fixture
def wanted() -> dict[str, np.ndarray]:
    """Where the limbs of the last frame point, in body axes."""
    return wanted_directions()


@pytest.fixture
def seen() -> Callable[[Pose], dict[str, np.ndarray]]:
    """Where the limbs of a pose point."""
    return directions


@pytest.fixture
def wanted_path() -> np.ndarray:
    """How far the pelvis goes, in leg lengths and body axes."""
    return PATH_LEGS
