"""One column alone gives nearly the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.checks.single import alone
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.rule import Case

_STRONG, _WEAK = {True: 0.985, False: 0.96}, {True: 0.97, False: 0.93}
"""By whether the target holds classes: ROC AUC, or R²."""


@final
class NearPerfect(Rule):
    """A single column that tells the target almost without error."""

    title = "tells the target almost perfectly by itself"
    says = "A column that gives the whole answer is usually written down when the answer is known."
    proves = False

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns whose score alone is close to 1: strong if its interval is."""
        has_classes = case.n_classes > 0
        found = []
        for name, single in case.singles.items():
            if single.score < _WEAK[has_classes]:
                continue
            low = alone(case, name).low
            strength = Strength.STRONG if low >= _STRONG[has_classes] else Strength.WEAK
            message = said("It gives almost the whole answer.")
            found.append(Suspect(column=name, strength=strength, message=message))
        return found
