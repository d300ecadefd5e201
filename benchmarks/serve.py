"""`layerpose serve` under load: many clients at once, a process killed in the middle -> statuses, times, memory.

python benchmarks/serve.py [--requests 200] [--clients 16] [--workers 2] [--size 256]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np

from layerpose.motion.library import NAMES

PORT = 18018
ADDRESS = f"http://127.0.0.1:{PORT}"
PHOTO = base64.b64encode((files("layerpose") / "examples" / "person.png").read_bytes()).decode()


def ask(number: int, size: int) -> tuple[int, float]:
    """Status and seconds of one request; no two are the same."""
    grey = number // len(NAMES)
    body = {"photo": PHOTO, "pose": NAMES[number % len(NAMES)], "size": size, "background": f"#{grey:02x}{grey:02x}80"}
    request = urllib.request.Request(
        f"{ADDRESS}/v1/transfer", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    begun = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=900) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    return status, time.monotonic() - begun


def processes(parent: int) -> list[int]:
    """Of the service: itself first, then those that draw."""
    threads = Path(f"/proc/{parent}/task").iterdir()  # each has the children that it began
    children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return [parent, *(child for child in children if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text())]


def memory_mb(parent: int) -> list[int]:
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in processes(parent)]
    return [page * os.sysconf("SC_PAGE_SIZE") >> 20 for page in pages]


def load(first: int, options: argparse.Namespace, parent: int, *, kill: bool) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(options.clients) as clients:
        numbers = range(first, first + options.requests)
        asked = [clients.submit(ask, number, options.size) for number in numbers]
        if kill:
            while sum(one.done() for one in asked) < options.requests // 2:
                time.sleep(0.1)
            os.kill(processes(parent)[-1], signal.SIGKILL)
        found = [one.result() for one in asked]
    seconds = time.monotonic() - begun
    times = [time for status, time in found if status == 200]
    print(
        f"{'killed' if kill else 'calm'}: {options.requests} requests, {options.clients} clients: "
        f"{dict(Counter(status for status, _ in found))} in {seconds:.0f} s ({options.requests / seconds:.1f}/s), "
        f"median {np.median(times):.1f} s, slowest {max(times):.1f} s; memory {memory_mb(parent)} MB",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("requests", 200), ("clients", 16), ("workers", 2), ("size", 256)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "layerpose", "serve", "--port", str(PORT), "--folder", folder]
        service = subprocess.Popen([*command, "--workers", str(options.workers), "--patience", "900"])
        try:
            while ask(0, options.size)[0] != 200:
                time.sleep(1)
            ask(1, options.size)
            print(f"before: memory {memory_mb(service.pid)} MB", flush=True)
            load(2, options, service.pid, kill=False)
            load(2 + options.requests, options, service.pid, kill=True)
            load(2 + 2 * options.requests, options, service.pid, kill=False)
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(30)


if __name__ == "__main__":
    main()
