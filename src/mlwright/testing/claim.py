"""Claims: what the suites are made of. A claim that does not hold is an AssertionError that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mlwright.core.arrays import Array

TOLERANCE = 5e-6
"""The same as in the proof of a program: single precision rounds, a wrong branch is off by much more."""


def claim(holds: object, message: str) -> None:
    """Raise AssertionError with the message unless `holds`; works under `python -O` too."""
    if not holds:
        raise AssertionError(message)


def claim_equal(found: Array, expected: Array, message: str) -> None:
    """Claim that two arrays are the same, bit for bit but for the kind of NaN."""
    claim_close(found, expected, message, tolerance=0.0)


def claim_close(found: Array, expected: Array, message: str, tolerance: float = TOLERANCE) -> None:
    """Claim that two arrays agree; NaN equals NaN and infinity itself. Shows the worst row."""
    found, expected = np.asarray(found), np.asarray(expected)
    claim(
        found.shape == expected.shape,
        f"{message}: the shape is {found.shape}, expected {expected.shape}.",
    )
    if found.size == 0:
        return
    is_close = np.isclose(found, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not is_close.all():
        place = tuple(int(i) for i in np.argwhere(~is_close)[0])
        n_off = int((~is_close).sum())
        claim(
            False,  # noqa: FBT003 - it does not hold
            f"{message}: {n_off} of {found.size} numbers differ, first at {place}: "
            f"found {found[place]!r}, expected {expected[place]!r}.",
        )
