"""An installation -> what a report of a fault needs: versions, processor, engines, caches, timings."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from layerpose import __version__

PACKAGES = (
    "torch", "numpy", "scipy", "anny", "warp-lang", "ai-edge-litert", "opencv-python-headless", "pillow", "av",
    "safetensors", "tyro", "onnxruntime", "openvino", "ray", "fastapi", "lightning-fabric", "pillow-heif",
)  # fmt: skip
"""What is needed, then what some commands want; of the latter only what is there is told."""
VARIABLES = ("LAYERPOSE_CACHE", "XDG_CACHE_HOME", "OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES")
SIZE = 256
"""Of the picture that is drawn to take the time."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that `doctor` says; its fields are the keys of ``--json``."""

    versions: dict[str, str]
    processor: dict[str, Any]
    """Name and instructions, cores that may be used, memory in GB, the GPU if there is one."""
    engines: dict[str, str]
    """What draws, and in which numbers."""
    weights: dict[str, str]
    """Model folder -> the fingerprint of its weights."""
    cache: dict[str, float]
    """What lies in the cache folder, in MB."""
    settings: dict[str, str]
    """Variables of the environment that change something."""
    seconds: dict[str, float]
    """How long the bundled person takes, at 256 pixels."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def find(*, timings: bool = True) -> Findings:
    """Look around. `timings`: also draw the bundled person, some seconds."""
    weights, seconds = _draw() if timings else ({}, {})
    return Findings(
        versions=find_versions(), processor=_find_processor(), engines=_find_engines(), weights=weights,
        cache=find_cache(), settings={name: _hide_home(os.environ[name]) for name in VARIABLES if name in os.environ},
        seconds=seconds,
    )  # fmt: skip


def find_versions() -> dict[str, str]:
    """Of layerpose, Python, the system and the packages that are installed."""
    found = {"layerpose": __version__, "python": platform.python_version(), "system": platform.platform()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def find_cache() -> dict[str, float]:
    """The cache folder's contents, each with what it takes in MB."""
    from layerpose.runtime.cache import cache_dir

    folder = cache_dir()
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    return {entry.name: round(_num_bytes(entry) / 1e6, 2) for entry in entries}


def _num_bytes(path: Path) -> int:
    """Of a file, or of all in a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for file in [path, *path.rglob("*")]:
        try:
            total += file.stat().st_size if file.is_file() else 0
        except OSError:
            continue
    return total


def _hide_home(value: str) -> str:
    """A user's name is nobody's business."""
    return value.replace(str(Path.home()), "~")


def _find_processor() -> dict[str, Any]:
    import torch

    from layerpose.runtime.precision import describe_machine
    from layerpose.runtime.workers import count_cores

    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "name": describe_machine(), "cores": count_cores(), "threads": torch.get_num_threads(),
        "memory_gb": round(memory / 1e9, 1), "gpu": gpu,
    }  # fmt: skip


def _find_engines() -> dict[str, str]:
    from layerpose.engines.choose import fastest
    from layerpose.runtime.precision import fast_precision

    return {"draws": fastest(), "numbers": fast_precision("cpu")}


def _draw() -> tuple[dict[str, str], dict[str, float]]:
    """The bundled weights' fingerprint, and how long it takes to load them, to find the person and to draw them."""
    from layerpose.motion.library import library_pose
    from layerpose.transfer import BUNDLED, PoseTransfer

    seconds: dict[str, float] = {}
    start = time.perf_counter()
    model = PoseTransfer.load(device="cpu")
    small = model.at_size(SIZE)
    seconds["load"] = time.perf_counter() - start
    with as_file(files("layerpose") / "examples" / "person.png") as photo:
        seen = small.look(photo)
    seconds["find"] = time.perf_counter() - start - seconds["load"]
    for name in ("draw", "draw again"):
        begin = time.perf_counter()
        small(seen, library_pose("walk"))
        seconds[name] = time.perf_counter() - begin
    return {BUNDLED: model.fingerprint}, {name: round(value, 2) for name, value in seconds.items()}
