"""The networks in other programs than PyTorch draw the same."""

from __future__ import annotations

import ctypes
import json
import pickle
import sys
from pathlib import Path

import onnx
import pytest
import torch

from layerpose import presets
from layerpose.cli.options import Engine
from layerpose.config import GeneratorConfig, Guides, ModelConfig, VolumeConfig
from layerpose.engines import choose, session
from layerpose.engines.attach import attach, list_parts
from layerpose.engines.choose import FILE, Choice, fastest, measure, use_engine
from layerpose.engines.folder import export_model, export_volume
from layerpose.engines.session import Program, list_programs, open_session
from layerpose.engines.trial import make_trial
from layerpose.engines.write import write_volume
from layerpose.estimation.volume import make_network
from layerpose.stages.model import Model
from layerpose.stages.model_folder import fingerprint

SMALL_VOLUME = VolumeConfig(size=32, num_slices=4, width=16, fine_width=8, num_levels=1, num_groups=2)
PROGRAMS: tuple[Program, ...] = ("onnxruntime", "openvino")


def tiny_paper() -> ModelConfig:
    """The paper's kind of generator: norms everywhere, reflected edges, no blend, no skips."""
    tiny = GeneratorConfig(width=4, num_downs=1, num_blocks=1)
    return ModelConfig(
        name="tiny", canvas=64, coarse_size=32, face_size=16, arm_size=16, leg_size=16, guides=Guides(),
        coarse=tiny, face=tiny, arm=tiny, leg=tiny, fusion=tiny,
    )  # fmt: skip


def two_by_two() -> ModelConfig:
    """Generators that see pixels two by two, as the bundled ones do."""
    patched = GeneratorConfig(
        width=4, num_downs=2, num_blocks=1, patch=2, stem=3, full_resolution_norm=False, skips=True, blend=True,
        retouch=True,
    )  # fmt: skip
    return ModelConfig(
        name="patched", canvas=128, coarse_size=64, face_size=16, arm_size=32, leg_size=64,
        guides=Guides(warp=True, points=True), coarse=patched, face=patched, arm=patched, leg=patched, fusion=patched,
    )  # fmt: skip


def random_model(config: ModelConfig) -> Model:
    torch.manual_seed(3)
    model = Model(config).eval()
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    return model


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("make", [presets.debug, two_by_two, tiny_paper])
def test_every_program_draws_what_pytorch_draws_at_any_size(program: Program, make) -> None:
    model = random_model(make())
    attach(model, program)
    for part in list_parts(model):
        step = part.generator.step
        for rows, columns in ((4 * step, 6 * step), (10 * step, 2 * step)):
            trial = make_trial(part, rows, columns)
            given = dict(trial.inputs)
            assert part.generator.engine is not None
            made = part.generator.engine(given.pop("pictures").split(3, dim=1), given)
            assert torch.allclose(made, trial.draw(plain=True), atol=2e-4), part.name


def test_a_copy_in_another_process_opens_its_program_itself() -> None:
    model = random_model(presets.debug())
    attach(model, "onnxruntime")
    copied = pickle.loads(pickle.dumps(model))
    trial = make_trial(next(list_parts(model)), 8, 12)
    given = dict(trial.inputs)
    pictures = given.pop("pictures").split(3, dim=1)
    engine, own = (one.coarse.generator.engine for one in (copied, model))
    assert engine is not None
    assert own is not None
    assert torch.equal(engine(pictures, given), own(pictures, given))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_sees_the_volume_that_pytorch_sees(program: Program) -> None:
    torch.manual_seed(0)
    network = make_network(
        VolumeConfig(size=32, num_slices=4, width=16, fine_width=8, num_levels=1, num_groups=2)
    ).eval()
    given = {"source": torch.rand(1, 3, 32, 32), "pose": torch.rand(1, network.pose_channels, 16, 16)}
    with torch.inference_mode():
        wanted = network(given["source"], given["pose"])[0]
    made = open_session(write_volume(network, {}), program)(given)
    assert torch.allclose(made, wanted, atol=1e-4 * float(wanted.abs().max()))


