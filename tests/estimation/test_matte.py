from __future__ import annotations

import cv2
import numpy as np
import pytest

from layerpose.estimation.canvas import Canvas
from layerpose.estimation.matte import cut_out, refine
from layerpose.types import Camera

SIZE = 512
RED, BLUE = np.array([0.8, 0.2, 0.15]), np.array([0.15, 0.25, 0.8])


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A red ellipse on blue, softly edged, and its true mask."""
    true = np.zeros((SIZE, SIZE), dtype=np.float32)
    cv2.ellipse(true, (256, 256), (90, 190), 0, 0, 360, 1.0, -1)
    true = cv2.GaussianBlur(true, (0, 0), 1.5)
    noise = np.random.default_rng(0).normal(0, 0.02, (SIZE, SIZE, 3))
    picture = true[..., None] * RED + (1 - true[..., None]) * BLUE + noise
    return np.clip(picture, 0, 1).astype(np.float32), true


def coarse(true: np.ndarray) -> np.ndarray:
    """The mask as a network gives it: shifted by some pixels and blurred."""
    return cv2.GaussianBlur(np.roll(true, (2, 3), (0, 1)), (0, 0), 4)


def test_refined_mask_follows_the_true_outline():
    picture, true = scene()
    before, after = np.abs(coarse(true) - true).sum(), np.abs(refine(picture, coarse(true)) - true).sum()
    assert after < before / 4


def test_a_mask_with_nobody_in_it_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing of the picture is surely the person"):
        refine(scene()[0], np.full((SIZE, SIZE), 0.05, np.float32))


def test_no_background_colour_remains_at_the_edge():
    picture, true = scene()
    photo = cut_out(picture, coarse(true))
    mask = photo.mask[0, 0].numpy()
    edge = (mask > 0.3) & (mask < 0.9)
    colour = (photo.image[0].permute(1, 2, 0).numpy()[edge] / mask[edge, None] + 1) / 2
    assert edge.sum() > 100
    assert np.median(np.abs(colour - RED)) < 0.06


def test_nothing_but_grey_outside_the_mask():
    picture, true = scene()
    photo = cut_out(picture, coarse(true))
    assert photo.image.permute(0, 2, 3, 1)[photo.mask[:, 0] == 0].abs().max() == 0


def test_camera_and_picture_move_to_the_canvas_together():
    picture = np.zeros((300, 200, 3), dtype=np.float32)
    picture[120:124, 80:84] = 1
    canvas = Canvas(left=-40, top=20, side=320, size=640)
    cut = canvas.cut(picture, outside=0.5)
    row, column = np.argwhere(cut[..., 0] > 0.9).mean(0) + 0.5
    placed = canvas.place(Camera(scale=100.0, translation=(82.0, 122.0)))
    np.testing.assert_allclose(np.array(placed.translation) * 640, [column, row], atol=0.6)
    assert placed.scale * 640 == 200
    assert cut[0, 0, 0] == 0.5
