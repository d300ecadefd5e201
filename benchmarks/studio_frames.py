"""How often the studio's page draws its body while a hand is dragged: frames a second, counted by the page itself.

    layerpose studio --no-open &
    python benchmarks/studio_frames.py [ADDRESS] [--seconds 5]

Real mouse events, on a desktop and on a phone-sized window; pictures are asked for and never come. Needs Chromium and
Playwright. In headless Chromium a processor draws what elsewhere a graphics processor does.
"""

from __future__ import annotations

import argparse
import itertools
import math
import shutil
import statistics
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

WINDOWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1440, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
FLAGS = ["--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
GRIP, REACH, EVERY_S = "hand.R", 40, 0.008
WATCH = """() => {
    const times = (window.frameTimes = []);
    studio.stage.afterDrawing.add(() => times.push(performance.now()));
}"""


def main(address: str, seconds: float) -> None:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name, how in WINDOWS.items():
            page = browser.new_context(**how).new_page()
            page.route("**/api/draw", lambda _: None)
            page.goto(address)
            page.wait_for_function("() => Boolean(window.studio?.figure.pose)")
            if name == "phone":
                page.evaluate('() => { studio.layout.show("body"); studio.stage.look("front"); }')
            page.wait_for_timeout(1500)
            page.evaluate(WATCH)
            print(f"{name:8}{drag(page, seconds)}", flush=True)


def drag(page: Page, seconds: float) -> str:
    """Move a hand in circles; what the page drew in the meantime."""
    box = page.locator(f'[data-grip="{GRIP}"]').bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    begun = time.monotonic()
    while (past := time.monotonic() - begun) < seconds:
        page.mouse.move(x + REACH * (math.cos(4 * past) - 1), y + REACH * math.sin(4 * past))
        time.sleep(EVERY_S)
    times: list[float] = page.evaluate("() => frameTimes")
    page.mouse.up()
    steps = [later - sooner for sooner, later in itertools.pairwise(times)]
    ratio = page.evaluate("() => studio.stage.renderer.getPixelRatio()")
    return (
        f"{1000 * len(steps) / (times[-1] - times[0]):.0f} frames a second; from one to the next "
        f"{statistics.median(steps):.1f} ms (median), {sorted(steps)[int(0.95 * len(steps))]:.1f} ms (of 95 %); "
        f"{ratio:.2f} pixels for one of the page"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", nargs="?", default="http://127.0.0.1:8017/")
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    main(given.address, given.seconds)