def test_a_folder_says_of_what_weights_it_is(tmp_path: Path) -> None:
    model = random_model(presets.debug())
    found = export_model(model, tmp_path)
    assert set(found) == {"coarse.onnx", "head.onnx", "arm.onnx", "leg.onnx", "fusion.onnx"}
    assert max(found.values()) < 2e-4
    for name in found:
        stored = onnx.load(tmp_path / name)
        facts = {fact.key: fact.value for fact in stored.metadata_props}
        assert facts == {"preset": "debug", "weights": fingerprint(model.config, model.state_dict()), "step": "2"}
        assert [output.name for output in stored.graph.output] == ["picture"]


def test_an_export_that_differs_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.engines.write.NUM_WAVES", 4)
    monkeypatch.setattr("layerpose.engines.write.LONGEST_WAVE_M", 0.7)
    with pytest.raises(ValueError, match=r"coarse\.onnx would differ from PyTorch"):
        export_model(random_model(presets.debug()), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_volume_network_is_exported(tmp_path: Path) -> None:
    network = make_network(
        VolumeConfig(size=32, num_slices=4, width=16, fine_width=8, num_levels=1, num_groups=2)
    ).eval()
    assert export_volume(network, tmp_path)["volume.onnx"] < 1e-3
    assert (tmp_path / "volume.onnx").is_file()


@pytest.fixture
def unmeasured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine that was never measured."""
    monkeypatch.setenv("LAYERPOSE_CACHE", str(tmp_path))
    choose._measured.cache_clear()
    yield tmp_path
    choose._measured.cache_clear()


@pytest.mark.parametrize(
    ("others", "wanted"), [(0.3, "onnxruntime"), (0.45, "onnxruntime"), (0.5, "quick"), (2.0, "quick")]
)
def test_pytorch_draws_unless_it_is_clearly_slower(
    unmeasured: Path, monkeypatch: pytest.MonkeyPatch, others: float, wanted: str
) -> None:
    monkeypatch.setattr(choose, "list_programs", lambda: ["onnxruntime"])
    monkeypatch.setattr(choose, "measure", lambda _: {"torch": 1.0, "onnxruntime": others})
    assert fastest() == wanted


def test_programs_are_measured_once(unmeasured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, seconds = [], dict.fromkeys(("torch", *list_programs()), 1.0)
    monkeypatch.setattr(choose, "measure", lambda _: calls.append(1) or seconds)
    for _ in range(2):
        choose._measured.cache_clear()  # as in another process
        assert fastest() == "quick"
    assert len(calls) == 1
    for damaged in ("", "[]", json.dumps({"a": 3}), json.dumps({"a": {"torch": "x"}})):
        (unmeasured / FILE).write_text(damaged)
        choose._measured.cache_clear()
        assert fastest() == "quick"
    assert len(calls) == 5


def test_asking_what_can_run_starts_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenVINO takes a second to load, and every command that draws asks."""
    monkeypatch.setattr(session, "_core", lambda: pytest.fail("OpenVINO was loaded"))
    assert set(list_programs()) <= {"onnxruntime", "openvino", "openvino-bf16"}


def test_the_measurement_has_every_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "SIDE", 32)
    seconds = measure(list_programs())
    assert set(seconds) == {"torch", *list_programs()}
    assert all(0 < taken < 10 for taken in seconds.values())


def test_a_program_that_is_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerpose.engines.session.find_spec", lambda _: None)
    model = random_model(presets.debug())
    with pytest.raises(ValueError, match=r"--engine openvino is not installed; pip install 'layerpose\[openvino\]'"):
        use_engine(model, "openvino", "cpu")
    use_engine(model, "auto", "cpu")
    assert model.coarse.generator.engine is None
    assert model.coarse.generator.narrow


class SignalStack(ctypes.Structure):
    _fields_ = (("place", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def signal_stack() -> tuple[int | None, int]:
    """Where this thread's signals are handled, and whether on a stack of their own (Linux)."""
    found = SignalStack()
    assert ctypes.CDLL(None).sigaltstack(None, ctypes.byref(found)) == 0
    return found.place, found.flags


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the system's C library")
@pytest.mark.parametrize("program", list_programs())
def test_signals_are_handled_where_they_were_with_a_program_open_and_when_it_is_gone(program: Program) -> None:
    trial = make_trial(next(list_parts(random_model(presets.debug()))), 8, 12)
    before = signal_stack()
    run = open_session(trial.part.write(), program)
    run(trial.inputs)
    assert signal_stack() == before
    del run
    assert signal_stack() == before


def test_the_commands_offer_every_engine() -> None:
    assert Engine == Choice
