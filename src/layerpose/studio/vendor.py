"""npm's package of three.js -> the files of it that the studio's page loads, beside the page, with their hashes.

`make vendor` runs it; nothing else does. The package is fetched by npm and must be the one that is named here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "three-0.185.1"
"""The last release to which its authors' own minified build belongs."""
INTEGRITY = "sha512-5aojFCXKwnjBRZvUnt3WFfEcvUJgkN5LlijRFN95hMy8WVkG4I0QNcJE+OuWvuJ0bOdStrbfXn0pkd6/QyiAlg=="
"""Of the package, as npm publishes it."""
FILES = (
    "LICENSE",
    "build/three.core.min.js",
    "build/three.module.min.js",
    "examples/jsm/controls/OrbitControls.js",
    "examples/jsm/controls/TransformControls.js",
)
FOLDER = Path(__file__).parent / "page" / "vendor"
HASHES = "hashes.json"
BARE, RELATIVE = b"from 'three'", b"from './three.module.min.js'"
"""A browser resolves no bare name without an import map, which would have to stand inline in the page."""


def vendor() -> None:
    """Fetch the package and write its files anew."""
    with tempfile.TemporaryDirectory() as folder:
        package = fetch(Path(folder))
        FOLDER.mkdir(exist_ok=True)
        for name, content in unpack(package).items():
            (FOLDER / name).write_bytes(content)
    hashes = {"package": PACKAGE, "integrity": INTEGRITY, "sha256": hash_files(FOLDER)}
    (FOLDER / HASHES).write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")


def fetch(folder: Path) -> Path:
    """The package's file, by npm. ValueError if it is not the one that was published."""
    name, _, version = PACKAGE.rpartition("-")
    command = ["npm", "pack", f"{name}@{version}", "--ignore-scripts", "--silent"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    package = folder / f"{PACKAGE}.tgz"
    found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if found != INTEGRITY:
        raise ValueError(f"{package.name} has the hash {found}; expected {INTEGRITY}: it is not what was published")
    return package


def unpack(package: Path) -> dict[str, bytes]:
    """The files by name, with their bare imports made relative."""
    with tarfile.open(package) as archive:
        found = {Path(name).name: archive.extractfile(f"package/{name}") for name in FILES}
        return {name: file.read().replace(BARE, RELATIVE) for name, file in found.items() if file is not None}


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that is vendored."""
    files = sorted(path for path in folder.iterdir() if path.name != HASHES)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


if __name__ == "__main__":
    vendor()
