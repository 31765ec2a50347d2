"""Categories as codes: missing, rare, then by frequency."""

import numpy as np
import pytest

from mlwright.core.dataset import Dataset
from mlwright.core.schema import Column, Kind, Schema
from mlwright.features.steps.category import Category
from mlwright.testing.lowered import lowered_step

SCHEMA = Schema((Column(name="shop", kind=Kind.CATEGORY),))


def fit(cells):
    columns = {"shop": np.array(cells, dtype=object)}
    return Category().fit(Dataset(schema=SCHEMA, columns=columns, n_rows=len(cells)), 0)


def codes(fitted, *cells):
    return fitted.transform({"shop": np.array(cells, dtype=object)}).codes[:, 0].tolist()


def test_levels_are_numbered_by_frequency_and_then_by_name():
    fitted = fit(["c"] * 2 + ["b"] * 5 + ["a"] * 2 + ["once", ""])
    assert codes(fitted, "", "b", "a", "c", "once", "never seen") == [0, 2, 3, 4, 1, 1]
    assert fitted.layout.code_sizes == (5,)


@pytest.mark.parametrize("cell", ["B", " b", "b ", "\u0062\u0301", "b\n", "nan", "b" * 300])
def test_only_the_very_same_text_is_a_level(cell):
    fitted = fit(["b"] * 5 + ["a"] * 5)
    assert codes(fitted, cell) == [1]
    columns = {"shop": np.array([cell, "b"], dtype=object)}
    assert lowered_step(fitted, SCHEMA, columns, "codes").ravel().tolist() == [1, codes(fitted, "b")[0]]


def test_a_column_of_missing_cells_alone_has_a_code_and_an_empty_one_none():
    assert codes(fit([""] * 4), "", "new") == [0, 1]
    assert fit(["a", "b", "c"]) is None, "each level once: nothing to learn"


def test_strings_count_as_categories_and_text_does_not():
    schema = Schema((Column(name="city", kind=Kind.STRING), Column(name="note", kind=Kind.TEXT)))
    cells = np.array(["a", "a", "b"], dtype=object)
    fitted = Category().fit(Dataset(schema=schema, columns={"city": cells, "note": cells}, n_rows=3), 0)
    assert fitted.layout.codes == ("city",)
