"""Does the study page lose a vote? ``python benchmarks/study.py``: people vote in a real headless Chromium at the same
time, reload now and then, and the server is killed and started again in the middle of a vote.

Every picture tells by its colour which method and pair it is of; what a person sees on the screen and presses is noted,
and compared with what the study holds in the end. 21 people and 20 pairs, as in the paper, make 420 votes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from layerpose.body.model import body_model
from layerpose.data.records import Frame, Records, describe, write_person
from layerpose.evaluation.predictions import prediction_path
from layerpose.evaluation.study import make_study, open_study
from layerpose.evaluation.study_methods import read_methods
from layerpose.evaluation.study_table import shares_of
from layerpose.evaluation.study_votes import Votes
from layerpose.sheets.transfer import draw_pose_of
from layerpose.types import Camera

METHODS = ("alpha", "beta", "gamma", "delta")
SIZE = 96
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
READY_S = 60.0
LOOK = """() => [...document.querySelectorAll('#choices img')].map((img) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const pen = canvas.getContext('2d');
  pen.drawImage(img, 0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
})"""
WAITING = "document.querySelector('#choices button:enabled') && !document.getElementById('question').hidden"


def chromium() -> str | None:
    """Where a Chromium lies, if there is one: the system's, else the one of `playwright install chromium`."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    with sync_playwright() as engine:
        return engine.chromium.executable_path if Path(engine.chromium.executable_path).is_file() else None


def write_study(folder: Path, num_pairs: int) -> None:
    """A study whose pictures are of one colour: red tells the method, green the pair."""
    pairs = [(f"{pair:05d}", "000", "001") for pair in range(num_pairs)]
    people, reports = folder / "people", [folder / name for name in METHODS]
    people.mkdir(parents=True)
    describe(people, {"canvas": SIZE})
    still = np.tile(np.eye(3), (len(body_model().bone_names), 1, 1))
    for number, (person, _, _) in enumerate(pairs):
        picture = np.full((SIZE, SIZE, 4), (1, 8 * number, 160, 255), dtype=np.uint8)
        camera = Camera(scale=0.45, translation=(0.5, 0.5))
        shot = Frame(picture=picture, rotations=still, camera=camera, source="still")
        write_person(people / "people" / person, [0.5] * 6, {"split": "test"}, [shot, shot])
        for method, report in enumerate(reports):
            (report / "full").mkdir(parents=True, exist_ok=True)
            flat = Image.new("RGB", (SIZE, SIZE), (40 + 50 * method, 8 * number, 160))
            flat.save(prediction_path(report, "full", pairs[number]))
    for report in reports:
        record = {"facts": {"data": people.name, "split": "test"}, "rows": {"full": {}}}
        (report / "report.json").write_text(json.dumps(record))
    records = Records(people)
    make_study(
        read_methods(reports), folder / "study", records, num_pairs=num_pairs, seed=1, draw_pose=draw_pose_of(records),
        report=lambda *_: None,
    )  # fmt: skip


class Server:
    """`layerpose study`, which can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = ["study", "-o", str(folder), "--port", str(self.port)]
        self.command = [sys.executable, "-c", "import sys; from layerpose.cli import main; sys.exit(main())", *words]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.begin()

    def begin(self) -> None:
        """Start, and wait until it answers."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.process.poll() is None:
            with suppress(URLError, ConnectionError), urllib.request.urlopen(self.url + "api/study", timeout=5):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the server did not answer; it ended with {self.process.poll()}")

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Person:
    """Somebody who votes in a browser of their own, and what they saw themselves choose: pair -> method."""

    context: BrowserContext
    page: Page
    chosen: dict[int, int] = field(default_factory=dict)

    def press(self, rng: np.random.Generator) -> None:
        """Look at the pictures and press a key, without waiting for the answer."""
        self.page.wait_for_function(f"() => {WAITING}", timeout=READY_S * 1000)
        colours = self.page.evaluate(LOOK)
        pairs = {round(green / 8) for _, green, _, _ in colours}
        methods = [round((red - 40) / 50) for red, *_ in colours]
        assert len(pairs) == 1, f"pictures of several pairs at once: {colours}"
        assert sorted(methods) == list(range(len(METHODS))), f"not every method once: {colours}"
        pair, choice = pairs.pop(), int(rng.integers(len(METHODS)))
        assert pair not in self.chosen, f"asked twice about pair {pair}"
        self.page.keyboard.press(str(choice + 1))
        self.chosen[pair] = methods[choice]

    def settle(self) -> None:
        """Wait for the next question, or the end."""
        self.page.wait_for_function(
            f"() => !document.getElementById('thanks').hidden || ({WAITING})", timeout=READY_S * 1000
        )


