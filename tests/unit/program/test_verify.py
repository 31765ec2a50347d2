"""No byte reaches native code that a program of ours could not contain."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from mlwright.core.errors import ArtifactError
from mlwright.core.graph import Graph
from mlwright.program.onnx_file import write_onnx
from mlwright.program.runtime import Program
from mlwright.program.verify import OPERATORS, verify_program


def small():
    """Write a program of one operator."""
    graph = Graph()
    graph.output(
        "value", graph.add("Add", graph.input("size", is_text=False), graph.constant(1.0, np.float64))
    )
    return write_onnx(graph, {"value": (np.float64, 1)}, {"mlwright.columns": ["size"]})


def edited(change, data=None):
    """Write a program with a change to its message."""
    proto = onnx.ModelProto.FromString(data or small())
    change(proto)
    return proto.SerializeToString()


def test_what_was_compiled_is_let_through(built):
    verify_program(built.data)


@pytest.mark.parametrize("op", ["Loop", "If", "Scan", "RandomNormal", "MyOp", "add", "", "Add\0"])
def test_an_operator_that_no_program_has_is_refused(op):
    assert op not in OPERATORS
    with pytest.raises(ArtifactError, match="operator"):
        verify_program(edited(lambda proto: setattr(proto.graph.node[0], "op_type", op)))


def nested(proto):
    proto.graph.node[0].attribute.add(name="body", type=onnx.AttributeProto.GRAPH).g.name = "inner"


def nested_many(proto):
    proto.graph.node[0].attribute.add(
        name="bodies", type=onnx.AttributeProto.GRAPHS
    ).graphs.add().name = "inner"


@pytest.mark.parametrize("change", [nested, nested_many])
def test_a_nested_graph_is_refused(change):
    with pytest.raises(ArtifactError, match="nested graph"):
        verify_program(edited(change))


def outside(tensor):
    tensor.external_data.add(key="location", value="/etc/passwd")
    tensor.data_location = onnx.TensorProto.EXTERNAL


def outside_constant(proto):
    outside(proto.graph.initializer.add(name="c", data_type=1, dims=[1]))


def outside_attribute(proto):
    outside(proto.graph.node[0].attribute.add(name="value", type=onnx.AttributeProto.TENSOR).t)


def outside_attribute_given_twice(proto):
    attribute = proto.graph.node[0].attribute.add(name="value", type=onnx.AttributeProto.TENSOR)
    attribute.t.dims.append(1)
    other = onnx.AttributeProto()
    outside(other.t)
    attribute.MergeFromString(other.SerializeToString())


def outside_known(proto):
    outside(proto.graph.initializer[0])


@pytest.mark.parametrize("change", [outside_constant, outside_known])
def test_data_outside_the_file_are_refused(change):
    with pytest.raises(ArtifactError, match="outside itself"):
        verify_program(edited(change))


UNEXPECTED = {
    "a tensor in an attribute": outside_attribute,
    "a tensor in an attribute that is given twice": outside_attribute_given_twice,
    "tensors in a list": lambda proto: outside(
        proto.graph.node[0].attribute.add(name="all", type=onnx.AttributeProto.TENSORS).tensors.add()
    ),
    "a sparse constant": lambda proto: proto.graph.sparse_initializer.add().dims.append(1),
    "a function": lambda proto: setattr(proto.functions.add(), "name", "Identity"),
    "training": lambda proto: setattr(proto.training_info.add().algorithm, "name", "more"),
    "an overload": lambda proto: setattr(proto.graph.node[0], "overload", "other"),
}


@pytest.mark.parametrize("what", UNEXPECTED)
def test_a_field_that_no_program_has_is_refused(what):
    with pytest.raises(ArtifactError, match="unexpected"):
        verify_program(edited(UNEXPECTED[what]))


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"\xff" * 40, b"hello world", b"\x08", b"\x3a\xff\xff\xff\xff\x0f", bytes(99)]
)
def test_bytes_that_are_no_program_are_refused(data):
    with pytest.raises(ArtifactError):
        verify_program(data)


def test_a_program_of_two_graphs_is_refused(built):
    with pytest.raises(ArtifactError, match="not laid out as mlwright writes: model field"):
        verify_program(built.data + small())


def is_believed(data):
    try:
        verify_program(data)
        Program(data)  # where the cut leaves whole fields, the runtime misses what lacks
    except ArtifactError:
        return False
    return True


def test_a_program_cut_off_anywhere_is_refused(built):
    end = built.data.find(b"mlwright.classes") - 4  # what comes last is there for people alone
    sizes = {*range(200), *range(0, end, end // 400), *range(end - 300, end)}
    for size in sorted(sizes):
        assert not is_believed(built.data[:size])


def test_damage_is_never_another_error(built):
    rng = np.random.default_rng(0)
    for data, n_tries in ((small(), 3_000), (built.data, 60)):
        for _ in range(n_tries):
            damaged = bytearray(data)
            for at in rng.integers(0, len(data), rng.integers(1, 4)):
                damaged[at] = rng.integers(0, 256)
            try:
                verify_program(bytes(damaged))
            except ArtifactError:
                continue


def test_a_program_that_the_runtime_cannot_load_is_refused_in_one_line():
    data = edited(lambda proto: proto.graph.node[0].input.__setitem__(0, "nobody"))
    with pytest.raises(ArtifactError, match="'nobody', which nothing has given"):
        verify_program(data)
    with pytest.raises(ArtifactError, match="cannot be loaded by ONNX Runtime") as caught:
        Program(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("names", ["[]", "[1, 2]", "{}", "size", "null"])
def test_a_program_that_does_not_name_its_columns_is_refused(names):
    def change(proto):
        proto.metadata_props[0].value = names

    for read in (Program, verify_program):
        with pytest.raises(ArtifactError, match=r"which columns it reads|is no JSON"):
            read(edited(change))
