"""Operators on histories are refused when they are used otherwise than mlwright does."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.errors import ArtifactError
from mlwright.core.graph import Node
from mlwright.program.operators import result
from mlwright.program.value import FEW, ROWS, SINGLE, TEXT, WHOLE, WORDS, Value


def node(op, **attributes):
    return Node(op=op, domain="", inputs=(), outputs=("v",), attributes=attributes)


def whole(low, high, shape=(ROWS, FEW)):
    return Value(kind=WHOLE, shape=shape, low=np.array([low]), high=np.array([high]))


def constant(value):
    return Value.of(np.array(value, dtype=np.int64))


INTO = Value(kind=SINGLE, shape=(ROWS, 5))
WEIGHTS = Value(kind=SINGLE, shape=(ROWS, FEW))


def test_values_go_to_places_of_their_own_row():
    found = result(node("ScatterElements", axis=1, reduction="add"), [INTO, whole(0.0, 4.0), WEIGHTS])
    assert found.shape == (ROWS, 5)


@pytest.mark.parametrize(
    ("attributes", "given", "why"),
    [
        ({"axis": 1, "reduction": "add"}, [INTO, whole(0.0, 5.0), WEIGHTS], "beyond the end"),
        ({"axis": 1, "reduction": "add"}, [INTO, whole(-1.0, 4.0), WEIGHTS], "beyond the end"),
        ({"axis": 0, "reduction": "add"}, [INTO, whole(0.0, 4.0), WEIGHTS], "attributes"),
        ({"axis": 1, "reduction": "mul"}, [INTO, whole(0.0, 4.0), WEIGHTS], "attributes"),
        ({"axis": 1, "reduction": "none"}, [INTO, whole(0.0, 4.0), INTO], "other values"),
        ({"axis": 1, "reduction": "none"}, [INTO, WEIGHTS, WEIGHTS], "other values"),
    ],
)
def test_values_do_not_go_beyond_their_row(attributes, given, why):
    with pytest.raises(ArtifactError, match=why):
        result(node("ScatterElements", **attributes), given)


def test_cells_behind_words_give_every_row_as_many():
    words, cells = whole(0.0, 3.0), whole(4.0, 4.0, (ROWS, 6))
    longer = result(node("Concat", axis=1), [words, cells])
    assert (longer.shape, longer.low.tolist(), longer.high.tolist()) == ((ROWS, WORDS), [0.0], [4.0])
    ends = [constant([0]), constant([6]), constant([1])]
    assert result(node("Slice"), [longer, *ends]).shape == (ROWS, 6)
    assert result(node("Slice"), [longer, ends[0], constant([7]), ends[2]]).shape == (ROWS, FEW)
    for given in ([cells, words], [words, words], [words, cells, cells], [words, INTO]):
        with pytest.raises(ArtifactError, match="Concat"):
            result(node("Concat", axis=1), given)
    with pytest.raises(ArtifactError, match="attributes"):
        result(node("Concat", axis=0), [words, cells])


OWN = Value(kind=SINGLE, shape=(ROWS, 4, 3))


def test_a_row_multiplies_tables_of_its_own():
    turned = result(node("Transpose", perm=np.array([0, 2, 1])), [OWN])
    assert turned.shape == (ROWS, 3, 4)
    assert result(node("MatMul"), [OWN, turned]).shape == (ROWS, 4, 4)
    assert result(node("MatMul"), [OWN, Value.of(np.ones((3, 7), np.float32))]).shape == (ROWS, 4, 7)
    assert result(node("Softmax", axis=2), [OWN]).shape == OWN.shape


@pytest.mark.parametrize(
    ("op", "attributes", "given", "why"),
    [
        ("Transpose", {"perm": np.array([1, 0, 2])}, [OWN], "attributes"),
        ("Transpose", {}, [OWN], "attributes"),
        ("Transpose", {"perm": np.array([0, 2, 1])}, [INTO], "from row to row"),
        ("MatMul", {}, [OWN, OWN], "do not fit"),
        ("MatMul", {}, [OWN, INTO], "do not fit"),
        ("MatMul", {}, [OWN, Value.of(np.ones((4, 7), np.float32))], "do not fit"),
        ("MatMul", {}, [Value.of(np.ones((4, 4), np.float32)), OWN], "do not fit"),
        ("MatMul", {}, [Value(kind=SINGLE, shape=(ROWS, 501, 3)), Value(kind=SINGLE, shape=(ROWS, 3, 2))],
         "do not fit"),
        ("Softmax", {"axis": 1}, [OWN], "attributes"),
    ],
)  # fmt: skip
def test_a_row_sees_no_tables_but_its_own(op, attributes, given, why):
    with pytest.raises(ArtifactError, match=why):
        result(node(op, **attributes), given)


def test_words_are_cut_off_at_no_more_than_fit():
    words = whole(0.0, 3.0, (ROWS, WORDS))
    found = result(node("Slice"), [words, constant([0]), constant([500]), constant([1])])
    assert found.shape == (ROWS, FEW)
    for ends in ([0, 501, 1], [1, 500, 1], [0, 500, 0]):
        with pytest.raises(ArtifactError, match="words"):
            result(node("Slice"), [words, *(constant([end]) for end in ends)])


def test_only_ones_are_added_up():
    axis = constant(1)
    assert result(node("CumSum", exclusive=1), [whole(1.0, 1.0), axis]).low.tolist() == [0.0]
    with pytest.raises(ArtifactError, match="other things than ones"):
        result(node("CumSum", exclusive=1), [whole(0.0, 1.0), axis])
    with pytest.raises(ArtifactError, match="other things"):
        result(node("CumSum", exclusive=1), [whole(1.0, 1.0, (ROWS, WORDS)), axis])


def test_what_words_look_up_is_joined_only_if_it_is_little():
    def looked_up(size):
        return Value(kind=SINGLE, shape=(ROWS, FEW, size))

    assert result(node("Flatten", axis=1), [looked_up(200)]).shape == (ROWS, WORDS)
    with pytest.raises(ArtifactError, match="more than mlwright writes"):
        result(node("Flatten", axis=1), [looked_up(201)])


def test_words_that_were_not_cut_off_look_nothing_up():
    with pytest.raises(ArtifactError, match="other things than words"):
        result(node("Unsqueeze"), [Value(kind=SINGLE, shape=(ROWS, WORDS)), constant([2])])


@pytest.mark.parametrize("op", ["MatMul", "ReduceL2", "Max", "ArgMax", "Sqrt", "Reshape", "Where"])
def test_other_operators_read_nothing_whose_size_is_open(op):
    with pytest.raises(ArtifactError, match="as many cells as a text has words"):
        result(node(op), [Value(kind=SINGLE, shape=(ROWS, WORDS)), Value(kind=SINGLE, shape=(ROWS, 3))])


def test_only_words_become_numbers():
    to = {"to": np.dtype(np.float32)}
    assert result(node("Cast", **to), [Value(kind=TEXT, shape=(ROWS, WORDS))]).kind == SINGLE
    with pytest.raises(ArtifactError, match="other texts than words"):
        result(node("Cast", **to), [Value(kind=TEXT, shape=(ROWS, 1))])
    with pytest.raises(ArtifactError, match="other texts than words"):
        result(node("Cast", to=np.dtype(np.int64)), [Value(kind=TEXT, shape=(ROWS, WORDS))])


def test_a_table_of_whole_numbers_says_how_far_it_reaches():
    table = Value.of(np.array([[0, 7], [3, 2]]))
    found = result(node("Gather", axis=0), [table, whole(0.0, 1.0)])
    assert (found.low.tolist(), found.high.tolist()) == ([0.0], [7.0])
    with pytest.raises(ArtifactError, match="beyond the end of its table"):
        result(node("Gather", axis=0), [table, whole(0.0, 2.0)])


def test_the_first_columns_of_a_table_are_kept_with_their_bounds():
    table = Value(
        kind=WHOLE, shape=(ROWS, 3), low=np.array([[0.0, 1.0, 2.0]]), high=np.array([[5.0, 6.0, 7.0]])
    )
    found = result(node("Slice"), [table, constant([0]), constant([2]), constant([1])])
    assert (found.shape, found.low.tolist(), found.high.tolist()) == ((ROWS, 2), [[0.0, 1.0]], [[5.0, 6.0]])
    for ends in ([0, 4, 1], [0, 0, 1], [0, -1, 1], [1, 2, 1], [0, 2, 0]):
        with pytest.raises(ArtifactError, match="Slice"):
            result(node("Slice"), [table, *(constant([end]) for end in ends)])
    for shape in ((ROWS, FEW), (ROWS, 3, 2), (4, 3)):
        with pytest.raises(ArtifactError, match="Slice"):
            result(node("Slice"), [Value(kind=SINGLE, shape=shape), *map(constant, ([0], [2], [1]))])
