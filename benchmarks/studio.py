"""How long a picture takes that the studio's page asks for: from the request to the last byte, over HTTP.

    python benchmarks/studio.py [PHOTO]

Twenty poses of the library at 256 pixels, as while dragging, then at 1024. The server runs in this process, as
`layerpose studio` runs it, with a folder of its own that is gone afterwards.
"""

from __future__ import annotations

import http.client
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import torch
import uvicorn

from layerpose.motion.library import NAMES
from layerpose.studio.app import make_app
from layerpose.studio.rooms import open_studio
from layerpose.transfer import PoseTransfer

HOST, NUM_POSES = "127.0.0.1", 20


def main(photo: Path | None) -> None:
    model = PoseTransfer.load(device="cpu", engine="auto")
    with tempfile.TemporaryDirectory() as folder, socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        studio = open_studio(Path(folder), model, photo)
        server = uvicorn.Server(uvicorn.Config(make_app(studio, host=HOST, port=port), log_level="warning"))
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True).start()
        line = http.client.HTTPConnection(HOST, port)
        about = ask(line, "GET", "/api/about")
        person = about["photo"] or about["example"]
        begun = time.perf_counter()
        ask(line, "GET", f"/api/people/{person}")
        print(f"person found in {time.perf_counter() - begun:.2f} s; {torch.get_num_threads()} threads")
        poses = [ask(line, "GET", f"/api/poses/{name}") for name in (NAMES * 2)[:NUM_POSES]]
        for size in (min(about["sizes"]), max(about["sizes"])):
            draw(line, person, poses[0], size)  # what is kept of the photo at this size is made
            seconds = [draw(line, person, pose, size) for pose in poses]
            print(
                f"{size:4} pixels: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s of "
                f"{len(seconds)} poses"
            )
        server.should_exit = True
        studio.jobs.close()


def ask(line: http.client.HTTPConnection, method: str, path: str) -> dict:
    line.request(method, path)
    return json.loads(line.getresponse().read())


def draw(line: http.client.HTTPConnection, person: str, pose: dict, size: int) -> float:
    body = json.dumps({"person": person, "body": pose, "size": size})
    begun = time.perf_counter()
    line.request("POST", "/api/draw", body, {"Content-Type": "application/json"})
    answer = line.getresponse()
    content = answer.read()
    seconds = time.perf_counter() - begun
    assert answer.status == 200, content
    return seconds


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
