"""Two dates whose distance tells the target."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.single import halves, look, sure
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream

if TYPE_CHECKING:
    from mlwright.core.rule import Case, Single

_MOST_DATES = 6
_TELLING = 0.95
"""ROC AUC, or R² for values."""
_BETTER, _EQUAL = 0.1, 0.05


@final
class DateDifference(Rule):
    """A date that, seen from another one, gives the answer: when a thing ended, was paid, was canceled."""

    title = "is a date that gives the answer away"
    says = "Its distance to another date is the answer, so it was written down when the answer was known."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return of each pair of dates whose difference tells the target the date that tells more of it."""
        dates = [single for single in case.singles.values() if single.kind is Kind.DATETIME]
        found = {}
        for one, other in combinations(dates[:_MOST_DATES], 2):
            suspect = _judge(case, *_ordered(one, other))
            if suspect is not None:
                found[suspect.column] = suspect
        # Worth a warning also where the other columns tell the target as well.
        return [*found.values(), *(replace(suspect, strength=Strength.FAIR) for suspect in found.values())]


def _ordered(one: Single, other: Single) -> tuple[Single, Single]:
    """Put last the date that tells more; of equals the later one, which was written down afterwards."""

    def rank(single: Single) -> tuple[float, float]:
        known = np.zeros(1) if single.numbers is None or single.is_missing.all() else single.numbers
        return (0.0 if abs(one.score - other.score) < _EQUAL else single.score, float(np.nanmean(known)))

    duller, better = sorted((one, other), key=rank)
    return duller, better


def _judge(case: Case, duller: Single, better: Single) -> Suspect | None:
    if duller.numbers is None or better.numbers is None:
        return None
    days = (better.numbers - duller.numbers) / 86_400.0
    if np.isnan(days).all():
        return None
    is_first = halves(case.n_rows, case.groups, stream(case.seed, "dates", duller.name, better.name))
    pair = look("days", Kind.NUMBER, days, case.target, case.n_classes, is_first)
    if pair.score < max(_TELLING, better.score + (1.0 - better.score) * _BETTER):
        return None
    return Suspect(
        column=better.name,
        strength=Strength.STRONG,
        message=said("Its distance to {other!r} gives the answer.", other=duller.name),
        evidence={"other": duller.name, "difference_alone": sure(case, pair.prediction).to_json()},
        reading=days,
    )
