"""A column that repeats the target: other labels for it, a function of it, or its range."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.order import rank_correlation
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.rule import Case, Single

_FEWEST_ROWS, _FEWEST_OF_CLASS = 50, 10
_SAME_LABEL, _LIKE_LABEL = 0.98, 0.95
_SAME_ORDER = 0.9995
_FEWEST_VALUES = 20
_MOST_LEVELS_SHARE = 0.1
_RUNS_SHARE = 0.05
_VALUES_IN_LEVEL = 3


@final
class TargetCopy(Rule):
    """The target itself in other words."""

    title = "repeats the target"
    says = "It is the answer itself, written in another way, so it cannot be known before the answer is."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns from which the target follows and that follow from the target."""
        if case.n_rows < _FEWEST_ROWS:
            return []
        find = _same_labels if case.n_classes else _same_values
        found = []
        for name, single in case.singles.items():
            strength, message = find(single, case)
            if message:
                found.append(Suspect(column=name, strength=strength, message=message))
        return found


def _same_labels(single: Single, case: Case) -> tuple[Strength, str]:
    """Find one class for each level, and perhaps one level for each class."""
    counts = np.bincount(single.codes, minlength=single.n_codes)
    levels = np.flatnonzero(counts >= _FEWEST_OF_CLASS)
    truth = case.target.astype(np.int64)
    n_truth = np.bincount(truth, minlength=case.n_classes)
    common = np.flatnonzero(n_truth >= _FEWEST_OF_CLASS)
    if len(levels) < len(common) or len(common) < 2:
        return Strength.WEAK, ""
    both = np.zeros((single.n_codes, case.n_classes))
    np.add.at(both, (single.codes, truth), 1.0)
    both = both[np.ix_(levels, common)]
    best = both.argmax(axis=1)
    hits = both[np.arange(len(levels)), best]
    pure = float((hits / counts[levels]).min())
    if pure < _LIKE_LABEL or len(np.unique(best)) < len(common):
        return Strength.WEAK, ""
    if len(levels) > len(common):
        is_whole = pure >= _SAME_LABEL and counts[levels].sum() >= _SAME_LABEL * case.n_rows
        return Strength.FAIR, said("Each of its values stands for one class alone.") if is_whole else ""
    agreed = min(pure, float((hits / n_truth[common][best]).min()))
    if agreed >= _SAME_LABEL:
        message = said("Each of its values stands for one class, and each class for one of its values.")
        return Strength.CERTAIN, message
    message = said(
        "Each of its values stands for one class, and each class for one of its values, in {share:.0%} of "
        "the rows at least.",
        share=agreed,
    )
    return Strength.FAIR, message if agreed >= _LIKE_LABEL else ""


def _same_values(single: Single, case: Case) -> tuple[Strength, str]:
    """Find a function of the target that keeps (or turns) its order, or cuts it into ranges."""
    numbers = single.numbers
    if numbers is not None and not single.is_missing.all():
        is_known = ~np.isnan(numbers)
        known, truth = numbers[is_known], case.target[is_known]
        if (
            len(known) >= max(_FEWEST_ROWS, 0.5 * case.n_rows)
            and len(np.unique(known)) >= _FEWEST_VALUES
            and abs(rank_correlation(known, truth)) >= _SAME_ORDER
        ):
            return (
                Strength.CERTAIN,
                said("It puts the rows in exactly the order of the target: it is computed from it."),
            )
    return Strength.CERTAIN, _ranges(single, case)


def _ranges(single: Single, case: Case) -> str:
    """Find levels that each take up a range of the target of their own."""
    levels = single.codes if single.numbers is None else single.numbers
    is_known = ~single.is_missing
    names, codes, counts = np.unique(levels[is_known], return_inverse=True, return_counts=True)
    truth = case.target[is_known]
    n_rows, n_levels = len(truth), len(names)
    if n_rows < 0.5 * case.n_rows or not 2 <= n_levels <= _MOST_LEVELS_SHARE * n_rows:
        return ""
    # Rows of one value stand at random, else levels would be sorted within it.
    order = np.lexsort((stream(case.seed, "ranges").random(n_rows), truth))
    runs = 1 + int(np.count_nonzero(np.diff(codes[order])))
    by_chance = n_rows * (1.0 - float(((counts / n_rows) ** 2).sum()))
    if runs - n_levels > _RUNS_SHARE * (by_chance - n_levels):
        return ""
    pairs = np.unique(np.column_stack([codes, np.unique(truth, return_inverse=True)[1]]), axis=0)
    n_values = np.bincount(pairs[:, 0], minlength=n_levels)
    # A level with one value of the target may be a group of rows that share it.
    if np.average(n_values >= _VALUES_IN_LEVEL, weights=counts) < 0.5:
        return ""
    return said(
        "Each of its {n} values covers a range of the target of its own: it is the target, rounded.",
        n=n_levels,
    )
