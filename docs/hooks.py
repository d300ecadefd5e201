"""The commands' own --help -> the site's page of commands, whenever the site is built (``mkdocs.yml``)."""

from __future__ import annotations

import contextlib
import io
import os
from typing import Any

from mkdocs.structure.files import File, Files

PAGE = "reference/commands.md"
OPENING = """# Commands

What went wrong is said in one line on stderr, with exit code 2, and nothing is written then; `LAYERPOSE_DEBUG=1` shows
where. Ctrl-C ends with 130. This page is what `layerpose COMMAND --help` prints.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the page; mkdocs calls this."""
    files.append(File.generated(config, PAGE, content=write_commands()))
    return files


def write_commands() -> str:
    """Markdown: a heading and the help of every command."""
    from layerpose.cli.commands import COMMANDS

    sections = [f"## {name}\n\n```text\n{print_help(name)}\n```\n" for name in COMMANDS]
    return "\n".join([OPENING, *sections])


def print_help(name: str) -> str:
    """What ``layerpose NAME --help`` prints, 100 columns wide, without colours and frames."""
    from layerpose.cli.run import main

    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([name, "--help"])
    return "\n".join(line.rstrip() for line in said.getvalue().strip().splitlines())
