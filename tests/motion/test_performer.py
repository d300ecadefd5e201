"""Whoever performs a motion: feet stand as they stand in it, the pelvis never jumps, soles stay turned as they were."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.evaluation.feet import measure_feet
from layerpose.motion.moves import library_motion
from layerpose.motion.performer import ankles_of, leg_length, perform
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.types import Motion

PEOPLE = {
    "child": np.array([0.5, 0.33, 0.5, 0.5, 0.4, 0.5]),
    "tall": np.array([0.2, 0.67, 0.5, 0.4, 0.9, 1.0]),
    "short": np.array([0.8, 0.8, 0.4, 0.7, 0.15, 0.1]),
}
CLIPS = ("walk_01", "walk_12", "02_01", "running_01", "basketball_01")
WIDER = torch.tensor([1.0, 1.25, 1.0])
"""Steps so much longer than the legs that take them."""
SMOOTH = 2.5
"""Leg lengths per second squared; the gait itself reaches 5 to 40."""
HIERARCHY = """HIERARCHY
ROOT Hips {{ OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
{legs}
JOINT LowerBack {{ OFFSET 0 1 0 CHANNELS 0
JOINT Spine {{ OFFSET 0 2 0 CHANNELS 0 JOINT Spine1 {{ OFFSET 0 2 0 CHANNELS 0
JOINT Neck {{ OFFSET 0 2 0 CHANNELS 0 JOINT Neck1 {{ OFFSET 0 1 0 CHANNELS 0
JOINT Head {{ OFFSET 0 1 0 CHANNELS 0 End Site {{ OFFSET 0 1 0 }} }} }} }}
{arms} }} }} }} }}
MOTION
Frames: {frames} Frame Time: 0.033333
{values}
"""
LEG = """JOINT {side}UpLeg {{ OFFSET {hip} 0 0 CHANNELS 1 Xrotation
JOINT {side}Leg {{ OFFSET 0 -4 0 CHANNELS 1 Xrotation
JOINT {side}Foot {{ OFFSET 0 -5 0 CHANNELS 1 Xrotation End Site {{ OFFSET 0 0 2 }} }} }} }}"""
ARM = """JOINT {side}Arm {{ OFFSET {at} 2 0 CHANNELS 0 JOINT {side}ForeArm {{ OFFSET {on} 0 0 CHANNELS 0
JOINT {side}Hand {{ OFFSET {on} 0 0 CHANNELS 0 End Site {{ OFFSET {on} 0 0 }} }} }} }}"""
HIP, THIGH, SHIN = 1.6, 4.0, 5.0
SWING, TURN, STEP = np.deg2rad(24), np.deg2rad(14), 15


def write_gait(path: Path) -> None:
    """Four steps with a swaying pelvis: one foot stands and does not move at all, the other swings with a bent knee."""
    rows, foot = [], np.zeros(3)
    for frame in range(4 * STEP):
        standing, share = frame // STEP % 2, frame % STEP / STEP
        stance, knee = SWING * (1 - 2 * share), 0.9 * np.sin(np.pi * share) ** 2
        legs = [(stance, 0.0), (-stance + knee / 2, knee)]
        if standing:
            legs.reverse()
        yaw = TURN * (1 - 2 * share) * (2 * standing - 1)
        ankles = Rotation.from_euler("Y", yaw).apply(
            [_ankle(side, *leg) for side, leg in zip((1, -1), legs, strict=True)]
        )
        if frame and frame % STEP == 0:
            foot = foot - ankles[1 - standing] + ankles[standing]
        angles = [value for thigh, bend in legs for value in (-thigh, bend, thigh - bend)]
        rows.append([*(foot - ankles[standing]), 0, np.rad2deg(yaw), 0, *np.rad2deg(angles)])
    legs = "\n".join(LEG.format(side=side, hip=sign * HIP) for side, sign in (("Left", 1), ("Right", -1)))
    arms = "\n".join(ARM.format(side=side, at=2 * sign, on=3 * sign) for side, sign in (("Left", 1), ("Right", -1)))
    values = "\n".join(" ".join(f"{value:.5f}" for value in row) for row in rows)
    path.write_text(HIERARCHY.format(legs=legs, arms=arms, frames=len(rows), values=values))


def _ankle(side: int, thigh: float, bend: float) -> list[float]:
    """From the hips, while these look along z."""
    down = THIGH * np.cos(thigh) + SHIN * np.cos(thigh - bend)
    return [side * HIP, -down, THIGH * np.sin(thigh) + SHIN * np.sin(thigh - bend)]


@pytest.fixture
def gait(tmp_path: Path) -> Motion:
    write_gait(tmp_path / "gait.bvh")
    return read_bvh(tmp_path / "gait.bvh").motion()


def miss(motion: Motion, rest) -> float:
    """How far an ankle is at most from where the motion has it, in leg lengths."""
    performed = perform(motion, rest)
    assert motion.ankles is not None
    own = performed.path[:, None].double().numpy() + ankles_of(performed, rest) / leg_length(rest)
    return float(np.linalg.norm(own - motion.ankles.double().numpy(), axis=-1).max())


@pytest.mark.parametrize("person", PEOPLE)
def test_the_standing_foot_of_a_bvh_stands_whoever_walks(gait: Motion, person: str) -> None:
    rest = body_model().rest(PEOPLE[person])
    found = measure_feet(gait, rest)
    assert found.source_slide < 0.01
    assert found.planted > 0.3
    assert found.slide < found.source_slide + 0.003, "leg lengths a second"
    assert found.sink < 0.002, "leg lengths"
    assert found.jolt < SMOOTH


def test_without_the_legs_bent_the_feet_would_slide(gait: Motion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.motion.performer.reach", lambda rotations, ankles, rest: rotations)
    assert measure_feet(gait, body_model().rest(PEOPLE["short"])).slide > 0.03


@pytest.mark.parametrize("name", CLIPS)
@pytest.mark.parametrize("person", ["tall", "short"])
def test_feet_of_a_real_clip_are_where_they_are_in_it(shared: Path, name: str, person: str) -> None:
    motion, rest = read_bvh(shared / "mocap" / f"{name}.bvh").motion(), body_model().rest(PEOPLE[person])
    found = measure_feet(motion, rest)
    assert found.slide < found.source_slide + 0.001
    assert found.sink < 0.001
    assert found.jolt < SMOOTH
    assert miss(motion, rest) < 0.005


def test_legs_change_little_and_feet_stay_turned_as_they_were(gait: Motion) -> None:
    rest = body_model().rest(PEOPLE["tall"])
    performed, model = perform(gait, rest), body_model()
    feet = [model.bone("foot.L"), model.bone("foot.R")]
    for before, after in zip(gait.rotations.double().numpy(), performed.rotations.double().numpy(), strict=True):
        turned, places = model.kinematics(rest, before)
        now, moved = model.kinematics(rest, after)
        assert np.allclose(turned[feet], now[feet], atol=1e-5)
        assert np.abs(moved - places).max() < 0.15 * leg_length(rest)


def test_a_foot_out_of_reach_lowers_the_pelvis_before_it_slides() -> None:
    rest, motion = body_model().rest(PEOPLE["tall"]), library_motion("walk")
    assert motion.ankles is not None
    wider = replace(motion, ankles=motion.path[:, None] + (motion.ankles - motion.path[:, None]) * WIDER)
    assert miss(wider, rest) < 0.005
    lowered = perform(wider, rest).path[:, 2] - wider.path[:, 2]
    assert lowered.min() < -0.01


def test_a_motion_that_does_not_know_its_ankles_stays_as_it_is() -> None:
    motion = replace(library_motion("wave"), ankles=None)
    assert perform(motion, body_model().rest(PEOPLE["child"])) is motion
