"""Sample numbers -> what one step of training sees. Every draw depends on the seed and the sample's number alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from layerpose.config import ModelConfig
from layerpose.data.complete import CompleteSets, WholePart, draw_whole_part
from layerpose.data.pairs import Pairs, Prepare, Sample
from layerpose.data.records import Records
from layerpose.runtime.workers import give_way
from layerpose.stages.conditions import collate, prepare
from layerpose.training.adversarial import LIMBS
from layerpose.training.recipes import Phase
from layerpose.types import LAYERS

WHOLE_PARTS, WINDOWS, DROPOUT = 1, 2, 3
"""Streams of random numbers beside the one that draws the pair."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Samples, and for each layer that is taught real complete parts to compare it with."""

    numbers: tuple[int, ...]
    sample: Sample
    taught: tuple[str, ...]
    """The parts whose layers learn in this step."""
    whole: tuple[WholePart, ...]
    """One for each of `taught`; empty without completeness loss."""


def stream(seed: int, number: int, *keys: int) -> np.random.Generator:
    """Random numbers of one sample; `keys` are not 0."""
    return np.random.default_rng([seed, number, *keys])


class Batches(Dataset[Batch]):
    """The batches of a phase, by sample number (counted from the run's start)."""

    def __init__(
        self, data: Path, config: ModelConfig, phase: Phase, sets: CompleteSets, *, first: int, seed: int,
        prepare: Prepare = prepare,
    ) -> None:  # fmt: skip
        self.data, self.config, self.phase, self.sets, self.first, self.seed = data, config, phase, sets, first, seed
        self.prepare = prepare
        self._pairs: Pairs | None = None

    @property
    def pairs(self) -> Pairs:
        """Opened on first use, in the process that reads."""
        if self._pairs is None:
            records = Records(self.data)
            self._pairs = Pairs(
                records, records.split("train"), self.config, length=2**62, seed=self.seed, prepare=self.prepare
            )
        return self._pairs

    def taught(self, number: int) -> tuple[str, ...]:
        """The parts whose layers learn in this sample's step."""
        if "layers" not in self.phase.trains:
            return ()
        limb = LIMBS[(number - self.first) // self.phase.batch % len(LIMBS)]
        return tuple(part for part in LAYERS if not self.phase.in_turn or part.endswith(limb))

    def __getitem__(self, number: int) -> Batch:
        taught, whole = self.taught(number), ()
        if self.config.layers == "complete":
            limbs = [part.rpartition("_")[2] for part in taught]
            keys = [(WHOLE_PARTS, LAYERS.index(part) + 1) for part in taught]
            drawn = zip(limbs, keys, strict=True)
            whole = tuple(
                draw_whole_part(self.pairs, self.sets, limb, stream(self.seed, number, *key)) for limb, key in drawn
            )
        return Batch(numbers=(number,), sample=self.pairs[number], taught=taught, whole=whole)


class Shares(Sampler[list[int]]):
    """The sample numbers of one process, part by part: step after step, the batch cut evenly among the processes."""

    def __init__(
        self, phase: Phase, *, first: int, step: int, process: int, num_processes: int, accumulate: int
    ) -> None:
        self.phase, self.first, self.step = phase, first, step
        self.share = phase.batch // num_processes
        self.process, self.part = process, self.share // accumulate

    def __iter__(self) -> Iterator[list[int]]:
        for step in range(self.step, self.phase.num_steps):
            begin = self.first + step * self.phase.batch + self.process * self.share
            for start in range(begin, begin + self.share, self.part):
                yield list(range(start, start + self.part))

    def __len__(self) -> int:
        return (self.phase.num_steps - self.step) * (self.share // self.part)


def load_batches(batches: Batches, shares: Shares, *, workers: int, device: torch.device) -> DataLoader[Batch]:
    """Batches in order, prepared ahead by worker processes."""
    # A forked process cannot use a GPU that its parent has opened; a spawned one starts slowly.
    context = None if not workers else "spawn" if device.type == "cuda" else "fork"
    return DataLoader(
        batches, batch_sampler=shares, num_workers=workers, collate_fn=gather, multiprocessing_context=context,
        prefetch_factor=4 if workers else None, worker_init_fn=give_way,
    )  # fmt: skip


def gather(batches: Sequence[Batch]) -> Batch:
    """Batches of one sample each -> one batch."""
    return Batch(
        numbers=tuple(number for batch in batches for number in batch.numbers),
        sample=collate([batch.sample for batch in batches]),
        taught=batches[0].taught,
        whole=tuple(collate(parts) for parts in zip(*(batch.whole for batch in batches), strict=True)),
    )


Record = TypeVar("Record")


def move(record: Record, device: torch.device) -> Record:
    """The same record with its tensors on a device."""
    return _move(record, device)


def _move(item: Any, device: torch.device) -> Any:
    if isinstance(item, Tensor):
        return item.to(device, non_blocking=True)
    if isinstance(item, tuple):
        return tuple(_move(one, device) for one in item)
    if is_dataclass(item) and not isinstance(item, type):
        return type(item)(**{f.name: _move(getattr(item, f.name), device) for f in fields(item)})
    return item
