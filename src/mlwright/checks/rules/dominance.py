"""One column gives most of a score that is very good."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said

if TYPE_CHECKING:
    from mlwright.core.rule import Case

_VERY_GOOD = {True: 0.85, False: 0.75}
"""By whether the target holds classes: ROC AUC, or R²."""


@final
class Dominance(Rule):
    """A column without which a very good score falls apart."""

    title = "carries a very good score alone"
    says = "Most of the score rests on this one column; make sure that it is known when a prediction is made."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return columns that alone score very well; the court asks what is left without each."""
        return [
            Suspect(
                column=name, strength=Strength.WEAK, message=said("The score rests mostly on this column.")
            )
            for name, single in case.singles.items()
            if single.score >= _VERY_GOOD[case.n_classes > 0]
        ]
