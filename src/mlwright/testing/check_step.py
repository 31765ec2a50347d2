"""What every step keeps: rows do not see each other, and the program computes the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlwright.testing.claim import claim, claim_close, claim_equal
from mlwright.testing.lowered import lowered_step
from mlwright.testing.worlds import no_columns, odd_rows, rows_of, table

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns
    from mlwright.core.dataset import Dataset
    from mlwright.core.step import FittedStep, Step

_PARTS = ("dense", "codes", "terms")


def check_step(step: Step) -> None:
    """Raise AssertionError if a step does not keep its contract.

    It is fitted on a table with every kind of column, and looked at on rows of that table and on odd
    ones: see `worlds.table` and `worlds.odd_rows`.

    Examples
    --------
    >>> from mlwright.core.shelves import STEPS
    >>> check_step(STEPS.get("number"))
    """
    dataset = table()
    claim(step.fit(no_columns(), 0) is None, "A step without a column to work on gives None.")
    fitted = step.fit(dataset, 0)
    claim(fitted is not None, "The table has every kind of column, but the step found nothing to do.")
    assert fitted is not None  # noqa: S101 - for the type checker
    odd = odd_rows()
    for columns, n_rows in ((dataset.columns, dataset.n_rows), (odd, len(odd["size"]))):
        _layout_tells_the_truth(fitted, dataset, columns, n_rows)
        _rows_are_alone(fitted, columns, n_rows)
        _program_agrees(fitted, dataset, columns)
    _nothing_but_the_features_counts(step, fitted, dataset)


def _parts(fitted: FittedStep, columns: Columns) -> dict[str, Array]:
    block = fitted.transform(columns)
    found = {part: getattr(block, part) for part in _PARTS if getattr(block, part) is not None}
    return {
        name: values.toarray() if hasattr(values, "toarray") else values for name, values in found.items()
    }


def _layout_tells_the_truth(fitted: FittedStep, dataset: Dataset, columns: Columns, n_rows: int) -> None:
    layout, parts = fitted.layout, _parts(fitted, columns)
    claim(set(layout.reads) <= set(dataset.schema.names), f"{layout.reads} are not all columns of the table.")
    claim(len(set(layout.reads)) == len(layout.reads), f"A column is read twice: {layout.reads}.")
    claim(len(layout.codes) == len(layout.code_sizes), "`codes` and `code_sizes` differ in length.")
    claim(set(layout.trend) <= set(layout.dense), f"`trend` names no features of its own: {layout.trend}.")
    claim(set(layout.levels) <= set(layout.dense), f"`levels` names no features of its own: {layout.levels}.")
    claim(len(layout.owners) == len(layout.dense), "`owners` and `dense` differ in length.")
    claim(len(layout.term_owners) == layout.n_terms, "`term_owners` does not name one for each word weight.")
    owned = {*layout.codes, *(name for names in layout.owners + layout.term_owners for name in names)}
    claim(owned <= set(layout.reads), f"Features are made of {owned}, but {layout.reads} is read.")
    widths = {"dense": len(layout.dense), "codes": len(layout.codes), "terms": layout.n_terms}
    for part, width in widths.items():
        shape = parts[part].shape if part in parts else (n_rows, 0)
        claim(shape == (n_rows, width), f"{part} has the shape {shape}; the layout says {(n_rows, width)}.")
    if "dense" in parts:
        claim(parts["dense"].dtype == np.float32, f"dense is {parts['dense'].dtype}, not single precision.")
    if "codes" in parts:
        inside = (parts["codes"] >= 0) & (parts["codes"] < np.array(layout.code_sizes))
        claim(inside.all(), "A code is not below its size, so its table has no number for it.")


def _rows_are_alone(fitted: FittedStep, columns: Columns, n_rows: int) -> None:
    together = _parts(fitted, columns)
    order = np.random.default_rng(1).permutation(n_rows)
    chosen = [order, order[: n_rows // 3], *(order[i : i + 1] for i in range(min(n_rows, 20)))]
    for rows in chosen:
        for part, values in _parts(fitted, rows_of(columns, rows)).items():
            claim_equal(values, together[part][rows], f"{part} of a row depends on the other rows")


def _program_agrees(fitted: FittedStep, dataset: Dataset, columns: Columns) -> None:
    for part, expected in _parts(fitted, columns).items():
        found = lowered_step(fitted, dataset.schema, columns, part)
        claim(found is not None, f"`lower` gives no {part}, but `transform` does.")
        assert found is not None  # noqa: S101 - for the type checker
        tolerance = {"tolerance": 0.0} if part == "codes" else {}
        claim_close(found, expected, f"{part} in the program differs from `transform`", **tolerance)


def _nothing_but_the_features_counts(step: Step, fitted: FittedStep, dataset: Dataset) -> None:
    assert dataset.target is not None  # noqa: S101 - the table has a target
    other = replace(dataset, target=dataset.target[::-1].copy())
    for message, again in (
        ("Fitted again with the same seed", step.fit(dataset, 0)),
        ("Fitted with another target, which a step must not look at,", step.fit(other, 0)),
    ):
        claim(again is not None and again.layout == fitted.layout, f"{message} the layout is another.")
        assert again is not None  # noqa: S101 - for the type checker
        for part, values in _parts(again, dataset.columns).items():
            claim_equal(values, _parts(fitted, dataset.columns)[part], f"{message} {part} is another")
