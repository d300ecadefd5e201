"""Ways to do the same -> how long each takes on this machine: measured once, and what came out is kept in the cache."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from layerpose.runtime.cache import cache_dir, one_at_a_time, write_json

LIMIT_S = 0.5
"""No round is begun after so long but the first two."""


def remember_seconds(
    name: str, machine: str, ways: Iterable[str], measure: Callable[[], dict[str, float]]
) -> dict[str, float]:
    """What was measured of these ways on this machine, from a file of the cache; else it is measured and kept there."""
    file = cache_dir() / name
    with one_at_a_time(file):
        known = _read(file)
        if set(known.get(machine, ())) != set(ways):
            known[machine] = measure()
            write_json(file, known, indent=1)
    return known[machine]


def race(runners: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each: the least of several rounds in which they take turns, on a busy machine too."""
    least, begin = dict.fromkeys(runners, float("inf")), time.perf_counter()
    for number in range(rounds + 1):
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            if number:  # the first round prepares
                least[name] = min(least[name], time.perf_counter() - start)
        if number >= 2 and time.perf_counter() - begin > LIMIT_S:
            break
    return least


def _read(file: Path) -> dict[str, dict[str, float]]:
    """What was measured before; a damaged file counts for nothing."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {
            str(name): {str(key): float(seconds) for key, seconds in times.items()} for name, times in found.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
