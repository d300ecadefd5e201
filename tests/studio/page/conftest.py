"""The studio with the bundled person and weights, and its page in a real Chromium, to pull at by mouse and keyboard."""

from __future__ import annotations

import base64
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from layerpose.studio.app import make_app
from layerpose.studio.rooms import open_studio
from layerpose.transfer import PoseTransfer

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
FLAGS = [
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE_S = 240
HOST = "127.0.0.1"
SMALL = 'localStorage.setItem("layerpose-preferences", JSON.stringify({ size: 256 }))'
"""Only small pictures: the large ones take seconds each."""
READY = "Boolean(window.studio?.figure.pose)"


class Served:
    """The studio on a port of this machine; it can be stopped and started again."""

    def __init__(self, app: Any, port: int) -> None:
        self.app, self.port = app, port
        self.address = f"http://{HOST}:{port}/"
        self.start()

    def start(self) -> None:
        uvicorn = pytest.importorskip("uvicorn")
        self.server = uvicorn.Server(uvicorn.Config(self.app, host=HOST, port=self.port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = self.server.force_exit = True
        self.thread.join(20)


class Visit:
    """A page of somebody who has never been there, and what the browser complained of.

    `faults` are errors, warnings, and addresses that are not ours.
    """

    def __init__(self, browser: Any, address: str, **how: Any) -> None:
        context = browser.new_context(**how)
        context.set_default_timeout(PATIENCE_S * 1000)
        context.add_init_script(SMALL)
        self.address, self.page, self.faults = address, context.new_page(), []
        self.page.on("console", lambda told: self.faults.append(told.text) if told.type in ("error", "warning") else 0)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda asked: self.check_address(asked.url))
        self.page.goto(address)
        self.wait_for(READY)
        self.tell("studio.idle()")

    def check_address(self, url: str) -> None:
        if not url.startswith((self.address, f"blob:{self.address}", "data:")):
            self.faults.append(url)

    def tell(self, expression: str, *arguments: Any) -> Any:
        return self.page.evaluate(expression, *arguments)

    def wait_for(self, expression: str) -> None:
        """Playwright's own way would evaluate text, which the page forbids."""
        end = time.monotonic() + PATIENCE_S
        while not self.tell(expression):
            assert time.monotonic() < end, expression
            time.sleep(0.03)

    def drag(self, grip: str, right: float, down: float) -> None:
        """Pull a handle by so many pixels."""
        box = self.page.locator(f'[data-grip="{grip}"]').bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in (1, 2, 3):
            self.page.mouse.move(x + right * step / 3, y + down * step / 3)
        self.page.mouse.up()

    def touch(self, *fingers: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Lay fingers down, each from one place to another in a few steps, and lift them."""
        told = self.page.context.new_cdp_session(self.page)

        def send(kind: str, share: float) -> None:
            points = [
                {"id": number, "x": x + (to_x - x) * share, "y": y + (to_y - y) * share}
                for number, ((x, y), (to_x, to_y)) in enumerate(fingers)
            ]
            told.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []})

        send("touchStart", 0)
        for step in range(1, 5):
            send("touchMove", step / 4)
        send("touchEnd", 1)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, role: str, name: str) -> None:
        self.page.get_by_role(role, name=name, exact=True).click()

    def state(self) -> dict[str, Any]:
        return self.tell("studio.state()")

    def joint(self, bone: str) -> np.ndarray:
        """Where a bone begins, in metres and body axes."""
        return np.array(self.tell(f'studio.jointPosition("{bone}")'))

    def picture(self) -> bytes:
        """The picture that is shown when nothing is drawn any more, as it came."""
        self.tell("studio.idle()")
        url = self.tell(
            "new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result);"
            "reader.readAsDataURL(studio.result.shown.blob); })"
        )
        return base64.b64decode(url.partition(",")[2])


@pytest.fixture(scope="module")
def _plain_thumbnails() -> Iterator[None]:
    """The pictures of more than a hundred poses, of which each page shows all, are plain."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("layerpose.studio.posing.draw_thumbnail", lambda _: Image.new("RGBA", (8, 8), "grey"))
        yield


@pytest.fixture(scope="module")
def served(
    _plain_thumbnails: None, skins_kept: None, small_model: PoseTransfer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    if CHROMIUM is None:
        pytest.skip("no Chromium to look at the page with; apt install chromium")
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
    rooms = open_studio(tmp_path_factory.mktemp("studio"), small_model)
    found = Served(make_app(rooms, host=HOST, port=port), port)
    yield found
    found.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Gone with the module: Playwright is not started twice in one process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        yield started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture(scope="module")
def desktop(served: Served, browser: Any) -> Visit:
    return Visit(browser, served.address, viewport={"width": 1100, "height": 700})


@pytest.fixture
def page(desktop: Visit) -> Iterator[Visit]:
    """The bundled person as the photo has it, without a history; at the end the browser has complained of nothing."""
    desktop.tell("studio.restart()")
    yield desktop
    assert not desktop.faults


@pytest.fixture(scope="module")
def held(served: Served, browser: Any) -> Visit:
    return Visit(browser, served.address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture
def phone(held: Visit) -> Iterator[Visit]:
    """The same on a phone, where the body is seen."""
    held.tell("studio.restart()")
    held.tell('studio.layout.show("body")')
    held.tell('studio.stage.look("front")')
    yield held
    assert not held.faults
