"""The compared systems' networks: published sizes, and the two ideas that move features."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from layerpose.baselines import dsc_regions, lwgan, pix2pixhd
from layerpose.baselines.dsc_regions import UNIT, Regions, deform, draw_masks, find_regions
from layerpose.baselines.inputs import bodies_of
from layerpose.baselines.lwgan_network import warp_liquid
from layerpose.baselines.registry import BASELINES
from layerpose.body.skeleton import KEYPOINTS
from layerpose.data.pairs import Sample

STANDING = {
    "nose": (0.5, 0.15), "left_eye": (0.52, 0.13), "right_eye": (0.48, 0.13), "left_ear": (0.55, 0.14),
    "right_ear": (0.45, 0.14), "left_shoulder": (0.6, 0.25), "right_shoulder": (0.4, 0.25), "left_elbow": (0.7, 0.35),
    "right_elbow": (0.3, 0.35), "left_wrist": (0.78, 0.45), "right_wrist": (0.22, 0.45), "left_hip": (0.56, 0.5),
    "right_hip": (0.44, 0.5), "left_knee": (0.6, 0.7), "right_knee": (0.4, 0.7), "left_ankle": (0.62, 0.88),
    "right_ankle": (0.38, 0.88), "neck": (0.5, 0.25),
}  # fmt: skip
"""A person seen from the front, in canvas units."""
LEFT_UPPER_ARM = 2 + dsc_regions.LIMBS.index((KEYPOINTS.index("left_shoulder"), KEYPOINTS.index("left_elbow")))


def standing() -> Tensor:
    return torch.tensor([[STANDING[name] for name in KEYPOINTS]])


def count(network: nn.Module) -> float:
    return sum(parameter.numel() for parameter in network.parameters()) / 1e6


def only(regions: Regions, region: int) -> Regions:
    alone = torch.zeros_like(regions.known)
    alone[:, region] = True
    return dataclasses.replace(regions, known=regions.known & alone)


@pytest.mark.parametrize(
    ("name", "generator", "discriminator"), [("pix2pixhd", 182.5, 2 * 2.8), ("dsc", 82.1, 2.8), ("lwgan", 97.5, 7.0)]
)
def test_every_baseline_has_as_many_million_parameters_as_published(
    name: str, generator: float, discriminator: float
) -> None:
    baseline = BASELINES[name]
    with torch.device("meta"):
        networks = baseline.make(baseline.config)
    assert count(networks.generator) == pytest.approx(generator, abs=0.05)
    assert count(networks.discriminator) == pytest.approx(discriminator, abs=0.05)


def test_the_local_enhancer_has_as_many_parameters_as_published() -> None:
    """Published for 36 channels of labels; both stems grow with the number of inputs."""
    with torch.device("meta"):
        enhancer = pix2pixhd.Pix2PixHd(pix2pixhd.Pix2PixHdConfig(enhancer=True)).generator
    more = (36 - pix2pixhd.INPUTS) * 7 * 7 * (64 + 32) / 1e6
    assert count(enhancer) + more == pytest.approx(182.9, abs=0.05)


def test_the_patch_discriminator_sees_70_pixels() -> None:
    discriminator = pix2pixhd.PatchDiscriminator(pix2pixhd.Pix2PixHdConfig(discriminator_width=2, num_scales=1)).eval()
    for module in discriminator.modules():
        if isinstance(module, nn.GroupNorm):
            module.forward = lambda features: features  # a norm looks at everything
    condition = torch.zeros(1, pix2pixhd.INPUTS, 192, 192)
    image = torch.zeros(1, 3, 192, 192, requires_grad=True)
    score = discriminator(condition, image)[0][-1]
    score[0, 0, score.shape[2] // 2, score.shape[3] // 2].backward()
    assert image.grad is not None
    touched = torch.nonzero(image.grad.abs().sum((0, 1)))
    assert (touched.amax(0) - touched.amin(0) + 1).tolist() == [70, 70]


@pytest.mark.parametrize("size", [256, 64, 32])
def test_an_affine_motion_of_the_picture_is_undone_exactly(size: int) -> None:
    """The target is the source moved by a quarter turn and a shift: every region moves back to the very same pixels."""
    generator = torch.Generator().manual_seed(0)
    source = torch.rand(1, 5, size, size, generator=generator)
    quarter = torch.rot90(source, 1, (2, 3))
    pose = standing()
    turned = torch.stack([pose[..., 1], 1 - pose[..., 0]], dim=-1)
    regions = find_regions(pose, turned)
    assert regions.known.all()
    assert torch.equal(deform(source, regions), quarter)
    for region in range(10):
        mask = draw_masks(only(regions, region), size)[:, region, None]
        assert mask.any()
        assert torch.equal(deform(source, only(regions, region)), quarter * mask)


def test_a_part_that_moves_alone_is_brought_back_alone() -> None:
    """The left arm moves by 32 pixels; its region carries its own pixels, the head's stay."""
    pose, moved = standing(), standing()
    arm = [KEYPOINTS.index(f"left_{joint}") for joint in ("shoulder", "elbow")]
    moved[:, arm] += torch.tensor([32 / UNIT, 16 / UNIT])
    picture = torch.rand(1, 3, UNIT, UNIT, generator=torch.Generator().manual_seed(1))
    regions = dsc_regions.Regions(
        motions=find_regions(pose, moved).motions.clone(), known=torch.ones(1, 10, dtype=torch.bool),
        target=moved * UNIT, seen=torch.ones(1, 18, dtype=torch.bool),
    )  # fmt: skip
    mask = draw_masks(only(regions, LEFT_UPPER_ARM), UNIT)[:, LEFT_UPPER_ARM, None]
    found = deform(picture, only(regions, LEFT_UPPER_ARM))
    shifted = torch.roll(picture, (16, 32), (2, 3))
    agree = torch.isclose(found, shifted * mask).all(1).float().mean()
    # The half width follows the torso's length, which the shoulder changes a little: hence not every pixel.
    assert agree > 0.98
    assert mask.sum() > 1000


