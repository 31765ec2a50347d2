"""Split: seal a test away, and cut what remains into folds. Copies and groups never straddle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.seeds import stream
from mlwright.data.deal import drawn, join, ranks, rare_keys, settle, without_copies
from mlwright.data.forward import are_long_lived, divided, time_blocks

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Floats, Integers

_TEST_SHARE, _MOST_TEST_ROWS = 0.2, 10_000
_HOLDOUT_SHARE, _MOST_HOLDOUT_ROWS = 0.15, 20_000
_MOST_HELD_ROWS = 4_000
_LONGEST_FUTURE = 0.25
_WANTED_UNITS = 10
"""A test of fewer groups than this has no interval worth the name."""
_MOST_JUDGED_CLASSES = 20
GIVEN = "given"
"""How rows were split that came with rows to judge by."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Rows to learn from and rows to judge by, as indices in ascending order.

    `how` is "stratified", "random", "grouped", "forward in time", "grouped, forward in time" or
    "given". `proof` is what `prove` counted, and `n_dropped`, the rows on neither side. `held` are rows that
    calibrate: neither learned from, at first, nor judged by.
    """

    train: Integers
    test: Integers
    how: str
    proof: dict[str, Any]
    held: Integers = field(default_factory=lambda: np.zeros(0, np.int64))


def seal(
    values: Floats,
    keys: Integers,
    *,
    n_classes: int,
    groups: Array | None = None,
    times: Floats | None = None,
    seed: int = 0,
) -> Split:
    """Set a fifth of the rows, at most 10,000, aside as the sealed test.

    Classes (or bins of the value) are in proportion; a class with two rows or more keeps one to learn
    from. With `times` the test is what came last: later rows that copy an earlier one, or belong to a
    group known earlier, are dropped; where groups live throughout, a fifth of the groups is judged
    later and the others are learned from before.

    Parameters
    ----------
    values
        Class numbers or values, shape (n_rows,).
    keys
        Equal for rows with equal features, shape (n_rows,). Copies stay on one side, but for patterns
        in more than 10 rows and 2 % of all, which are the nature of the table. Test rows that copy a
        training row of another group are dropped.
    n_classes
        0 for values.
    groups
        Rows of one group stay on one side, shape (n_rows,).
    times
        Epoch seconds, shape (n_rows,); NaN counts as earliest.
    seed
        The same seed gives the same split.

    Raises
    ------
    DataError
        If two sides cannot be made: one row, one group, or one time.
    """
    cells = _Rows(values, rare_keys(keys), n_classes, groups, times, stream(seed, "seal"))
    train, test = cells.set_aside(_MOST_TEST_ROWS)
    if groups is None and times is None:
        how = "stratified" if n_classes else "random"
    else:
        both = "grouped, forward in time"
        how = "grouped" if times is None else "forward in time" if groups is None else both
    proof = prove(train, test, keys, groups, times) | {"n_dropped": len(values) - len(train) - len(test)}
    return Split(train=train, test=test, how=how, proof=proof)


def hold_back(
    values: Floats,
    keys: Integers,
    *,
    n_classes: int,
    groups: Array | None = None,
    times: Floats | None = None,
    seed: int = 0,
) -> tuple[Integers, Integers]:
    """Part training rows into those to learn from and a fifth to calibrate by.

    As `seal` does, with the same arguments: whole groups, the latest rows, copies on one side. At most
    4,000 rows, but for `times`: a short stretch would calibrate by one season alone.
    """
    cells = _Rows(values, rare_keys(keys), n_classes, groups, times, stream(seed, "hold back"))
    return cells.set_aside(_MOST_HELD_ROWS if times is None else len(values))


def folds(
    values: Floats,
    keys: Integers,
    *,
    n_classes: int,
    n_folds: int,
    groups: Array | None = None,
    times: Floats | None = None,
    seed: int = 0,
) -> list[tuple[Integers, Integers]]:
    """Cut rows into pairs to learn from and to validate by; see `seal` for the arguments.

    Returns
    -------
    `n_folds` pairs of ascending indices. Each row validates at most once; rows of a class that would
    else be missing from training never do. One fold is a holdout of 15 %, at most 20,000 rows. With
    `times`, rows fall into n_folds + 1 spans, of which the first only trains and each other one
    validates what came before it. Too few groups or times give fewer pairs.
    """
    cells = _Rows(values, rare_keys(keys), n_classes, groups, times, stream(seed, "folds"))
    if n_folds == 1:
        return [cells.holdout(min(_HOLDOUT_SHARE, _MOST_HOLDOUT_ROWS / max(1, len(values))))]
    return cells.chained(n_folds) if times is not None else cells.dealt(n_folds)


def prove(
    train: Integers, test: Integers, keys: Integers, groups: Array | None, times: Floats | None
) -> dict[str, Any]:
    """Count what two sides share, from the rows themselves and not from how they were made.

    Returns
    -------
    "n_train", "n_test"; "n_shared_duplicates": test rows that copy a training row;
    "n_common_patterns": test rows whose pattern is too common in the table to count as a copy;
    "n_shared_groups" (None without groups); "latest_train_time", "earliest_test_time" and "latest_test_time"
    as ISO 8601 (None without times).
    """
    apart = rare_keys(keys)
    n_copies = int(np.isin(apart[test], apart[train]).sum())
    n_equal = int(np.isin(keys[test], keys[train]).sum())
    return {
        "n_train": len(train),
        "n_test": len(test),
        "n_shared_duplicates": n_copies,
        "n_common_patterns": n_equal - n_copies,
        "n_shared_groups": None if groups is None else len(np.intersect1d(groups[train], groups[test])),
        "latest_train_time": None if times is None else _iso(times[train], np.fmax),
        "earliest_test_time": None if times is None else _iso(times[test], np.fmin),
        "latest_test_time": None if times is None else _iso(times[test], np.fmax),
    }


def without_new_copies(
    split: Split, keys: Integers, groups: Array | None, times: Floats | None
) -> Split | None:
    """Take test rows out that copy another row, once a column is gone, and prove both sides again.

    Rows that were given to judge by all stay, and the proof counts them.

    Parameters
    ----------
    split
        A split of the rows.
    keys, groups, times
        Of all rows, as for `seal`; `keys` without the column.

    Returns
    -------
    The split; None where that would cost most of the test.
    """
    apart, learned = rare_keys(keys), np.concatenate([split.train, split.held])
    stays = np.ones(len(split.test), dtype=bool)
    if split.how != GIVEN:
        stays = ~np.isin(apart[split.test], apart[learned])
    if 2 * stays.sum() < len(stays):
        return None
    test = split.test[stays]
    proof = split.proof | prove(learned, test, keys, groups, times) | {"n_train": len(split.train)}
    if "n_dropped" in proof:
        proof["n_dropped"] += int((~stays).sum())
    return replace(split, test=test, proof=proof)


def n_held_copies(split: Split, keys: Integers) -> int:
    """Count rows held back that copy rows to learn from; `keys` are those of all rows."""
    apart = rare_keys(np.concatenate([keys[split.train], keys[split.held]]))
    learned, held = np.split(apart, [len(split.train)])
    return int(np.isin(held, learned).sum())


def _iso(times: Floats, pick: np.ufunc) -> str | None:
    known = times[np.isfinite(times)]
    if not len(known):
        return None
    time = float(pick.reduce(known))
    return str(np.datetime64(int(time), "s") if time.is_integer() else np.datetime64(round(time * 1e6), "us"))


@final
@dataclass(frozen=True, slots=True)
class _Rows:
    """What decides where a row may go; `keys` tell copies alone."""

    values: Floats
    keys: Integers
    n_classes: int
    groups: Array | None
    times: Floats | None
    rng: np.random.Generator

    def set_aside(self, most_rows: int) -> tuple[Integers, Integers]:
        """Return one pair, the second part a fifth of the rows, at most so many, but enough groups."""
        share = min(_TEST_SHARE, most_rows / max(1, len(self.values)))
        if self.groups is not None:
            share = min(_TEST_SHARE, max(share, _WANTED_UNITS / max(1, len(np.unique(self.groups)))))
        return self.holdout(share)

    def holdout(self, share: float) -> tuple[Integers, Integers]:
        """Return one pair, the second part holding about this share of the rows."""
        units = join(self.keys, self.groups)
        n_units = int(units.max(initial=-1)) + 1
        if n_units < 2:
            what = "group" if self.groups is not None else "different row"
            raise DataError(f"The rows to divide hold {n_units} {what}; two are needed, one to learn from.")
        if self.times is not None:
            spans = time_blocks(self.times, [1.0 - share])
            if self.groups is not None and are_long_lived(spans == 0, spans == 1, units):
                # A fifth of the groups will be judged, so the future must be longer for as many rows.
                spans = time_blocks(self.times, [1.0 - min(_LONGEST_FUTURE, share / _TEST_SHARE)])
            return self._later(spans, 1, units, _TEST_SHARE)
        is_test = drawn(ranks(self.values, units, self.n_classes, self.rng), share, self.rng)
        if self.n_classes:
            is_test = settle(is_test, self.values.astype(np.int64), units, _MOST_JUDGED_CLASSES)
        return self._parted(is_test[units])

    def dealt(self, n_folds: int) -> list[tuple[Integers, Integers]]:
        """Return pairs in which each unit validates once."""
        units = join(self.keys, self.groups)
        positions = ranks(self.values, units, self.n_classes, self.rng)
        if len(positions) < 2:
            return [self.holdout(_HOLDOUT_SHARE)]  # says what is wrong
        fold = positions % min(n_folds, len(positions))
        pairs = []
        for number in range(int(fold.max()) + 1):
            is_valid = fold == number
            if self.n_classes:
                is_valid = settle(is_valid, self.values.astype(np.int64), units, 0)
            pairs.append(self._parted(is_valid[units]))
        return pairs

    def _parted(self, is_test: Array) -> tuple[Integers, Integers]:
        """Return both sides, without copies in two groups."""
        train, test = without_copies(~is_test, is_test, self.keys)
        return np.flatnonzero(train), np.flatnonzero(test)

    def chained(self, n_folds: int) -> list[tuple[Integers, Integers]]:
        """Return pairs in which each span validates what came before it."""
        units = join(self.keys, self.groups)
        times = np.zeros(0) if self.times is None else self.times
        n_cuts = min(n_folds, len(np.unique(times[np.isfinite(times)])) - 1 + bool(np.isnan(times).any()))
        spans = time_blocks(times, [cut / (n_cuts + 1) for cut in range(1, n_cuts + 1)] or [0.5])
        pairs = [self._later(spans, number, units, 1.0 / n_folds) for number in range(1, n_cuts + 1)]
        pairs = [(train, valid) for train, valid in pairs if len(train) and len(valid)]
        if not pairs:
            raise DataError(
                "The group and time columns together leave no rows to judge by: one group is the past and "
                "the future. Use one of the two columns."
            )
        return pairs

    def _later(
        self, spans: Integers, number: int, units: Integers, share: float
    ) -> tuple[Integers, Integers]:
        """Return the pair that judges one span by the earlier ones."""
        train, test = spans < number, spans == number
        if self.groups is not None:
            positions = ranks(self.values, units, self.n_classes, self.rng)
            lives_later = np.bincount(units[test], minlength=len(positions)) > 0
            among = np.argsort(np.argsort(positions[lives_later]))
            is_drawn = np.zeros(len(positions), dtype=bool)
            is_drawn[lives_later] = drawn(among, share, self.rng)
            train, test = divided(train, test, units, is_drawn[units])
        train, test = without_copies(train, test, self.keys)
        return np.flatnonzero(train), np.flatnonzero(test)
