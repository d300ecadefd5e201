"""A photo and a pose -> the posed, textured body in Blender, fetched from a running studio.

layerpose studio --no-open &
blender --python fetch_person.py -- photo.jpg walk [http://127.0.0.1:8017]
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

SERVER = "http://127.0.0.1:8017"


def ask(address: str, content: bytes | None = None) -> bytes:
    """GET, or POST of some bytes; what the studio refuses is raised in its own words."""
    request = urllib.request.Request(address, content, {"Content-Type": "application/octet-stream"})
    if content is not None and content[:1] == b"{":
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.request.HTTPError as error:
        raise ValueError(json.loads(error.read())["detail"]) from error


def fetch_person(photo: Path, pose: str, server: str = SERVER) -> bytes:
    """The GLB of the person of a photo in a pose of the library."""
    person = json.loads(ask(f"{server}/api/people?name={quote(photo.name)}", photo.read_bytes()))
    found: dict[str, Any] = json.loads(ask(f"{server}/api/poses/{quote(pose)}"))
    body = {**person["body"], "rotations": found["rotations"]}
    return ask(f"{server}/api/write?format=glb", json.dumps({"person": person["id"], "body": body}).encode())


def main(words: list[str]) -> None:
    """Import it into the open scene."""
    import bpy  # pyright: ignore[reportMissingImports]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "person.glb"
        path.write_bytes(fetch_person(Path(words[0]), *words[1:]))
        bpy.ops.import_scene.gltf(filepath=str(path))


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--") + 1 :])
