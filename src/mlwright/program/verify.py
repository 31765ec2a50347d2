"""Looks at the bytes of a program before native code does, with no parser but this one.

An ONNX file is protocol-buffer fields. This reads them in Python, bounds checked, and refuses
whatever a program of ours never contains: other operators, nested graphs, functions, external data.
"""

from __future__ import annotations

from mlwright.core.errors import ArtifactError
from mlwright.program.wire import BYTES, as_bytes, fields, without_rows

OPERATORS = frozenset(
    {
        "Add", "ArgMax", "Cast", "Clip", "Concat", "Div", "Exp", "Expand", "Floor", "Gather", "Identity",
        "IsInf", "IsNaN", "LabelEncoder", "Less", "LessOrEqual", "MatMul", "Max", "Min", "Mul", "ReduceL2",
        "ReduceSum", "Reshape", "Shape", "Sigmoid", "Softmax", "Sqrt", "Sub", "TfIdfVectorizer",
        "Tokenizer", "TreeEnsembleRegressor", "Where",
    }
)  # fmt: skip
_MODEL_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 14})
_GRAPH_FIELDS = frozenset({1, 2, 5, 10, 11, 12, 13})
_NODE_FIELDS = frozenset({1, 2, 3, 4, 5, 6, 7})
_NESTED_GRAPHS = frozenset({6, 11, 22, 23})
_ATTRIBUTE_FIELDS = frozenset({1, 2, 3, 4, 5, 7, 8, 9, 20})
_LISTS = frozenset({7, 8, 9})
"""Floats, integers and texts of an attribute."""
_EXTERNAL_DATA = frozenset({13, 14})


def verify_program(data: bytes) -> None:
    """Refuse bytes that are not a program of ours; raise ArtifactError with the reason."""
    graphs = 0
    for number, wire, value in fields(memoryview(data)):
        _allow("model", number, _MODEL_FIELDS)
        if number == 7 and wire == BYTES:
            graphs += 1
            _verify_graph(as_bytes(value))
    if graphs != 1:
        message = f"program.onnx holds {graphs} graphs; one was expected."
        raise ArtifactError(message)


def _verify_graph(graph: memoryview) -> None:
    for number, _, value in fields(graph):
        _allow("graph", number, _GRAPH_FIELDS)
        if number == 1:
            _verify_node(as_bytes(value))
        elif number == 5:
            _verify_tensor(as_bytes(value))


def _verify_node(node: memoryview) -> None:
    operator = ""
    for number, _, value in fields(node):
        _allow("node", number, _NODE_FIELDS)
        if number == 4:
            operator = bytes(as_bytes(value)).decode("utf-8", "replace")
        elif number == 5:
            _verify_attribute(as_bytes(value))
    if operator not in OPERATORS:
        message = f"program.onnx contains the operator {operator[:40]!r}, which no program of mlwright has."
        raise ArtifactError(message)


def _verify_attribute(attribute: memoryview) -> None:
    for number, wire, value in without_rows(attribute, _LISTS):
        if number in _NESTED_GRAPHS:
            message = "program.onnx contains a nested graph, which no program of mlwright has."
            raise ArtifactError(message)
        _allow("attribute", number, _ATTRIBUTE_FIELDS)
        if number == 5 and wire == BYTES:
            _verify_tensor(as_bytes(value))


def _verify_tensor(tensor: memoryview) -> None:
    for number, _, _ in fields(tensor):
        if number in _EXTERNAL_DATA:
            message = "program.onnx points to data outside itself, which no program of mlwright does."
            raise ArtifactError(message)


def _allow(what: str, number: int, allowed: frozenset[int]) -> None:
    if number not in allowed:
        message = f"program.onnx has an unexpected {what} field ({number})."
        raise ArtifactError(message)
