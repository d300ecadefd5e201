"""A camera that turns is told from a person that moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from layerpose.estimation.camera_motion import CameraMotion


def test_a_pan_is_found_though_the_person_does_not_pan() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (60, 100, 3)).astype(np.uint8)
    scene = cv2.resize(noise, (1000, 600), interpolation=cv2.INTER_CUBIC)
    camera = CameraMotion()
    person = np.array([[120.0, 60.0], [200.0, 230.0]])
    for step in range(4):
        frame = scene[100:340, 100 + 10 * step : 420 + 10 * step].copy()
        frame[60:230, 120:200] = cv2.resize(noise[:17, :8], (80, 170))
        camera.look(frame, person)
    assert camera.to_first @ [0, 0, 1] == pytest.approx([30, 0, 1], abs=0.5)


def test_a_plain_background_says_that_the_camera_stands() -> None:
    camera = CameraMotion()
    for grey in (200, 201, 200):
        camera.look(np.full((240, 320, 3), grey, np.uint8), None)
    assert camera.to_first == pytest.approx(np.eye(3))
