"""Whether a cell is empty tells the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.order import separation
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.rule import Case

_FEWEST_ROWS = 20
_STRONG, _WEAK = 0.9, 0.75
_RARE, _HALF = 0.1, 0.5


@final
class MissingTells(Rule):
    """A column whose gaps say what the target is."""

    title = "is empty or not according to the target"
    says = "Where the gaps of a column follow the answer, someone filled it in with the answer in mind."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns whose gaps separate the classes, or high values from low ones."""
        found = []
        for name, single in case.singles.items():
            is_missing = single.is_missing
            n_missing = int(is_missing.sum())
            if not _FEWEST_ROWS <= n_missing <= case.n_rows - _FEWEST_ROWS:
                continue
            apart, says = _apart(case, is_missing)
            if apart < _WEAK:
                continue
            # Gaps that follow the target so closely deserve a warning also where other columns tell it too.
            strengths = (Strength.STRONG, Strength.FAIR) if apart >= _STRONG else (Strength.WEAK,)
            evidence = {"separation": round(apart, 4), "n_missing": n_missing}
            found += [Suspect(column=name, strength=s, message=says, evidence=evidence) for s in strengths]
        return found


def _apart(case: Case, is_missing: Array) -> tuple[float, str]:
    """Return how well gaps separate the target, in [0, 1], and the sentence that says so."""
    if not case.n_classes:
        if min(is_missing.mean(), 1.0 - is_missing.mean()) < _RARE:
            return 0.0, ""  # few rows with extreme values are how honest tables are
        apart = separation(case.target, is_missing)
        high = np.median(case.target[is_missing]) > np.median(case.target[~is_missing])
        if is_missing.mean() > _HALF:  # the few are what tells: those that are filled in
            if high:
                return apart, said("It is filled in almost only where the target is low.")
            return apart, said("It is filled in almost only where the target is high.")
        if high:
            return apart, said("It is empty almost only where the target is high.")
        return apart, said("It is empty almost only where the target is low.")
    truth = case.target.astype(np.int64)
    n_rows = np.bincount(truth, minlength=case.n_classes)
    n_gaps = np.bincount(truth[is_missing], minlength=case.n_classes)
    inside = n_gaps / np.maximum(n_rows, 1)
    outside = (n_gaps.sum() - n_gaps) / np.maximum(case.n_rows - n_rows, 1)
    gap = np.where(n_rows >= _FEWEST_ROWS, np.abs(inside - outside), 0.0)
    most = int(np.argmax(gap))
    return float(gap[most]), said(
        "It is empty in {inside:.1%} of the rows that are {label!r}, and in {outside:.1%} of the others.",
        inside=float(inside[most]),
        label=str(case.classes[most]),
        outside=float(outside[most]),
    )
