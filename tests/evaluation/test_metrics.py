"""SSIM, LPIPS and the protocols on pictures whose prediction is known."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, max_pool2d

from layerpose.evaluation.interval import mean_of
from layerpose.evaluation.lpips import SMALLEST, Lpips, standardise, to_unit_length
from layerpose.evaluation.protocols import PROTOCOLS
from layerpose.evaluation.ssim import C1, ssim, uniform_ssim_map
from layerpose.evaluation.truth import Prediction, Truth, person_box
from layerpose.media.pictures import picture_to_image, read_photo

PUBLISHED_PAIRS = "873971e95c8027559fbd4ffd5b27ad52b97a40fdb6afce6dcab1910eb3ee4521"
"""SHA-256 of the archive that holds the pictures of published metrics."""


def pictures(*size: int) -> tuple[Tensor, Tensor]:
    """A picture with flat background and its noisy copy."""
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, *size, generator=generator) * 2 - 1
    image[..., : size[1] // 3] = 0
    return image, (image + 0.3 * torch.randn(image.shape, generator=generator)).clamp(-1, 1)


def skimage(a: Tensor, b: Tensor, **options: object) -> float:
    arrays = [x.permute(1, 2, 0).double().numpy() for x in (a, b)]
    return float(structural_similarity(*arrays, data_range=2, channel_axis=2, **options))


def test_ssim_of_flat_pictures_by_hand() -> None:
    a, b = torch.full((1, 3, 32, 32), 0.5), torch.full((1, 3, 32, 32), -0.2)
    assert float(ssim(a, a)) == pytest.approx(1.0)
    wanted = (2 * 0.5 * -0.2 + C1) / (0.5**2 + 0.2**2 + C1)
    assert float(ssim(a, b)) == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("size", [(64, 64), (96, 71)])
def test_ssim_is_that_of_scikit_image_whatever_the_batch(size: tuple[int, int]) -> None:
    image, noisy = pictures(*size)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    wanted = [skimage(a, b, **options) for a, b in zip(image, noisy, strict=True)]
    np.testing.assert_allclose(ssim(image, noisy).numpy(), wanted, atol=1e-6)
    np.testing.assert_allclose(
        [float(ssim(a[None], b[None])) for a, b in zip(image, noisy, strict=True)], wanted, atol=1e-6
    )


def test_the_uniform_ssim_is_that_of_scikit_image() -> None:
    image, noisy = pictures(80, 64)
    wanted = [skimage(a, b, win_size=51) for a, b in zip(image, noisy, strict=True)]
    np.testing.assert_allclose(uniform_ssim_map(image, noisy).mean((1, 2, 3)).numpy(), wanted, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_ssim_of_a_batch_of_any_size_is_that_of_scikit_image(batch: int) -> None:
    generator = torch.Generator().manual_seed(batch)
    image = torch.rand(batch, 3, 48, 57, generator=generator) * 2 - 1
    noisy = (image + 0.2 * torch.randn(image.shape, generator=generator)).clamp(-1, 1)
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    wanted = [skimage(a, b, **options) for a, b in zip(image, noisy, strict=True)]
    np.testing.assert_allclose(ssim(image, noisy).numpy(), wanted, atol=1e-6)


def test_ssim_over_a_region_does_not_look_outside_it() -> None:
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    other, region = image.clone(), torch.zeros(1, 1, 64, 64)
    other[..., 40:] = 0
    region[..., :30] = 1
    assert float(ssim(image, other, region)) == pytest.approx(1.0, abs=1e-5)
    assert float(ssim(image, other)) < 0.9


def test_lpips_grows_with_the_distortion_and_does_not_depend_on_the_batch(shared: Path) -> None:
    metric = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    generator = torch.Generator().manual_seed(0)
    image = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8, generator=generator) * 2 - 1, size=(128, 128))
    noise = torch.randn(image.shape, generator=generator)
    worse = torch.cat([(image + strength * noise).clamp(-1, 1) for strength in (0.0, 0.1, 0.4)])
    distances = metric(worse, image.expand(3, -1, -1, -1))
    assert float(distances[0]) == pytest.approx(0, abs=1e-6)
    assert distances[0] < distances[1] < distances[2]
    alone = [float(metric(one[None], image)) for one in worse]
    np.testing.assert_allclose(distances.numpy(), alone, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 5])
def test_lpips_is_that_of_its_formula_written_out_whatever_the_batch(shared: Path, batch: int) -> None:
    """AlexNet layer by layer from the published weights, on ten pairs taken `batch` at a time."""
    file = shared / "weights" / "lpips_alex_v01.pt"
    state, metric = torch.load(file, weights_only=True), Lpips(file)
    image, other = (torch.rand(10, 3, 100, 90, generator=torch.Generator().manual_seed(n)) * 2 - 1 for n in (1, 2))
    shift, scale = (torch.tensor(v).view(1, 3, 1, 1) for v in ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)))
    total, sides = torch.zeros(10), [(picture - shift) / scale for picture in (image, other)]
    for line, (layer, stride, padding) in enumerate(((0, 4, 2), (3, 1, 2), (6, 1, 1), (8, 1, 1), (10, 1, 1))):
        weights = [state[f"features.{layer}.{name}"] for name in ("weight", "bias")]
        sides = [max_pool2d(side, 3, 2) if line in (1, 2) else side for side in sides]
        sides = [conv2d(side, *weights, stride=stride, padding=padding).relu() for side in sides]
        lengths = [(side**2).sum(1, keepdim=True).sqrt() + 1e-10 for side in sides]
        squared = (sides[0] / lengths[0] - sides[1] / lengths[1]) ** 2
        total += conv2d(squared, state[f"lin{line}.weight"]).mean((1, 2, 3))
    found = torch.cat([metric(*pair) for pair in zip(image.split(batch), other.split(batch), strict=True)])
    np.testing.assert_allclose(found.numpy(), total.numpy(), atol=1e-6)


@pytest.fixture(scope="session")
def published_pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures and distorted twins on which pyiqa publishes its metrics; skipped where pip finds no PyPI."""
    folder = tmp_path_factory.mktemp("pyiqa")
    archive, said = folder / "pyiqa-0.1.3.tar.gz", ""
    wanted = ["--no-deps", "--no-binary", "pyiqa", "--dest", str(folder), "pyiqa==0.1.3"]
    for how in (["--no-build-isolation"], []):  # isolation sets up an environment for a package that is not built
        if not archive.is_file():
            words = [sys.executable, "-m", "pip", "download", "--quiet", *how, *wanted]
            said = subprocess.run(words, capture_output=True, text=True).stderr.strip()
    if not archive.is_file():
        pytest.skip(f"pip cannot download pyiqa==0.1.3: {said[-200:]}")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == PUBLISHED_PAIRS
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "pyiqa-0.1.3" / "ResultsCalibra"


