"""The compared systems in the same loop as ours: they learn, are kept, go on, and are refused what is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from layerpose.baselines.model_folder import is_baseline, load_baseline
from layerpose.baselines.registry import BASELINES, BaselineConfig, make_networks, published, resized
from layerpose.cli import main
from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.stages.model_folder import load_model
from layerpose.training import checkpoint
from layerpose.training.loop import Progress, train
from layerpose.training.plan import Machine, Plan
from layerpose.training.published import Compared
from layerpose.training.recipes import BaselineRecipe, Phase, baseline_recipe

SIZE = 64


def narrow(name: str) -> BaselineConfig:
    return resized(published(name), canvas=SIZE, share=1 / 16)


def plan_of(name: str, data: Path, steps: int) -> Plan:
    baseline = BASELINES[name]
    recipe = BaselineRecipe(
        name=name, phases=(Phase(name="all", trains=("generator",), num_steps=steps, batch=2),),
        constant_share=baseline.constant_share, last_learning_rate=baseline.last_learning_rate,
    )  # fmt: skip
    return Plan(config=narrow(name), recipe=recipe, data=data, seed=3, validate_every=2, num_checks=1)


@pytest.fixture(scope="module", params=BASELINES)
def run(request: pytest.FixtureRequest, painted: Path, tmp_path_factory: pytest.TempPathFactory):
    """A whole run of each system: its name, its folder, what was reported."""
    out, heard = tmp_path_factory.mktemp("run") / "run", []
    machine = Machine(precision="fp32", workers=0)
    assert train(plan_of(request.param, painted, 2), machine, out, heard.append)
    return request.param, out, heard


def test_generator_and_discriminator_learn_and_every_term_is_reported(
    run: tuple[str, Path, list[Progress]],
) -> None:
    name, out, heard = run
    torch.manual_seed(3)
    before = make_networks(narrow(name))
    state = torch.load(out / checkpoint.FILE, weights_only=True)
    for part, stored in ((before.generator, state["model"]), (before.discriminator, state["discriminators"])):
        assert any(not torch.equal(value, stored[key]) for key, value in part.state_dict().items())
    assert [place.step for place in heard] == [1, 2]
    assert {"adversarial", "judge real", "judge made", "gradient generators"} <= set(heard[-1].values)
    assert set(heard[-1].figures) == {"SSIM", "SSIM person"}


def test_its_model_folder_draws_the_picture_that_was_trained(
    run: tuple[str, Path, list[Progress]], painted: Path
) -> None:
    name, out, _ = run
    config, networks = load_baseline(out / "last")
    assert config == narrow(name)
    stored = torch.load(out / checkpoint.FILE, weights_only=True)["model"]
    assert all(torch.equal(value, stored[key]) for key, value in networks.generator.state_dict().items())
    system = Compared(config)
    records = Records(painted)
    pairs = Pairs(records, records.people, system.drawn(1.0), length=1, seed=0, prepare=system.prepare)
    with torch.no_grad():
        assert networks(pairs[0].conditions).shape == (1, 3, SIZE, SIZE)
    facts = json.loads((out / "last" / "config.json").read_text())["training"]
    assert facts["recipe"] == name


def test_our_own_commands_say_whose_model_it_is(run: tuple[str, Path, list[Progress]]) -> None:
    assert is_baseline(run[1] / "best")
    with pytest.raises(ValueError, match=f"holds {run[0]}, a system we compare with"):
        load_model(run[1] / "best")


def test_a_stopped_run_with_dropout_ends_with_the_same_weights_bit_for_bit(
    painted: Path, machine: Machine, tmp_path: Path
) -> None:
    plan = plan_of("dsc", painted, 3)

    class StoppedError(Exception):
        """As good as a kill: the step is saved, nothing is tidied up."""

    def stop(place: Progress) -> None:
        if place.step == 2:
            raise StoppedError

    train(plan, machine, tmp_path / "whole", lambda _: None)
    with pytest.raises(StoppedError):
        train(plan, machine, tmp_path / "stopped", stop)
    torch.rand(7)
    train(plan, machine, tmp_path / "stopped", lambda _: None)
    whole, stopped = (torch.load(tmp_path / n / checkpoint.FILE, weights_only=True) for n in ("whole", "stopped"))
    for part in ("model", "discriminators"):
        assert all(torch.equal(whole[part][key], stopped[part][key]) for key in whole[part])


def test_rates_fall_as_their_authors_had_it() -> None:
    phase = Phase(name="all", trains=("generator",), num_steps=60, learning_rate=2e-4)
    rates = {
        name: [baseline_recipe(name, 10).learning_rate(phase, step) for step in (0, 10, 30, 45, 60)]
        for name in BASELINES
    }
    assert rates["dsc"] == pytest.approx([2e-4] * 5)
    assert rates["pix2pixhd"] == pytest.approx([2e-4, 2e-4, 2e-4, 1e-4, 0])
    assert rates["lwgan"] == pytest.approx([2e-4, 2e-4, 2e-4 - 0.4 * 1.98e-4, 2e-4 - 0.7 * 1.98e-4, 2e-6])


def test_a_dry_run_prints_the_published_sizes(painted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "lwgan", "--size", "128", "--dry-run"]
    assert main(["train", str(painted), "-o", str(painted / "run"), *words]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["plan"]["config"]["networks"]["width"] == 64
    assert printed["plan"]["recipe"]["phases"][0]["batch"] == 4
    assert not (painted / "run").exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--model", "dsc", "--preset", "paper"), "--preset is an option of our own model, not of dsc"),
        (("--model", "dsc", "--hinge"), "--hinge is an option of our own model"),
        (("--model", "dsc", "--recipe", "base"), "--recipe base is ours; dsc has its own"),
        (("--model", "dsc", "--size", "96"), "a multiple of 64; found 96"),
        (("--model", "dsc"), "are 128 pixels, but the phase 'all' draws 256"),
        (("--preset", "paper", "--size", "64"), "--size is 64; expected a multiple of 64 from 128 to 1024"),
        (("--width", "2"), "--width is 2.0; expected a share"),
    ],
)
def test_what_is_refused(
    painted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], reason: str
) -> None:
    assert main(["train", str(painted), "-o", str(tmp_path / "run"), *words]) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_weights_of_another_system_are_refused(run: tuple[str, Path, list[Progress]], tmp_path: Path) -> None:
    others: dict[str, Callable[[], Compared]] = {name: lambda n=name: Compared(narrow(n)) for name in BASELINES}
    for name, make in others.items():
        if name == run[0]:
            assert make().read(run[1] / "last").keys()
        else:
            with pytest.raises(ValueError, match=f"is {run[0]} with other networks"):
                make().read(run[1] / "last")
