"""The studio's page in a real Chromium, by real mouse and keyboard."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from layerpose.body.model import NUM_BONES, body_model
from layerpose.estimation.finding import find_landmarks
from layerpose.studio.keys import ease
from layerpose.studio.vendor import FOLDER, HASHES, hash_files
from layerpose.types import PHENOTYPES

LEFT_WRIST = 15
"""Row of MediaPipe's landmarks."""
STATURE = 0.84
"""Of the bundled person, as a share of the picture."""
OTHER_SIDE = np.array([-1, 1, 1])


def test_dragged_wrist_moves_the_wrist_of_the_picture_and_undo_brings_the_first_picture_back(page: Any) -> None:
    before, point = page.picture(), page.tell('studio.screenPoint("wrist.L")')
    page.drag("hand.L", 45, -125)
    moved = page.tell('studio.screenPoint("wrist.L")')
    assert (moved["x"] - point["x"], moved["y"] - point["y"]) == pytest.approx((45, -125), abs=0.5)
    after = page.picture()
    pixels = np.array(Image.open(io.BytesIO(after)).convert("RGB").resize((768, 768)))
    found = find_landmarks(pixels).image[LEFT_WRIST, :2] / 768
    assert np.linalg.norm(found - page.tell("studio.inPicture('wrist.L')")) < 0.04 * STATURE
    page.press("Control+z")
    assert page.picture() == before
    page.press("Control+y")
    assert page.picture() == after


def test_joints_of_the_page_are_pythons(page: Any) -> None:
    model, generator = body_model(), np.random.default_rng(26)
    phenotype = page.tell("studio.studio.person.body.phenotype")
    rest = model.rest(np.array([phenotype[name] for name in PHENOTYPES]))
    vectors = generator.normal(0, 0.5, (200, NUM_BONES, 3))
    poses = [dict(zip(model.bone_names, frame.tolist(), strict=True)) for frame in vectors]
    seen = np.array(page.tell("(poses) => poses.map((rotations) => studio.joints(rotations))", poses))
    rotations = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(200, NUM_BONES, 3, 3)
    assert np.abs(seen - model.kinematics(rest, rotations)[1]).max() < 0.0005


def test_reload_in_the_middle_loses_no_step(page: Any) -> None:
    page.drag("hand.R", -40, -90)
    page.drag("head", 12, 0)
    before, shown = page.state(), page.picture()
    page.tell("studio.store.queue")
    page.page.reload()
    page.wait_for("Boolean(window.studio?.figure.pose)")
    assert page.state() == before
    assert page.picture() == shown
    page.press("Control+z", "Control+z")
    assert page.state()["rotations"] == page.tell("studio.studio.person.body.rotations")


def test_mirrored_pose_has_left_and_right_exchanged_and_twice_mirrored_is_the_same(page: Any) -> None:
    page.drag("hand.L", 30, -110)
    left, right, before = page.joint("wrist.L"), page.joint("wrist.R"), page.state()
    page.press("m")
    assert page.joint("wrist.R") == pytest.approx(left * OTHER_SIDE, abs=2e-3)
    assert page.joint("wrist.L") == pytest.approx(right * OTHER_SIDE, abs=2e-3)
    page.press("m")
    assert page.state() == before


def test_pinned_feet_stay_while_the_hips_sink(page: Any) -> None:
    feet = [page.joint(f"foot.{side}") for side in "LR"]
    page.drag("hips", 8, 50)
    assert page.joint("root")[2] < -0.12
    for side, foot in zip("LR", feet, strict=True):
        assert page.joint(f"foot.{side}") == pytest.approx(foot, abs=1e-4)


def test_hips_that_are_pulled_too_far_stop_where_the_pinned_feet_still_stand(page: Any) -> None:
    feet = [page.joint(f"foot.{side}") for side in "LR"]
    page.drag("hips", 0, -300)
    for side, foot in zip("LR", feet, strict=True):
        assert page.joint(f"foot.{side}") == pytest.approx(foot, abs=1e-3)


def test_hand_goes_where_it_can_reach_and_points_where_it_cannot(page: Any) -> None:
    reached = page.tell(
        """async () => {
          const { reach, reachOf } = await import("/page/ik.js");
          const pose = studio.figure.pose, shoulder = pose.place("upperarm01.L");
          const [near, far] = reachOf(pose, "hand.L");
          return Array.from({ length: 200 }, (_, index) => {
            const target = pose.root.clone().randomDirection().multiplyScalar(near + (2 * far - near) * (index / 200));
            const end = reach(pose.clone(), "hand.L", target.add(shoulder)).place("wrist.L");
            return [target.distanceTo(shoulder), far, end.distanceTo(target), end.distanceTo(shoulder)];
          });
        }"""
    )
    distance, far, missed, stretched = np.array(reached).T
    assert missed[distance < far].max() < 0.001
    assert stretched.max() <= far.max() + 1e-6
    assert missed[distance > far] == pytest.approx((distance - far)[distance > far], abs=1e-3)


