"""Arguments -> one command: what a user can fix ends in one line on stderr and exit code 2."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence

import tyro

from layerpose import __version__
from layerpose.cli.animate import animate
from layerpose.cli.augment import augment
from layerpose.cli.body import body
from layerpose.cli.compare import compare
from layerpose.cli.console import hushed, one_line, show_warning
from layerpose.cli.convert import convert
from layerpose.cli.evaluate import evaluate
from layerpose.cli.flicker import flicker
from layerpose.cli.layers import fuse, layers
from layerpose.cli.maps import maps
from layerpose.cli.personalize import personalize
from layerpose.cli.prepare import prepare
from layerpose.cli.public import import_data
from layerpose.cli.serve import serve
from layerpose.cli.studio import studio
from layerpose.cli.study import study, study_export
from layerpose.cli.synth import pack, synth
from layerpose.cli.train import train
from layerpose.cli.transfer import demo, fit, transfer

COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo, "transfer": transfer, "animate": animate, "fit": fit, "convert": convert, "maps": maps,
    "layers": layers, "fuse": fuse, "serve": serve,
    "augment": augment, "body": body, "synth": synth, "pack": pack, "prepare": prepare, "import": import_data,
    "train": train, "personalize": personalize, "evaluate": evaluate, "compare": compare, "flicker": flicker,
    "studio": studio, "study": study, "study-export": study_export,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. LAYERPOSE_DEBUG=1 shows the traceback of a refusal."""
    warnings.showwarning = show_warning
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments == ["--version"]:
        print(f"layerpose {__version__}")
        return 0
    try:
        with hushed():
            tyro.extras.subcommand_cli_from_dict(
                COMMANDS,
                prog="layerpose",
                description="One photo of a person and one target pose in; a picture of that person in that pose out.",
                args=arguments,
            )
    except (ValueError, OSError) as error:
        if os.environ.get("LAYERPOSE_DEBUG"):
            raise
        print(f"layerpose: {one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("layerpose: stopped", file=sys.stderr)
        return 130
    return 0
