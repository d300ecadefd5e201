"""What is written is whole or not there, whoever is killed or writes the same at that time; and nothing of it stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from layerpose.runtime.cache import is_empty, writing, writing_folder
from layerpose.runtime.locks import alone_in

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Other:
    """A fork that does something, then waits to be killed or told to go on."""

    def __init__(self, work: Callable[[Callable[[], None]], None]) -> None:
        here, there = os.pipe(), os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(there[1])

            def pause() -> None:
                os.write(here[1], b".")
                os.read(there[0], 1)

            try:
                work(pause)
            finally:
                os._exit(0)
        self.go = there[1]
        os.read(here[0], 1)

    def end(self) -> None:
        os.write(self.go, b".")
        os.waitpid(self.pid, 0)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def write(path: Path) -> Callable[[Callable[[], None]], None]:
    def work(pause: Callable[[], None]) -> None:
        with writing(path) as temporary:
            temporary.write_text("theirs")
            pause()

    return work


def test_what_a_killed_writer_has_left_goes_when_the_next_one_writes_into_the_folder(tmp_path: Path) -> None:
    Other(write(tmp_path / "a.png")).kill()
    assert len(names(tmp_path)) == 1
    assert is_empty(tmp_path), "whoever asks for a new folder gets it"
    with writing(tmp_path / "b.png") as temporary:
        temporary.write_text("ours")
    assert names(tmp_path) == ["b.png"]


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    other = Other(write(tmp_path / "a.png"))
    with writing(tmp_path / "b.png") as temporary:
        temporary.write_text("ours")
    assert len(names(tmp_path)) == 2
    other.end()
    assert names(tmp_path) == ["a.png", "b.png"]
    assert (tmp_path / "a.png").read_text() == "theirs"


def test_hidden_files_of_the_user_stay(tmp_path: Path) -> None:
    theirs = [".a.png.k3j2h1g0.png", ".bashrc.personal", ".gitignore", ".unfinished-book.txt"]
    for name in theirs:
        (tmp_path / name).touch()
    with writing(tmp_path / "a.png") as temporary:
        temporary.touch()
    assert names(tmp_path) == sorted([*theirs, "a.png"])
    assert not is_empty(tmp_path)


def test_of_two_who_write_a_folder_the_second_waits(tmp_path: Path) -> None:
    def work(pause: Callable[[], None]) -> None:
        with writing_folder(tmp_path / "maps") as part:
            (part / "theirs").touch()
            pause()
            (part / "more").touch()

    other = Other(work)
    os.write(other.go, b".")
    with writing_folder(tmp_path / "maps") as part:
        assert (tmp_path / "maps" / "more").exists(), "the first one is done"
        (part / "ours").touch()
    os.waitpid(other.pid, 0)
    assert names(tmp_path) == ["maps"]
    assert names(tmp_path / "maps") == ["ours"]


def test_a_folder_that_goes_away_while_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process gives it its name between two looks at it."""
    plain, failed = os.mkdir, []

    def mkdir(path: str | Path, mode: int = 0o777, **where: int) -> None:
        if not failed:
            failed.append(path)
            raise FileExistsError(path)
        plain(path, mode, **where)

    monkeypatch.setattr(os, "mkdir", mkdir)
    with alone_in(tmp_path / "run"):
        assert (tmp_path / "run").is_dir()
    assert failed
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError), alone_in(tmp_path / name):
            raise AssertionError


def test_an_older_folder_is_there_again_if_its_successor_never_came(tmp_path: Path) -> None:
    (tmp_path / ".maps.old").mkdir()
    (tmp_path / ".maps.old" / "theirs").touch()
    with pytest.raises(RuntimeError), writing_folder(tmp_path / "maps"):
        raise RuntimeError
    assert names(tmp_path / "maps") == ["theirs"]
    assert names(tmp_path) == ["maps"]


def test_a_folder_is_one_processs_alone_until_it_ends_however_long_its_children_live(tmp_path: Path) -> None:
    def work(pause: Callable[[], None]) -> None:
        with alone_in(tmp_path / "run"):
            os.fork()
            pause()

    other = Other(work)
    with pytest.raises(ValueError, match=r"another layerpose is at work in .*run; wait"), alone_in(tmp_path / "run"):
        pass
    other.kill()
    with alone_in(tmp_path / "run"):
        assert names(tmp_path) == ["run"]
    os.close(other.go)
