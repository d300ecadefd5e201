"""Functions of the package -> the same functions, whose first calls in a test are checked against their signatures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, get_type_hints

import jaxtyping._decorator
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import print_bindings

FIRST, EVERY = 3, 100
"""A check costs more than most functions do: in a test their first calls are checked, then one of so many."""
RUNNING = [""]
"""The test."""
Check = Callable[[Any], None]
Checker = Callable[[Check], Check]
"""Makes of a function of one argument one that refuses what is not of its type."""
always = jaxtyping._decorator.jaxtyped


class Promise:
    """What a function's signature says, read at the first call. Closures of one code share it."""

    def __init__(self, fn: FunctionType, typechecker: Checker) -> None:
        self.code, self.typechecker = fn.__code__, typechecker
        self.test, self.calls = "", 0
        self.checks: dict[str, Check | None] | None = None

    def is_due(self) -> bool:
        """Whether this call is one of those that are checked."""
        if self.test is not RUNNING[0]:
            self.test, self.calls = RUNNING[0], 0
        self.calls += 1
        return self.calls <= FIRST or not self.calls % EVERY

    def keep(self, fn: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call it; arguments and result are of the types promised, with one size wherever one letter stands."""
        if self.checks is None:
            self.checks = {name: _check_of(kind, fn, self.typechecker) for name, kind in fn.__annotations__.items()}
        with always("context"):
            for name, value in self._named(args, kwargs):
                self._look(name, value)
            made = fn(*args, **kwargs)
            self._look("return", made)
            return made

    def _named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        code = self.code
        names, many = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
        yield from zip(names[: code.co_argcount], args, strict=False)
        yield from ((names[many], value) for value in args[code.co_argcount :])
        many += bool(code.co_flags & inspect.CO_VARARGS)
        yield from ((name if name in names[:many] else names[many], value) for name, value in kwargs.items())

    def _look(self, name: str, value: Any) -> None:
        check = self.checks.get(name) if self.checks else None
        if check is None:
            return
        try:
            check(value)
        except BeartypeCallHintViolation as error:
            print_bindings()
            error.add_note(f"{name} of {self.code.co_qualname} in {self.code.co_filename}")
            raise


def _check_of(kind: Any, fn: FunctionType, typechecker: Checker) -> Check | None:
    """What is written alike in a module is read once."""
    key = (id(fn.__globals__), kind)
    if key not in CHECKS:
        CHECKS[key] = _make_check(kind, fn, typechecker)
    return CHECKS[key]


def _make_check(kind: Any, fn: FunctionType, typechecker: Checker) -> Check | None:
    def any_of(_: Any) -> None: ...

    any_of.__annotations__ = {"_": kind}
    try:
        any_of.__annotations__ = get_type_hints(any_of, fn.__globals__, include_extras=True)
    except Exception:  # of a name that only a type checker imports
        return None
    hint = any_of.__annotations__["_"]
    if hint is Any:
        return None
    if not inspect.isclass(hint) or hint in (float, complex) or getattr(hint, "_is_protocol", False):
        return typechecker(any_of)
    return lambda value: None if isinstance(value, hint) else typechecker(any_of)(value)


CHECKS: dict[tuple[int, Any], Check | None] = {}
PROMISES: dict[int, Promise] = {}
"""By the code's identity: two dataclasses whose fields have the same names have equal codes."""


def sampled(fn: Any = None, *, typechecker: Checker) -> Any:
    """As `jaxtyped`, but not at every call."""
    if fn is None:
        return functools.partial(sampled, typechecker=typechecker)
    if not inspect.isfunction(fn):
        return always(fn, typechecker=typechecker)
    promise = PROMISES.get(id(fn.__code__)) or PROMISES.setdefault(id(fn.__code__), Promise(fn, typechecker))

    @functools.wraps(fn)
    def either(*args: Any, **kwargs: Any) -> Any:
        return promise.keep(fn, args, kwargs) if promise.is_due() else fn(*args, **kwargs)

    return either