def test_limits_stop_a_knee_and_let_it_go_on_without(page: Any) -> None:
    bent = page.tell(
        """async () => {
          const { turnBone } = await import("/page/rings.js");
          const { turnFromVector } = await import("/page/skeleton.js");
          return [true, false].map((limits) => {
            const pose = studio.figure.skeleton.reference.clone();
            const forwards = turnFromVector([-1, 0, 0]);
            return 2 * Math.acos(turnBone(pose, "lowerleg01.L", forwards, limits).local[4].w);
          });
        }"""
    )
    assert bent == pytest.approx([np.deg2rad(8), 1], abs=1e-6)


def test_symmetry_moves_the_other_hand_too(page: Any) -> None:
    page.press("s")
    page.drag("hand.L", 35, -100)
    rotations = page.state()["rotations"]
    for bone in ("upperarm01", "lowerarm01"):
        assert rotations[f"{bone}.R"] == pytest.approx(rotations[f"{bone}.L"] * np.array([1, -1, -1]), abs=1e-6)
    assert page.joint("wrist.R")[2] == pytest.approx(page.joint("wrist.L")[2], abs=0.1)


def test_arrow_keys_move_a_handle_in_the_screens_axes(page: Any) -> None:
    page.page.locator('[data-grip="hand.L"]').focus()
    before = page.joint("wrist.L")
    page.press(*["ArrowUp"] * 5)
    assert page.joint("wrist.L") - before == pytest.approx([0, 0, 0.05], abs=1e-3)
    page.press("Control+z")
    assert page.joint("wrist.L") == pytest.approx(before, abs=1e-9)


def test_fist_brings_the_fingertips_to_the_palm(page: Any) -> None:
    def tip_to_wrist() -> float:
        return float(np.linalg.norm(page.joint("finger3-3.L") - page.joint("wrist.L")))

    open_hand = tip_to_wrist()
    page.page.locator('[data-grip="hand.L"]').click()
    page.click("button", "Fist")
    assert tip_to_wrist() < 0.8 * open_hand


def test_picture_is_copied_and_a_pasted_picture_is_asked_what_it_is(page: Any) -> None:
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = page.picture()
    page.press("Control+c")
    page.wait_for("[...document.querySelectorAll('.notice')].some((one) => one.textContent.includes('clipboard'))")
    size = page.tell(
        """async () => {
          const [item] = await navigator.clipboard.read();
          const picture = await createImageBitmap(await item.getType("image/png"));
          return [picture.width, picture.height];
        }"""
    )
    assert tuple(size) == Image.open(io.BytesIO(shown)).size
    page.press("Control+v")
    assert page.page.get_by_role("dialog", name="What is this picture?").is_visible()
    page.click("button", "Nothing")


def test_of_two_people_in_a_photo_the_one_is_posed_who_is_chosen(page: Any, tmp_path: Path) -> None:
    one = Image.open(files("layerpose") / "examples" / "person.png").convert("RGB").resize((384, 512))  # pyright: ignore[reportArgumentType]
    both = Image.new("RGB", (768, 512))
    both.paste(one)
    both.paste(one, (384, 0))
    both.save(tmp_path / "two.png")
    page.click("tab", "Photo")
    with page.page.expect_file_chooser() as chosen:
        page.click("button", "Open a photo")
    chosen.value.set_files(tmp_path / "two.png")
    page.click("button", "Person 2")
    page.wait_for("studio.studio.history.steps.length === 3")
    assert page.tell("studio.studio.person.landmarks.nose")[0] > 384
    assert not page.page.locator("dialog[open]").count()
    page.faults[:] = [fault for fault in page.faults if "400 (Bad Request)" not in fault]
    page.press("Control+z")


def test_pose_of_the_library_stands_on_the_floor_within_the_frame(page: Any) -> None:
    page.click("tab", "Poses")
    page.page.locator('[data-pose="jump"]').click()
    page.wait_for("studio.studio.history.steps.length === 3")
    cut_off, lowest = page.tell(
        """async () => {
          const { lowest } = await import("/page/floor.js");
          const { figure, posing } = studio;
          return [posing.isCutOff(), lowest(figure.body, figure.pose) + figure.body.pelvis.y];
        }"""
    )
    assert not cut_off
    assert lowest == pytest.approx(0, abs=1e-6)


