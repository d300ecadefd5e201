"""What a signature promises is kept, or a test fails: the first calls of a function are checked, whoever makes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import Float

from promises import sampled

watched = partial(sampled, typechecker=beartype(conf=BeartypeConf(is_pep484_tower=True)))
refused = partial(pytest.raises, BeartypeCallHintViolation)
FIRST = 4


@pytest.fixture(autouse=True)
def _so_many_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promises.FIRST", FIRST)


@watched
def join(a: Float[np.ndarray, "n 2"], *more: Float[np.ndarray, "n 2"], end: float = 0, **names: int) -> Any:
    return np.concatenate([a, *more])


def test_one_letter_is_one_size_in_all_arguments() -> None:
    join(np.zeros((3, 2)), np.zeros((3, 2)))
    for wrong in ((np.zeros(3),), (np.zeros((3, 2)), np.zeros((4, 2))), (np.zeros((3, 2), int),)):
        with refused():
            join(*wrong)


def test_arguments_by_name_are_checked_and_an_int_will_do_for_a_float() -> None:
    assert join(a=np.zeros((3, 2)), end=1, x=2).shape == (3, 2)
    with refused():
        join(np.zeros((3, 2)), end="1")
    with refused():
        join(np.zeros((3, 2)), x="2")


def test_a_result_has_the_sizes_of_the_arguments() -> None:
    @watched
    def cut(a: Float[np.ndarray, "n"], by: int) -> Float[np.ndarray, "n"]:
        return a[by:]

    assert len(cut(np.zeros(3), 0)) == 3
    with refused(match="Float") as caught:
        cut(np.zeros(3), 1)
    assert caught.value.__notes__[0].startswith("return of test_a_result_has")


def test_records_are_checked_when_they_are_made() -> None:
    @dataclass(frozen=True)
    class One:
        place: int

    @dataclass(frozen=True)
    class Other:
        place: str

    watched(One), watched(Other)
    One(1), Other("1")
    for record, wrong in ((One, "1"), (Other, 1)):
        with refused():
            record(wrong)


def test_a_function_made_again_within_another_is_still_the_same_one() -> None:
    def make(grow: int) -> Callable[[Any], int]:
        @watched
        def add(number: int) -> int:
            return number + grow

        return add

    assert [make(grow)(1) for grow in range(FIRST)] == list(range(1, FIRST + 1))
    assert make(3)(1.5) == 4.5, "it was checked often enough"


def test_a_generator_is_what_iterates() -> None:
    @watched
    def count(to: int) -> Iterator[int]:
        yield from range(to)

    assert list(count(2)) == [0, 1]
