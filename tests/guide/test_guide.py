"""README and How-to pages: their commands are understood and run as written, their links lead somewhere.

``make recipes`` runs every command of them; ``make test`` asks whether each is understood, and runs the quick ones.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tyro
from PIL import Image, ImageOps

from layerpose.cli.commands import COMMANDS
from layerpose.cli.run import main

ROOT = Path(__file__).parents[2]
GUIDE = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
FURTHER = [ROOT / "docs" / f"{name}.md" for name in ("layers", "maps", "study", "synth-sport", "motion-files")]
NOTEBOOK = ROOT / "examples" / "first_picture.ipynb"
SOURCE = ROOT / "src" / "layerpose"
PERSON = SOURCE / "examples" / "person.png"
SERVING = {"studio", "serve", "study"}
"""Commands that go on until they are stopped."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
PATIENCE_S = 90


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every fenced block."""
    return FENCE.findall(page.read_text(encoding="utf-8"))


def words_of(line: str) -> list[str]:
    """A line of a shell -> the words of its command: without variables before it, redirections and comment."""
    words = shlex.split(re.sub(r"(^|\s)#.*", "", line))
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    ends = [number for number, word in enumerate(words) if word in "<>|"]
    return words[: ends[0]] if ends else words


def told(pages: list[Path]) -> Iterator[Any]:
    """Every command of ours in any block of the pages, as a test's parameter."""
    for page in pages:
        for language, text in blocks(page):
            for line in text.replace("\\\n", " ").splitlines() if language in ("", "sh") else ():
                words = words_of(line) if "layerpose " in line and "[--" not in line else []
                if words and Path(words[0]).name == "layerpose" and not words[1].startswith("-"):
                    yield pytest.param(words[1:], id=f"{page.stem}: {' '.join(words[1:])}")


@pytest.mark.parametrize("words", list(told([*GUIDE, *FURTHER])))
def test_command_of_the_guide_is_understood(words: list[str]) -> None:
    command = COMMANDS[words[0]].load()
    asked: list[dict[str, Any]] = []

    @functools.wraps(command)
    def listen(*arguments: Any, **options: Any) -> None:
        asked.append({"arguments": arguments, **options})

    tyro.extras.subcommand_cli_from_dict({words[0]: listen}, prog="layerpose", args=words)
    assert len(asked) == 1


@pytest.mark.usefixtures("skins_kept")
def test_commands_of_the_guide_that_only_convert_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["convert", "walk", "-o", "dance.bvh", "--range", "0:4"]) == 0
    commands = {tuple(one.values[0]) for one in told(GUIDE)}
    quick = [words for words in commands if words[:2] in (("convert", "walk"), ("convert", "dance.bvh"))]
    for words in (list(words) for words in quick if "--photo" not in words):
        assert main(words) == 0
        assert words[words.index("-o") + 1] in capsys.readouterr().out
    assert len(quick) >= 3


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"])
def test_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in (one or other for one, other in LINK.findall(page.read_text(encoding="utf-8"))):
        if link.startswith(("http", "mailto")):
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)", target.read_text(encoding="utf-8"), re.M)
            assert heading in {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}, link