@pytest.mark.parametrize("batch", [1, 5])
def test_lpips_gives_the_published_values_whatever_the_batch(shared: Path, published_pairs: Path, batch: int) -> None:
    metric = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    files = sorted((published_pairs / "ref_dir").glob("*.bmp"))
    truth, worse = (
        torch.cat([picture_to_image(read_photo(published_pairs / side / file.name)) for file in files])
        for side in ("ref_dir", "dist_dir")
    )
    found = torch.cat([metric(*pair) for pair in zip(worse.split(batch), truth.split(batch), strict=True)])
    np.testing.assert_allclose(found.numpy(), [0.7237, 0.2572, 0.05079, 0.05205, 0.4253], atol=1e-4)


def test_the_same_formula_on_squeezenet_gives_the_published_value(shared: Path) -> None:
    """Torchmetrics' documented example: ten pairs of noise, seed 123, 0.1008 on average."""
    state = torch.load(shared / "weights" / "lpips_squeeze_v01.pt", weights_only=True)
    metric = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    metric.lines = [state[f"lin{tap}.weight"].view(1, -1, 1, 1) for tap in range(7)]
    torch.manual_seed(123)
    image, other = (torch.rand(10, 3, 100, 100) * 2 - 1 for _ in range(2))
    found = metric.distance(squeeze_features(state, image), squeeze_features(state, other))
    assert float(found.mean()) == pytest.approx(0.1008, abs=1e-4)


