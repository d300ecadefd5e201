"""Arguments -> one command: what a user can fix ends in one line on stderr and exit code 2."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Sequence

from layerpose import __version__
from layerpose.cli.commands import ABOUT, COMMANDS, list_commands
from layerpose.cli.console import NOBODY_READS, all_said, hushed, line_of, nobody_reads, show_warning

MANY = 1_000_000
"""Objects; twice as many as PyTorch, SciPy, Warp and layerpose make while they are loaded."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. LAYERPOSE_DEBUG=1 shows the traceback of a refusal."""
    warnings.showwarning = show_warning
    if arguments is None:
        _load_without_looking_for_garbage()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _answer(arguments)
    except BrokenPipeError as error:
        return NOBODY_READS if nobody_reads() else _refuse(error)


def _load_without_looking_for_garbage() -> None:
    """While modules are loaded there is none, and to look for it would take a fifth of that time; afterwards as usual.

    What there is at the first collection stays for good, so that no later one looks through it.
    """
    usual = gc.get_threshold()

    def go_on_as_usual(phase: str, _: dict[str, int]) -> None:
        if phase == "stop":
            gc.callbacks.remove(go_on_as_usual)
            gc.set_threshold(*usual)
            gc.freeze()

    gc.set_threshold(MANY)
    gc.callbacks.append(go_on_as_usual)


def _answer(arguments: list[str]) -> int:
    try:
        with hushed(), all_said():
            _run(arguments)
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        return _refuse(error)
    except KeyboardInterrupt:
        print("layerpose: stopped", file=sys.stderr)
        return 130
    return 0


def _refuse(error: ValueError | OSError) -> int:
    if os.environ.get("LAYERPOSE_DEBUG"):
        raise error
    print(f"layerpose: {line_of(error)}", file=sys.stderr)
    return 2


def _run(arguments: list[str]) -> None:
    """Of all commands only the one that is named is loaded; if none is, all are, to say what could be meant."""
    if arguments == ["--version"]:
        print(f"layerpose {__version__}")
        return
    if arguments in (["--help"], ["-h"]):
        print(list_commands(), flush=True)
        return
    import tyro

    named = arguments[:1] if arguments and arguments[0] in COMMANDS else list(COMMANDS)
    tyro.extras.subcommand_cli_from_dict(
        {name: COMMANDS[name].load() for name in named}, prog="layerpose", description=ABOUT, args=arguments
    )
