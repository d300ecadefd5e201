"""A command whose answer nobody reads to the end, as with `| head`, ends without a word."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

STARTED = "import sys; from layerpose.cli.run import main; sys.exit(main())"


def run_unread(*words: str, errors_too: bool = False) -> tuple[int, bytes]:
    """Exit code, and what came on stderr, of a command whose pipe is closed before it says anything."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [sys.executable, "-c", STARTED, *words], check=False, stdout=theirs,
            stderr=theirs if errors_too else subprocess.PIPE,
        )  # fmt: skip
    finally:
        os.close(theirs)
    return done.returncode, done.stderr or b""


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["evaluate", "--help"]], ids=" ".join)
def test_nobody_reads_the_answer(words: list[str]) -> None:
    assert run_unread(*words) == (141, b"")


def test_nobody_reads_what_is_wrong_either() -> None:
    code, _ = run_unread("convert", "nowhere.bvh", "-o", "a.glb", errors_too=True)
    assert code == 141


def test_a_broken_pipe_of_somebody_else_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> None:
    from layerpose.cli import run

    def ask(_: list[str]) -> None:
        raise BrokenPipeError(32, "Broken pipe", "worker")

    monkeypatch.setattr(run, "_run", ask)
    assert run.main(["convert"]) == 2
    assert capfd.readouterr().err == "layerpose: worker: Broken pipe\n"
