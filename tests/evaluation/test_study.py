"""Reports -> study folders, and votes -> Table I."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from layerpose.cli import main
from layerpose.data.records import Records
from layerpose.evaluation.predictions import prediction_path
from layerpose.evaluation.study import Study, check_same_study, choose_questions, make_study, open_study
from layerpose.evaluation.study_methods import read_methods
from layerpose.evaluation.study_table import shares_of, to_csv, to_markdown
from layerpose.evaluation.study_votes import Vote
from layerpose.sheets.transfer import draw_pose_of

PAIR = ("00001", "000", "002")


def describe(folder: Path, *results: str, **facts: str) -> None:
    rows = {row: {} for row in ("source copied", "coarse", *(results or ("full",)), "target")}
    record = {"facts": {"data": "people", "split": "test"} | facts, "rows": rows}
    (folder / "report.json").write_text(json.dumps(record))


def write_report(folder: Path, pairs: list[tuple[str, str, str]], **making: str) -> Path:
    folder.mkdir()
    describe(folder, **making)
    for pair in pairs:
        path = prediction_path(folder, "full", pair)
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (64, 64)).save(path)
    return folder


def made(reports: list[Path], records: Records, out: Path) -> Study:
    return make_study(
        read_methods(reports),
        out,
        records,
        num_pairs=20,
        seed=1,
        draw_pose=draw_pose_of(records),
        report=lambda *_: None,
    )


@pytest.fixture
def people(flat_people: Callable[[Path, list[str]], Records], tmp_path: Path) -> Records:
    return flat_people(tmp_path / "people", ["00001", "00002", "00003"])


@pytest.fixture
def reports(tmp_path: Path) -> list[Path]:
    one = write_report(tmp_path / "one", [PAIR, ("00002", "000", "001")])
    return [one, write_report(tmp_path / "two", [PAIR, ("00003", "000", "001")])]


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main([str(word) for word in words]) == 2
    line = capsys.readouterr().err
    assert len(line.splitlines()) == 1
    return line


def test_only_pairs_that_all_reports_have_are_asked_about(reports: list[Path], people: Records, tmp_path: Path) -> None:
    assert choose_questions(read_methods(reports), people, 20, 1) == (PAIR,)
    study = made(reports, people, tmp_path / "study")
    assert study.methods == ("one", "two")
    assert study.pairs == (PAIR,)
    for folder in (*reports, people.path):
        shutil.rmtree(folder)
    assert open_study(study.folder) == study
    assert all(study.picture(0, name).is_file() for name in ("source", "pose", "0", "1"))


def test_every_result_of_a_report_on_several_models_is_a_method(
    people: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `compare` writes it: rows by name; what leads to a result and the trivial answers are none."""
    several, one = write_report(tmp_path / "several", [PAIR]), write_report(tmp_path / "one", [PAIR])
    describe(several, "DSC", "Ours-S")
    for row in ("DSC", "Ours-S"):
        shutil.copytree(several / "full", several / row)
    assert [method.name for method in read_methods([several, one])] == ["DSC", "Ours-S", "one"]
    methods = read_methods([several, one], ["one", "DSC"])
    assert [method.row for method in methods] == ["full", "DSC"]
    assert choose_questions(methods, people, 20, 1) == (PAIR,)
    words = ("study", several, "-o", tmp_path / "study", "--data", people.path, "--methods", "DSC", "Theirs")
    assert "no result called 'Theirs'; they have DSC, Ours-S" in said(capsys, *words)
    assert "found 1 result; expected two or more" in said(capsys, *words[:-1])


def test_a_damaged_picture_is_named_and_no_study_appears(reports: list[Path], people: Records, tmp_path: Path) -> None:
    bad = prediction_path(reports[1], "full", PAIR)
    bad.write_bytes(bad.read_bytes()[:60])
    with pytest.raises(ValueError, match="00001-000-002"):
        made(reports, people, tmp_path / "study")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "people", "two"]


def test_a_study_goes_on_only_with_the_reports_it_was_made_of(
    reports: list[Path], people: Records, tmp_path: Path
) -> None:
    study = made(reports, people, tmp_path / "study")
    check_same_study(study, read_methods(reports))
    describe(reports[0], weights="new")
    with pytest.raises(ValueError, match="choose another folder"):
        check_same_study(study, read_methods(reports))


