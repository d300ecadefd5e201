"""The one door: a file or a folder, whatever wrote it -> `Clip`. Its content decides, and failing that its name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from layerpose.motion.clip import Clip
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.read.bvh_text import is_bvh
from layerpose.motion.read.fbx import fbx_to_rig
from layerpose.motion.read.gltf import gltf_to_rig
from layerpose.motion.read.lhm import is_lhm
from layerpose.motion.read.own import is_own, read_own
from layerpose.motion.read.smpl import read_smpl
from layerpose.motion.retarget import retarget

HEAD_BYTES = 4096
VIDEO_STARTS = (
    b"\x1aE\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"G@", b"OggS", b"0&\xb2u", b"RIFF",
)  # fmt: skip
"""First bytes of Matroska, FLV, MPEG, Ogg, ASF and AVI."""
BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free")
"""What stands behind the first four bytes of MP4 and QuickTime."""
PICTURE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis")
"""MP4's container holds pictures, too."""
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".wmv", ".flv", ".ogv", ".3gp",
)  # fmt: skip
SAVED = (b"PK\x03\x04", b"\x93NUMPY", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
"""First bytes of archives of arrays (.npz, .pt), arrays and pickles."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """What the files of a format look like, and who reads them."""

    name: str
    fits: Callable[[Path, bytes], bool]
    """Whether a file with this path and these first bytes (none for a folder) is of the format."""
    suffixes: tuple[str, ...]
    """Names that say so where the content does not: its reader knows best what is wrong with the file."""
    read: Callable[[Path, str | None], Clip]
    photo_too: bool = False
    """As a pose it is a photo, as a motion a video."""


FORMATS = (
    Format(name="BVH", fits=lambda _, head: is_bvh(head), suffixes=(".bvh",), read=read_bvh),
    Format(name="FBX", fits=lambda _, head: _is_fbx(head), suffixes=(".fbx",), read=lambda *at: _fbx(*at)),
    Format(name="glTF, VRM, VRMA", fits=lambda path, head: _is_gltf(path, head),
           suffixes=(".glb", ".gltf", ".vrm", ".vrma"), read=lambda *at: _gltf(*at)),
    Format(name="our own", fits=lambda path, _: is_own(path), suffixes=(), read=read_own),
    Format(name="LHM", fits=lambda path, _: is_lhm(path), suffixes=(), read=read_smpl),
    Format(name="SMPL's family, joints", fits=lambda _, head: head.startswith(SAVED),
           suffixes=(".npz", ".npy", ".pkl", ".pickle", ".joblib", ".pt", ".pth"), read=read_smpl),
    Format(name="2D keypoints", fits=lambda path, _: _is_keypoints(path),
           suffixes=(), read=lambda *at: _keypoints(*at)),
    Format(name="GIF, WebP, APNG", fits=lambda _, head: _is_animation(head),
           suffixes=(".gif", ".webp"), read=lambda *at: _video(*at), photo_too=True),
    Format(name="video", fits=lambda _, head: _is_video(head), suffixes=VIDEO_SUFFIXES, read=lambda *at: _video(*at)),
    Format(name="JSON", fits=lambda path, _: path.is_dir(), suffixes=(".json",), read=read_own),
)  # fmt: skip
"""Every format, the surest signs first: a line each."""
EXPECTED = (
    ".bvh, .fbx, .glb, .vrm, .npz, .npy, .pkl or .pt, a pose or motion file or keypoints (.json), a folder of them, "
    "or a video"
)


def open_clip(path: str | os.PathLike[str], person: str | None = None) -> Clip:
    """Open a file. ValueError, in one line, says what was found and what was expected."""
    path = Path(path)
    found = find_format(path)
    if found is None:
        raise ValueError(f"{path} is {describe(path)}; expected {EXPECTED}")
    return found.read(path, person)


def find_format(path: Path) -> Format | None:
    """The format of a file or folder: by its content, failing that by its name; None if it is none of them."""
    head = b"" if path.is_dir() else _head_of(path)
    for format in FORMATS:
        if format.fits(path, head):
            return format
    suffix = path.suffix.lower()
    return next((format for format in FORMATS if suffix in format.suffixes), None)


def describe(path: Path) -> str:
    """What a file seems to be, for a message."""
    if path.stat().st_size == 0:
        return "empty"
    head = _head_of(path)
    text = all(byte in b"\t\n\r\f" or byte >= 32 for byte in head)
    start = head[:24].decode("ascii", errors="replace").strip() if text else head[:8].hex(" ")
    return f"no file of poses that is known here (it starts with {start!r})"


def split_place(text: str) -> tuple[Path, str | None, int | None]:
    """``FILE``, ``FILE#FRAME``, ``FILE#PERSON:FRAME`` or ``FILE#PERSON:`` -> file, person, frame."""
    name, hash_sign, place = text.rpartition("#")
    if not hash_sign or not name or Path(text).exists():
        return Path(text), None, None
    person, colon, number = place.rpartition(":")
    if number.isdecimal() or (colon and not number):
        return Path(name), person if colon else None, int(number[:18]) if number else None
    raise ValueError(
        f"the frame in {text!r} is {number!r}; expected a whole number from 0, like {name}#120 (of one of several "
        f"people: {name}#PERSON:120)"
    )


def is_name(path: Path) -> bool:
    """No file, but what a pose or motion of the library may be called."""
    return path.suffix == "" and len(path.parts) == 1 and not path.exists()


def _fbx(path: Path, person: str | None) -> Clip:
    return retarget(fbx_to_rig(path, person))


def _gltf(path: Path, person: str | None) -> Clip:
    return retarget(gltf_to_rig(path, person))


def _is_keypoints(path: Path) -> bool:
    from layerpose.motion.read.keypoints import is_keypoints  # as for a photo: the fit takes long to load

    return is_keypoints(path)


def _keypoints(path: Path, person: str | None) -> Clip:
    from layerpose.motion.read.keypoints import read_keypoints

    return read_keypoints(path, person)


def _video(path: Path, person: str | None) -> Clip:
    from layerpose.motion.read.video import read_video  # FFmpeg takes time and memory to load, and few poses are videos

    return read_video(path, person)


def _is_fbx(head: bytes) -> bool:
    return head.startswith(b"Kaydara FBX Binary") or b"FBXHeaderExtension" in head


def _is_gltf(path: Path, head: bytes) -> bool:
    return head.startswith(b"glTF") or (path.suffix.lower() != ".json" and b'"asset"' in head and b'"nodes"' in head)


def _is_animation(head: bytes) -> bool:
    return head.startswith(b"GIF8") or head[8:12] == b"WEBP" or (head.startswith(b"\x89PNG") and b"acTL" in head)


def _is_video(head: bytes) -> bool:
    if head[4:8] in BOXES:
        return head[8:12] not in PICTURE_BRANDS
    return head.startswith(VIDEO_STARTS)


def _head_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(HEAD_BYTES)
