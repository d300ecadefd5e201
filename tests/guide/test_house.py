"""The house style, as far as it can be counted: sizes of files and functions, docstrings, types."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "layerpose"
GONE = re.compile(r"\b(lesson|critic|rival|entrant|team)s?(?![a-z])")
"""Words that this house used where the field has its own: sample, discriminator, baseline, system, trainer."""
LONGEST_FILE, LONG_FUNCTION, SHORT_SHARE = 300, 25, 0.95
Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    return {str(file.relative_to(SOURCE)): ast.parse(file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")}


def public(body: list[ast.stmt], before: str) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    """Classes, their methods, and functions whose names do not begin with an underscore."""
    for node in body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield f"{before}{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{before}{node.name}.")


def test_no_file_is_long() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in SOURCE.rglob("*.py")}

    assert {file.name: length for file, length in lengths.items() if length > LONGEST_FILE} == {}


def test_nearly_all_functions_are_short(modules: dict[str, ast.Module]) -> None:
    functions = [node for module in modules.values() for node in ast.walk(module) if isinstance(node, Function)]
    short = [node for node in functions if (node.end_lineno or 0) - node.lineno < LONG_FUNCTION]

    assert len(short) / len(functions) >= SHORT_SHARE


def test_every_module_and_public_name_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    silent = [name for name, module in modules.items() if not ast.get_docstring(module) and name != "__main__.py"]
    for name, module in modules.items():
        silent += [found for found, node in public(module.body, f"{name}: ") if not ast.get_docstring(node)]

    assert silent == []


def test_every_public_function_is_typed(modules: dict[str, ast.Module]) -> None:
    untyped = []
    for name, module in modules.items():
        for found, node in public(module.body, f"{name}: "):
            if isinstance(node, Function) and not any(
                "kernel" in ast.unparse(one) or "func" in ast.unparse(one) for one in node.decorator_list
            ):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                missing = [one.arg for one in given if one.annotation is None and one.arg not in ("self", "cls")]
                untyped += [found] if missing or node.returns is None else []

    assert untyped == []


def test_no_two_modules_differ_by_an_ending() -> None:
    """A plural, or another tense: which is which nobody can tell from the names."""
    names = {file.stem for file in SOURCE.rglob("[a-z]*.py")}
    alike = [
        (one, other)
        for one, other in combinations(sorted(names), 2)
        if other[:-1] == one or (len(one) == len(other) > 4 and one[:-1] == other[:-1])
    ]

    assert alike == []


def test_words_of_our_own_are_gone_where_the_field_has_one() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    code = [file for folder in ("src", "tests", "benchmarks") for file in (ROOT / folder).rglob("*.py")]
    found = {str(file.relative_to(ROOT)) for file in (*pages, *code) if GONE.search(file.read_text(encoding="utf-8"))}

    assert found - {str(Path(__file__).relative_to(ROOT))} == set()
