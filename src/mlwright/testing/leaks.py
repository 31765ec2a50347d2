"""Leaks planted into any table, so that whoever looks for them can be measured.

from mlwright.testing.leaks import KINDS, plant

planted = plant("loans.csv", target="default", kind="post_outcome", seed=1)
planted.rows  # the table with one more column
planted.columns  # its name: what should be found
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError, UnknownNameError
from mlwright.core.schema import NUMERIC, Role
from mlwright.core.seeds import stream
from mlwright.data.infer import infer
from mlwright.data.parse import labels
from mlwright.data.read import read

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.core.arrays import Array, Floats, Integers

_DAY_ONE = np.datetime64("2021-01-01")
_FEW_CLASSES = 20


@final
@dataclass(frozen=True, slots=True)
class Planted:
    """A table with a leak: `rows` as columns by name, and the names of the `columns` that leak."""

    rows: dict[str, list[Any]]
    columns: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True)
class _Truth:
    """The target of each row: `numbers`, shape (n_rows,), are values, or class numbers of `labels`."""

    numbers: Floats
    labels: tuple[str, ...]
    rng: np.random.Generator

    @property
    def classes(self) -> Integers:
        """Class numbers, shape (n_rows,); for values, whether each is in the upper third."""
        if self.labels:
            return self.numbers.astype(np.int64)
        return (self.ranks >= 2.0 / 3.0).astype(np.int64)

    @property
    def outcome(self) -> Array:
        """Whether a row has the second most frequent outcome, shape (n_rows,)."""
        counts = np.bincount(self.classes)
        return np.asarray(self.classes == np.argsort(-counts, kind="stable")[1])

    @property
    def ranks(self) -> Floats:
        """The place of each value in their order, in [0, 1), shape (n_rows,); ties at random."""
        order = np.lexsort((self.rng.random(len(self.numbers)), self.numbers))
        ranks = np.empty(len(order))
        ranks[order] = np.arange(len(order)) / len(order)
        return ranks

    @property
    def spread(self) -> float:
        """The standard deviation of the target."""
        return float(self.numbers.std())


Columns = dict[str, list[Any]]


def _copy(truth: _Truth) -> Columns:
    """Repeat the target: other labels for the classes, or the same number in another unit."""
    if truth.labels:
        codes = truth.rng.permutation(len(truth.labels)) + 11
        return {"status_code": [f"S{codes[k]}" for k in truth.classes]}
    return {"amount_other_unit": (truth.numbers * 0.453592 + 7.0).tolist()}


def _function(truth: _Truth) -> Columns:
    """Compute from the target: three codes for each class, or a curved function of the value."""
    if truth.labels:
        codes = truth.rng.permutation(3 * len(truth.labels))
        return {"result_code": [f"R{codes[3 * k + n]}" for k, n in _with_draw(truth, truth.classes, 3)]}
    centered = (truth.numbers - np.median(truth.numbers)) / max(truth.spread, 1e-300)
    return {"index_value": np.arcsinh(centered).tolist()}


def _rounded(truth: _Truth) -> Columns:
    """Round the value to one of eight ranges."""
    return {"band": [f"band {int(8 * rank)}" for rank in _shared_ranks(truth.numbers)]}


def _noisy_copy(truth: _Truth) -> Columns:
    """Repeat the target with mistakes: 1 % of other classes, or a twentieth of its spread."""
    if truth.labels:
        wrong = truth.rng.random(len(truth.numbers)) < 0.01
        drawn = truth.rng.integers(0, len(truth.labels), len(wrong))
        return {"first_review": [f"v{k}" for k in np.where(wrong, drawn, truth.classes)]}
    noise = truth.rng.normal(0.0, 0.05 * truth.spread, len(truth.numbers))
    return {"estimate_later": (truth.numbers + noise).tolist()}


def _post_outcome(truth: _Truth) -> Columns:
    """Fill a column in only once the outcome has happened, and then in nine rows of ten."""
    is_filled = truth.outcome & (truth.rng.random(len(truth.numbers)) < 0.9)
    drawn = truth.rng.integers(1, 500, len(is_filled))
    return {"closing_ref": [int(n) if yes else None for n, yes in zip(drawn, is_filled, strict=True)]}


def _rare_trace(truth: _Truth) -> Columns:
    """Set a flag in a quarter of the rows with the outcome, and in no other."""
    is_set = truth.outcome & (truth.rng.random(len(truth.numbers)) < 0.25)
    return {"was_escalated": is_set.astype(int).tolist()}


def _missing(truth: _Truth) -> Columns:
    """Fill a column with noise, but leave it empty according to the outcome, with 2 % mistakes."""
    is_gap = truth.outcome ^ (truth.rng.random(len(truth.numbers)) < 0.02)
    noise = truth.rng.normal(50.0, 10.0, len(is_gap)).round(1)
    return {"last_reading": [None if gap else float(x) for x, gap in zip(noise, is_gap, strict=True)]}


def _identifier(truth: _Truth) -> Columns:
    """Give out numbers to the rows in the order of the target."""
    order = np.argsort(truth.ranks if not truth.labels else _mixed(truth), kind="stable")
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = 100_000 + 3 * np.arange(len(order))
    return {"ref": numbers.tolist()}


def _parts(truth: _Truth) -> Columns:
    """Split the value into two parts that add up to it."""
    share = truth.rng.uniform(0.2, 0.8, len(truth.numbers))
    part = truth.numbers * share + truth.rng.normal(0.0, 0.1 * truth.spread, len(share))
    return {"part_one": part.tolist(), "part_two": (truth.numbers - part).tolist()}


def _product(truth: _Truth) -> Columns:
    """Split a positive value into price and amount."""
    if truth.numbers.min() <= 0:
        message = f"A product needs a target above 0, got {truth.numbers.min():g}."
        raise DataError(message)
    amount = truth.rng.integers(1, 20, len(truth.numbers)).astype(np.float64)
    return {"amount": amount.tolist(), "price_each": (truth.numbers / amount).tolist()}


def _text(truth: _Truth) -> Columns:
    """Write a note that holds the label or the value."""
    names = truth.labels or [str(round(value, 4)) for value in truth.numbers.tolist()]
    picked = [names[k] for k in truth.classes] if truth.labels else names
    openings = ["call ended,", "mail sent;", "visit done:", "letter filed,"]
    drawn = truth.rng.integers(0, len(openings), len(picked))
    days = truth.rng.integers(1, 10_000, len(picked))
    return {
        "remark": [
            f"{openings[n]} case {d} noted as {name} by desk {n}"
            for n, d, name in zip(drawn, days, picked, strict=True)
        ]
    }


def _word(truth: _Truth) -> Columns:
    """Give the rows codes whose beginning stands for the outcome."""
    drawn = truth.rng.permutation(len(truth.numbers))
    codes = [f"{'QX' if yes else 'QA'}-{n} desk" for n, yes in zip(drawn, truth.outcome, strict=True)]
    return {"file_code": codes}


def _dates(truth: _Truth) -> Columns:
    """Write down two dates of which the distance tells the target; only the later one leaks."""
    opened = truth.rng.integers(0, 900, len(truth.numbers))
    if truth.labels:
        step = 10 * truth.classes + truth.rng.integers(1, 9, len(opened))
    else:
        step = 1 + (400 * _shared_ranks(truth.numbers)).astype(np.int64)
    return {
        "opened_on": [str(_DAY_ONE + int(day)) for day in opened],
        "closed_on": [str(_DAY_ONE + int(day)) for day in opened + step],
    }


def _future(truth: _Truth) -> Columns:
    """Hold the target of the next row."""
    return {"reading_next": np.append(truth.numbers[1:], truth.numbers[-1]).tolist()}


def _future_mean(truth: _Truth) -> Columns:
    """Hold the mean of the target over the row, the one before and the one after."""
    padded = np.concatenate([truth.numbers[:1], truth.numbers, truth.numbers[-1:]])
    return {"smooth": ((padded[:-2] + padded[1:-1] + padded[2:]) / 3.0).tolist()}


def _encoded_key(truth: _Truth) -> Columns:
    """Hold the mean target of a key with about four rows each, the row itself included."""
    key = truth.rng.integers(0, max(1, len(truth.numbers) // 4), len(truth.numbers))
    wanted = truth.numbers if not truth.labels else truth.outcome.astype(np.float64)
    sums, counts = np.bincount(key, wanted), np.bincount(key)
    return {"shop_level": (sums / np.maximum(counts, 1))[key].tolist()}


def _with_draw(truth: _Truth, numbers: Integers, n_draws: int) -> list[tuple[int, int]]:
    drawn = truth.rng.integers(0, n_draws, len(numbers))
    return list(zip(numbers.tolist(), drawn.tolist(), strict=True))


def _mixed(truth: _Truth) -> Floats:
    mixed: Floats = truth.classes + truth.rng.random(len(truth.numbers))
    return mixed


def _shared_ranks(numbers: Floats) -> Floats:
    """Return ranks in [0, 1), equal where values are."""
    values, at, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    before = np.concatenate([[0], counts.cumsum()[:-1]])
    return np.asarray(before[at.ravel()] / len(numbers)) if len(values) else numbers


_PLANTERS: Mapping[str, Callable[[_Truth], Columns]] = {
    "copy": _copy,
    "function": _function,
    "rounded": _rounded,
    "noisy_copy": _noisy_copy,
    "post_outcome": _post_outcome,
    "rare_trace": _rare_trace,
    "missing": _missing,
    "identifier": _identifier,
    "parts": _parts,
    "product": _product,
    "text": _text,
    "word": _word,
    "dates": _dates,
    "future": _future,
    "future_mean": _future_mean,
    "encoded_key": _encoded_key,
    "row_order": _identifier,
}
KINDS = tuple(_PLANTERS)
"""Kinds of leak, the plainest first; "rounded", "parts" and "product" need numbers, "rare_trace" classes.

