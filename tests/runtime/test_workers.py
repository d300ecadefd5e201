"""Processes that work side by side do not outlive the one that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from layerpose.runtime.workers import by_one_thread, work_alone, work_side_by_side

SCRIPT = """
import os, sys, time
from pathlib import Path
from layerpose.runtime.workers import spread

def work(number):
    Path(sys.argv[1], f"{number}.pid").write_text(str(os.getpid()))
    time.sleep(120)

if __name__ == "__main__":
    list(spread(work, [1, 2], workers=2))
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not asked for its exit code does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(0.1)
    return False


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen([sys.executable, script, tmp_path], env={**os.environ, "OMP_NUM_THREADS": "1"})
    try:
        assert wait_until(lambda: all((tmp_path / f"{n}.pid").exists() for n in (1, 2)), 90)
        time.sleep(0.2)
        pids = [int((tmp_path / f"{n}.pid").read_text()) for n in (1, 2)]
        assert all(map(is_alive, pids))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert wait_until(lambda: not any(map(is_alive, pids)), 10)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_threads_that_opencv_had() -> None:
    cv2.setNumThreads(4)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.float32), (0, 0), 5)
    process = get_context("fork").Process(target=work_alone)
    process.start()
    process.join(20)
    ended = process.exitcode
    process.kill()
    assert ended == 0
    assert cv2.getNumThreads() == 4


def test_works_side_by_side_have_a_core_each_and_come_in_their_order() -> None:
    def work(number: int, seconds: float) -> tuple[int, int]:
        time.sleep(seconds)
        return number, torch.get_num_threads()

    found = list(work_side_by_side(work, [0, 1, 2], [0.1, 0.0, 0.0], workers=2))
    assert found == [(0, 1), (1, 1), (2, 1)]


def test_one_thread_is_all_there_is_until_the_work_fails() -> None:
    def fail() -> None:
        with by_one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    with pytest.raises(KeyError):
        fail()
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_works_that_nobody_waits_for_are_not_begun() -> None:
    begun = []
    works = work_side_by_side(lambda number: begun.append(number) or time.sleep(0.05), list(range(50)), workers=2)
    next(works)
    works.close()
    assert len(begun) < 10
