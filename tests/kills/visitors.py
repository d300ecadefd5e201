"""A server's port -> what somebody asks it and is answered, until it is asked no more or does not answer any longer."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

WAIT_S = 300.0
Answers = dict[str, str]
"""What was asked -> a hash of the answer. Who comes again after a fall has kept it."""
Visitor = Callable[[int, Path, Answers], None]
"""Port, the room's folder, the answers -> asks what is not answered yet. OSError once nobody answers."""


def _ask(port: int, path: str, body: dict[str, Any] | None = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"} if data else {}
    )
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        return answer.read()


def wait_for(port: int, path: str, gone: Callable[[], bool]) -> None:
    """Until somebody answers. OSError if the server ends before."""
    while not gone():
        try:
            _ask(port, path)
            return
        except OSError:
            time.sleep(0.02)
    raise ConnectionError("nobody answers")


def ask_service(port: int, room: Path, answers: Answers) -> None:
    """Two pictures, a fit, and an animation whose job is kept over a fall; one that failed is asked for again."""
    photo = base64.b64encode((room / "in/photos/a.png").read_bytes()).decode()
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "walk": ("/v1/transfer", {"photo": photo, "pose": "walk", "size": 128}),
        "sit": ("/v1/transfer", {"photo": photo, "pose": "sit", "size": 64}),
        "fit": ("/v1/fit", {"photo": photo}),
    }
    if "job" in answers and json.loads(_ask(port, f"/v1/jobs/{answers['job']}"))["state"] == "failed":
        del answers["job"]
    if "job" not in answers:
        body = {"photo": photo, "motion": "wave", "fps": 2, "size": 64, "background": "#204060"}
        answers["job"] = json.loads(_ask(port, "/v1/animate", body))["job"]
    for name, (path, body) in asked.items():
        if name not in answers:
            answers[name] = _hash(_ask(port, path, body))
    while (told := json.loads(_ask(port, f"/v1/jobs/{answers['job']}")))["state"] in ("waiting", "running"):
        time.sleep(0.02)
    if told["state"] != "done":
        raise RuntimeError(told)
    answers["animation"] = _hash(_ask(port, f"/v1/jobs/{answers['job']}/result"))


def vote(port: int, room: Path, answers: Answers) -> None:
    """Somebody takes part and answers every question, twice the last; a vote that was acknowledged is there again."""
    if "voter" not in answers:
        answers["voter"] = json.loads(_ask(port, "/api/voters", {}))["voter"]
    there = json.loads(_ask(port, f"/api/voters/{answers['voter']}"))["answered"]
    for name, choice in answers.items():
        if name.isdecimal() and str(there.get(name)) != choice:
            raise RuntimeError(f"the vote at {name} is lost: {there}")
    for place in range(json.loads(_ask(port, "/api/study"))["questions"]):
        told = json.loads(_ask(port, "/api/votes", {"voter": answers["voter"], "place": place, "choice": place % 2}))
        answers[str(place)] = str(told["answered"][str(place)])
        for name in ("source", "pose", "0", "1"):
            answers[f"{place} {name}"] = _hash(_ask(port, f"/pictures/{answers['voter']}/{place}/{name}"))


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
