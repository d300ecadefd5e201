"""What is painted on a layer shows in the result, in this pose and in others, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.export.layered import (
    LayerPicture,
    draw_painted,
    draw_with_layers,
    find_changes,
    layer_pictures,
    paint,
)
from layerpose.maps.parsing import parse_source
from layerpose.maps.render import DrawnBody, draw_body, mesh, pose_body
from layerpose.maps.source import SourceView, view_source
from layerpose.motion.library import library_pose
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.transfer import PoseTransfer, place
from layerpose.types import CLASSES, LAYERS, Body, Camera, Transfer

SIZE = debug().canvas
BLUE = (10, 20, 250)


def body_in(name: str) -> Body:
    camera = Camera(scale=0.5, translation=(0.5, 0.5))
    start = Body(phenotype=torch.full((6,), 0.6), pose=library_pose("stand"), camera=camera)
    return place(start, library_pose(name))


@pytest.fixture(scope="module")
def model() -> PoseTransfer:
    torch.manual_seed(0)
    return PoseTransfer(Model(debug()), torch.device("cpu"))


@pytest.fixture(scope="module")
def view() -> SourceView:
    """A person in a dull red who stands."""
    body = body_in("stand")
    drawn = draw_body(body, SIZE)
    mask = (drawn.nearest.part >= 0).float()[None, None]
    image = torch.tensor([0.3, -0.4, -0.4])[:, None, None].expand(3, SIZE, SIZE)[None] * mask
    return view_source(image, parse_source(drawn, mask), drawn, pose_body(body))


@pytest.fixture(scope="module")
def standing(model: PoseTransfer, view: SourceView) -> Transfer:
    return model.draw(model.prepare(view, body_in("stand")))


def with_a_spot(layer: LayerPicture) -> tuple[Image.Image, tuple[int, int]]:
    """A blue square on the middle of the forearm, and its place on the canvas."""
    drawn = draw_body(body_in("stand"), SIZE)
    elbow, wrist = drawn.keypoints[[7, 9], :2] * SIZE
    x, y = (int(value) for value in (elbow + wrist) / 2)
    picture = layer.picture.copy()
    picture.paste(BLUE, (x - layer.left - 2, y - layer.top - 2, x - layer.left + 2, y - layer.top + 2))
    return picture, (x, y)


def layer_of(made: Transfer, part: str) -> LayerPicture:
    return layer_pictures(made)[LAYERS.index(part)]


def levels(made: Transfer) -> np.ndarray:
    return ((made.image[0].numpy() + 1) * 127.5).transpose(1, 2, 0)


def test_a_layers_picture_lies_where_its_part_is_drawn_alone(standing: Transfer) -> None:
    drawn = draw_body(body_in("stand"), SIZE)
    for layer in layer_pictures(standing):
        alpha = np.asarray(layer.on_canvas(SIZE))[..., 3] > 127
        alone = drawn.buffers.of_part(CLASSES.index(layer.part) - 1).part.numpy() >= 0
        assert (alpha & alone).sum() / (alpha | alone).sum() > 0.7, layer.part


def test_what_is_painted_on_a_layer_is_in_the_result_and_all_else_stays_bit_for_bit(
    model: PoseTransfer, view: SourceView, standing: Transfer
) -> None:
    edited, (x, y) = with_a_spot(layer_of(standing, "left_arm"))
    made = draw_with_layers(model, model.prepare(view, body_in("stand")), {"left_arm": edited})
    spot = np.zeros((SIZE, SIZE), dtype=bool)
    spot[y - 2 : y + 2, x - 2 : x + 2] = True
    assert np.abs(levels(made)[y - 1 : y + 1, x - 1 : x + 1] - BLUE).max() < 22
    changed = (made.image != standing.image).any(1)[0].numpy()
    assert changed.sum() >= 9
    assert not (changed & ~spot).any()
    for before, after in zip(standing.layers, made.layers, strict=True):
        assert torch.equal(before.image, after.image) == (before.part != "left_arm")


def test_what_nobody_touched_but_a_program_rounded_is_no_edit(
    model: PoseTransfer, view: SourceView, standing: Transfer
) -> None:
    rounded = {}
    for layer in layer_pictures(standing):
        pixels = np.array(layer.picture).astype(int)
        pixels[..., :3] += np.random.default_rng(0).integers(-2, 3, pixels[..., :3].shape)
        pixels[pixels[..., 3] == 0] = 0  # as programs clear what nobody sees
        rounded[layer.part] = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    made = draw_with_layers(model, model.prepare(view, body_in("stand")), rounded)
    assert torch.equal(made.image, standing.image)


def template_points(drawn: DrawnBody, places: np.ndarray) -> np.ndarray:
    """The body points behind pixels of the canvas."""
    rows, columns = np.nonzero(places)
    triangle = drawn.nearest.triangle.numpy()[rows, columns]
    assert (triangle >= 0).all()
    topology = mesh(drawn.vertices.device)
    return topology.points[topology.faces[triangle].long()].mean(1).numpy()


@pytest.mark.parametrize("name", ["t-pose", "arms-up", "sit"])
def test_a_spot_painted_in_one_pose_shows_at_its_place_on_the_body_in_others(
    model: PoseTransfer, view: SourceView, standing: Transfer, name: str
) -> None:
    edited, (x, y) = with_a_spot(layer_of(standing, "left_arm"))
    changes = find_changes(layer_pictures(standing), {"left_arm": edited}, SIZE)
    painting = paint(model, view, body_in("stand"), changes)
    body = body_in(name)
    plain, made = (draw_painted(model, view, body, paintings) for paintings in ([], [painting]))
    changed = np.abs(levels(made) - levels(plain)).max(-1) > 20
    spot = np.zeros((SIZE, SIZE), dtype=bool)
    spot[y - 2 : y + 2, x - 2 : x + 2] = changes["left_arm"].changes[0, 0].numpy()[y - 2 : y + 2, x - 2 : x + 2]
    painted = template_points(model.draw_target(view, body_in("stand")), spot)
    found = template_points(model.draw_target(view, body), changed)
    assert len(found) >= 3
    apart = np.linalg.norm(found[:, None] - painted, axis=-1).min(1)
    assert apart.max() < 0.03


def test_what_is_painted_on_a_hidden_side_is_not_seen(
    model: PoseTransfer, view: SourceView, standing: Transfer
) -> None:
    edited, _ = with_a_spot(layer_of(standing, "left_arm"))
    changes = find_changes(layer_pictures(standing), {"left_arm": edited}, SIZE)
    painting = paint(model, view, body_in("stand"), changes)
    turned = body_in("stand").pose.rotations.clone()
    turned[0] = torch.diag(torch.tensor([-1.0, -1.0, 1.0]))
    body = place(body_in("stand"), type(body_in("stand").pose)(rotations=turned))
    plain, made = (draw_painted(model, view, body, paintings) for paintings in ([], [painting]))
    assert torch.equal(plain.image, made.image)


def test_an_edited_layer_of_another_size_or_an_unknown_part_is_refused(standing: Transfer) -> None:
    pictures = layer_pictures(standing)
    with pytest.raises(ValueError, match=r"head has 5 x 7 pixels; expected .* or 128 x 128"):
        find_changes(pictures, {"head": Image.new("RGBA", (5, 7))}, SIZE)
    with pytest.raises(ValueError, match="no layer 'tail'; expected one of: head, left_arm"):
        find_changes(pictures, {"tail": Image.new("RGBA", (5, 7))}, SIZE)


def test_paint_beside_the_part_is_left_out_with_a_word(standing: Transfer) -> None:
    layer = layer_of(standing, "left_arm")
    picture = layer.picture.copy()
    picture.paste((*BLUE, 255), (0, 0, 6, 6))
    with pytest.warns(UserWarning, match="36 pixels were painted beside the part of the layer left_arm"):
        assert find_changes(layer_pictures(standing), {"left_arm": picture}, SIZE) == {}
