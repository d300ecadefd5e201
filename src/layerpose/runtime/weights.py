"""What a file says of a network -> sizes that a network may have; and what is raised over weights that do not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_type_hints

from safetensors import SafetensorError

LARGEST, MOST_LAYERS = 16_384, 64
"""Sizes and widths, and numbers of layers, that a network may have."""
BROKEN_WEIGHTS = (
    KeyError, TypeError, AttributeError, ArithmeticError, RuntimeError, SafetensorError, RecursionError,
    UnicodeDecodeError, json.JSONDecodeError,
)  # fmt: skip
"""By what reads weights and what builds a network for them."""
Record = TypeVar("Record")


def to_config(record: type[Record], stored: Mapping[str, Any]) -> Record:
    """A record of sizes as a file tells it, if it can be: a network that fills the memory is none.

    TypeError names the value that is out of bounds or of another type.
    """
    for name, hint in get_type_hints(record).items():
        value: Any = stored.get(name)
        choices = get_args(hint)
        least, most = (0, MOST_LAYERS) if name.startswith("num_") else (1, LARGEST)
        good = value in choices if choices else type(value) is hint
        if hint is int and good:
            good = least <= value <= most
        if name in stored and not good:
            raise TypeError(f"{name} is {value!r:.40}")
    return record(**stored)
