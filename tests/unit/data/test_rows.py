"""Row keys: equal exactly when the cells are."""

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.data.rows import row_keys


def strings(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


number = st.sampled_from([0.0, -0.0, 1.0, float("nan"), float("inf"), 1e-300, 2.0])
text = st.sampled_from(["", "a", "A", "a ", "ab", "b"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(number, text, number, text), min_size=1, max_size=30))
def test_keys_are_equal_exactly_when_rows_are(rows):
    columns = {f"c{i}": column for i, column in enumerate(zip(*rows, strict=True))}
    keys = row_keys(
        {
            name: strings(*column) if isinstance(column[0], str) else np.array(column)
            for name, column in columns.items()
        }
    )
    plain = [tuple("nan" if cell != cell else cell for cell in row) for row in rows]  # noqa: PLR0124
    for i, one in enumerate(plain):
        for j, other in enumerate(plain):
            assert (keys[i] == keys[j]) == (one == other)


def test_swapped_columns_are_other_rows():
    keys = row_keys({"a": np.array([1.0, 2.0]), "b": np.array([2.0, 1.0])})
    assert keys[0] != keys[1]


def test_keys_do_not_depend_on_the_process():
    assert (
        row_keys({"a": strings("x", "y", "x", "z")}).tolist()
        == row_keys({"a": strings("x", "y", "x", "z")}).tolist()
    )


def test_many_rows_are_fast():
    rng = np.random.default_rng(0)
    columns = {f"n{i}": rng.normal(size=100_000) for i in range(25)}
    columns |= {f"s{i}": strings(*map(str, rng.integers(0, 1000, 100_000))) for i in range(3)}
    start = time.perf_counter()
    assert row_keys(columns).max() == 99_999
    assert time.perf_counter() - start < 2  # measured 0.2 s; room for a busy machine
