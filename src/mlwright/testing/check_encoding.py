"""What every encoding keeps: numbers for every code, no look at the target unless it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.testing.claim import claim, claim_close, claim_equal
from mlwright.testing.lowered import lowered_table

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats
    from mlwright.core.step import Encoding, Table

_N_CODES = 12
_UNSEEN = 11
"""A code that no training row has: 0 is missing, 1 is rare, the others are levels."""


def check_encoding(encoding: Encoding) -> None:
    """Raise AssertionError if an encoding does not keep its contract.

    That training rows of an encoding with `uses_target` are encoded out of fold is the encoder's
    work; what an encoding owes is the honest flag.

    Examples
    --------
    >>> from mlwright.core.shelves import ENCODINGS
    >>> check_encoding(ENCODINGS.get("one_hot"))
    """
    rng = np.random.default_rng(0)
    codes = rng.integers(0, _UNSEEN, 300)
    targets: dict[int, Floats] = {
        0: rng.normal(size=300) + codes,
        2: (rng.random(300) < codes / _N_CODES).astype(np.float64),
        3: rng.integers(0, 3, 300).astype(np.float64),
    }
    for n_classes, target in targets.items():
        table = encoding.fit(codes, _N_CODES, target, n_classes)
        claim(table is not None, f"There is no table for twelve codes and {n_classes} classes.")
        assert table is not None  # noqa: S101 - for the type checker
        _table_covers_every_code(table, codes)
        _order_does_not_matter(encoding, table, codes, target, n_classes)
        _target_counts_only_if_said(encoding, table, codes, target, n_classes)
        every = np.arange(_N_CODES)
        claim_equal(lowered_table(table, every), table.transform(every), "The program looks up other numbers")
    _large_questions_are_answered(encoding)


def _table_covers_every_code(table: Table, codes: Array) -> None:
    values = table.values
    claim(
        values.ndim == 2 and len(values) == _N_CODES,
        f"The table has the shape {values.shape}; it needs a row for each of {_N_CODES} codes, "
        "also for those that no row has.",
    )
    claim(values.dtype == np.float32, f"The table is {values.dtype}, not single precision.")
    claim(not np.isinf(values).any(), "The table holds infinite numbers.")
    claim_equal(table.transform(codes), values[codes], "`transform` is not the look-up")


def _order_does_not_matter(
    encoding: Encoding, table: Table, codes: Array, target: Floats, n_classes: int
) -> None:
    order = np.random.default_rng(1).permutation(len(codes))
    again = encoding.fit(codes[order], _N_CODES, target[order], n_classes)
    claim(again is not None, "Rows in another order have no table.")
    assert again is not None  # noqa: S101 - for the type checker
    claim_close(again.values, table.values, "Rows in another order give another table")


def _target_counts_only_if_said(
    encoding: Encoding, table: Table, codes: Array, target: Floats, n_classes: int
) -> None:
    if encoding.uses_target:
        return
    other = encoding.fit(codes, _N_CODES, target[::-1].copy(), n_classes)
    message = "Another target gives another table, but `uses_target` is False, so training rows would leak"
    claim(other is not None, f"{message}.")
    assert other is not None  # noqa: S101 - for the type checker
    claim_equal(other.values, table.values, message)


def _large_questions_are_answered(encoding: Encoding) -> None:
    """Many codes, many classes, one row: a table of the right length, or None."""
    rng = np.random.default_rng(2)
    for n_rows, n_codes, n_classes in ((500, 400, 2), (500, 12, 50), (1, 3, 0), (1, 3, 5)):
        target = rng.integers(0, max(2, n_classes), n_rows).astype(np.float64)
        table = encoding.fit(rng.integers(0, n_codes, n_rows), n_codes, target, n_classes)
        claim(
            table is None or len(table.values) == n_codes,
            f"With {n_rows} rows, {n_codes} codes and {n_classes} classes the table has the wrong length.",
        )
