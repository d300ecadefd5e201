"""MediaPipe's packages -> the networks that are bundled. `make networks` runs it; nothing else does.

Three networks come out of its wheel, the largest out of its package for browsers (both Apache-2.0); pip and npm fetch
them, and they must be those that are named here.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from safetensors.numpy import save

from layerpose.estimation.detector_files import FOLDER, pack_network

WHEEL = "mediapipe==0.10.21"
PACKAGE = "@mediapipe/pose@0.5.1675469404"
LICENCE = "mediapipe-0.10.21.dist-info/LICENSE"
FROM_WHEEL = {
    "mediapipe/modules/pose_detection/pose_detection.tflite": (
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c"
    ),
    "mediapipe/modules/face_detection/face_detection_short_range.tflite": (
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
    ),
    "mediapipe/modules/face_landmark/face_landmark.tflite": (
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814"
    ),
}
"""Path in the wheel -> SHA-256."""
LARGEST = "pose_landmark_heavy"
LARGEST_HASH = "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe"
PIP = (
    *("pip", "download", "--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check"),
    *("--platform", "manylinux_2_28_x86_64", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"),
)
"""One wheel serves everybody, because the networks are the same in all of them."""


def vendor() -> None:
    """Fetch the packages and write the networks anew."""
    folder = Path(str(FOLDER))
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run([sys.executable, "-m", *PIP, "--dest", temporary, WHEEL], check=True)
        subprocess.run(["npm", "pack", PACKAGE, "--ignore-scripts", "--silent"], cwd=temporary, check=True)
        (wheel,), (package,) = (list(Path(temporary).glob(kind)) for kind in ("*.whl", "*.tgz"))
        with zipfile.ZipFile(wheel) as archive:
            for name, digest in FROM_WHEEL.items():
                (folder / Path(name).name).write_bytes(_checked(archive.read(name), digest, name))
            (folder / "LICENSE").write_bytes(archive.read(LICENCE))
        with tarfile.open(package) as archive:
            found = archive.extractfile(f"package/{LARGEST}.tflite")
            assert found is not None
            largest = _checked(found.read(), LARGEST_HASH, LARGEST)
    (folder / f"{LARGEST}.safetensors").write_bytes(save(pack_network(largest)))


def _checked(content: bytes, digest: str, name: str) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise ValueError(f"{name} has the SHA-256 {found}; expected {digest}: it is not what was published")
    return content


if __name__ == "__main__":
    vendor()