def squeeze_features(state: dict[str, Tensor], image: Tensor) -> list[Tensor]:
    """SqueezeNet 1.1 up to its last fire module, seen at seven places."""

    def convolve(features: Tensor, name: str, **options: int) -> Tensor:
        return conv2d(features, state[f"features.{name}.weight"], state[f"features.{name}.bias"], **options).relu()

    features = convolve(standardise(image), "0", stride=2)
    found = [features]
    for fire in (3, 4, 6, 7, 9, 10, 11, 12):
        if fire in (3, 6, 9):
            features = max_pool2d(features, 3, 2, ceil_mode=True)
        squeezed = convolve(features, f"{fire}.squeeze")
        wide = convolve(squeezed, f"{fire}.expand3x3", padding=1)
        features = torch.cat([convolve(squeezed, f"{fire}.expand1x1"), wide], dim=1)
        if fire not in (3, 6):
            found.append(features)
    return [to_unit_length(tap) for tap in found]


def prediction_of(found: Tensor, truth: Tensor, mask: Tensor, metric: Lpips) -> Prediction:
    return Prediction(image=found, truth=Truth(image=truth, mask=mask, metric=metric))


def test_the_foreground_protocol_does_not_see_the_background(shared: Path) -> None:
    metric, (image, noisy) = Lpips(shared / "weights" / "lpips_alex_v01.pt"), pictures(256, 256)
    mask = torch.zeros(1, 1, 256, 256)
    mask[..., 100:200, 120:180] = 1
    prediction = prediction_of(noisy[:1] * mask, image[:1] * mask, mask, metric)
    small, full = (PROTOCOLS[name].measure(prediction) for name in ("fg", "wang"))
    assert small.ssim < full.ssim
    assert small.lpips > full.lpips
    assert small.psnr < full.psnr
    assert person_box(mask) == (slice(94, 206), slice(114, 186))


def test_what_is_shared_between_pictures_and_protocols_changes_no_figure(shared: Path) -> None:
    """Every figure beside the plain functions on the two pictures alone, for several predictions to one truth."""
    metric, (image, noisy) = Lpips(shared / "weights" / "lpips_alex_v01.pt"), pictures(160, 160)
    mask = torch.zeros(1, 1, 160, 160)
    mask[..., 30:130, 60:110] = 1
    truth = Truth(image=image[:1], mask=mask, metric=metric)
    rows, columns = person_box(mask)
    for found in (noisy[:1], noisy[1:], image[:1]):
        prediction = Prediction(image=found, truth=truth)
        full, person = (PROTOCOLS[name].measure(prediction) for name in ("wang", "fg"))
        crops = (picture[..., rows, columns].contiguous() for picture in (found, image[:1]))
        region = ((mask > 0.5) | (found.abs().amax(1, keepdim=True) > 0.05)).float()
        assert full.ssim == pytest.approx(float(ssim(found, image[:1])), abs=1e-6)
        assert person.ssim == pytest.approx(float(ssim(found, image[:1], region)), abs=1e-6)
        assert full.lpips == pytest.approx(float(metric(found, image[:1])), abs=1e-6)
        assert person.lpips == pytest.approx(float(metric(*crops)), abs=1e-6)


def test_features_of_a_crop_are_not_a_crop_of_the_features(shared: Path) -> None:
    """Why the person's box is looked at anew."""
    metric, image = Lpips(shared / "weights" / "lpips_alex_v01.pt"), pictures(256, 256)[0]
    whole, crop = metric.features(image), metric.features(image[..., 64:192, 64:192])
    inside = whole[0][..., 16:47, 16:47]
    assert inside.shape == crop[0].shape
    assert not torch.allclose(inside, crop[0], atol=1e-3)


