"""Every panel and dialog of the studio's page, for a desktop and a phone -> what axe-core finds, what no key reaches.

    layerpose studio --no-open &
    python benchmarks/studio_access.py [ADDRESS] [--shots FOLDER]

Needs Chromium, Playwright, and npm, which fetches axe-core. Photos and a video are made from the bundled person.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

AXE = "axe-core@4.14.1"
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
FLAGS = ["--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PATIENCE_MS = 300_000
ROUND = 10
"""So many steps of the tab key that come to nothing new, and all is reached; a video's own are not told apart."""
CHECKED = """async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map(
    ({ id, impact, nodes }) => `${id} (${impact}): ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)"""
REACH = """() => { const { size } = reached; reached.add(document.activeElement); return reached.size > size; }"""
UNREACHED = """(card) => {
    const all = document.querySelectorAll("button, select, input, summary, a[href], [tabindex='0']");
    const shut = document.querySelector("dialog[open]");
    return [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled
        && (!shut || shut.contains(one)) && (card || !one.closest("#bone")) && one.tabIndex >= 0 && !reached.has(one))
      .map((one) => one.getAttribute("aria-label") || one.textContent.trim() || one.outerHTML.slice(0, 60));
}"""
Going = Iterator[tuple[str, Callable[[], None]]]


def main(address: str, shots: Path | None) -> None:
    faults = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        script, made = fetch_axe(Path(folder)), make_files(Path(folder))
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for window, how in (("desktop", DESKTOP), ("phone", PHONE)):
            page = open_page(browser, address, how)
            for name, go in places(page, made, phone=window == "phone"):
                go()
                page.wait_for_timeout(500)
                page.evaluate(script)
                found = [*page.evaluate(CHECKED), *(f"no key reaches {one}" for one in walk(page, card=name == "bone"))]
                faults += len(found)
                print(f"{window:8}{name:24}{'; '.join(found) or 'nothing'}", flush=True)
                if shots:
                    page.screenshot(path=shots / f"{window}-{name}.png".replace(" ", "-"), scale="css")
    print(f"{faults} faults")


def places(page: Page, made: dict[str, Path], *, phone: bool) -> Going:
    """Names, and how to get there from the one before."""

    def press(name: str, role: Any = "button") -> Callable[[], None]:
        return lambda: page.get_by_role(role, name=name, exact=True).first.click()

    def show(part: str) -> Callable[[], None]:
        kind = "button" if phone else "tab"
        return lambda: page.get_by_role(kind, name=part, exact=True).first.click() if phone or part in LEFT else None

    def choose(button: str, file: str, heading: str) -> Callable[[], None]:
        def go() -> None:
            with page.expect_file_chooser() as chosen:
                page.get_by_role("button", name=button, exact=True).click()
            chosen.value.set_files(made[file])
            page.get_by_role("heading", name=heading).wait_for()

        return go

    def after(*steps: Callable[[], None]) -> Callable[[], None]:
        def go() -> None:
            for step in steps:
                step()

        return go

    def shut() -> None:
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)

    yield "begin", show("Body")
    yield "bone", lambda: page.locator('[data-grip="hand.L"]').focus()
    yield "shape", after(shut, show("Shape"))
    yield "poses", show("Poses")
    yield "video to watch", choose("From a file, photo or video", "film", "Take the motion of a video")
    yield "photo", after(shut, show("Photo"))
    yield "mend", press("Mend")
    yield "who is it", after(shut, choose("Open a photo", "two", "Who is it?"))
    yield "refused", after(shut, choose("Open a photo", "board", "Put right what was found"))
    yield "result", after(shut, show("Result"))
    yield "layers", lambda: page.locator("details summary").click()
    yield "all steps", press("All steps")
    yield "keys", after(shut, show("Animation"), press("Add key"), show("Body"), lambda: page.keyboard.press("m"),
                        show("Animation"), press("Add key"))  # fmt: skip
    yield "make a video", press("Make a video")
    yield "help", after(shut, press("Help and shortcuts"))


LEFT = ("Photo", "Poses", "Shape")


def walk(page: Page, *, card: bool) -> list[str]:
    """What the tab key does not come to, though it can be used; the bone's card changes with each handle on the way."""
    page.evaluate("() => { window.reached = new Set(); document.activeElement?.blur(); }")
    stale = 0
    while stale < ROUND:
        page.keyboard.press("Tab")
        stale = 0 if page.evaluate(REACH) else stale + 1
    return page.evaluate(UNREACHED, card)


def open_page(browser: Any, address: str, how: dict[str, Any]) -> Page:
    context = browser.new_context(**how)
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script('localStorage.setItem("layerpose-preferences", JSON.stringify({ size: 256 }))')
    page = context.new_page()
    page.goto(address)
    while not page.evaluate("Boolean(window.studio?.figure.pose)"):
        page.wait_for_timeout(200)
    page.evaluate("studio.idle()")
    page.locator('[data-grip="head"]').wait_for()
    return page


def make_files(folder: Path) -> dict[str, Path]:
    """A photo of two people, one of somebody behind a board, and a short video."""
    made = {"two": folder / "two.png", "board": folder / "board.png", "film": folder / "film.mp4"}
    with Image.open(str(files("layerpose") / "examples" / "person.png")) as opened:
        one = opened.convert("RGB")
    both = Image.new("RGB", (2 * one.width, one.height))
    both.paste(one)
    both.paste(one, (one.width, 0))
    both.save(made["two"])
    ImageDraw.Draw(one).rectangle((150, 380, 620, 760), fill=(90, 60, 40))
    one.save(made["board"])
    with av.open(str(made["film"]), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        (stream.width, stream.height), stream.pix_fmt = one.size, "yuv420p"
        for frame in (*(av.VideoFrame.from_image(one) for _ in range(12)), None):
            container.mux(stream.encode(frame))
    return made


def fetch_axe(folder: Path) -> str:
    told = ["npm", "pack", AXE, "--silent", "--pack-destination", str(folder)]
    subprocess.run(told, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        member = packed.extractfile("package/axe.min.js")
        assert member is not None, "axe-core has its script there"
        return member.read().decode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8017/")
    parser.add_argument("--shots", type=Path)
    given = parser.parse_args()
    main(given.address, given.shots)
