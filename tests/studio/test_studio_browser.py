"""The studio's page in a real Chromium, by real mouse and keyboard, with the bundled person and weights."""

from __future__ import annotations

import base64
import io
import shutil
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.body.model import NUM_BONES, body_model
from layerpose.estimation.landmarks import find_landmarks
from layerpose.types import PHENOTYPES

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
FLAGS = [
    "--headless=new", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
PATIENCE_S = 60
SMALL = 'localStorage.setItem("layerpose-preferences", JSON.stringify({ size: 256 }))'
"""Only small pictures: the large ones take seconds each."""
LEFT_WRIST = 15
"""Row of MediaPipe's landmarks."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The studio, served with the bundled person and weights."""
    if CHROMIUM is None:
        pytest.skip("no Chromium to look at the page with; apt install chromium")
    uvicorn = pytest.importorskip("uvicorn")
    from layerpose.cli.listening import listen
    from layerpose.studio.app import make_app
    from layerpose.studio.rooms import open_studio
    from layerpose.transfer import PoseTransfer

    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        rooms = open_studio(tmp_path_factory.mktemp("studio"), PoseTransfer.load(device="cpu"))
        server = uvicorn.Server(uvicorn.Config(make_app(rooms, host="127.0.0.1", port=port), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{port}/"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium to look at the page with; apt install chromium")
    with playwright.sync_playwright() as started:
        yield started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    yield from open_page(browser, address, viewport={"width": 1440, "height": 900})


@pytest.fixture
def phone(browser: Any, address: str) -> Iterator[Any]:
    yield from open_page(browser, address, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


def open_page(browser: Any, address: str, **how: Any) -> Iterator[Any]:
    """The page of somebody who has never been there; it may complain of nothing and ask nobody else."""
    context = browser.new_context(**how)
    context.add_init_script(SMALL)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda asked: None if is_own(asked.url, address) else faults.append(asked.url))
    page.goto(address)
    wait_for(page, "Boolean(window.studio?.figure.pose)")
    idle(page)
    yield page
    context.close()
    assert not faults


def is_own(url: str, address: str) -> bool:
    return url.startswith((address, f"blob:{address}", "data:"))


def wait_for(page: Any, expression: str) -> None:
    """Playwright's own way would evaluate text, which the page forbids."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        time.sleep(0.03)


def idle(page: Any) -> None:
    page.evaluate("studio.idle()")


def drag(page: Any, grip: str, right: float, down: float) -> None:
    """Pull a handle by so many pixels."""
    box = page.locator(f'[data-grip="{grip}"]').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + right * step / 5, y + down * step / 5)
    page.mouse.up()


def picture(page: Any) -> bytes:
    """The picture that is shown, as it came."""
    idle(page)
    url = page.evaluate(
        "new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result);"
        "reader.readAsDataURL(studio.result.shown.blob); })"
    )
    return base64.b64decode(url.partition(",")[2])


def joint(page: Any, name: str) -> np.ndarray:
    return np.array(page.evaluate(f'studio.jointPosition("{name}")'))


def test_dragged_wrist_moves_the_wrist_of_the_picture_and_undo_brings_the_first_picture_back(page: Any) -> None:
    before, point = picture(page), page.evaluate('studio.screenPoint("wrist.L")')
    drag(page, "hand.L", 60, -170)
    moved = page.evaluate('studio.screenPoint("wrist.L")')
    assert (moved["x"] - point["x"], moved["y"] - point["y"]) == pytest.approx((60, -170), abs=0.5)
    after = picture(page)
    pixels = np.array(Image.open(io.BytesIO(after)).convert("RGB").resize((768, 768)))
    found = find_landmarks(pixels).image[LEFT_WRIST, :2] / 768
    wanted = np.array(page.evaluate("studio.inPicture('wrist.L')"))
    assert np.linalg.norm(found - wanted) < 0.04 * 0.84  # of the stature, which fills 0.84 of the picture
    page.keyboard.press("Control+z")
    assert picture(page) == before
    page.keyboard.press("Control+y")
    assert picture(page) == after


def test_joints_of_the_page_are_pythons(page: Any) -> None:
    model, generator = body_model(), np.random.default_rng(26)
    phenotype = page.evaluate("studio.studio.person.body.phenotype")
    rest = model.rest(np.array([phenotype[name] for name in PHENOTYPES]))
    vectors = generator.normal(0, 0.5, (200, NUM_BONES, 3))
    poses = [dict(zip(model.bone_names, frame.tolist(), strict=True)) for frame in vectors]
    seen = np.array(page.evaluate("(poses) => poses.map((rotations) => studio.joints(rotations))", poses))
    rotations = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(200, NUM_BONES, 3, 3)
    assert np.abs(seen - model.kinematics(rest, rotations)[1]).max() < 0.0005


def test_reload_in_the_middle_loses_no_step(page: Any) -> None:
    drag(page, "hand.R", -50, -120)
    drag(page, "head", 15, 0)
    before, shown = page.evaluate("studio.state()"), picture(page)
    page.evaluate("studio.store.queue")
    page.reload()
    wait_for(page, "Boolean(window.studio?.figure.pose)")
    assert page.evaluate("studio.state()") == before
    assert picture(page) == shown
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert page.evaluate("studio.state().rotations") == page.evaluate("studio.studio.person.body.rotations")


def test_mirrored_pose_has_left_and_right_exchanged_and_twice_mirrored_is_the_same(page: Any) -> None:
    drag(page, "hand.L", 40, -150)
    left, right = joint(page, "wrist.L"), joint(page, "wrist.R")
    before = page.evaluate("studio.state()")
    page.keyboard.press("m")
    assert joint(page, "wrist.R") == pytest.approx(left * [-1, 1, 1], abs=2e-3)
    assert joint(page, "wrist.L") == pytest.approx(right * [-1, 1, 1], abs=2e-3)
    page.keyboard.press("m")
    assert page.evaluate("studio.state()") == before


def test_pinned_feet_stay_while_the_hips_sink(page: Any) -> None:
    feet = [joint(page, f"foot.{side}") for side in "LR"]
    drag(page, "hips", 10, 70)
    assert joint(page, "root")[2] < -0.15
    for side, foot in zip("LR", feet, strict=True):
        assert joint(page, f"foot.{side}") == pytest.approx(foot, abs=1e-4)


def test_hand_goes_where_it_can_reach_and_points_where_it_cannot(page: Any) -> None:
    reached = page.evaluate(
        """async () => {
          const { reach, reachOf } = await import("/page/ik.js");
          const pose = studio.figure.pose, shoulder = pose.place("upperarm01.L");
          const [near, far] = reachOf(pose, "hand.L");
          const found = [];
          for (let index = 0; index < 200; index++) {
            const way = pose.root.clone().randomDirection();
            const distance = near + (2 * far - near) * (index / 200);
            const target = shoulder.clone().addScaledVector(way, distance);
            const end = reach(pose.clone(), "hand.L", target).place("wrist.L");
            found.push([distance, far, end.distanceTo(target), end.distanceTo(shoulder)]);
          }
          return found;
        }"""
    )
    distance, far, missed, stretched = np.array(reached).T
    assert missed[distance < far].max() < 0.001
    assert stretched.max() <= far.max() + 1e-6
    assert missed[distance > far] == pytest.approx((distance - far)[distance > far], abs=1e-3)


def test_symmetry_moves_the_other_hand_too(page: Any) -> None:
    page.keyboard.press("s")
    drag(page, "hand.L", 50, -140)
    assert joint(page, "wrist.R") == pytest.approx(joint(page, "wrist.L") * [-1, 1, 1], abs=0.03)


def test_arrow_keys_move_a_handle_in_the_screens_axes(page: Any) -> None:
    page.locator('[data-grip="hand.L"]').focus()
    before = joint(page, "wrist.L")
    for _ in range(5):
        page.keyboard.press("ArrowUp")
    assert joint(page, "wrist.L") - before == pytest.approx([0, 0, 0.05], abs=1e-3)
    page.keyboard.press("Control+z")
    assert joint(page, "wrist.L") == pytest.approx(before, abs=1e-9)


def test_phone_shows_one_part_at_a_time_and_a_finger_drags(phone: Any) -> None:
    before = joint(phone, "wrist.L")
    drag(phone, "hand.L", 25, -60)
    assert joint(phone, "wrist.L")[2] > before[2] + 0.1
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width == 390
    phone.get_by_role("button", name="Result").click()
    assert phone.locator("#result .after").is_visible()
    assert not phone.locator("#viewport").is_visible()


def test_vendored_files_are_those_that_were_published() -> None:
    import json

    from layerpose.studio.vendor import FOLDER, HASHES, hash_files

    assert hash_files(FOLDER) == json.loads((FOLDER / HASHES).read_text())["sha256"]
