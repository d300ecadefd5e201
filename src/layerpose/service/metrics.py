"""What the service has done -> figures in the text format of Prometheus."""

from __future__ import annotations

from collections import Counter
from threading import Lock

BOUNDS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
HELP = {
    "layerpose_requests_total": ("counter", "Requests by path and status."),
    "layerpose_request_seconds": ("histogram", "Seconds from a request to its answer."),
    "layerpose_results_reused_total": ("counter", "Requests answered with what was drawn before."),
    "layerpose_waiting": ("gauge", "Requests that nobody has begun."),
    "layerpose_workers": ("gauge", "Processes that live."),
    "layerpose_worker_restarts_total": ("counter", "Processes that were begun in the place of dead ones."),
}


class Metrics:
    """Counts, from any thread."""

    def __init__(self) -> None:
        self._alone = Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._seconds: Counter[str] = Counter()
        self._reused = 0

    def count(self, path: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        with self._alone:
            self._requests[path, status] += 1
            self._seconds[path] += seconds  # pyright: ignore[reportArgumentType]
            for bound in BOUNDS_S:
                self._buckets[path, bound] += seconds <= bound

    def reuse(self) -> None:
        """One request that needed no work."""
        with self._alone:
            self._reused += 1

    def to_text(self, *, waiting: int, workers: int, restarts: int) -> str:
        """Everything, with what is the case now."""
        with self._alone:
            lines = {
                "layerpose_requests_total": [
                    f'{{path="{path}",status="{status}"}} {number}'
                    for (path, status), number in sorted(self._requests.items())
                ],
                "layerpose_request_seconds": self._histogram(),
                "layerpose_results_reused_total": [f" {self._reused}"],
                "layerpose_waiting": [f" {waiting}"],
                "layerpose_workers": [f" {workers}"],
                "layerpose_worker_restarts_total": [f" {restarts}"],
            }
        text = []
        for name, values in lines.items():
            kind, told = HELP[name]
            text += [f"# HELP {name} {told}", f"# TYPE {name} {kind}", *(f"{name}{value}" for value in values)]
        return "\n".join(text) + "\n"

    def _histogram(self) -> list[str]:
        lines = []
        for path in sorted(self._seconds):
            number = sum(count for (other, _), count in self._requests.items() if other == path)
            for bound in BOUNDS_S:
                lines.append(f'_bucket{{path="{path}",le="{bound:g}"}} {self._buckets[path, bound]}')
            lines.append(f'_bucket{{path="{path}",le="+Inf"}} {number}')
            lines += [f'_sum{{path="{path}"}} {self._seconds[path]:.3f}', f'_count{{path="{path}"}} {number}']
        return lines
