"""The training loop on painted people and the debug model: it runs, saves, keeps its logger, and stops at a NaN."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from layerpose.stages.model import Model
from layerpose.stages.model_folder import load_model
from layerpose.training import checkpoint, losses
from layerpose.training.logger import read_losses
from layerpose.training.loop import Progress, train
from layerpose.training.plan import RUN, Machine, Plan
from layerpose.training.recipes import Phase
from layerpose.training.system import Trainer
from layerpose.training.trainer import assemble


@pytest.fixture(scope="module")
def run(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Progress]]:
    """A whole run, and what it reported."""
    out, heard = tmp_path_factory.mktemp("run") / "run", []
    assert train(plan, Machine(precision="fp32", workers=0), out, heard.append)
    return out, heard


def test_every_phase_moves_its_own_stages_and_the_average_is_saved(run: tuple[Path, list[Progress]], plan: Plan):
    state = torch.load(run[0] / checkpoint.FILE, weights_only=True)
    torch.manual_seed(plan.seed)
    before = Model(plan.config).state_dict()
    for stage in ("coarse", "layers.generators.head", "layers.generators.arm", "layers.generators.leg", "fusion"):
        moved = [
            name for name in before if name.startswith(stage) and not torch.equal(before[name], state["model"][name])
        ]
        assert moved, f"{stage} did not learn"
    stored = load_model(run[0] / "last").state_dict()
    assert all(torch.equal(stored[name], state["average"][name]) for name in stored)
    assert any(not torch.equal(stored[name], state["model"][name]) for name in stored)
    assert load_model(run[0] / "best").config == plan.config


def test_every_step_is_reported_with_every_term(run: tuple[Path, list[Progress]], plan: Plan) -> None:
    places = [(place.phase, place.step) for place in run[1]]
    assert places == [(phase.name, step + 1) for phase in plan.recipe.phases for step in range(phase.num_steps)]
    terms = set(run[1][-1].values)
    for part in ("head", "left_arm", "right_arm", "left_leg", "right_leg"):
        assert {f"{part} completeness", f"{part} perceptual"} <= terms
    for stage in ("coarse", "fusion"):
        assert {f"{stage} adversarial", f"{stage} matching", f"{stage} perceptual", f"judge {stage}"} <= terms
    assert {"judge head", "judge arm", "judge leg", "gradient generators", "gradient discriminators"} <= terms
    assert set(run[1][-1].figures) == {"SSIM", "SSIM person"}


def test_in_turn_each_step_teaches_one_layer_network(run: tuple[Path, list[Progress]]) -> None:
    layers = [place for place in run[1] if place.phase == "layers"]
    judged = [[name for name in place.values if name.startswith("judge")] for place in layers]
    assert judged == [["judge head"], ["judge arm"], ["judge leg"]]


def test_the_logger_holds_losses_figures_and_pictures(run: tuple[Path, list[Progress]]) -> None:
    (file,) = (run[0] / "tensorboard").iterdir()
    content = file.read_bytes()
    for tag in (b"coarse/judge_coarse", b"joint/learning_rate", b"validation_joint/SSIM", b"validation_joint/pictures"):
        assert tag in content
    assert content.count(b"\x89PNG") >= 3


def test_the_logger_reads_as_it_was_written_and_a_cut_record_ends_it(
    run: tuple[Path, list[Progress]], tmp_path: Path
) -> None:
    heard = [place.values["coarse perceptual"] for place in run[1] if place.phase == "coarse"]
    found = read_losses(run[0])["coarse/coarse_perceptual"]
    assert found == pytest.approx(dict(enumerate(heard, start=1)), rel=1e-6)
    (file,) = (run[0] / "tensorboard").iterdir()
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / file.name).write_bytes(file.read_bytes()[:-7])
    whole, cut = (sum(len(values) for values in read_losses(out).values()) for out in (run[0], tmp_path))
    assert cut in (whole, whole - 1)


def test_a_finished_run_does_nothing_more(run: tuple[Path, list[Progress]], plan: Plan, machine: Machine) -> None:
    before, heard = (run[0] / checkpoint.FILE).read_bytes(), []
    train(plan, machine, run[0], heard.append)
    assert not heard
    assert (run[0] / checkpoint.FILE).read_bytes() == before


@pytest.mark.parametrize("drawn", [0, 32])
def test_the_fusion_learns_alone_on_the_others_output(plan: Plan, machine: Machine, tmp_path: Path, drawn: int) -> None:
    phase = Phase(name="fusion", trains=("fusion",), num_steps=2, drawn=drawn, judged=24, size=0.5)
    alone = replace(plan, recipe=replace(plan.recipe, phases=(phase,)))
    heard: list[Progress] = []
    assert train(alone, machine, tmp_path, heard.append)
    assert {name.split()[0] for name in heard[-1].values} == {"fusion", "judge", "gradient"}
    moved = torch.load(tmp_path / checkpoint.FILE, weights_only=True)["model"]
    torch.manual_seed(plan.seed)
    begun = Model(plan.config).state_dict()
    changed = {name.split(".")[0] for name in begun if not torch.equal(begun[name], moved[name])}
    assert changed == {"fusion"}


def test_a_run_that_starts_from_another_takes_its_discriminators_along(
    run: tuple[Path, list[Progress]], plan: Plan, machine: Machine, tmp_path: Path
) -> None:
    def start(folder: Path) -> tuple[Trainer, dict[str, Tensor]]:
        stored = torch.load(run[0] / checkpoint.FILE, weights_only=True)
        return assemble(replace(plan, init=folder), machine, tmp_path / "none", torch.device("cpu"))[0], stored

    trainer, stored = start(run[0])
    assert all(
        torch.equal(value, stored["discriminators"][name])
        for name, value in trainer.discriminators.state_dict().items()
    )
    assert all(torch.equal(value, stored["average"][name]) for name, value in trainer.model.state_dict().items())
    trainer, stored = start(run[0] / checkpoint.LAST)
    assert not all(
        torch.equal(value, stored["discriminators"][name])
        for name, value in trainer.discriminators.state_dict().items()
    )


def test_worker_processes_change_nothing(plan: Plan, machine: Machine, tmp_path: Path) -> None:
    short = replace(plan, recipe=replace(plan.recipe, phases=plan.recipe.phases[1:2]))
    found = []
    for workers in (0, 2):
        out = tmp_path / str(workers)
        train(short, replace(machine, workers=workers), out, lambda _: None)
        found.append(torch.load(out / checkpoint.FILE, weights_only=True)["model"])
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_a_nan_is_named_and_the_last_good_checkpoint_kept(
    plan: Plan, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = losses.feature_matching_loss, []

    def spoilt(*given):
        calls.append(given)
        return real(*given) * (float("nan") if len(calls) == 3 else 1.0)

    monkeypatch.setattr(losses, "feature_matching_loss", spoilt)
    with pytest.raises(
        ValueError, match="'coarse matching' is nan in phase 'coarse', step 3, samples 4 to 5"
    ) as caught:
        train(plan, machine, tmp_path / "run", lambda _: None)
    assert "0000" in str(caught.value)
    state = torch.load(tmp_path / "run" / checkpoint.FILE, weights_only=True)
    assert (state["phase"], state["step"]) == (0, 2)
    assert all(bool(torch.isfinite(value).all()) for value in state["model"].values())


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full to write to")
def test_on_a_full_disk_the_old_checkpoint_stays(
    plan: Plan, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, saved = checkpoint.writing, []

    @contextmanager
    def writing(path: Path):
        saved.append(path)
        if len(saved) < 3:
            with real(path) as temporary:
                yield temporary
        else:
            yield Path("/dev/full")

    monkeypatch.setattr(checkpoint, "writing", writing)
    with pytest.raises(ValueError, match=r"state\.pt \(No space left on device\); the last checkpoint is kept"):
        train(plan, machine, tmp_path / "run", lambda _: None)
    state = torch.load(tmp_path / "run" / checkpoint.FILE, weights_only=True)
    assert (state["phase"], state["step"]) == (0, 2)
    monkeypatch.undo()
    monkeypatch.setattr("tensorboardX.event_file_writer.RecordWriter", lambda _: FullFile())
    with pytest.raises(ValueError, match=r"tensorboard \(No space left on device\)"):
        train(plan, machine, tmp_path / "run", lambda _: None)


class FullFile:
    """An event file on a full disk."""

    def write(self, data: bytes) -> None:
        with open("/dev/full", "wb") as file:
            file.write(data)


def test_the_run_names_what_it_trains(run: tuple[Path, list[Progress]]) -> None:
    stored = json.loads((run[0] / RUN).read_text())
    assert stored["plan"]["config"]["name"] == "debug"
    assert stored["plan"]["data"]["people"] == 2
    facts = json.loads((run[0] / "last" / "config.json").read_text())["training"]
    assert facts["phase"] == "joint"