def arrive(browser: Browser, url: str) -> Person:
    """A new person opens the page and starts."""
    context = browser.new_context(viewport={"width": 900, "height": 700})
    page = context.new_page()
    page.goto(url)
    page.click("#start")
    return Person(context=context, page=page)


def vote_all(
    browser: Browser, server: Server, *, num_people: int, num_pairs: int, at_once: int, kills: set[int], seed: int
) -> list[dict[int, int]]:
    """Everybody votes, some at once; after the numbers of votes in `kills` the server dies with a vote on its way."""
    rng, cast, all_chosen = np.random.default_rng(seed), 0, []
    for first in range(0, num_people, at_once):
        people = [arrive(browser, server.url) for _ in range(min(at_once, num_people - first))]
        for _ in range(num_pairs):
            for person in people:
                person.press(rng)
                cast += 1
                if cast in kills:
                    server.kill()
                    if cast % 2:
                        server.begin()
                        person.page.reload()
                    else:
                        person.page.wait_for_selector("#trouble:not([hidden])")
                        server.begin()
                elif rng.random() < 0.1:
                    person.page.reload()
            for person in people:
                person.settle()
        all_chosen += [person.chosen for person in people]
        for person in people:
            person.page.wait_for_selector("#thanks:not([hidden])")
            person.context.close()
    return all_chosen


def held(folder: Path) -> list[dict[int, int]]:
    """What the study holds: for each person, pair -> method."""
    study = open_study(folder)
    found: dict[str, dict[int, int]] = {}
    for vote in Votes(study).all():
        found.setdefault(vote.voter, {})[int(study.pairs[vote.question][0])] = vote.method
    return list(found.values())


def run(folder: Path, *, num_people: int, num_pairs: int, at_once: int, kills: set[int], seed: int = 0) -> int:
    """The whole thing; returns the number of votes. AssertionError if one is lost, doubled or another person's."""
    write_study(folder, num_pairs)
    server = Server(folder / "study")
    try:
        with sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            meant = vote_all(
                browser, server, num_people=num_people, num_pairs=num_pairs, at_once=at_once, kills=kills, seed=seed
            )
            browser.close()
    finally:
        server.kill()
    found = held(folder / "study")
    assert sorted(map(sorted, (m.items() for m in meant))) == sorted(map(sorted, (f.items() for f in found)))
    study = open_study(folder / "study")
    counts = Counter(method for chosen in meant for method in chosen.values())
    shares = shares_of(study, Votes(study).all())
    assert [share.votes for share in shares] == [counts[number] for number in range(len(METHODS))]
    return sum(counts.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=21)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--kills", type=int, default=6)
    options = parser.parse_args()
    total = options.people * options.pairs
    step = total / (options.kills + 1)
    kills = {round(step * (number + 1)) + number % 2 for number in range(options.kills)}
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        votes = run(
            Path(folder), num_people=options.people, num_pairs=options.pairs, at_once=options.at_once, kills=kills
        )
    print(
        f"{votes} of {total} votes kept, each as it was seen on the screen; {options.people} people, {options.at_once} "
        f"at once; server killed after votes {sorted(kills)}; {time.monotonic() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