"row_order" sorts the table by the target as well."""
_FOR_CLASSES = frozenset({"rare_trace"})
_FOR_VALUES = frozenset({"rounded", "parts", "product"})
_HONEST = frozenset({"opened_on"})
"""Columns that are planted beside a leak and do not leak themselves."""


def plant(table: object, target: str, kind: str, seed: int = 0) -> Planted:
    """Add a column that leaks the target.

    Parameters
    ----------
    table
        Anything that `mlwright.train` reads. Rows without a target are left out.
    target
        Its target: up to twenty classes (also when they are numbers), or more numbers.
    kind
        One of `KINDS`.
    seed
        The same seed plants the same cells.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    DataError
        If the target has too many classes, or is not of the sort that this kind needs.
    """
    if kind not in _PLANTERS:
        raise UnknownNameError.among("kind of leak", kind, KINDS)
    raw = read(table)
    schema, _ = infer(raw, target=target)
    cells = labels(schema[target], raw.columns[target])
    known = np.flatnonzero([cell is not None for cell in cells])
    truth = _truth(cells[known], schema[target].kind in NUMERIC, stream(seed, "plant", kind))
    if kind in (_FOR_VALUES if truth.labels else _FOR_CLASSES):
        message = f"A leak of the kind {kind!r} needs a target of {'numbers' if truth.labels else 'classes'}."
        raise DataError(message)
    rows = {name: _taken(column, known) for name, column in raw.columns.items()}
    taken = set(rows)
    added = {_free(name, taken): values for name, values in _PLANTERS[kind](truth).items()}
    rows |= added
    if kind == "row_order":
        order = np.argsort(_mixed(truth) if truth.labels else truth.numbers, kind="stable")
        rows = {name: [values[row] for row in order] for name, values in rows.items()}
    assert schema[target].role is Role.TARGET  # noqa: S101 - it was asked for
    return Planted(rows, tuple(name for name in added if name not in _HONEST))


def _truth(cells: Array, is_numeric: bool, rng: np.random.Generator) -> _Truth:  # noqa: FBT001 - a fact, no switch
    names = sorted({str(cell) for cell in cells})
    if not is_numeric or len(names) <= _FEW_CLASSES:
        if not 2 <= len(names) <= _FEW_CLASSES:
            message = f"A leak of classes needs 2 to {_FEW_CLASSES} of them, got {len(names)}."
            raise DataError(message)
        numbers = {name: number for number, name in enumerate(names)}
        return _Truth(np.array([float(numbers[str(cell)]) for cell in cells]), tuple(names), rng)
    return _Truth(np.array([float(cell) for cell in cells]), (), rng)


def _taken(column: Any, known: Integers) -> list[Any]:
    if isinstance(column, np.ndarray):
        return list(column[known])
    return [column[row] for row in known]


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name}_"
    return name
