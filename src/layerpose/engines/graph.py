"""Operations one after another -> an ONNX model, in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from layerpose import __version__

OPSET = 21
"""The newest that ONNX Runtime, OpenVINO and TensorRT all read."""
IR = 10
"""Version of the file's frame that belongs to it."""


class Graph:
    """What is computed so far. A value is called by its name, a string; numbers become constants."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """What will be given; sides of any length have names."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))
        return name

    def add(self, operation: str, *values: str | Tensor | NDArray[Any] | float, **attributes: Any) -> str:
        """The result of one operation."""
        return self._append(operation, values, 1, attributes)[0]

    def split(self, value: str, widths: Sequence[int]) -> list[str]:
        """Its channels in groups."""
        return self._append("Split", (value, np.array(widths)), len(widths), {"axis": 1})

    def finish(self, outputs: Mapping[str, Sequence[int | str]], facts: Mapping[str, str]) -> bytes:
        """The model; each output is the last value of that name. `facts` are written into it."""
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in outputs.items()]
        graph = helper.make_graph(self._nodes, "layerpose", self._inputs, ends, self._constants)
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="layerpose")
        model.producer_version = __version__
        helper.set_model_props(model, dict(facts))
        onnx.checker.check_model(model)
        return model.SerializeToString()

    def _append(self, operation: str, values: Sequence[Any], count: int, attributes: dict[str, Any]) -> list[str]:
        made = [f"{operation.lower()}_{len(self._nodes)}" + f"_{number}" * (count > 1) for number in range(count)]
        names = [value if isinstance(value, str) else self._constant(value) for value in values]
        self._nodes.append(helper.make_node(operation, names, made, **attributes))
        return made

    def _constant(self, value: Tensor | NDArray[Any] | float) -> str:
        if isinstance(value, Tensor):
            value = value.detach().float().cpu().numpy()
        array = np.asarray(value)
        kept = array if array.dtype.kind in "iu" and array.ndim else array.astype(np.float32)
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(kept).reshape(array.shape), name))
        return name

    def name(self, value: str, name: str) -> None:
        """Call a value by a name that is an output's."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