def test_where_things_are_is_where_they_are() -> None:
    """Each name on the page stands in the file that is named before it."""
    file, names = SOURCE, 0
    for word in re.findall(r"`([^`]+)`", (ROOT / "docs" / "explanation" / "where.md").read_text(encoding="utf-8")):
        if "/" in word or word.endswith(".py"):
            file = SOURCE / word
            assert file.exists() or (ROOT / word).exists(), word
        else:
            names += 1
            assert re.search(rf"\b{word}\b", file.read_text(encoding="utf-8")), f"{word} in {file}"
    assert names >= 10


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda page: page.stem)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`([\w-]+(?:/[\w-]+)*\.py)", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (SOURCE / name).exists() and not (ROOT / name).exists()] == []


def test_front_page_is_short_and_its_pictures_are_small() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = [one for one in re.findall(r"[\w/.-]+\.(?:webp|png)", text) if not one.startswith("out/")]  # the demo's
    pictures = [ROOT / one for one in named if (ROOT / one).exists()]
    assert text.count("\n") <= 120
    assert len(pictures) >= 3
    assert sum(picture.stat().st_size for picture in pictures) < 800_000


def test_notebook_runs_from_its_first_cell_to_its_last() -> None:
    names: dict[str, Any] = {}
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), NOTEBOOK.name, "exec"), names)
    assert names["result"].image.shape == (1, 3, 256, 256)
    assert [layer.part for layer in names["result"].layers][1:3] == ["left_arm", "right_arm"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the guide names, and ours as the commands that it names; `make` only runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    person = Image.open(PERSON).convert("RGB")
    for name in ("photo.jpg", "photos/anna.jpg", "photos/ben.jpg", "back.jpg"):
        person.save(name, quality=95)
    ImageOps.mirror(person).save("other.jpg", quality=95)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    write_program(programs / "layerpose", f'exec {sys.executable} -m layerpose "$@"')
    write_program(programs / "make", 'exec layerpose "$1"')
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("BROWSER", "true")
    assert main(["convert", "walk", "-o", "dance.bvh", "--range", "0:6"]) == 0
    return tmp_path


def write_program(path: Path, line: str) -> None:
    path.write_text(f"#!/bin/sh\n{line}\n")
    path.chmod(0o755)


def film_clip() -> None:
    """A video of somebody who walks: the bundled person."""
    options = "--motion walk --range 0:8 --size 512 --fps 15 --background white"
    run_line(f"layerpose animate photo.jpg {options} -o clip.mp4", [])


@pytest.mark.skipif("LAYERPOSE_RECIPES" not in os.environ, reason="minutes long: make recipes")
@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_every_recipe_of_a_page_runs_as_written(page: Path, desk: Path) -> None:
    if "clip.mp4" in page.read_text(encoding="utf-8"):
        film_clip()
    servers: list[subprocess.Popen[bytes]] = []
    try:
        for language, text in blocks(page):
            if language == "sh":
                for line in text.replace("\\\n", " ").splitlines():
                    run_line(line, servers)
            elif language == "python":
                exec(compile(text, page.name, "exec"), {})
    finally:
        for server in servers:
            stop(server)


def run_line(line: str, servers: list[subprocess.Popen[bytes]]) -> None:
    """As a shell would; what serves goes on until the page has ended."""
    words = words_of(line)
    start: Callable[..., subprocess.Popen[bytes]] = functools.partial(subprocess.Popen, start_new_session=True)
    if len(words) > 1 and words[1] in SERVING:
        server = start(["bash", "-c", f"exec env {line}"], stdout=subprocess.PIPE)
        servers.append(server)
        assert server.stdout is not None
        assert b"http" in server.stdout.readline()
        return
    begin = time.perf_counter()
    assert subprocess.run(["bash", "-euo", "pipefail", "-c", line]).returncode == 0, line
    print(f"{time.perf_counter() - begin:6.1f} s  {line}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C does; it has to end by itself."""
    os.killpg(server.pid, signal.SIGINT)
    assert server.wait(timeout=PATIENCE_S) in (0, 130)
    assert server.stdout is not None
    server.stdout.close()


def test_the_drawing_of_the_rooms_has_every_room_in_the_order_of_the_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    ordered = [name for layer in contract["layers"] for name in re.findall(r"\((\w+)\)", layer) if name != "__main__"]
    drawing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The rooms")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", drawing, re.M) == ordered


def test_where_things_are_they_are() -> None:
    page = (ROOT / "docs" / "explanation" / "where.md").read_text(encoding="utf-8")
    files = re.findall(r"`([\w/]+(?:\.py|/))`", page.split("| question")[1])
    assert len(files) >= 10
    source = ROOT / "src" / "layerpose"
    assert [file for file in files if not (source / file).exists()] == []
