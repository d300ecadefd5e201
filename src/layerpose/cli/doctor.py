"""An installation -> a page to put into a report: the command `doctor`."""

from __future__ import annotations

import json as writer

from layerpose.cli.console import busy, say


def doctor(*, json: bool = False, timings: bool = True) -> None:
    """Say what a report of a fault needs: versions, processor, engines, caches, timings.

    Args:
        json: As JSON, for programs.
        timings: Also draw the bundled person, which takes some seconds.
    """
    from layerpose.cli.installation import find

    with busy("Looking around"):
        found = find(timings=timings).to_dict()
    if json:
        say(writer.dumps(found, indent=2))
        return
    for title, entries in found.items():
        if entries:
            width = max(map(len, entries))
            say("\n".join([title, *(f"  {name:{width}}  {value}" for name, value in entries.items()), ""]))
