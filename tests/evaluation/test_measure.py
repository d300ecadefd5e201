"""Pictures on disk -> figures and reports, on a small data set made by code."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from PIL import Image

from layerpose.data.benchmark import Pair, choose_pairs
from layerpose.data.records import Records
from layerpose.data.synth.make import Order, synthesise
from layerpose.evaluation.answers import answer_path
from layerpose.evaluation.measure import TRUTH, Job, measure_answers
from layerpose.evaluation.page import write_page
from layerpose.evaluation.report import Report, to_markdown, write_report
from layerpose.pictures import image_to_picture

ROWS = ("close", "full")


@pytest.fixture(scope="module")
def lpips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A metric of the right form with random weights: figures are compared with each other only."""
    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    state = {}
    for line, (number, (outputs, inputs, kernel)) in enumerate(shapes.items()):
        weight = torch.randn(outputs, inputs, kernel, kernel, generator=generator) / (inputs * kernel**2) ** 0.5
        state |= {f"features.{number}.weight": weight, f"features.{number}.bias": torch.zeros(outputs)}
        state[f"lin{line}.weight"] = torch.rand(1, outputs, 1, 1, generator=generator) / outputs
    file = tmp_path_factory.mktemp("weights") / "lpips.pt"
    torch.save(state, file)
    return file


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
            path = answer_path(tmp_path, row, pair)
            path.parent.mkdir(exist_ok=True)
            image_to_picture(image).save(path)
    return tmp_path, pairs


def measured_report(data: Path, folder: Path, pairs: list[Pair], lpips: Path, workers: int = 1) -> Report:
    job = Job(data=data, folder=folder, lpips=lpips, protocols=("fg", "wang"), landing_rows=("full",), size=128)
    found = measure_answers(job, (*ROWS, TRUTH), pairs, workers=workers, report=lambda done, total: None)
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
        assert len(list(csv.DictReader(file))) == 3 * len(pairs)
    assert (folder / "fg-lpips.svg").is_file()
    page = (folder / "index.html").read_text()
    assert all(name in page for name in ("Worst", "Median", "Best"))


def test_two_workers_and_a_second_run_give_the_same_figures(
    data: Path, report: tuple[Path, list[Pair]], lpips: Path
) -> None:
    folder, pairs = report
    first = measured_report(data, folder, pairs, lpips, workers=2)
    lines = (folder / "figures.jsonl").read_text().splitlines()
    (folder / "figures.jsonl").write_text("\n".join(lines[:4]) + "\n" + lines[4][:20])
    assert measured_report(data, folder, pairs, lpips).measured == first.measured


def test_a_damaged_picture_is_named_and_counted(data: Path, report: tuple[Path, list[Pair]], lpips: Path) -> None:
    folder, pairs = report
    answer_path(folder, "full", pairs[0]).write_bytes(b"no picture")
    answer_path(folder, "full", pairs[1]).unlink()
    Image.new("RGB", (99, 99)).save(answer_path(folder, "close", pairs[2]))
    made = measured_report(data, folder, pairs, lpips)
    assert len(made.problems) == 3
    assert "99 x 99 pixels; expected 128 x 128" in made.problems[0]
    text = to_markdown(made)
    assert "3 pictures could not be measured" in text
    assert str(answer_path(folder, "full", pairs[1])) in text
