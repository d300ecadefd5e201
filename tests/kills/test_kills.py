"""Commands that are killed end as if nothing had happened; and the harness that says so notices when they do not.

The long form, every command in every way, is ``make kills`` (docs/reliability.md).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

if not Path("/proc/self/task").is_dir():
    pytest.skip("orphans are found as Linux tells of them", allow_module_level=True)

import children
import kinds
from children import Child, adopt_orphans
from jobs import JOBS, Job
from kinds import Bench, can_mount, fill_disk, kill, make_read_only, run_twice
from room import Room, differences

import kills
from layerpose.body.model import body_model
from layerpose.cli.commands import COMMANDS
from layerpose.runtime.cache import cache_dir, writing
from layerpose.runtime.locks import alone_in

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
STEP_S = 0.03
Command = Callable[..., None]
STRIKE, PAUSED = Path("strike"), Path("paused")
"""Where the one lies in a room, a command writes the other at its first pause and waits to be killed."""
needs_mount = pytest.mark.skipif(not can_mount(), reason="this user may not mount")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Room:
    adopt_orphans()
    torch.set_num_threads(1)
    body_model()
    folder = tmp_path_factory.mktemp("kills")
    for name in ("in", "cache", "room"):
        (folder / name).mkdir()
    (folder / "in" / "a.txt").write_text("words\n")
    body = next(cache_dir().glob("body-*.npz"))
    (folder / "cache" / body.name).symlink_to(body)
    return Room(path=folder / "room", inputs=folder / "in", cache=folder / "cache")


@pytest.fixture
def bench(room: Room, monkeypatch: pytest.MonkeyPatch) -> Callable[[Command], Bench]:
    """A command of the test's own on the bench."""
    monkeypatch.setattr(children, "GRACE_S", 0.2)
    monkeypatch.setattr(kinds, "CHAIN", 3)

    def lay(command: Command) -> Bench:
        monkeypatch.setitem(COMMANDS, "try", SimpleNamespace(load=lambda: command))
        return Bench(Job(name="try", line="--out out/run"), room)

    return lay


def pause() -> None:
    if STRIKE.exists():
        PAUSED.touch()
        time.sleep(60)
    time.sleep(STEP_S)


def kill_at_pause(bench: Bench) -> list[str]:
    """Killed at its first pause, the command is run again: what is wrong then."""
    bench.room.reset()
    strike, paused = (bench.room.path / name for name in (STRIKE, PAUSED))
    strike.touch()

    def kill_it(child: Child) -> None:
        while not paused.exists():
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)

    end, answers = bench.run(meanwhile=kill_it)
    strike.unlink()
    paused.unlink()
    wrong = [f"{name} outlives it" for name in end.orphans]
    wrong += differences(bench.reference.around, bench.room.around())
    return wrong + bench.judge(answers)


def writes_well(*, out: Path) -> None:
    with alone_in(out):
        for number in range(4):
            pause()
            if not (out / f"{number}.txt").exists():
                with writing(out / f"{number}.txt") as temporary:
                    temporary.write_text(str(number) * 9000)
                    pause()


def writes_in_place(*, out: Path) -> None:
    out.mkdir(exist_ok=True)
    for number in range(4):
        if not (out / f"{number}.txt").exists():
            with (out / f"{number}.txt").open("w", buffering=1) as file:
                for _ in range(3):
                    file.write(str(number) * 3000 + "\n")
                    pause()


def leaves_a_child(*, out: Path) -> None:
    if os.fork() == 0:
        os.setsid()
        time.sleep(2)
        os._exit(0)
    writes_well(out=out)
    os.wait()


def leaves_a_temporary_file(*, out: Path) -> None:
    out.mkdir(exist_ok=True)
    part = out / f".part-{os.getpid()}"
    part.touch()
    pause()
    part.rename(out / "a.txt")


def writes_beside(*, out: Path) -> None:
    note = Path("beside/note")
    note.touch()
    writes_well(out=out)
    note.unlink()


def counts_on(*, out: Path) -> None:
    """Begins anew, but after what is there."""
    out.mkdir(exist_ok=True)
    for number in range(4):
        with (out / "log.txt").open("a") as file:
            file.write(f"{number}\n")
        pause()


def has_a_way_of_its_own_to_fail(*, out: Path) -> None:
    try:
        writes_well(out=out)
    except OSError as error:
        raise RuntimeError from error


def test_a_command_that_writes_well_may_be_killed_at_any_time(bench: Callable[[Command], Bench]) -> None:
    laid = bench(writes_well)
    assert kill(laid, 0.5) == []
    assert kill_at_pause(laid) == []
    assert run_twice(laid, 0.3) == []


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (writes_in_place, "differs"), (leaves_a_child, "outlives it"), (leaves_a_temporary_file, "is left"),
        (writes_beside, "beside/note is left"), (counts_on, "log.txt differs"),
    ],
)  # fmt: skip
def test_a_command_that_does_not_is_noticed(bench: Callable[[Command], Bench], command: Command, said: str) -> None:
    found = kill_at_pause(bench(command))
    assert any(said in wrong for wrong in found), found


@needs_mount
def test_a_full_disk_and_a_folder_that_is_closed_are_told_in_a_line(bench: Callable[[Command], Bench]) -> None:
    laid = bench(writes_well)
    assert fill_disk(laid, 0.4) == []
    assert make_read_only(laid, 0.5) == []
    assert any("exit code" in wrong for wrong in fill_disk(bench(has_a_way_of_its_own_to_fail), 0.4))


def test_two_who_do_not_know_of_each_other_are_noticed(bench: Callable[[Command], Bench]) -> None:
    assert run_twice(bench(counts_on), 0.3)


def test_a_command_that_never_makes_the_same_is_not_measured(bench: Callable[[Command], Bench]) -> None:
    def says_when(*, out: Path) -> None:
        out.write_text(str(time.time()))

    with pytest.raises(RuntimeError, match="does not make the same twice: run differs"):
        bench(says_when)


def test_every_command_that_takes_long_is_on_the_list() -> None:
    named = {job.name for job in JOBS}
    assert named <= COMMANDS.keys()
    assert {"train", "synth", "prepare", "personalize", "animate", "compare", "evaluate", "study", "serve"} < named


def test_whatever_is_loaded_before_the_forks_is_there() -> None:
    missing = [
        name
        for name in (*(f"cli.{name}" for name in kills.COMMANDS), *kills.LOADED)
        if not find_spec(f"layerpose.{name}")
    ]
    assert not missing
