"""Options that several commands take: told alike by all, and what they stand for is what is loaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from layerpose.cli.options import EngineOptions, NetworkOptions
from layerpose.cli.run import main
from layerpose.transfer import PoseTransfer

ALIKE = ("--device", "--weights", "--engine", "--networks")


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Of each option that starts so: what its help says."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    lines = [" ".join(one.split()) for one in re.split(r"\n(?=\W*--)", capsys.readouterr().out)]
    return {name: line for name in ALIKE for line in lines if line.startswith(name)}


def test_commands_that_draw_ask_for_their_model_in_the_same_words(capsys: pytest.CaptureFixture[str]) -> None:
    asked = {name: help_of(name, capsys) for name in ("transfer", "animate", "studio", "serve", "augment", "fuse")}

    assert list(asked["transfer"]) == ["--device", "--weights", "--engine"]
    assert all(asked["transfer"][option] == line for said in asked.values() for option, line in said.items())
    assert list(asked["fuse"]) == ["--device", "--weights"]


@pytest.mark.parametrize(
    ("options", "engine"), [(NetworkOptions(device="cpu"), "torch"), (EngineOptions(engine="openvino"), "openvino")]
)
def test_a_model_is_loaded_as_it_was_asked_for(
    options: NetworkOptions, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Model:
        def at_size(self, size: int) -> int:
            return size

    def load(weights: Path | None, **how: Any) -> Model:
        asked.append((weights, how["device"], how["engine"]))
        return Model()

    monkeypatch.setattr(PoseTransfer, "load", load)
    assert options.load(256) == 256
    assert isinstance(options.load(), Model)
    assert asked == [(None, options.device, engine)] * 2