def test_the_largest_of_the_moved_features_is_kept_and_the_body_is_everywhere() -> None:
    pose = standing()
    regions = find_regions(pose, pose)
    features = torch.rand(1, 2, 32, 32, generator=torch.Generator().manual_seed(2)) - 0.5
    masks = draw_masks(regions, 32)
    assert masks[:, 0].all()
    kept = deform(features, regions)
    # Where a region is masked out it contributes 0, as published: negative features end at 0 there.
    assert torch.equal(kept, features.clamp(min=0))
    assert torch.equal(deform(features, only(regions, 0)), features.clamp(min=0))


def test_a_limb_missing_in_the_source_borrows_the_other_side() -> None:
    pose, cut_off = standing(), standing()
    elbow = KEYPOINTS.index("left_elbow")
    cut_off[:, elbow, 0] = 1.2
    borrowed = find_regions(cut_off, pose)
    assert borrowed.known[0, LEFT_UPPER_ARM]
    shoulder = (*STANDING["left_shoulder"], 1.0)
    point = torch.tensor([shoulder[0] * UNIT, shoulder[1] * UNIT, 1.0])
    place = borrowed.motions[0, LEFT_UPPER_ARM] @ point / UNIT
    assert torch.allclose(place, torch.tensor(STANDING["right_shoulder"]), atol=1e-4)
    cut_off[:, KEYPOINTS.index("right_elbow"), 0] = -0.2
    assert not find_regions(cut_off, pose).known[0, LEFT_UPPER_ARM]
    assert not find_regions(pose, cut_off).known[0, LEFT_UPPER_ARM], "nothing to draw in the target"


def test_a_limb_seen_end_on_has_no_motion_and_does_no_harm() -> None:
    pose, end_on = standing(), standing()
    end_on[:, KEYPOINTS.index("left_elbow")] = end_on[:, KEYPOINTS.index("left_shoulder")]
    regions = find_regions(pose, end_on)
    assert not regions.known[0, LEFT_UPPER_ARM]
    assert torch.isfinite(regions.motions).all()
    assert torch.isfinite(deform(torch.rand(1, 2, 32, 32), regions)).all()


@pytest.mark.parametrize("size", [64, 32, 16, 8])
def test_an_identity_flow_changes_nothing_at_any_resolution(size: int) -> None:
    line = (torch.arange(64) + 0.5) / 32 - 1
    rows, columns = torch.meshgrid(line, line, indexing="ij")
    flow = torch.stack([columns, rows], dim=-1)[None]
    features = torch.rand(1, 4, size, size, generator=torch.Generator().manual_seed(3))
    assert torch.allclose(warp_liquid(features, flow), features, atol=1e-5)
    assert torch.equal(warp_liquid(features, torch.full_like(flow, -2.0)), torch.zeros_like(features))


def test_the_flow_between_equal_bodies_is_the_identity_on_the_body(still: Sample) -> None:
    bodies = bodies_of(still.conditions)
    seen = lwgan.look(still.conditions)
    body = 1 - bodies.target_surface[:, 2:]
    assert torch.allclose(seen.transfer[:, :3] * body, still.target * body, atol=2e-3)
    assert torch.equal(bodies.flow[body[:, 0] == 0], torch.full((int((body == 0).sum()), 2), -2.0))


def test_the_flow_brings_the_source_near_the_target(pairs: Sample) -> None:
    """Where the source shows the body point, warping is far better than copying."""
    seen, conditions = lwgan.look(pairs.conditions), pairs.conditions
    known = (bodies_of(conditions).flow[..., 0] > -2).float()[:, None]
    warped, copied = (
        ((picture - pairs.target).abs() * known).sum() / known.sum()
        for picture in (seen.transfer[:, :3], conditions.source)
    )
    assert known.mean() > 0.03
    assert warped < 0.3 * copied


def test_conditions_without_bodies_are_refused(pairs: Sample) -> None:
    bare = dataclasses.replace(pairs.conditions, bodies=None)
    with pytest.raises(ValueError, match="prepare_bodies"):
        BASELINES["dsc"].make(BASELINES["dsc"].config.__class__(width=4, discriminator_width=4))(bare)
