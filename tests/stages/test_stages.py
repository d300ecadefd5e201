"""What the three stages must do whatever their weights are."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from layerpose.body.camera import frame
from layerpose.body.model import body_model
from layerpose.config import GeneratorConfig, Guides, ModelConfig
from layerpose.engines.choose import use_engine
from layerpose.maps.correspondence import warp_person
from layerpose.maps.crops import paste
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import draw_posed, pose_body
from layerpose.maps.source import view_source
from layerpose.presets import base, debug, paper
from layerpose.stages.conditions import Conditions, collate, num_guide_channels, prepare, wave
from layerpose.stages.fuse import paste_layers
from layerpose.stages.layers import flip_maps, flip_warp
from layerpose.stages.model import Model
from layerpose.stages.model_folder import fingerprint, read_fingerprint, save_model
from layerpose.stages.narrowing import find_window
from layerpose.types import CLASSES, LAYERS, Body, Camera, Pose

CPU = torch.device("cpu")


def turned_body(azimuth: float, arm: float) -> Body:
    model = body_model()
    rotations = np.tile(np.eye(3), (len(model.bone_names), 1, 1))
    rotations[0] = Rotation.from_euler("z", azimuth).as_matrix()
    rotations[model.bone("upperarm01.L")] = Rotation.from_euler("y", arm).as_matrix()
    pose = Pose(rotations=torch.as_tensor(rotations))
    body = Body(phenotype=torch.full((6,), 0.6), pose=pose, camera=Camera(scale=1.0, translation=(0.0, 0.0)))
    return dataclasses.replace(body, camera=frame(torch.as_tensor(pose_body(body).vertices[model.skin])))


def conditions_for(config: ModelConfig, seed: int = 0) -> Conditions:
    source, target = turned_body(0.2, -0.4), turned_body(-0.5, 0.6)
    posed, target_posed = pose_body(source), pose_body(target)
    drawn = draw_posed(posed, source.camera, config.canvas, device=CPU)
    mask = (drawn.nearest.part >= 0).float()[None, None]
    noise = torch.rand(1, 3, config.canvas, config.canvas, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    view = view_source(noise * mask, parse_source(drawn, mask), drawn, posed)
    target_drawn = draw_posed(target_posed, target.camera, config.canvas, device=CPU)
    return prepare(view, target_drawn, config)


@pytest.fixture(scope="module")
def conditions() -> Conditions:
    return conditions_for(debug())


@pytest.fixture(scope="module")
def model() -> Model:
    torch.manual_seed(0)
    return Model(debug()).eval()


def test_every_intermediate_is_kept_at_its_size(model: Model, conditions: Conditions) -> None:
    with torch.no_grad():
        made = model(conditions)
    config = debug()
    assert made.coarse.shape == (1, 3, config.coarse_size, config.coarse_size)
    assert made.image.shape == made.pasted.shape == (1, 3, config.canvas, config.canvas)
    assert [layer.part for layer in made.layers] == list(LAYERS)
    sizes = [config.face_size, config.arm_size, config.arm_size, config.leg_size, config.leg_size]
    assert [layer.image.shape[-1] for layer in made.layers] == sizes
    assert made.image.abs().max() <= 1.0 + 1e-5


def test_every_stage_draws_its_window_of_a_slim_person_nearly_as_in_the_whole(conditions: Conditions) -> None:
    torch.manual_seed(0)
    whole = Model(debug()).eval()
    quick = copy.deepcopy(whole)
    use_engine(quick, "quick", "cpu")
    assert find_window(quick.coarse.generator, conditions.maps.parsing, factor=2) is not None
    with torch.inference_mode():
        one, other = whole(conditions), quick(conditions)
    assert one.coarse.shape == other.coarse.shape
    body = conditions.maps.parsing[:, :1] < 1
    assert float((one.image - other.image).abs()[body.expand(-1, 3, -1, -1)].mean()) < 0.002


def test_pasting_changes_nothing_outside_the_visible_parts(model: Model, conditions: Conditions) -> None:
    """Eq. 6: an offset counts only where the parsing shows its own part."""
    with torch.no_grad():
        made = model(conditions)
    loud = tuple(dataclasses.replace(layer, image=layer.coarse + 0.5) for layer in made.layers)
    parsing = conditions.maps.parsing
    size = parsing.shape[-1]
    plain = paste_layers(made.coarse, (), parsing)
    pasted = paste_layers(made.coarse, loud, parsing)
    generated = sum(parsing[:, CLASSES.index(part)] for part in LAYERS)
    changed = (pasted - plain).abs().amax(1)
    assert changed[generated == 0].max() == 0
    assert torch.allclose(changed[generated == 1], torch.tensor(0.5), atol=1e-4)
    for layer in loud:
        own = paste_layers(made.coarse, (layer,), parsing)
        expected = plain + parsing[:, CLASSES.index(layer.part)][:, None] * paste(layer.offset, layer.boxes, size)
        assert torch.equal(own, expected)


def test_a_fusion_around_the_body_leaves_the_rest_as_it_was_pasted(conditions: Conditions) -> None:
    made, seen = {}, []
    for around in (True, False):
        torch.manual_seed(0)
        model = Model(dataclasses.replace(debug(), around_body=around)).eval()
        torch.nn.init.normal_(model.fusion.generator.head[0].weight, std=0.1)
        model.fusion.generator.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[2:]))
        with torch.no_grad():
            made[around] = model(conditions)
    size = debug().canvas
    room, step = size // 16, 2
    spans = []
    for axis, drawn in zip((1, 0), seen[0], strict=True):
        there = torch.nonzero((conditions.maps.parsing[0, 0] < 1).any(axis)).flatten().tolist()
        first, stop = max(there[0] - room, 0), min(there[-1] + 1 + room, size)
        assert stop - first <= drawn < stop - first + step
        spans.append(slice(first, first + drawn))
    assert seen[1] == (size, size)
    outside = torch.ones(size, size, dtype=torch.bool)
    outside[spans[0], spans[1]] = False
    assert outside.any()
    assert torch.equal(made[True].image[..., outside], made[True].pasted[..., outside])
    assert not torch.equal(made[False].image[..., outside], made[False].pasted[..., outside])
    assert not torch.equal(made[True].image[..., ~outside], made[True].pasted[..., ~outside])


def test_right_limbs_are_the_mirror_image_of_left_ones(model: Model, conditions: Conditions) -> None:
    assert model.layers is not None
    for left, right in ((1, 2), (3, 4)):
        given = conditions.parts[left]
        flipped = dataclasses.replace(
            given, maps=flip_maps(given.maps), visible=given.visible.flip(-1),
            source=given.source.flip(-1), other=given.other.flip(-1),
            warp=flip_warp(given.warp), boxes=(given.boxes * torch.tensor([-1, 1, 1])) + torch.tensor([1, 0, 0])
            - given.boxes[:, 2:] * torch.tensor([1, 0, 0]),
        )  # fmt: skip
        coarse = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            one = model.layers.make_layer(LAYERS[left], given, coarse)
            other = model.layers.make_layer(LAYERS[right], flipped, coarse.flip(-1))
        assert torch.allclose(one.image, other.image.flip(-1), atol=1e-4)
        assert torch.equal(one.mask, other.mask.flip(-1))


def test_the_points_of_a_mirrored_body_are_those_of_its_mirror_image() -> None:
    body = turned_body(0.0, 0.0)
    posed = pose_body(body)
    drawn = draw_posed(posed, body.camera, 128, device=CPU)
    mask = (drawn.nearest.part >= 0).float()[None, None]
    warp = warp_person(view_source(mask.expand(1, 3, -1, -1), parse_source(drawn, mask), drawn, posed), drawn)
    flipped = flip_warp(warp)
    assert flipped is not None
    apart = (flipped.points - warp.points).abs().amax(1)[(mask * mask.flip(-1))[:, 0] > 0.5]
    assert apart.quantile(0.95) < 0.02
    assert warp.points[:, 0].abs().max() > 0.3


def test_places_on_the_body_are_told_apart_by_waves() -> None:
    points = torch.zeros(1, 3, 1, 3)
    points[0, :, 0, 1], points[0, :, 0, 2] = torch.tensor([0.2, 0.1, 0.5]), torch.tensor([0.2, 0.1, 0.52])
    found = torch.cat(wave(points), dim=1)
    without = dataclasses.replace(debug().guides, points=False)
    assert found.shape[1] == num_guide_channels(debug().guides) - num_guide_channels(without)
    assert not found[..., 0].any(), "nothing where there is no body"
    assert (found[..., 1] - found[..., 2]).abs().max() > 10 * 0.02


@pytest.mark.parametrize("off", ["heatmaps", "parsing", "depth", "points", "normals"])
def test_every_guide_can_be_switched_off(off: str) -> None:
    config = dataclasses.replace(debug(), guides=dataclasses.replace(debug().guides, **{off: False}))
    with torch.no_grad():
        assert torch.isfinite(Model(config)(conditions_for(config)).image).all()


def test_all_guides_off_leaves_the_source_alone() -> None:
    tiny = GeneratorConfig(width=4, num_downs=1, num_blocks=1)
    off = Guides(heatmaps=False, parsing=False, depth=False)
    config = dataclasses.replace(debug(), guides=off, coarse=tiny, face=tiny, arm=tiny, leg=tiny, fusion=tiny)
    given = conditions_for(config)
    assert given.warp is None
    with torch.no_grad():
        assert torch.isfinite(Model(config)(given).image).all()


def test_layers_and_fusion_can_be_switched_off() -> None:
    without = dataclasses.replace(debug(), layers="none", fuse=False)
    given = conditions_for(without)
    with torch.no_grad():
        made = Model(without)(given)
    assert made.layers == ()
    assert torch.equal(made.image, made.pasted)
    cut = dataclasses.replace(debug(), layers="incomplete")
    complete, incomplete = conditions_for(debug()), conditions_for(cut)
    areas = [sum(float(part.maps.parsing[:, 1:].sum()) for part in c.parts) for c in (complete, incomplete)]
    assert areas[1] < areas[0], "what other parts hide is missing from an incomplete layer"


def test_a_blend_without_a_warp_is_refused() -> None:
    with pytest.raises(ValueError, match=r"guides\.warp"):
        dataclasses.replace(base(), guides=Guides())


def test_a_retouch_without_a_blend_is_refused() -> None:
    with pytest.raises(ValueError, match="blend=True"):
        dataclasses.replace(base(), coarse=dataclasses.replace(base().coarse, blend=False))


def test_an_untrained_blend_starts_near_the_filled_warp(model: Model, conditions: Conditions) -> None:
    with torch.no_grad():
        made = model(conditions)
    assert conditions.warp is not None
    near = (made.image - conditions.warp.filled).abs().mean()
    assert near < 0.5 * (made.image - conditions.source).abs().mean()


def test_the_paper_has_the_papers_sizes_and_inputs() -> None:
    config = paper()
    assert (config.canvas, config.coarse_size) == (1024, 512)
    assert (config.face_size, config.arm_size, config.leg_size) == (128, 256, 512)
    assert config.guides == Guides(heatmaps=True, parsing=True, depth=True, warp=False)
    assert not any(g.blend or g.skips for g in (config.coarse, config.face, config.arm, config.leg, config.fusion))


def test_a_batch_is_its_samples(model: Model) -> None:
    samples = [conditions_for(debug(), seed) for seed in (0, 1)]
    with torch.no_grad():
        together = model(collate(samples)).image
        alone = torch.cat([model(sample).image for sample in samples])
    assert torch.allclose(together, alone, atol=1e-4)


def test_a_models_folder_has_the_models_fingerprint(tmp_path: Path) -> None:
    model = Model(debug())
    save_model(model, tmp_path)
    assert read_fingerprint(tmp_path) == fingerprint(model.config, model.state_dict())
