"""Pictures on disk -> figures and reports, on a small data set made by code."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from layerpose.data.benchmark import Pair, choose_pairs
from layerpose.data.records import Records
from layerpose.data.synth.make import Order, synthesise
from layerpose.evaluation.measure import TRUTH, Job, measure_predictions
from layerpose.evaluation.page import write_page
from layerpose.evaluation.predictions import TRIVIAL, copy_and_warp, draw_predictions, prediction_path, take_nearest
from layerpose.evaluation.report import Report, to_markdown, write_report
from layerpose.media.pictures import image_to_picture

ROWS = ("close", "full")
pytestmark = pytest.mark.usefixtures("one_plot", "rough_fits")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    synthesise(out, Order(people=2, frames=2, size=128, seed=1))
    return out


@pytest.fixture
def report(data: Path, tmp_path: Path) -> tuple[Path, list[Pair]]:
    """A folder with a good row and a bad one: the truth with a little noise, and the source."""
    records, generator = Records(data), torch.Generator().manual_seed(0)
    pairs = choose_pairs(records, "train", 10)
    for pair in pairs:
        target, source = (records.load(pair[0], frame)[0] for frame in (pair[2], pair[1]))
        noisy = target + 0.05 * torch.randn(target.shape, generator=generator)
        for row, image in {"close": noisy, "full": source}.items():
            path = prediction_path(tmp_path, row, pair)
            path.parent.mkdir(exist_ok=True)
            image_to_picture(image).save(path)
    return tmp_path, pairs


def measured_report(data: Path, folder: Path, pairs: list[Pair], lpips: Path, workers: int = 1) -> Report:
    job = Job(data=data, folder=folder, lpips=lpips, protocols=("fg", "wang"), landing_rows=("full",), size=128)
    found = measure_predictions(job, (*ROWS, TRUTH), pairs, workers=workers, report=lambda done, total: None)
    return Report(measured=tuple(found), protocols=("fg", "wang"), size=128, main="full", facts={"model": "none"})


def test_the_truth_scores_best_and_the_report_says_on_what(
    data: Path, report: tuple[Path, list[Pair]], lpips: Path
) -> None:
    folder, pairs = report
    made = measured_report(data, folder, pairs, lpips)
    write_report(made, folder)
    write_page(made, Records(data), folder)
    rows = json.loads((folder / "report.json").read_text())["rows"]
    assert rows["target"]["fg_lpips"]["value"] == 0
    assert rows["target"]["wang_ssim"]["value"] == pytest.approx(1)
    assert rows["close"]["fg_lpips"]["value"] < rows["full"]["fg_lpips"]["value"]
    assert rows["close"]["fg_psnr"]["value"] > rows["full"]["fg_psnr"]["value"]
    text = (folder / "report.md").read_text()
    assert f"{len(pairs)} pairs, hash `{made.hash}`, compared at 128 x 128 px" in text
    with (folder / "figures.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 3 * len(pairs)
    assert all(0 < float(line["invented"]) < 1 for line in lines)
    shares = json.loads((folder / "report.json").read_text())["invented"]["fg"]["full"]
    assert sum(mean["count"] for mean in shares.values()) == len(pairs)
    assert "by the share of the target's body that the source does not show" in text
    assert (folder / "fg-lpips.svg").is_file()
    page = (folder / "index.html").read_text()
    assert all(name in page for name in ("Worst", "Median", "Best"))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.usefixtures("forks")
def test_two_workers_and_a_second_run_give_the_same_figures(
    data: Path, report: tuple[Path, list[Pair]], lpips: Path
) -> None:
    folder, pairs = report
    first = measured_report(data, folder, pairs, lpips, workers=2)
    lines = (folder / "figures.jsonl").read_text().splitlines()
    older = json.dumps({key: value for key, value in json.loads(lines[3]).items() if key != "invented"})
    (folder / "figures.jsonl").write_text("\n".join([*lines[:3], older, lines[4][:20]]))
    assert measured_report(data, folder, pairs, lpips).measured == first.measured


def test_a_damaged_picture_is_named_and_counted(data: Path, report: tuple[Path, list[Pair]], lpips: Path) -> None:
    folder, pairs = report
    prediction_path(folder, "full", pairs[0]).write_bytes(b"no picture")
    prediction_path(folder, "full", pairs[1]).unlink()
    Image.new("RGB", (99, 99)).save(prediction_path(folder, "close", pairs[2]))
    made = measured_report(data, folder, pairs, lpips)
    assert len(made.problems) == 3
    assert "99 x 99 pixels; expected 128 x 128" in made.problems[0]
    text = to_markdown(made)
    assert "3 pictures could not be measured" in text
    assert str(prediction_path(folder, "full", pairs[1])) in text


def test_holes_take_the_nearest_colour() -> None:
    image, known = torch.zeros(1, 3, 4, 6), torch.zeros(1, 1, 4, 6)
    image[..., 0, 0], image[..., 3, 5] = 0.5, -0.5
    known[..., 0, 0] = known[..., 3, 5] = 1
    found = take_nearest(image, known)
    assert (found[..., :2, :3] == 0.5).all()
    assert (found[..., 2:, 3:] == -0.5).all()
    assert torch.equal(take_nearest(image, 0 * known), image), "nothing is known: nothing is changed"


def test_a_damaged_source_or_target_is_named_and_counted_too(data: Path, lpips: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(data, tmp_path / "data"))
    records, out = Records(broken), tmp_path / "report"
    pairs = choose_pairs(records, "train", 10)
    person, source, _ = pairs[0]
    (broken / "people" / person / f"{source}.png").write_bytes(b"no picture")
    out.mkdir()
    undrawn = draw_predictions([copy_and_warp(128)], records, pairs, out, size=128, report=lambda done, total: None)
    hurt = [pair for pair in pairs if pair[0] == person and source in pair[1:]]
    assert list(undrawn) == hurt
    job = Job(
        data=broken, folder=out, lpips=lpips, protocols=("fg",), landing_rows=(), size=128, undrawn=undrawn
    )  # fmt: skip
    found = measure_predictions(job, TRIVIAL, pairs, workers=1, report=lambda done, total: None)
    problems = [m.problem for m in found if m.problem]
    assert len(problems) == len(hurt) * len(TRIVIAL)
    assert all(f"{source}.png: found no picture" in problem for problem in problems)
    made = Report(measured=tuple(found), protocols=("fg",), size=128, main=TRIVIAL[-1], facts={})
    text = to_markdown(made)
    assert f"{len(problems)} pictures could not be measured and are in no mean" in text
    write_page(made, records, out)


def test_pairs_with_the_same_target_are_measured_together_and_keep_their_order(
    data: Path, report: tuple[Path, list[Pair]], lpips: Path
) -> None:
    folder, pairs = report
    twice = [*pairs, *pairs[:1]]
    found = measured_report(data, folder, twice, lpips).measured
    assert [m.pair for m in found] == twice * 3
