"""What we say, or a library that is not ours -> one line of bounded length."""

from __future__ import annotations

LONGEST, START = 500, 300
"""Characters of a line, and how many of its beginning are kept where it is longer."""


def one_line(message: object) -> str:
    """A message, which may have many lines, in one.

    A longer one loses its middle: what was found stands at its beginning, what to do at its end. What says nothing is
    called by its type.
    """
    text = " ".join(str(message).split()) or type(message).__name__
    return text if len(text) <= LONGEST else f"{text[:START]} ... {text[START + 5 - LONGEST :]}"
