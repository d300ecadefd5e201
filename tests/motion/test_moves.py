from __future__ import annotations

import numpy as np
import pytest
import torch

from layerpose.body.model import body_model
from layerpose.evaluation.feet import measure_feet
from layerpose.motion.moves import NAMES, library_motion
from layerpose.motion.performer import ankles_of

ADULT = np.array([0.5, 0.67, 0.5, 0.5, 0.5, 0.5])
PEOPLE = {
    "child": np.array([0.5, 0.33, 0.5, 0.5, 0.4, 0.5]),
    "tall": np.array([0.2, 0.67, 0.5, 0.4, 0.9, 1.0]),
    "short": np.array([0.8, 0.8, 0.4, 0.7, 0.15, 0.1]),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_motion_glides_and_its_end_leads_back_to_its_start(name: str) -> None:
    motion = library_motion(name)
    after = torch.cat([motion.rotations, motion.rotations[:1]])
    angles = torch.linalg.matrix_norm(after[1:] - after[:-1]).amax(1)
    assert angles.max() < 0.7, "no bone turns by more than 30 degrees from one frame to the next"
    assert angles[-1] < 2 * angles[:-1].max()


def test_walking_and_running_legs_swing_against_each_other_and_the_body_goes_forwards() -> None:
    rest = body_model().rest(ADULT)
    for name, speed in (("walk", (1.2, 1.8)), ("run", (3.0, 5.0))):
        motion = library_motion(name)
        forwards = ankles_of(motion, rest)[..., 1]
        assert np.corrcoef(forwards[:, 0], forwards[:, 1])[0, 1] < -0.7
        way = -float(motion.path[-1, 1]) / (motion.num_frames - 1) * motion.fps
        assert speed[0] < way < speed[1], f"leg lengths a second while {name}ning"


def test_only_the_run_leaves_the_floor() -> None:
    for name in NAMES:
        motion = library_motion(name)
        assert motion.ankles is not None
        lowest = motion.ankles[..., 2].amin(1)
        lift = float(lowest.max() - lowest.min())
        assert (lift > 0.15) == (name == "run"), (name, lift)


def test_a_turn_comes_round_once() -> None:
    headings = library_motion("turn").rotations[:, 0, :2, 0].double()
    angles = torch.atan2(headings[:, 1], headings[:, 0]).numpy()
    assert np.unwrap(angles)[-1] - angles[0] == pytest.approx(2 * np.pi, rel=0.03)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("person", PEOPLE)
def test_planted_feet_slide_and_sink_no_more_than_in_the_motion(name: str, person: str) -> None:
    found = measure_feet(library_motion(name), body_model().rest(PEOPLE[person]))
    assert found.planted > 0.1
    assert found.slide < found.source_slide + 0.003, "leg lengths a second"
    assert found.sink < 0.001, "leg lengths"


def test_feet_would_slide_without_the_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.evaluation.feet.perform", lambda motion, rest: motion)
    found = measure_feet(library_motion("walk"), body_model().rest(PEOPLE["short"]))
    assert found.slide > found.source_slide + 0.05


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="walk, run, wave, dance, turn"):
        library_motion("moonwalk")
