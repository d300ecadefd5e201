"""What will make a weak picture is said, and what cannot be told apart is refused."""

from __future__ import annotations

from importlib.resources import as_file, files

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from layerpose.estimation.doubts import Piece, largest_beside, lighten, refuse_muddle, warn_of_weakness
from layerpose.estimation.estimate import Estimate, estimate
from layerpose.estimation.finding import find_landmarks
from layerpose.media.pictures import read_photo


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        return read_photo(example)


@pytest.fixture(scope="module")
def seen(photo: Image.Image) -> Estimate:
    return estimate(photo, 512)


@pytest.fixture(scope="module")
def own(photo: Image.Image, seen: Estimate) -> Image.Image:
    """The person of the photo as a cut-out."""
    affine = seen.canvas.canvas_to_photo
    affine[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    mask = cv2.warpAffine(seen.photo.mask[0, 0].numpy(), affine, photo.size)
    cut = photo.copy()
    cut.putalpha(Image.fromarray((mask * 255).round().astype(np.uint8)))
    return cut


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pixels: cv2.resize(pixels, (114, 152), interpolation=cv2.INTER_AREA), "only 1[12][0-9] pixels tall"),
        (lambda pixels: (pixels * 0.08).astype(np.uint8), "very dark"),
        (lambda pixels: cv2.GaussianBlur(pixels, (0, 0), 4), "blurred in the photo"),
        (lambda pixels: pixels[:930], "cut by the edge of the photo: left foot"),
    ],
    ids=["small", "dark", "blurred", "cut"],
)
def test_a_weak_photo_is_drawn_with_a_word(photo: Image.Image, change, said: str):
    pixels = change(np.array(photo))
    landmarks = find_landmarks(lighten(pixels))
    with pytest.warns(UserWarning, match=said):
        warn_of_weakness(pixels, landmarks)


def test_a_good_photo_is_drawn_without_a_word(photo: Image.Image, seen: Estimate):
    pixels = np.array(photo)
    assert lighten(pixels) is pixels
    warn_of_weakness(pixels, seen.landmarks)


def test_the_own_transparency_of_a_cut_out_is_the_mask(own: Image.Image, seen: Estimate):
    """A tenth of it is taken away, which no network would find."""
    alpha = (np.asarray(own.getchannel("A")) * 0.9).round().astype(np.uint8)
    own = own.copy()
    own.putalpha(Image.fromarray(alpha))
    cut = estimate(own, 512)
    wanted = np.clip(cut.canvas.cut(alpha.astype(np.float32) / 255, outside=0.0), 0, 1)
    np.testing.assert_allclose(cut.photo.mask[0, 0].numpy(), wanted, atol=1e-5)
    trunk = cut.photo.image[0, :, 200:240, 250:262]
    colour = (trunk / 0.9).mean((1, 2))
    assert torch.allclose(colour, seen.photo.image[0, :, 200:240, 250:262].mean((1, 2)), atol=0.05)


def test_rounded_corners_are_no_cut_out(photo: Image.Image):
    corners = photo.copy()
    alpha = np.full((photo.height, photo.width), 255, np.uint8)
    alpha[:40, :40] = 0
    corners.putalpha(Image.fromarray(alpha))
    with pytest.warns(UserWarning, match="not the outline of its person"):
        found = estimate(corners, 128)
    assert found.photo.mask.mean() < 0.4


@pytest.mark.parametrize("shift", [(93, -43), (114, -51), (93, 0), (133, 0)])
def test_two_who_overlap_are_never_fused_into_one(photo: Image.Image, own: Image.Image, shift: tuple[int, int]):
    both = photo.copy()
    both.paste(own.convert("RGB"), shift, own.getchannel("A"))
    with pytest.raises(ValueError, match=r"not clear what belongs to|somebody else is right beside or behind"):
        estimate(both, 256)


def test_somebody_far_away_is_found_by_looking_closer(photo: Image.Image):
    wide = Image.new("RGB", (3000, 3000), (120, 140, 110))
    wide.paste(photo.resize((480, 640)), (1250, 1420))
    landmarks = find_landmarks(np.array(wide))
    assert landmarks.score > 0.9
    assert 1250 < landmarks.image[:, 0].mean() < 1730


def test_a_leg_too_many_is_named_and_a_wide_sleeve_is_not(seen: Estimate):
    body = np.zeros((256, 256), dtype=bool)
    body[20:230, 100:150] = True
    wide, fused = body.copy(), body.copy()
    wide[60:120, 150:156] = True
    fused[160:230, 170:190] = True
    assert largest_beside(body, body) is largest_beside(wide, body) is None
    assert largest_beside(body, np.zeros_like(body)) is None
    piece = largest_beside(fused, body)
    assert piece is not None
    assert piece.share == pytest.approx(70 * 20 / fused.sum())
    assert piece.place == "below right"
    with pytest.warns(UserWarning, match=r"\(12%, below right\) lies beside the fitted body"):
        refuse_muddle(seen.landmarks, 0.85, piece)
    refuse_muddle(seen.landmarks, 0.85, Piece(share=0.02, place="above"))
