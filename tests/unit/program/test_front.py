"""What is done in Python before the runtime starts is what the file says, to the last bit."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from mlwright.core.errors import ArtifactError, ProofError
from mlwright.program.front import split
from mlwright.program.prove import probe_columns, prove_front
from mlwright.program.runtime import Program, open_session


@pytest.fixture
def rows(built, prepared):
    return probe_columns(built.parts, prepared.train.columns, 3)


def changed(data, change):
    model = onnx.load_from_string(data)
    change(model.graph)
    return model.SerializeToString()


def lookup(graph):
    return next(node for node in graph.node if node.op_type == "LabelEncoder")


def attribute(node, name):
    return next(one for one in node.attribute if one.name == name)


def test_the_front_and_the_rest_answer_as_the_whole_does(built, rows):
    whole = open_session(built.data).run([built.program.scores_name], built.program.feeds(rows))[0]
    np.testing.assert_array_equal(built.program.run(rows).scores, whole.astype(np.float64))


@pytest.mark.parametrize("n_lines", [1, 2, 7])
def test_lines_are_answered_as_they_are_among_others(built, rows, n_lines):
    among = built.program.run(rows).scores
    for start in range(0, len(among) - n_lines, 17):
        places = range(start, start + n_lines)
        lines = [[rows[name][number] for name in built.program.columns] for number in places]
        np.testing.assert_array_equal(built.program.run_lines(lines).scores, among[start : start + n_lines])


def test_the_rest_is_without_look_ups_and_with_fewer_inputs(built):
    front, rest = split(built.data)
    onnx.checker.check_model(onnx.load_from_string(rest))
    graph = onnx.load_from_string(rest).graph
    assert "LabelEncoder" not in {node.op_type for node in graph.node}
    assert [item.name for item in graph.input] == list(front.feeds)
    assert len(front.names) == 3
    assert sorted(front.is_text) == [False, True, True]
    kept = onnx.load_from_string(built.data)
    assert onnx.load_from_string(rest).metadata_props == kept.metadata_props


def test_what_no_answer_depends_on_is_not_computed(built, rows):
    def change(graph):
        constant = onnx.numpy_helper.from_array(np.ones((1, 1), np.float32), "one_more")
        graph.initializer.append(constant)
        graph.node.append(onnx.helper.make_node("Add", [graph.node[-1].output[0], "one_more"], ["in_vain"]))

    data = changed(built.data, change)
    rest = onnx.load_from_string(split(data)[1]).graph
    assert "in_vain" not in {name for node in rest.node for name in node.output}
    assert "one_more" not in {item.name for item in rest.initializer}
    np.testing.assert_array_equal(Program(data).run(rows).scores, built.program.run(rows).scores)


def with_a_key_twice(graph):
    keys = attribute(lookup(graph), "keys_strings").strings
    keys[1] = keys[2]


def with_a_key_less(graph):
    del attribute(lookup(graph), "keys_strings").strings[-1]


def with_floats(graph):
    node = lookup(graph)
    attribute(node, "default_int64").name = "default_other"


@pytest.mark.parametrize("change", [with_a_key_twice, with_a_key_less, with_floats])
def test_a_look_up_that_is_not_understood_is_left_to_the_runtime(built, change):
    _, rest = split(changed(built.data, change))
    assert "LabelEncoder" in {node.op_type for node in onnx.load_from_string(rest).graph.node}


def test_a_value_that_others_read_too_is_given_to_them(built, rows):
    def change(graph):
        """Let the answers depend on a raw column beside what is made of it: times one."""
        number = next(item.name for item in graph.input if item.type.tensor_type.elem_type == 11)
        scores = graph.output[0].name
        last = next(node for node in graph.node if scores in node.output)
        last.output[0] = "inner"
        for node in graph.node:
            node.input[:] = ["inner" if name == scores else name for name in node.input]
        make = onnx.helper.make_node
        graph.node.extend(
            [
                make("Cast", [number], ["as_single"], to=1),
                make("IsNaN", ["as_single"], ["is_missing"]),
                make("Cast", ["is_missing"], ["share"], to=1),
                make("Add", ["inner", "share"], [scores]),
            ]
        )

    data = changed(built.data, change)
    whole = open_session(data).run(None, built.program.feeds(rows))[0]
    assert not np.array_equal(whole, open_session(built.data).run(None, built.program.feeds(rows))[0])
    np.testing.assert_array_equal(Program(data).run(rows).scores, whole.astype(np.float64))


def test_an_input_of_another_type_is_refused(built):
    def change(graph):
        graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.INT32

    with pytest.raises(ArtifactError, match="neither texts nor numbers"):
        split(changed(built.data, change))


def test_a_front_that_answers_otherwise_ships_nothing(built, prepared):
    program = Program(built.data)
    for value in program._front.feeds.values():
        for column in value.columns:
            if column.table:
                column.table.update(dict.fromkeys(column.table, 0))
    with pytest.raises(ProofError, match="otherwise than the file"):
        prove_front(built.data, built.parts, program, prepared.train.columns, 0)
