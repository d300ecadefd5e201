"""The script for Blender fetches from a studio what Blender can open."""

from __future__ import annotations

import io
import urllib.request
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from layerpose.studio.app import make_app
from layerpose.studio.rooms import Studio

SCRIPT = Path(__file__).parents[2] / "integrations" / "blender" / "fetch_person.py"


def test_a_photo_and_a_pose_are_a_textured_body_and_a_refusal_is_told(
    studio: Studio, photo: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = TestClient(make_app(studio, host="127.0.0.1", port=8017), base_url="http://127.0.0.1:8017")

    def urlopen(request: urllib.request.Request) -> io.BytesIO:
        found = client.request(request.get_method(), request.full_url, content=request.data, headers=request.headers)
        if found.status_code >= 400:
            raise urllib.request.HTTPError(request.full_url, found.status_code, "", {}, io.BytesIO(found.content))
        return io.BytesIO(found.content)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    spec = spec_from_file_location("fetch_person", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    (tmp_path / "person.png").write_bytes(photo)
    content = script.fetch_person(tmp_path / "person.png", "tree")
    assert content[:4] == b"glTF"
    assert b"image/png" in content or b"image/jpeg" in content
    with pytest.raises(ValueError, match="no pose 'moonwalk'"):
        script.fetch_person(tmp_path / "person.png", "moonwalk")
