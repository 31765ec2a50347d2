"""Filled, or other than usual, with one outcome only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.rule import Case, Single

_FEWEST_ROWS = 15
_USUAL_SHARE = 0.5
_PURE_SHARE = 0.99
_LOG_CHANCE = np.log(1e-9)
_COVERED_SHARE = 0.5


@final
class OneOutcome(Rule):
    """A trace of the outcome: a column that is filled in afterwards, and only when it happened."""

    title = "is filled with one outcome only"
    says = "A column that is filled only when the answer is this one was filled because of it, afterwards."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns whose unusual cells all belong to one class, beyond chance."""
        if not case.n_classes:
            return []
        found = [suspect for single in case.singles.values() if (suspect := _judge(case, single)) is not None]
        # Worth a warning also where the other columns tell the target as well.
        strong = [suspect for suspect in found if suspect.strength is Strength.STRONG]
        return [*found, *(replace(suspect, strength=Strength.FAIR) for suspect in strong)]


def _judge(case: Case, single: Single) -> Suspect | None:
    counts = np.bincount(single.codes, minlength=single.n_codes)
    usual = 0 if counts[0] >= _FEWEST_ROWS else int(np.argmax(counts))
    is_filled = single.codes != usual
    n_filled = int(is_filled.sum())
    if counts[usual] < _USUAL_SHARE * case.n_rows and usual != 0:
        return None
    if not _FEWEST_ROWS <= n_filled <= case.n_rows - _FEWEST_ROWS:
        return None
    truth = case.target.astype(np.int64)
    shares = np.bincount(truth, minlength=case.n_classes) / case.n_rows
    inside = np.bincount(truth[is_filled], minlength=case.n_classes)
    outcome = int(np.argmax(inside))
    n_others, expected = n_filled - int(inside[outcome]), n_filled * (1.0 - float(shares[outcome]))
    if n_others > (1.0 - _PURE_SHARE) * n_filled or _log_chance(n_others, expected) > _LOG_CHANCE:
        return None
    return _suspect(case, single, is_filled, outcome, usual)


def _log_chance(n_seen: int, expected: float) -> float:
    """Bound the logarithm of the chance to see so few of so many expected.

    Source: Chernoff (1952), A measure of asymptotic efficiency for tests of a hypothesis, The Annals of
    Mathematical Statistics 23, in its form for Poisson counts.
    """
    if n_seen >= expected:
        return 0.0
    return float(n_seen - expected + (n_seen * np.log(expected / n_seen) if n_seen else 0.0))


def _suspect(case: Case, single: Single, is_filled: Array, outcome: int, usual: int) -> Suspect:
    is_outcome = case.target == outcome
    label = str(case.classes[outcome])
    filled_in = float(is_filled[is_outcome].mean())
    filled_out = float(is_filled[~is_outcome].mean())
    word = said("filled") if usual == 0 else said("other than usual")
    return Suspect(
        column=single.name,
        strength=Strength.STRONG if filled_in >= _COVERED_SHARE else Strength.FAIR,
        message=said(
            "It is {what} in {inside:.1%} of the rows that are {label!r}, and in {outside:.1%} of the "
            "others.",
            what=word,
            inside=filled_in,
            label=label,
            outside=filled_out,
        ),
        evidence={
            "outcome": label,
            "n_filled": int(is_filled.sum()),
            "filled_share_with_outcome": round(filled_in, 4),
            "filled_share_without": round(filled_out, 4),
        },
    )
