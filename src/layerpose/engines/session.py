"""An ONNX model + named tensors -> its result, by ONNX Runtime or OpenVINO; both come with extras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any, Literal

import torch
from torch import Tensor

Program = Literal["onnxruntime", "openvino", "openvino-bf16"]
PROGRAMS: tuple[Program, ...] = ("onnxruntime", "openvino", "openvino-bf16")
Run = Callable[[Mapping[str, Tensor]], Tensor]
"""Inputs by name -> the first output."""


def installed(program: str) -> bool:
    """Whether this program and the one that writes models for it are here."""
    return all(find_spec(name) is not None for name in ("onnx", program.partition("-")[0]))


def check_installed(program: str) -> None:
    """ValueError that says how to get it."""
    if not installed(program):
        raise ValueError(
            f"--engine {program} is not installed; pip install 'layerpose[{program.partition('-')[0]}]', or use"
            " --engine torch"
        )


def open_session(content: bytes, program: Program, device: str = "cpu") -> Run:
    """Ready to run, with as many threads as PyTorch has here."""
    if program == "onnxruntime":
        return _open_onnxruntime(content, device)
    return _open_openvino(content, "bf16" if program == "openvino-bf16" else "f32")


def list_programs() -> list[Program]:
    """What can run here on the processor; bf16 only where it has instructions for it."""
    found: list[Program] = [program for program in PROGRAMS if installed(program)]
    if "openvino-bf16" in found and not torch.cpu._is_avx512_bf16_supported():
        found.remove("openvino-bf16")
    return found


def _open_onnxruntime(content: bytes, device: str) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")  # what runs between two calls has the cores
    there = onnxruntime.get_available_providers()
    wanted = ["TensorrtExecutionProvider", "CUDAExecutionProvider"] if device == "cuda" else []
    providers = [name for name in (*wanted, "CPUExecutionProvider") if name in there]
    session = onnxruntime.InferenceSession(content, options, providers=providers)

    def run(given: Mapping[str, Tensor]) -> Tensor:
        return torch.from_numpy(session.run(None, _to_arrays(given))[0])

    return run


def _open_openvino(content: bytes, precision: str) -> Run:
    core = _core()
    options = {
        "INFERENCE_NUM_THREADS": torch.get_num_threads(), "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision,
    }  # fmt: skip
    # It gives the thread that asks for it a stack for signals and frees that with the model, in whatever thread; the
    # next signal would be the end of the process. A thread of its own takes its stack along.
    with ThreadPoolExecutor(1) as apart:
        compiled = apart.submit(core.compile_model, core.read_model(content), "CPU", options).result()

    def run(given: Mapping[str, Tensor]) -> Tensor:
        request = compiled.create_infer_request()  # one for each caller: several threads may draw
        request.infer(_to_arrays(given), share_inputs=True)
        return torch.from_numpy(request.get_output_tensor(0).data.copy())

    return run


def _core() -> Any:
    import openvino

    return openvino.Core()


def _to_arrays(given: Mapping[str, Tensor]) -> dict[str, Any]:
    return {name: value.detach().float().cpu().contiguous().numpy() for name, value in given.items()}
