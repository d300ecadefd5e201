"""The finished picture's tones and finest detail: the photo's, where the photo shows the body."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from layerpose.stages.tones import match_detail, match_tones
from layerpose.types import CLASSES, Warp

SIZE = 64
TORSO, ARM = CLASSES.index("torso"), CLASSES.index("left_arm")


def parsing_of(part: int, rows: slice, columns: slice) -> Float[Tensor, "1 7 h w"]:
    parsing = torch.zeros(1, len(CLASSES), SIZE, SIZE)
    parsing[:, part, rows, columns] = 1
    parsing[:, 0] = 1 - parsing[:, part]
    return parsing


def known(image: Float[Tensor, "1 3 h w"], visible: Float[Tensor, "1 1 h w"]) -> Warp:
    return Warp(
        image=image * visible, visible=visible, filled=image, points=torch.zeros_like(image),
        normals=torch.zeros(1, 6, SIZE, SIZE),
    )  # fmt: skip


@pytest.fixture
def photo() -> Float[Tensor, "1 3 h w"]:
    return torch.rand(1, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) - 0.2


def test_a_pale_picture_gets_the_photo_s_mean_colour_and_keeps_its_own_detail(photo: Tensor) -> None:
    person = parsing_of(TORSO, slice(8, 56), slice(8, 56))
    pale = photo * 0.5 + 0.1
    made = match_tones(pale, known(photo, person[:, 1:].sum(1, keepdim=True)), person)
    inside = person[0, TORSO] > 0
    assert abs(float((made - photo)[0, :, inside].mean())) < 0.1 * abs(float((pale - photo)[0, :, inside].mean()))
    middle = (slice(None), slice(None), slice(24, 40), slice(24, 40))
    change = (made - pale)[middle]
    assert float(change.std()) < 0.2 * float(pale[middle].std()), "smooth"


def test_what_the_photo_hides_goes_along_with_what_it_shows_beside_it(photo: Tensor) -> None:
    person = parsing_of(TORSO, slice(0, SIZE), slice(0, SIZE))
    visible = torch.ones(1, 1, SIZE, SIZE)
    visible[..., 30:33] = 0
    made = match_tones(photo - 0.3, known(photo, visible), person)
    assert float((made - photo + 0.3)[..., 31].mean()) == pytest.approx(0.3, abs=0.05)


def test_where_nothing_is_known_and_beside_the_person_nothing_changes(photo: Tensor) -> None:
    person = parsing_of(TORSO, slice(0, 30), slice(0, SIZE))
    visible = torch.zeros(1, 1, SIZE, SIZE)
    assert torch.equal(match_tones(photo, known(photo + 0.3, visible), person), photo)
    made = match_tones(photo, known(photo + 0.3, visible + 1), person)
    assert torch.equal(made[..., 30:, :], photo[..., 30:, :])
    assert not torch.equal(made[..., :30, :], photo[..., :30, :])


def test_a_part_does_not_take_the_tones_of_another(photo: Tensor) -> None:
    person = parsing_of(TORSO, slice(0, SIZE), slice(0, 32))
    person[:, 0, :, 32:], person[:, ARM, :, 32:] = 0, 1
    seen = person[:, TORSO][:, None]
    made = match_tones(photo, known(photo + 0.3, seen), person)
    assert torch.equal(made[..., 32:], photo[..., 32:])


def test_a_picture_without_a_person_stays(photo: Tensor) -> None:
    nobody = torch.zeros(1, len(CLASSES), SIZE, SIZE)
    nobody[:, 0] = 1
    assert torch.equal(match_tones(photo, known(photo + 0.3, torch.ones(1, 1, SIZE, SIZE)), nobody), photo)


def threads(size: int) -> Float[Tensor, "1 3 h w"]:
    """Cloth with a stripe of two pixels, light and dark."""
    return (torch.arange(size) % 2 * 0.4 - 0.2).expand(1, 3, size, size)


def test_soft_cloth_gets_most_of_the_photo_s_threads_back_and_none_where_it_is_hidden() -> None:
    size = 512
    person = torch.zeros(1, len(CLASSES), size, size)
    person[:, TORSO], visible = 1, torch.ones(1, 1, size, size)
    visible[..., 256:, :] = 0
    cloth = 0.3 + threads(size)
    warp = Warp(
        image=cloth * visible, visible=visible, filled=cloth, points=cloth, normals=torch.zeros(1, 6, size, size)
    )  # fmt: skip

    made = match_detail(torch.full_like(cloth, 0.3), warp, person)

    shown, hidden = made[..., 100:150, 100:400], made[..., 300:400, 100:400]
    assert float(shown.std()) == pytest.approx(0.7 * float(cloth.std()), rel=0.05)
    assert float(shown.mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.allclose(hidden, torch.tensor(0.3))


def test_detail_that_is_the_photo_s_already_stays() -> None:
    size = 512
    person = torch.zeros(1, len(CLASSES), size, size)
    person[:, TORSO] = 1
    cloth = 0.3 + threads(size)
    warp = Warp(
        image=cloth, visible=torch.ones(1, 1, size, size), filled=cloth, points=cloth,
        normals=torch.zeros(1, 6, size, size),
    )  # fmt: skip
    middle = (..., slice(10, -10), slice(10, -10))
    assert torch.allclose(match_detail(cloth, warp, person)[middle], cloth[middle], atol=1e-4)


@pytest.mark.parametrize("match", [match_tones, match_detail])
def test_tones_are_not_rounded_where_networks_are(photo: Tensor, match: Callable[..., Tensor]) -> None:
    """Large enough for both blurs; on a processor with bf16 this ended never when they were rounded too."""
    person = parsing_of(TORSO, slice(8, 56), slice(8, 56))
    given = photo * 0.5 + 0.1, known(photo, person[:, 1:].sum(1, keepdim=True)), person
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        made = match(*given)
    assert made.dtype == torch.float32
    assert torch.equal(made, match(*given))
