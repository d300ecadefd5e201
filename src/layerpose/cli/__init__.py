"""The command line: a file per group of commands, no logic in any."""

from layerpose.cli.run import main

__all__ = ["main"]