def test_a_small_person_gets_a_box_that_the_metric_can_look_at(shared: Path) -> None:
    metric = Lpips(shared / "weights" / "lpips_alex_v01.pt")
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 10:55, 60:64] = 1
    rows, columns = person_box(mask)
    assert columns == slice(64 - SMALLEST, 64)
    assert rows == slice(8, 57)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert PROTOCOLS["fg"].measure(prediction_of(image, image.flip(-1), mask, metric)).lpips > 0


def test_white_is_a_square_crop_of_the_person_on_white(shared: Path) -> None:
    """By hand: a person 80 pixels high at 320 x 320, its square of 107 pixels enlarged to 512."""
    metric, generator = Lpips(shared / "weights" / "lpips_alex_v01.pt"), torch.Generator().manual_seed(0)
    person, mask = torch.rand(2, 3, 80, 40, generator=generator) * 0.8 + 0.1, torch.zeros(1, 1, 320, 320)
    mask[..., 120:200, 100:140] = 1
    image, target = torch.zeros(2, 1, 3, 320, 320)
    image[..., 120:200, 100:140], target[..., 120:200, 100:140] = person
    white = torch.ones(2, 3, 107, 107)
    rows, columns = person_box(mask)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (96, 56)
    top, left = 120 - (rows.start + rows.stop - 107) // 2, 100 - (columns.start + columns.stop - 107) // 2
    white[..., top : top + 80, left : left + 40] = person
    ours, true = (interpolate(x[None], (512, 512), mode="bicubic", antialias=True).clamp(-1, 1) for x in white)
    found = PROTOCOLS["white"].measure(prediction_of(image, target, mask, metric))
    assert found.lpips == pytest.approx(float(metric(ours, true)), abs=1e-5)
    assert found.ssim == pytest.approx(float(ssim(ours, true)), abs=1e-5)
    assert found.psnr == pytest.approx(float(10 * torch.log10(4 / ((ours - true) ** 2).mean())), abs=1e-3)


def test_a_person_at_the_edge_is_on_white_too_and_is_like_themselves(shared: Path) -> None:
    metric, mask = Lpips(shared / "weights" / "lpips_alex_v01.pt"), torch.zeros(1, 1, 96, 96)
    mask[..., 40:96, :30] = 1
    truth = Truth(image=pictures(96, 96)[1][:1] * mask, mask=mask, metric=metric)
    found = PROTOCOLS["white"].measure(Prediction(image=truth.image, truth=truth))
    assert (found.ssim, found.lpips) == (pytest.approx(1), pytest.approx(0, abs=1e-6))


def test_patn_wants_the_crop_of_its_data_set(shared: Path) -> None:
    metric, (image, noisy) = Lpips(shared / "weights" / "lpips_alex_v01.pt"), pictures(256, 176)
    mask = torch.ones(1, 1, 256, 176)
    prediction = prediction_of(noisy[:1], image[:1], mask, metric)
    padded, plain = (PROTOCOLS[name].measure(prediction) for name in ("patn", "wang"))
    assert padded.ssim > plain.ssim
    small = prediction_of(image[:1, :, :64, :64], noisy[:1, :, :64, :64], mask[..., :64, :64], metric)
    with pytest.raises(ValueError, match="found 64 x 64 pictures"):
        PROTOCOLS["patn"].measure(small)


def test_the_interval_holds_the_mean_and_shrinks_with_more_pictures() -> None:
    rng = np.random.default_rng(0)
    few, many = (mean_of(rng.normal(3, 1, size=n).tolist()) for n in (20, 2000))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert abs((many.high - many.low) - 2 * 1.96 / 2000**0.5) < 0.02
    with pytest.raises(ValueError, match="no figures"):
        mean_of([])