def test_bad_reports_are_refused_in_one_line(
    reports: list[Path], people: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, one, data = tmp_path / "study", reports[0], people.path
    assert "expected two or more" in said(capsys, "study", one, "-o", out, "--data", data)
    assert "name the reports" in said(capsys, "study", "-o", out)
    assert "name the data set of the reports" in said(capsys, "study", *reports, "-o", out)
    assert "two results are called" in said(capsys, "study", one, one, "-o", out, "--data", data)
    other = write_report(tmp_path / "other", [PAIR], data="elsewhere")
    assert "not of the same data" in said(capsys, "study", one, other, "-o", out, "--data", data)
    assert "are of the data set 'elsewhere'" in said(
        capsys, "study", other, write_report(tmp_path / "more", [PAIR], data="elsewhere"), "-o", out, "--data", data
    )
    apart = write_report(tmp_path / "apart", [("00009", "000", "001")])
    assert "found no pair" in said(capsys, "study", one, apart, "-o", out, "--data", data)
    strangers = [apart, write_report(tmp_path / "strangers", [("00009", "000", "001")])]
    assert "lacks 1 pairs of the reports, 00009-000-001 first" in said(
        capsys, "study", *strangers, "-o", out, "--data", data
    )
    assert "is no finished report" in said(capsys, "study", one, tmp_path, "-o", out, "--data", data)
    (apart / "report.json").write_text("{")
    assert "cannot be read" in said(capsys, "study", one, apart, "-o", out, "--data", data)
    assert "--pairs is 0" in said(capsys, "study", *reports, "-o", out, "--pairs", "0")
    assert "not empty" in said(capsys, "study", *reports, "-o", one, "--data", data)
    assert not out.exists()


def test_a_port_that_is_taken_is_said_in_one_line(
    reports: list[Path], people: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = made(reports, people, tmp_path / "study")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1, port {port}" in said(capsys, "study", "-o", study.folder, "--port", port)


def test_exports_refuse_what_is_no_study_and_keep_the_old_table(
    reports: list[Path], people: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table1.md"
    table.write_text("old")
    assert "is no study" in said(capsys, "study-export", tmp_path, "-o", table)
    study = made(reports, people, tmp_path / "study")
    assert "no votes yet" in said(capsys, "study-export", study.folder, "-o", table)
    assert "does not end in .md" in said(capsys, "study-export", study.folder, "-o", tmp_path / "table1.txt")
    (study.folder / "votes.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 30)
    assert "votes.sqlite cannot be used" in said(capsys, "study-export", study.folder, "-o", table)
    (study.folder / "study.json").write_text("{}")
    assert "cannot be read" in said(capsys, "study-export", study.folder, "-o", table)
    assert table.read_text() == "old"


def test_percentages_are_those_counted_by_hand(reports: list[Path], people: Records, tmp_path: Path) -> None:
    """Seven of ten votes: 70 %; Wilson (0.7 + z²/20 ± z √(0.7 · 0.3 / 10 + z²/400)) / (1 + z²/10) with z = 1.96."""
    study = made(reports, people, tmp_path / "study")
    votes = [Vote(voter=f"v{i}", question=0, method=int(i >= 7)) for i in range(10)]
    first, second = shares_of(study, votes)
    assert (first.votes, first.of, first.value) == (7, 10, 0.7)
    assert (second.votes, second.value) == (3, pytest.approx(0.3))
    assert first.interval == pytest.approx((0.3968, 0.8922), abs=1e-4)
    text = to_markdown([(study, votes)])
    assert "10 votes of 10 people (10 answered all 1 pairs)" in text
    assert "| one | 7 | 70.00% | [39.7%, 89.2%] |" in text
    assert "| two | 3 | 30.00% | [10.8%, 60.3%] |" in text
    assert to_csv([(study, votes)]).splitlines()[1].startswith("people,one,7,10,0.700000,0.396")


def test_votes_of_one_person_go_together(reports: list[Path], people: Records, tmp_path: Path) -> None:
    """Two people of opposite mind, a hundred votes each: by the votes it is clear, by the people it is open."""
    study = made(reports, people, tmp_path / "study")
    votes = [Vote(voter=f"v{v}", question=q, method=v) for v in range(2) for q in range(100)]
    share = shares_of(study, votes)[0]
    assert share.interval_people == (0.0, 1.0)
    assert share.interval == pytest.approx((0.43, 0.57), abs=0.01)
    assert shares_of(study, votes[:100])[0].interval_people is None
