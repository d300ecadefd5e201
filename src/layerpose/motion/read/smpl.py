"""A file of arrays (.npz, .npy, .pkl, .pt) or LHM's folder -> `Clip`: SMPL's family, places of joints, by content."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from layerpose.motion.read.amass import has_smpl_arrays, is_motion_x, read_aist, read_motion_x, read_smpl_arrays
from layerpose.motion.read.array_file import read_stored
from layerpose.motion.read.hmr import is_hmr, read_hmr
from layerpose.motion.read.joints import (
    JointsClip,
    is_joints,
    is_mdm,
    is_sam,
    read_joints,
    read_mdm,
    read_sam,
)  # fmt: skip
from layerpose.motion.read.lhm import is_lhm, read_lhm
from layerpose.motion.read.people import label
from layerpose.motion.read.smpl_clip import SmplClip
from layerpose.motion.read.video_tools import (
    is_gvhmr,
    is_phalp,
    is_tracks,
    is_tram,
    read_gvhmr,
    read_phalp,
    read_tracks,
    read_tram,
)  # fmt: skip

EXPECTED = "AMASS, SMPL-X, GVHMR, WHAM, TRAM, 4D-Humans, AIST++, SAM 3D Body, HMR, HumanML3D or MDM"


def read_smpl(path: str | os.PathLike[str], person: str | None = None) -> SmplClip | JointsClip:
    """Read a clip. ValueError for a file that is damaged, holds none of these, or lacks the person."""
    path = Path(path)
    if path.is_dir() or path.suffix.lower() == ".json":
        if not is_lhm(path):
            raise ValueError(f"{path} holds no frames of SMPL-X parameters; expected LHM's .json files")
        return _only(read_lhm(path), person)
    return to_clip(read_stored(path), path.name, person)


def to_clip(held: Any, name: str, person: str | None) -> SmplClip | JointsClip:
    """The same of data that is read already."""
    while isinstance(held, np.ndarray) and held.dtype == object and held.size == 1:
        held = held.reshape(())[()]
    if is_motion_x(held):
        return _only(read_motion_x(held, name), person)
    if is_joints(held):
        return _only(read_joints(held, name), person)
    if is_sam(held):
        return read_sam(held, name, person)
    if isinstance(held, Mapping):
        return _record_to_clip(held, name, person)
    raise ValueError(f"{name} holds {_describe(held)}; expected {EXPECTED}")


def _record_to_clip(record: Mapping[Any, Any], name: str, person: str | None) -> SmplClip | JointsClip:
    several = {is_mdm: read_mdm, is_phalp: read_phalp, is_tracks: read_tracks}
    single = {is_gvhmr: read_gvhmr, is_tram: read_tram, has_smpl_arrays: read_smpl_arrays, is_hmr: read_hmr}
    for fits, read in several.items():
        if fits(record):
            return read(record, name, person)
    if "smpl_poses" in record:
        return _only(read_aist(record, name), person)
    for fits, read in single.items():
        if fits(record):
            return _only(read(record, name), person)
    raise ValueError(f"{name} holds {_describe(record)}; expected {EXPECTED}")


def _only(clip: SmplClip | JointsClip, person: str | None) -> SmplClip | JointsClip:
    if person not in (None, "0"):
        raise ValueError(f"{clip.name} has no person {person!r:.20}: there is one, whom {clip.name}#N means")
    return clip


def _describe(held: Any) -> str:
    if isinstance(held, Mapping):
        names = [label(key) for key in list(held)[:8]]
        return f"{', '.join(names)}{' ...' if len(held) > 8 else ''}" if names else "nothing"
    if isinstance(held, np.ndarray):
        return f"an array of {held.shape} {held.dtype}"
    return f"a {type(held).__name__}"
