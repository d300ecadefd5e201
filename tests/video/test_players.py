"""Other people's programs read and play the files: ffprobe and a headless Chromium, where they are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from layerpose.video.encode import write_video
from layerpose.video.store import open_store

NUM_FRAMES, SIDE, FPS = 15, 128, 25
TEAL = (20, 120, 130)
INSIDE, OUTSIDE = (100, 60), (10, 10)
"""Pixels of the last frame."""
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
PATIENCE_S = 120
PAGE = """<!doctype html><canvas width={side} height={side}></canvas><script>
const canvas = document.querySelector("canvas"), paper = canvas.getContext("2d");
const pixel = (x, y) => Array.from(paper.getImageData(x, y, 1, 1).data);
async function video(name) {{
  const player = document.createElement("video");
  player.muted = true; player.src = name;
  const end = new Promise((yes, no) => {{ player.onended = yes; player.onerror = () => no(player.error.message); }});
  await player.play(); await end; paper.drawImage(player, 0, 0);
  return {{ width: player.videoWidth, seconds: player.duration }};
}}
async function picture(name) {{
  const decoder = new ImageDecoder({{ type: "image/webp", data: (await fetch(name)).body }});
  await decoder.completed;
  const track = decoder.tracks.selectedTrack;
  const last = (await decoder.decode({{ frameIndex: track.frameCount - 1 }})).image;
  paper.drawImage(last, 0, 0);
  return {{ width: last.codedWidth, seconds: track.frameCount * last.duration / 1e6 }};
}}
const name = "{name}";
(name.endsWith(".webp") ? picture : video)(name)
  .then(found => ({{ ...found, inside: pixel({inside}), outside: pixel({outside}) }}))
  .catch(error => ({{ error: "" + error }}))
  .then(found => fetch("/found", {{ method: "POST", body: JSON.stringify(found) }}));
</script>"""


@pytest.fixture
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A teal square that moves to the right over sand, or over nothing where the file can be transparent."""
    out = tmp_path / request.param
    store = open_store(out, key="test", num_frames=NUM_FRAMES, comment="Generated.")
    for frame in range(NUM_FRAMES):
        picture = Image.new(*(("RGB", (SIDE, SIDE), "tan") if out.suffix == ".mp4" else ("RGBA", (SIDE, SIDE))))
        ImageDraw.Draw(picture).rectangle((8 + 4 * frame, 40, 60 + 4 * frame, 80), fill=TEAL)
        store.keep(frame, picture)
    write_video(store, out, fps=FPS)
    return out


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize(
    ("made", "codec", "pixels"),
    [("out.mp4", "h264", "yuv420p"), ("out.webm", "vp9", "yuv420p"), ("out.webp", "webp", None)],
    indirect=["made"],
)
def test_ffprobe_reads_what_was_asked_for(made: Path, codec: str, pixels: str | None) -> None:
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(made)]
    [stream] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["streams"]
    assert stream["codec_name"] == codec
    if pixels is None:
        return  # FFmpeg's own demuxer does not read animated WebP
    assert (stream["width"], stream["height"], stream["pix_fmt"]) == (SIDE, SIDE, pixels)
    assert stream["avg_frame_rate"] == f"{FPS}/1"
    assert int(stream["nb_read_frames"]) == NUM_FRAMES
    if made.suffix == ".webm":
        tags = {name.lower(): value for name, value in stream["tags"].items()}
        assert tags["alpha_mode"] == "1", "alpha lies beside the picture, where VP9 keeps it"


class Site(SimpleHTTPRequestHandler):
    """The files of a folder, and a place where the page leaves what it found."""

    def __init__(self, *given: Any, found: Queue[dict[str, Any]], **more: Any) -> None:
        self.found = found
        super().__init__(*given, **more)

    def do_POST(self) -> None:
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


def play(made: Path) -> dict[str, Any]:
    """What a headless Chromium says about a file that it has played to its end."""
    assert CHROMIUM is not None
    inside, outside = (f"{x}, {y}" for x, y in (INSIDE, OUTSIDE))
    page = PAGE.format(side=SIDE, name=made.name, inside=inside, outside=outside)
    made.with_name("play.html").write_text(page)
    found: Queue[dict[str, Any]] = Queue()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, found=found, directory=str(made.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        words = [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required",
            f"--user-data-dir={made.parent / 'profile'}", "--remote-debugging-port=0",
            f"http://127.0.0.1:{server.server_port}/play.html",
        ]  # fmt: skip
        browser = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            return found.get(timeout=PATIENCE_S)
        finally:
            browser.terminate()
            browser.wait()
            server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("made", ["out.mp4", "out.webm", "out.webp"], indirect=True)
def test_chromium_plays_it_to_the_end(made: Path) -> None:
    found = play(made)
    assert "error" not in found, found
    assert found["width"] == SIDE
    assert found["seconds"] == pytest.approx(NUM_FRAMES / FPS, abs=0.05)
    assert np.abs(np.array(found["inside"]) - (*TEAL, 255)).max() < 12
    assert found["outside"][3] == (255 if made.suffix == ".mp4" else 0)
