"""Files of poses as they were sent -> a pose, or a motion of which any part can be asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.spatial.transform import Rotation
from torch import Tensor

from layerpose.body.model import body_model
from layerpose.estimation.estimate import estimate, read_source
from layerpose.motion.clip import Clip, check_range
from layerpose.motion.motion_file import write_motion
from layerpose.motion.performer import leg_length, perform
from layerpose.motion.pose_file import FORMAT, body_to_record, pose_to_record
from layerpose.motion.posing import ADULT
from layerpose.motion.read.opening import find_format
from layerpose.motion.read.video import VideoClip
from layerpose.presets import base
from layerpose.runtime.cache import write_json
from layerpose.studio.hearing import called, clean_name, heard, read_named
from layerpose.studio.jobs import Report
from layerpose.studio.keeping import Store, open_store
from layerpose.studio.line import Line
from layerpose.studio.recent import Recent
from layerpose.types import Body, Motion, Pose

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
USUAL_FPS = 30.0
"""Of a file that does not say its rate."""
MOST_BYTES = 1 << 30
"""Of all files on disk; beyond it the longest unused go that nobody sent since the start."""
MOST_FRAMES = 3000
"""Are told at a time."""
CLIPS_AT_ONCE = 4
STILL = 1e-6
"""A bone that turns less than this (radians) is not told."""
DIGITS = 5


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A file of poses that was read."""

    clip: Clip | None
    """None: a photo."""
    pose: Pose | Body | None
    """The only one that is in it; None: a motion."""
    doubts: tuple[str, ...]


class PoseFiles:
    """Every file of poses that was sent."""

    def __init__(self, folder: Path) -> None:
        self.store: Store = open_store(folder / "files", "motion")
        self._recent: Recent[str, Opened] = Recent(CLIPS_AT_ONCE)
        self._sent: set[str] = set()

    def welcome(self, content: bytes, name: str) -> dict[str, Any]:
        """Read a file and tell what is in it. ValueError says what is wrong with it, and it is not kept."""
        name = clean_name(name, "file")
        suffix = PurePath(name).suffix.lower()
        file = self.store.keep(content, suffix if SUFFIX.fullmatch(suffix) else "")
        try:
            opened = self._open(file, name)
        except ValueError:
            self.store.drop(file)
            raise
        if opened.pose is not None:
            self.store.drop(file)
            return {"kind": "pose", "pose": tell_pose(opened.pose), "doubts": list(opened.doubts)}
        self._sent.add(file)
        self.store.tidy(MOST_BYTES, self._sent)
        kind = "video" if isinstance(opened.clip, VideoClip) else "motion"
        return {"kind": kind, "id": file, "name": name, "doubts": list(opened.doubts), **_tell_clip(opened.clip)}

    def check_video(self, file: str, first: int, end: int) -> None:
        """ValueError unless it is a video that has these frames, not too many."""
        frames = check_range(self._video(file), first, end)
        if len(frames) > MOST_FRAMES:
            raise ValueError(f"{len(frames)} frames were asked for; expected at most {MOST_FRAMES}; choose a part")

    def watch(self, request: dict[str, Any], folder: Path, report: Report, *, line: Line) -> Path:
        """Work of a job: a part of a video -> a motion, kept like one that was sent, and told in a file."""
        file, name = request["video"], request["name"]

        def go_on(done: int, total: int) -> None:
            line.give_way()
            report(done, total)

        with called(self.store.find(file), name):
            watched = self._video(file).watch(request["first"], request["end"], go_on)
            motion, doubts = heard(watched.motion)
        made = folder / "motion.json"
        write_motion(motion, made)
        told = self.welcome(made.read_bytes(), f"{PurePath(name).stem}.json")
        lines = [doubt.replace(str(self.store.find(file)), name) for doubt in doubts]
        out = folder / "told.json"
        write_json(out, {**told, "name": name, "doubts": lines})
        return out

    def _video(self, file: str) -> VideoClip:
        clip = self._open(file, self.store.find(file).name).clip
        if not isinstance(clip, VideoClip):
            raise ValueError("this file is no video")
        return clip

    def motion(
        self, file: str, shape: Float[Tensor, "6"] | None, *, first: int = 0, end: int | None = None, step: int = 1
    ) -> dict[str, Any]:
        """Some frames of a motion, as a body of this shape performs it; without one as an average adult does."""
        clip = self._open(file, self.store.find(file).name).clip
        assert clip is not None, "files of one pose are not kept"
        if isinstance(clip, VideoClip):
            raise ValueError("this is a video; have it watched first (POST /api/videos)")
        end = clip.num_frames if end is None else min(end, clip.num_frames)
        frames = check_range(clip, first, end)
        if len(frames) > MOST_FRAMES * step:
            raise ValueError(
                f"{len(frames) // step} frames were asked for; expected at most {MOST_FRAMES} at a time: use first, "
                f"end and step"
            )
        found, _ = heard(lambda: clip.motion(first, end, fps=None if clip.fps else USUAL_FPS))
        return tell_motion(found, torch.tensor(ADULT) if shape is None else shape, step)

    def _open(self, file: str, name: str) -> Opened:
        def read() -> Opened:
            (clip, pose), doubts = read_named(self.store.find(file), name, _read)
            return Opened(clip=clip, pose=pose, doubts=doubts)

        return self._recent.recall(file, read)


def tell_pose(pose: Pose | Body) -> dict[str, Any]:
    """A pose, or a whole body, in transit."""
    if isinstance(pose, Body):
        return body_to_record(pose)
    return {"layerpose_pose": FORMAT, "rotations": pose_to_record(pose)}


def tell_motion(motion: Motion, shape: Float[Tensor, "6"], step: int) -> dict[str, Any]:
    """Rotation vectors of the bones that turn, and where the pelvis is, in metres and body axes."""
    rest = body_model().rest(shape.double().numpy())
    motion = perform(motion, rest)
    vectors = Rotation.from_matrix(motion.rotations[::step].double().numpy().reshape(-1, 3, 3)).as_rotvec()
    vectors = vectors.reshape(-1, len(body_model().bone_names), 3)
    turned = np.flatnonzero(np.linalg.norm(vectors, axis=-1).max(0) > STILL)
    path = motion.path[::step].double().numpy() * leg_length(rest)
    return {
        "bones": [body_model().bone_names[bone] for bone in turned],
        "rotations": vectors[:, turned].round(DIGITS).tolist(),
        "path": path.round(DIGITS).tolist(),
        "fps": motion.fps / step,
    }


def _read(path: Path) -> tuple[Clip | None, Pose | Body | None]:
    format = find_format(path)
    if format is None or format.photo_too:
        return None, estimate(read_source(path), base().canvas).body
    clip = format.read(path, None)
    return clip, clip.pose(0) if clip.num_frames == 1 else None


def _tell_clip(clip: Clip | None) -> dict[str, Any]:
    assert clip is not None, "a motion has a clip"
    fps = clip.fps or USUAL_FPS
    return {"frames": clip.num_frames, "fps": fps, "seconds": clip.num_frames / fps}
