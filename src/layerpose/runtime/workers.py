"""Work on many things -> what comes of each, in order, from processes that work side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

import cv2
import torch
from threadpoolctl import threadpool_limits

from layerpose.runtime.cluster import Cluster
from layerpose.runtime.memory import keep_freed_memory

POLITE = 10
"""How far, in steps of Unix's `nice`, those stand back who prepare data for a training."""
MOST_TOGETHER = 4
"""Small works at the same time: with more, memory is what they wait for."""
Made = TypeVar("Made")


def spread(
    work: Callable[..., Made], *columns: Sequence[Any], workers: int | Cluster, lost: Callable[..., Made] | None = None
) -> Iterator[Made]:
    """`work` on every row of the columns; here, where one worker or one row is all there is.

    When the reader stops or a row fails, what has not begun is dropped. `lost` is for clusters (see there).
    """
    if isinstance(workers, Cluster):
        yield from workers.spread(work, *columns, lost=lost)
        return
    if min(workers, len(columns[0])) <= 1:
        yield from map(work, *columns)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin) as pool:
        try:
            yield from pool.map(work, *columns)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _begin() -> None:
    """A worker keeps its memory and ends with the process that started it, however that one ends."""
    keep_freed_memory()
    parent = parent_process()
    assert parent is not None
    Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()


def work_side_by_side(work: Callable[..., Made], *columns: Sequence[Any], workers: int) -> Generator[Made, None, None]:
    """`work` on every row of the columns, in order, by threads of one core each: what it needs is in memory once.

    When the reader stops, what has not begun is dropped.
    """
    if workers == 1:
        yield from map(work, *columns)
        return
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(workers, initializer=work_alone) as pool:
        yield from pool.map(work, *columns)


def run_together(works: Sequence[Callable[[], Any]], *, device: torch.device) -> list[Any]:
    """What comes of each of several small works on pictures: on a CPU some run at the same time, if threads may.

    Most of their operations are too small to be split among threads.
    """
    threads = min(torch.get_num_threads(), MOST_TOGETHER) if device.type == "cpu" else 1
    if threads == 1:
        return [work() for work in works]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda work: work(), works))


def count_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_alone() -> None:
    """One thread in this process, which works beside others: nothing is lost where parts of the work do not split."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@contextmanager
def by_one_thread() -> Iterator[None]:
    """Of many small works each would be split among threads that wait for each other longer than they work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def give_way(_: int) -> None:
    """For the processes of a DataLoader: the cores are first for the training that they serve."""
    work_alone()
    if hasattr(os, "nice"):
        os.nice(POLITE)


def _rest() -> None:
    """End OpenCV's threads: a forked process would wait for them for ever."""
    global _threads
    _threads = cv2.getNumThreads()
    cv2.setNumThreads(1)


_threads = 1
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest, after_in_parent=lambda: cv2.setNumThreads(_threads))
