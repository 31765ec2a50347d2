"""From the graph as plain data to the bytes of an ONNX file, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.graph import MICROSOFT, ML, Attribute, Graph, Input, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Array

_OPSET, _ML_OPSET, _IR_VERSION = 18, 3, 9
"""Old enough for every runtime of the last years, new enough for all we need."""


def write_onnx(
    graph: Graph, outputs: Mapping[str, tuple[type[np.generic], int]], facts: Mapping[str, Any]
) -> bytes:
    """Serialize a graph; equal graphs give equal bytes.

    Parameters
    ----------
    outputs
        For each declared output its type and its number of columns (0: one dimension).
    facts
        JSON values that go into the file's metadata, for those who use it without mlwright.
    """
    import onnx  # noqa: PLC0415 - heavy, and not needed to serve

    proto = onnx.ModelProto(ir_version=_IR_VERSION, producer_name="mlwright")
    for domain, version in (("", _OPSET), (ML, _ML_OPSET), (MICROSOFT, 1)):
        proto.opset_import.add(domain=domain, version=version)
    for key, value in facts.items():
        proto.metadata_props.add(key=key, value=json.dumps(value))
    body = proto.graph
    body.name = "mlwright"
    for item in graph.inputs:
        kind = onnx.TensorProto.STRING if item.is_text else onnx.TensorProto.DOUBLE
        info = onnx.helper.make_tensor_value_info(item.value, kind, ["n_rows", 1], doc_string=item.name)
        body.input.append(info)
    for name, array in graph.constants.items():
        body.initializer.append(onnx.numpy_helper.from_array(array, name))
    for node in graph.nodes:
        _add_node(body.node.add(), node)
    for name, value in graph.outputs.items():
        _add_node(
            body.node.add(),
            Node(op="Identity", domain="", inputs=(value,), outputs=(name,), attributes={}),
        )
        dtype, width = outputs[name]
        kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        shape = ["n_rows", width] if width else ["n_rows"]
        body.output.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def read_onnx(data: bytes) -> Graph:
    """Return the graph of a verified program; `write_onnx` of it gives the same nodes and constants.

    The answers stand in `outputs` under their names; which parts add up to them is not read.
    """
    import onnx  # noqa: PLC0415 - as above

    body = onnx.ModelProto.FromString(data).graph
    graph = Graph()
    strings = onnx.TensorProto.STRING
    graph.inputs = [
        Input(item.doc_string, item.name, item.type.tensor_type.elem_type == strings) for item in body.input
    ]
    graph.constants = {item.name: onnx.numpy_helper.to_array(item) for item in body.initializer}
    answers = {item.name for item in body.output}
    for proto in body.node:
        if proto.output[0] in answers:
            graph.outputs[proto.output[0]] = proto.input[0]
            continue
        attributes = {item.name: _attribute(item) for item in proto.attribute}
        node = Node(
            op=proto.op_type,
            domain=proto.domain,
            inputs=tuple(proto.input),
            outputs=tuple(proto.output),
            attributes=attributes,
        )
        graph.nodes.append(node)
    return graph


def _attribute(proto: Any) -> Attribute:
    import onnx  # noqa: PLC0415 - as above

    value: Any = onnx.helper.get_attribute_value(proto)
    if proto.name == "to":
        dtype: np.dtype[Any] = onnx.helper.tensor_dtype_to_np_dtype(value)
        return dtype
    if proto.type == onnx.AttributeProto.TENSOR:
        tensor: Array = onnx.numpy_helper.to_array(value)
        return tensor
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int | float):
        return value
    return [item.decode() if isinstance(item, bytes) else item for item in value]


def _add_node(proto: Any, node: Node) -> None:
    proto.op_type, proto.domain = node.op, node.domain
    proto.input.extend(node.inputs)
    proto.output.extend(node.outputs)
    for name in sorted(node.attributes):
        _set_attribute(proto.attribute.add(name=name), node.attributes[name])


def _set_attribute(proto: Any, value: Attribute) -> None:
    import onnx  # noqa: PLC0415 - heavy, and not needed to serve

    kinds = onnx.AttributeProto
    if isinstance(value, np.dtype):
        proto.type, proto.i = kinds.INT, onnx.helper.np_dtype_to_tensor_dtype(value)
    elif isinstance(value, int):
        proto.type, proto.i = kinds.INT, value
    elif isinstance(value, float):
        proto.type, proto.f = kinds.FLOAT, value
    elif isinstance(value, str):
        proto.type, proto.s = kinds.STRING, value.encode()
    elif isinstance(value, list):
        _set_list(proto, value)
    else:
        array: Array = value
        proto.type = kinds.TENSOR
        proto.t.CopyFrom(onnx.numpy_helper.from_array(array))


def _set_list(proto: Any, values: list[int] | list[float] | list[str]) -> None:
    import onnx  # noqa: PLC0415 - heavy, and not needed to serve

    kinds = onnx.AttributeProto
    first = values[0] if values else 0
    if isinstance(first, str):
        proto.type = kinds.STRINGS
        proto.strings.extend([str(value).encode() for value in values])
    elif isinstance(first, float):
        proto.type = kinds.FLOATS
        proto.floats.extend(values)
    else:
        proto.type = kinds.INTS
        proto.ints.extend(values)
