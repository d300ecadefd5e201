"""Three representations of one body: each can be drawn, and each can stand in for the body's own mesh."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from layerpose.cli import main
from layerpose.inputs.bodies import draw_any, framed_body, redrawn, smpl_model
from layerpose.maps.crops import part_box
from layerpose.maps.render import draw_body, render_maps, render_part_maps
from layerpose.motion.library import library_pose
from layerpose.types import CLASSES, LAYERS, Maps

SIZE = 256


def overlap(ours: Maps, other: Maps) -> torch.Tensor:
    """IoU of each class."""
    both, either = (ours.parsing * other.parsing)[0], (ours.parsing + other.parsing)[0].clamp(max=1)
    return both.sum((1, 2)) / either.sum((1, 2)).clamp(min=1)


@pytest.mark.parametrize("kind", ["smpl", "volume"])
def test_another_representation_stands_in_for_the_bodys_own_maps(smpl_file: Path, kind: str) -> None:
    body = framed_body(library_pose("walk"))
    drawn = draw_body(body, SIZE)
    redraw = redrawn(kind, smpl_model(kind, smpl_file))
    assert redraw is not None
    other = redraw(drawn, body, torch.zeros(1, 3, SIZE, SIZE))
    assert overlap(render_maps(other), render_maps(drawn)).min() > 0.8
    assert not torch.equal(other.buffers.keys, drawn.buffers.keys)
    for part in LAYERS:
        box = part_box(drawn, part)
        maps, wanted = (render_part_maps(d, part, box, 128) for d in (other, drawn))
        assert overlap(maps, wanted)[CLASSES.index(part)] > 0.75


def test_the_bodys_own_mesh_needs_no_stand_in() -> None:
    assert redrawn("anny", None) is None


def test_a_volume_is_drawn_from_the_pose_alone() -> None:
    pose = library_pose("sit")
    own, volume = (render_maps(draw_any(kind, pose, None, SIZE)) for kind in ("anny", "volume"))
    assert overlap(volume, own).min() > 0.95


@pytest.mark.parametrize("kind", ["anny", "smpl", "volume"])
def test_body_show_draws_four_cells(smpl_file: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / "body.png"
    words = ["--smpl", str(smpl_file)] if kind == "smpl" else []
    assert main(["body", "show", "walk", "--body", kind, *words, "-o", str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.width > 3.9 * (picture.height - 50)
        colours = picture.convert("RGB").getcolors(1 << 20)
    assert colours is not None
    assert len(colours) > 100
