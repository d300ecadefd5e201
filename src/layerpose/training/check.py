"""Plan + machine + folder -> nothing, or what is wrong with them, before anything is written."""

from __future__ import annotations

from pathlib import Path

import torch

from layerpose.data.pairs import Pairs
from layerpose.data.records import Records
from layerpose.evaluation.lpips import Lpips
from layerpose.media.outputs import check_output_folder
from layerpose.runtime.making import check_new
from layerpose.runtime.workers import count_cores
from layerpose.training.plan import CHECK_SEED, RUN, Machine, Plan, check_same
from layerpose.training.trainer import begin, system_of


def check(plan: Plan, machine: Machine, out: Path) -> None:
    """ValueError unless the run can be begun, or go on, in the folder `out`. Writes nothing."""
    check_folder(plan, out)
    check_plan(plan, machine)


def check_folder(plan: Plan, out: Path) -> None:
    """ValueError unless the folder is new, empty, or holds a run of this plan."""
    check_output_folder(out)
    if (out / RUN).exists():
        check_same(out, plan)
    else:
        check_new(out, "run")


def check_plan(plan: Plan, machine: Machine) -> None:
    """ValueError unless the data and the machine can do it."""
    _check_machine(machine)
    if machine.lpips is not None:
        Lpips(machine.lpips)
    if plan.init is not None:
        begin(system_of(plan).assemble(plan), plan)
    _check_data(plan, machine)


def _check_data(plan: Plan, machine: Machine) -> None:
    records, phases, system = Records(plan.data), plan.recipe.phases, system_of(plan)
    if not phases:
        raise ValueError(f"the preset '{plan.config.name}' has nothing to train in these phases; choose others")
    for phase in phases:
        share = machine.devices * machine.nodes * machine.accumulate
        if phase.batch % share:
            raise ValueError(
                f"the phase '{phase.name}' has a batch of {phase.batch}, which cannot be shared by"
                f" {machine.devices * machine.nodes} processes in {machine.accumulate} parts; use --batch-scale"
            )
        if (canvas := system.drawn(phase.size).canvas) > records.canvas:
            raise ValueError(
                f"the pictures of {plan.data} are {records.canvas} pixels, but the phase '{phase.name}' draws {canvas};"
                " use larger pictures, or only the other phases with --phases"
            )
    if (found := len(records.split("train"))) < 2:
        raise ValueError(f"{plan.data} has {found} people to train on; expected 2 or more, better hundreds; add people")
    smallest = system.drawn(min(phase.size for phase in phases))
    for split in ("train", "val"):
        _ = Pairs(records, _people(records, split), smallest, length=1, seed=CHECK_SEED, prepare=system.prepare)[0]


def _people(records: Records, split: str) -> list[str]:
    people = records.split(split)
    if not people:
        raise ValueError(f"{records.path} has no people of the split '{split}'; training needs train and val; add some")
    return people


def _check_machine(machine: Machine) -> None:
    if machine.device == "cuda":
        there = torch.cuda.device_count()
        if not there:
            raise ValueError("--device cuda: found no usable GPU; use --device cpu or auto")
    else:
        there = count_cores()
    for name in ("devices", "nodes", "accumulate"):
        if getattr(machine, name) < 1:
            raise ValueError(f"--{name} is {getattr(machine, name)}; expected 1 or more")
    if machine.workers < 0:
        raise ValueError(f"--workers is {machine.workers}; expected 0 or more")
    if machine.devices > there:
        kind = "GPUs" if machine.device == "cuda" else "CPU cores"
        raise ValueError(f"--devices is {machine.devices}, but this machine has {there} {kind}; use fewer")
    if machine.device == "cpu" and machine.precision == "fp16":
        raise ValueError("--precision fp16 needs a GPU; on a CPU use bf16 or fp32")