def test_key_poses_are_gone_through_as_the_server_goes_through_them(page: Any) -> None:
    eased, head, root = page.tell(
        """async () => {
          const { ease, poseAt } = await import("/page/tween.js");
          const key = (time, angle) => ({ time, ease: "in", rotations: { head: [angle, 0, 0] }, root: [0, 0, angle] });
          const middle = poseAt([key(1, 0), key(3, 1)], 2);
          return [["linear", "in", "out", "in-out"].map((how) => ease(0.3, how)), middle.rotations.head, middle.root];
        }"""
    )
    assert eased == pytest.approx([ease(0.3, "linear"), ease(0.3, "in"), ease(0.3, "out"), ease(0.3, "in-out")])
    assert head == pytest.approx([0.25, 0, 0], abs=1e-6)
    assert root == pytest.approx([0, 0, 0.25])


def test_project_brings_every_step_back(page: Any, tmp_path: Path) -> None:
    page.drag("hand.L", 30, -90)
    before = page.state()
    with page.page.expect_download() as started:
        page.click("button", "Save the project")
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    page.press("m")
    with page.page.expect_file_chooser() as chosen:
        page.click("button", "Open a project")
    chosen.value.set_files(file)
    page.wait_for("studio.studio.history.steps.length === 3")
    assert page.state() == before
    page.press("Control+z")
    assert page.state()["rotations"] == page.tell("studio.studio.person.body.rotations")


@pytest.mark.long
def test_a_stopped_server_is_waited_for_and_nothing_is_lost(page: Any, served: Any) -> None:
    before = page.picture()
    served.stop()
    page.drag("hand.L", 25, -80)
    page.wait_for("document.getElementById('status').classList.contains('away')")
    moved = page.state()
    served.start()
    page.wait_for("!document.getElementById('status').classList.contains('away')")
    assert page.picture() != before
    assert page.state() == moved
    away = [fault for fault in page.faults if "net::ERR_" in fault]
    page.faults[:] = [fault for fault in page.faults if fault not in away]
    assert away


@pytest.mark.long
def test_fingers_pull_a_handle_and_pinch_move_and_turn_the_view(phone: Any) -> None:
    before, point = phone.joint("wrist.L"), phone.tell('studio.screenPoint("wrist.L")')
    at = point["x"], point["y"]
    phone.touch((at, (at[0] + 20, at[1] - 60)))
    moved = phone.tell('studio.screenPoint("wrist.L")')
    assert (moved["x"] - at[0], moved["y"] - at[1]) == pytest.approx((20, -60), abs=0.5)
    assert np.linalg.norm(phone.joint("wrist.L") - before) > 0.2

    def view() -> tuple[float, float, np.ndarray]:
        told = phone.tell(
            """() => {
              const { camera, controls } = studio.stage;
              const { target } = controls;
              return [camera.position.distanceTo(target), controls.getAzimuthalAngle(), target.toArray()];
            }"""
        )
        return told[0], told[1], np.array(told[2])

    far, angle, _ = view()
    phone.touch(((150, 640), (110, 640)), ((240, 640), (280, 640)))
    near = view()
    assert (near[0] < 0.75 * far, near[1]) == (True, pytest.approx(angle, abs=1e-6))
    phone.touch(((150, 640), (190, 600)), ((240, 640), (280, 600)))
    panned = view()
    assert panned[0] == pytest.approx(near[0], rel=0.02)
    assert (panned[2] - near[2])[:2] @ [-1, -1] > 0.01
    phone.touch(((330, 640), (250, 640)))
    assert abs(view()[1] - angle) > 0.2


def test_phone_shows_one_part_at_a_time_and_a_handle_is_dragged(phone: Any) -> None:
    before = phone.joint("wrist.L")
    phone.drag("hand.L", 25, -60)
    assert phone.joint("wrist.L")[2] > before[2] + 0.1
    assert phone.tell("document.documentElement.scrollWidth") == 390
    phone.click("button", "Result")
    assert phone.page.locator("#result .after").is_visible()
    assert not phone.page.locator("#viewport").is_visible()


def test_vendored_files_are_those_that_were_published() -> None:
    assert hash_files(FOLDER) == json.loads((FOLDER / HASHES).read_text())["sha256"]
