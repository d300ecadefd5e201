"""What is said -> one line."""

from __future__ import annotations

import pytest

from layerpose.runtime.saying import LONGEST, one_line


def test_lines_become_one() -> None:
    assert one_line(RuntimeError("size mismatch:\n\tweight 3\n\tbias 4\n")) == "size mismatch: weight 3 bias 4"


def test_a_long_message_keeps_what_was_found_and_what_to_do() -> None:
    said = one_line(f"photo.jpg is damaged ({'missing key ' * 900}); export it again")
    assert len(said) == LONGEST
    assert said.startswith("photo.jpg is damaged (missing")
    assert said.endswith("; export it again")
    assert " ... " in said


@pytest.mark.parametrize("error", [KeyError(), RuntimeError("\n")])
def test_what_says_nothing_is_called_by_its_type(error: Exception) -> None:
    assert one_line(error) == type(error).__name__
