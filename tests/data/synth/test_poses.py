from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layerpose.body.model import body_model
from layerpose.data.synth.anatomy import collides, hinges, overbends, possible
from layerpose.data.synth.poses import FIGURES, PoseSource
from layerpose.motion import library
from layerpose.motion.figures.basic import STAND
from layerpose.motion.library import library_pose
from layerpose.motion.posing import Limb, mirror, pose_from_figure


def angles(name: str) -> np.ndarray:
    return library_pose(name).rotations.double().numpy()


def test_mirroring_twice_changes_nothing() -> None:
    assert np.allclose(mirror(mirror(angles("walk"))), angles("walk"))
    assert not np.allclose(mirror(angles("walk")), angles("walk"), atol=0.05)


def test_an_arm_through_the_chest_collides_and_folded_arms_do_not() -> None:
    assert not collides(angles("arms-folded"))
    bad = replace(STAND, left_arm=Limb(upper=(0.1, 0, -1), lower=(-1, 0.1, 0.1)))
    assert collides(pose_from_figure(bad).rotations.double().numpy())


def test_a_hand_in_the_head_collides() -> None:
    bad = replace(STAND, left_arm=Limb(upper=(0.9, -0.2, 0.7), lower=(-1, 0, 0.15), end=(-1, 0, 0)))
    assert collides(pose_from_figure(bad).rotations.double().numpy())


@pytest.mark.parametrize("bone", ["lowerarm01.L", "lowerleg01.R"])
def test_a_hinge_bends_one_way_only(bone: str) -> None:
    from scipy.spatial.transform import Rotation

    axis, straight = hinges()[body_model().bone(bone)]
    for bend, refused in ((straight + 1.0, False), (straight - 0.5, True), (straight + 3.0, True)):
        rotations = np.tile(np.eye(3), (len(body_model().bone_names), 1, 1))
        rotations[body_model().bone(bone)] = Rotation.from_rotvec(bend * axis).as_matrix()
        assert overbends(rotations) is refused


def test_people_can_take_every_figure() -> None:
    refused = [
        name
        for name, figure in (FIGURES | library.FIGURES).items()
        if overbends(pose_from_figure(figure).rotations.double().numpy())
    ]
    assert refused == []


def test_no_limb_of_the_library_runs_through_the_trunk_or_another_limb() -> None:
    touching = {"lunge", "sit-leg-over-knee", "sit-chin-on-hand", "triangle", "over-the-shoulder"}
    found = {name for name in library.NAMES if collides(library_pose(name).rotations.double().numpy())}
    assert found == touching


def test_drawn_poses_are_possible_and_all_around() -> None:
    source, rng = PoseSource(None, None, "train"), np.random.default_rng(3)
    drawn = [source.draw(rng) for _ in range(60)]
    assert all(possible(one.rotations) for one in drawn)
    fronts = np.array([one.rotations[0] @ [0, -1.0, 0] for one in drawn])
    headings = np.degrees(np.arctan2(fronts[:, 0], -fronts[:, 1]))
    assert (np.histogram(headings, bins=6, range=(-180, 180))[0] > 0).all()
    assert len({one.source for one in drawn}) > 20


def test_no_clip_is_in_two_splits(shared: Path) -> None:
    stills = shared / "assets" / "makehuman" / "poses"
    train, val, test = (set(PoseSource(shared / "mocap", stills, s).sources) for s in ("train", "val", "test"))
    assert not train & val | train & test | val & test
    assert min(len(train), len(val), len(test)) > 10


def test_without_clips_every_split_has_figures() -> None:
    for split in ("train", "val", "test"):
        assert len(PoseSource(None, None, split).sources) >= 4


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no \.bvh files"):
        PoseSource(tmp_path, None, "train")
