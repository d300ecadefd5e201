"""What programs that find people in videos leave on disk (GVHMR, WHAM, TRAM, 4D-Humans) -> `SmplClip` of one person.

Where a program gives the room as well as the camera's view, the room is taken: it has gravity right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from layerpose.motion.read.amass import smpl_clip
from layerpose.motion.read.numbers import finite, first_of, matrices, rows, vectors
from layerpose.motion.read.people import bridge, choose_person, frame_numbers, label
from layerpose.motion.read.smpl_clip import SmplClip, turns_to_vectors

GVHMR_ROOM, GVHMR_CAMERA = "smpl_params_global", "smpl_params_incam"
GVHMR_FPS = 30.0
"""It makes 30 frames a second of any video."""
TRACK_POSES = (("pose_world", "trans_world", "y"), ("pose", "trans", "-y"))
"""WHAM's names, best first, and which way is up."""


def is_gvhmr(record: Mapping[Any, Any]) -> bool:
    """The record has one of GVHMR's two results."""
    return any(isinstance(record.get(key), Mapping) for key in (GVHMR_ROOM, GVHMR_CAMERA))


def read_gvhmr(record: Mapping[Any, Any], name: str) -> SmplClip:
    """`hmr4d_results.pt`: in the room, y up, if it is there."""
    room = isinstance(record.get(GVHMR_ROOM), Mapping)
    found = record[GVHMR_ROOM if room else GVHMR_CAMERA]
    missing = [key for key in ("global_orient", "body_pose") if key not in found]
    if missing:
        raise ValueError(f"{name}: its SMPL parameters lack {', '.join(missing)}; write them again with GVHMR")
    pose = [vectors(found["global_orient"], (1,), f"{name}: global_orient"),
            vectors(found["body_pose"], (21, 23), f"{name}: body_pose")]  # fmt: skip
    if len(pose[0]) != len(pose[1]):
        raise ValueError(f"{name}: global_orient has {len(pose[0])} frames, body_pose {len(pose[1])}")
    return smpl_clip(
        name, np.concatenate(pose, axis=1), up="y" if room else "-y", places=found.get("transl"),
        betas=found.get("betas"), fps=GVHMR_FPS, sure=not room,
    )  # fmt: skip


def is_tracks(record: Mapping[Any, Any]) -> bool:
    """A dict of people as WHAM (and VIBE, PARE) write it."""
    people = list(record.values())
    return bool(people) and all(isinstance(one, Mapping) and first_of(one, ("pose_world", "pose")) for one in people)


def read_tracks(record: Mapping[Any, Any], name: str, person: str | None) -> SmplClip:
    """One of the people, by id."""
    people = {label(who): one for who, one in record.items()}
    who = choose_person({key: _length(one) for key, one in people.items()}, person, name)
    one, subject = people[who], f"{name}#{who}"
    poses, places, up = next(names for names in TRACK_POSES if one.get(names[0]) is not None)
    pose = vectors(one[poses], (24,), f"{subject}: {poses}")
    where = np.zeros((len(pose), 3)) if one.get(places) is None else rows(one[places], (3,), f"{subject}: {places}")
    return _bridged(subject, pose, where, one.get("frame_ids"), up=up, betas=one.get("betas"))


def is_tram(record: Mapping[Any, Any]) -> bool:
    """The record is one of TRAM's tracks."""
    return "pred_rotmat" in record


def read_tram(record: Mapping[Any, Any], name: str) -> SmplClip:
    """`hps_track_0.npy`, in the camera's axes."""
    pose = turns_to_vectors(matrices(record["pred_rotmat"], 24, f"{name}: pred_rotmat"))
    places = record.get("pred_trans")
    where = np.zeros((len(pose), 3)) if places is None else rows(places, (3,), f"{name}: pred_trans")
    return _bridged(name, pose, where, record.get("frame"), up="-y", betas=record.get("pred_shape"))


def is_phalp(record: Mapping[Any, Any]) -> bool:
    """A dict of frames as PHALP, the tracker of 4D-Humans, writes it."""
    frames = list(record.values())
    return bool(frames) and all(isinstance(one, Mapping) and "smpl" in one and "tid" in one for one in frames)


def read_phalp(record: Mapping[Any, Any], name: str, person: str | None) -> SmplClip:
    """One of the people, by its track's number, in the camera's axes."""
    seen: dict[str, list[tuple[int, Mapping[Any, Any], Any]]] = {}
    for at, (key, one) in enumerate(sorted(record.items(), key=lambda item: str(item[0]))):
        time = one.get("time", at)
        for row, who in enumerate(_listed(one["tid"])):
            bodies, cameras = _listed(one["smpl"]), _listed(one.get("camera", []))
            if row < len(bodies) and isinstance(bodies[row], Mapping) and "body_pose" in bodies[row]:
                where = cameras[row] if row < len(cameras) else np.zeros(3)
                seen.setdefault(label(who), []).append((_whole(time, f"{name}: {key}"), bodies[row], where))
    who = choose_person({key: len(frames) for key, frames in seen.items()}, person, name)
    subject, frames = f"{name}#{who}", sorted(seen[who], key=lambda frame: frame[0])
    turns = [np.concatenate([matrices(body.get("global_orient"), 1, f"{subject}: global_orient"),
                             matrices(body["body_pose"], 23, f"{subject}: body_pose")], axis=1)
             for _, body, _ in frames]  # fmt: skip
    where = np.concatenate([rows(place, (3,), f"{subject}: camera") for _, _, place in frames])
    betas = [
        finite(body["betas"], f"{subject}: betas").reshape(1, -1)[:, :10] for _, body, _ in frames if "betas" in body
    ]
    return _bridged(
        subject, turns_to_vectors(np.concatenate(turns)), where, [time for time, _, _ in frames], up="-y",
        betas=np.concatenate(betas) if betas else None,
    )  # fmt: skip


def _bridged(name: str, pose: np.ndarray, where: np.ndarray, numbers: Any, *, up: str, betas: Any) -> SmplClip:
    if len(where) != len(pose):
        raise ValueError(f"{name} has {len(pose)} poses and {len(where)} places; expected as many")
    if numbers is not None:
        pose, where = bridge(frame_numbers(numbers, len(pose), name), pose, where, name)
    return smpl_clip(name, pose, up=up, places=where, betas=betas, sure=up == "-y")


def _length(one: Mapping[Any, Any]) -> int:
    pose = one.get(str(first_of(one, ("pose_world", "pose"))))
    return len(pose) if isinstance(pose, np.ndarray | list) and np.ndim(pose) else 0


def _listed(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return list(np.atleast_1d(value))
    return list(value) if isinstance(value, list | tuple) else [value]


def _whole(value: Any, subject: str) -> int:
    if not isinstance(value, int | np.integer) or not 0 <= value < 1 << 31:
        raise ValueError(f"{subject}: its time is {value!r:.20}; expected the number of a frame")
    return int(value)
