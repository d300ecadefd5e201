"""Work on many things -> what comes of each, in order, from the machines of a Ray cluster; who dies is replaced."""

from __future__ import annotations

import logging
import os
import pickle
import socket
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeVar

from layerpose import __version__
from layerpose.runtime.memory import keep_freed_memory
from layerpose.runtime.saying import one_line

LOCAL, AUTO = "local", "auto"
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_IGNORE_UNHANDLED_ERRORS": "1"}
"""For the environment: no reports to anybody, nothing printed about work that was dropped."""
ATTEMPTS = 4
"""After so many workers died over one thing, it is given up."""
QUEUED = 2
"""Things on their way for each processor: one is worked at, the next is there already."""
PATIENCE_S = 10
"""For an address to answer."""
MARK = ".shared."
"""Begins the name of a file by which the machines know that they see the same folder."""
NOT_INSTALLED = "failed to import on the worker"
"""In what Ray says where a worker cannot unpack our own function."""
Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster to which this process is `connected`."""

    shared: Path
    """Absolute; where the work writes, on a disk that all machines see."""
    gpu: bool = False
    """Each worker needs a GPU of its own."""

    @property
    def num_workers(self) -> int:
        """How many can work side by side. ValueError where nobody can."""
        import ray

        kind = "GPU" if self.gpu else "CPU"
        count = int(ray.cluster_resources().get(kind, 0))
        if not count:
            raise ValueError(f"the Ray cluster has no {kind} now; add a machine that has, or choose another --device")
        return count

    def spread(
        self, work: Callable[..., Made], *columns: Sequence[Any], lost: Callable[..., Made] | None = None
    ) -> Iterator[Made]:
        """`work` on every row of the columns; it is sent to each worker once, so much may be bound to it.

        A row whose worker dies is given to another, so work has to leave alone what an earlier attempt finished. When
        ATTEMPTS are used up, `lost` says what stands for the row; without it, that is a ValueError.
        """
        import ray
        from ray.cloudpickle import dumps  # pyright: ignore[reportPrivateImportUsage]

        rows = list(zip(*columns, strict=True))
        todo = iter(enumerate(rows))
        running: dict[Any, int] = {}
        found: dict[int, Made] = {}
        task = ray.remote(num_cpus=1, num_gpus=int(self.gpu), max_retries=ATTEMPTS - 1)(_work)
        with NamedTemporaryFile(dir=self.shared, prefix=MARK) as mark:
            sent = [ray.put(dumps(work))]  # as bytes: what Ray itself unpacks cannot be written to
            try:
                for turn in range(len(rows)):
                    while turn not in found:
                        more = max(QUEUED * self.num_workers - len(running), 0)
                        running |= {task.remote(sent, mark.name, __version__, row): n for n, row in islice(todo, more)}
                        done = ray.wait(list(running))[0][0]
                        number = running.pop(done)
                        found[number] = _receive(done, rows[number], lost)
                    yield found.pop(turn)
            finally:
                for begun in running:
                    ray.cancel(begun)


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Connect to ``auto`` or ``HOST:PORT``, start ``local``, or do nothing without an address. ValueError if in vain.

    Where the process is connected already, that is kept.
    """
    if address is None:
        yield
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise ValueError("--ray needs Ray, which is not installed; run: pip install 'layerpose[ray]'") from error
    address = os.environ.get("RAY_ADDRESS", AUTO) if address == AUTO else address
    if address not in (LOCAL, AUTO):
        _knock(address)
    if ray.is_initialized():
        yield
        return
    try:
        ray.init(address, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except (Exception, SystemExit) as error:  # Ray raises plain exceptions, and exits where another server answers
        raise ValueError(f"--ray {address}: no connection ({one_line(error)})") from error
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """ValueError unless somebody answers; Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError(f"--ray {address}: expected {LOCAL}, {AUTO}, or HOST:PORT as `ray start --head` names it")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ValueError(f"--ray {address}: nobody answers there ({error}); is the cluster running?") from error


def _receive(done: Any, row: tuple[Any, ...], lost: Callable[..., Made] | None) -> Made:
    import ray
    from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

    try:
        made, said = ray.get(done)
    except RayTaskError as error:
        if NOT_INSTALLED in str(error.cause):
            raise ValueError(f"a machine of the cluster has no layerpose {__version__}; install it on all") from error
        raise error.cause from None
    except (WorkerCrashedError, OutOfMemoryError, NodeDiedError) as error:
        if lost is None:
            raise ValueError(f"{ATTEMPTS} workers died over the same work; the last: {one_line(error)}") from error
        return lost(*row)
    except RayError as error:
        raise ValueError(f"the Ray cluster failed ({one_line(error)}); the same command goes on from here") from error
    for warning in said:
        warnings.warn(warning, stacklevel=2)
    return made


def _work(sent: list[Any], mark: str, version: str, row: tuple[Any, ...]) -> tuple[Any, list[str]]:
    """In a worker: the work on one row, and the warnings that it gave."""
    _check_machine(Path(mark), version)
    keep_freed_memory()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default", UserWarning)
        made = _open(sent[0])(*row)
    return made, [str(warning.message) for warning in caught if warning.category is UserWarning]


@lru_cache(maxsize=1)
def _open(sent: Any) -> Callable[..., Any]:
    """The work, unpacked once in each worker."""
    import ray

    return pickle.loads(ray.get(sent))


def _check_machine(mark: Path, version: str) -> None:
    """ValueError unless this machine sees the shared folder and has the same layerpose."""
    host = socket.gethostname()
    if not mark.exists():
        raise ValueError(f"{host} does not see {mark.parent}; with --ray it must lie on a disk that all machines see")
    if __version__ != version:
        raise ValueError(f"{host} has layerpose {__version__}; expected {version}, as here; install the same on all")
