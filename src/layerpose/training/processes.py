"""One process or many that train as one: how they start, share gradients and losses, and stop together."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, distributed, nn

from layerpose.training.plan import Machine

if TYPE_CHECKING:
    from lightning_fabric import Fabric

PRECISIONS = {"bf16": "bf16-mixed", "fp16": "16-mixed", "fp32": "32-true"}


def launched_by_torchrun(machine: Machine) -> Machine:
    """The machine as torchrun says it is, where torchrun started this process."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return machine
    world, here = int(os.environ["WORLD_SIZE"]), int(os.environ["LOCAL_WORLD_SIZE"])
    return replace(machine, devices=here, nodes=world // here)


def start(machine: Machine) -> Fabric:
    """Start the processes that are not there yet; each of them goes on from here."""
    try:
        from lightning_fabric import Fabric
    except ImportError as error:
        raise ValueError("training needs the package lightning-fabric; install layerpose[train]") from error
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    fabric = Fabric(
        accelerator=machine.device, devices=machine.devices, num_nodes=machine.nodes,
        strategy="ddp" if machine.devices * machine.nodes > 1 else "auto",
        precision=PRECISIONS[machine.precision],  # pyright: ignore[reportArgumentType]
    )  # fmt: skip
    fabric.launch()
    return fabric


@contextmanager
def together(fabric: Fabric) -> Iterator[None]:
    """Work that one process may fail at alone: then all of them stop, with its message."""
    problem: Exception | None = None
    try:
        yield
    except (ValueError, OSError) as error:
        problem = error
    if fabric.world_size > 1:
        failed = torch.tensor([float(problem is not None)], device=fabric.device)
        distributed.all_reduce(failed)
        if failed:
            said: list[str | None] = [None] * fabric.world_size
            distributed.all_gather_object(said, None if problem is None else str(problem))
            problem = problem or ValueError(next(text for text in said if text is not None))
    if problem is not None:
        raise problem


def average(fabric: Fabric, values: Tensor) -> Tensor:
    """The mean over all processes."""
    if fabric.world_size == 1:
        return values
    distributed.all_reduce(values)
    return values / fabric.world_size


def average_gradients(fabric: Fabric, parameters: Iterable[nn.Parameter]) -> None:
    """Give every process the mean gradient: one flat sum, whatever part of the networks a step has used."""
    if fabric.world_size == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = average(fabric, torch.cat([gradient.reshape(-1) for gradient in gradients]))
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
