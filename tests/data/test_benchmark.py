from __future__ import annotations

from pathlib import Path

import pytest

from layerpose.data.benchmark import BENCHMARKS, draw_pairs, hash_pairs, read_pairs
from layerpose.data.synth.people import split_of

DATASHEETS = Path(__file__).parents[2] / "docs" / "synth-sport.md"


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_the_test_pairs_are_those_of_the_datasheet(name: str) -> None:
    plan = BENCHMARKS[name]
    frames = [f"{i:03d}" for i in range(plan.frames)]
    people = {f"{i:05d}": frames for i in range(plan.people) if split_of(i) == "test"}
    pairs = draw_pairs(plan, people)
    assert len(set(pairs)) == len(pairs) == plan.num_pairs
    assert all(source != target for _, source, target in pairs)
    assert f"`{name}` | {plan.people} | {plan.frames} | {plan.size} | {plan.num_pairs} | `{hash_pairs(pairs)}`" in (
        DATASHEETS.read_text(encoding="utf-8")
    )


def test_too_few_people_for_the_list_are_refused() -> None:
    with pytest.raises(ValueError, match="needs 40 test pairs"):
        draw_pairs(BENCHMARKS["synth-mini"], {"00000": ["000", "001"]})


def test_another_table_is_no_list_of_pairs(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("from,to\nx,y\n")
    with pytest.raises(ValueError, match="is no list of test pairs"):
        read_pairs(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="found no list"):
        read_pairs(tmp_path / "b.csv")
