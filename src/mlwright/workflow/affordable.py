"""What was fitted, and what of it a contract of latency and size can afford."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from mlwright.core.said import one_after_the_other, said
from mlwright.tuning.choice import kept, of_first_folds, ship
from mlwright.tuning.contract import Version

if TYPE_CHECKING:
    from mlwright.features.recipe import Recipe
    from mlwright.tuning.search import Search
    from mlwright.tuning.trial import Member

_FOLDS, _CONSTANT = said("models of the folds"), said("the constant answer")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """Models of the chosen candidates.

    `members` learned from the training rows; `everything` are the features and models of all rows, None
    without a refit, and `why` says why. `is_of_folds` tells models of the folds from those that were fitted
    once more. `decisions` are those for the evidence.
    """

    members: list[Member]
    everything: tuple[Recipe, list[Member]] | None
    why: str
    is_of_folds: bool = False
    decisions: tuple[dict[str, str], ...] = ()


def affordable(search: Search, fits: Fits, baseline: list[Member]) -> Fits:
    """Leave out what breaks the contract, measured as compiled, and let the trials weigh what ships.

    If no part of what was fitted keeps it, models of the folds are at hand, of every candidate that did when
    it was measured alone; in the end the baseline keeps it.
    """
    n_before, found = len(fits.members), fits
    version = kept(search, fits.members)
    if version is None:
        found = replace(
            fits, members=of_first_folds(search), everything=None, why=_why(_FOLDS), is_of_folds=True
        )
        version = kept(search, found.members)
    if version is None:
        found = replace(fits, members=baseline, everything=None, why=_why(_CONSTANT), is_of_folds=False)
        version = Version({baseline[0].name: 1.0}, 1)
    ship(search, version)
    members, everything = version.of(found.members), found.everything
    what = _CONSTANT if members[0].name == baseline[0].name else _FOLDS if found is not fits else ""
    choice: str = said("{n} of {all} fitted models", n=len(members), all=n_before)
    decision = {
        "what": said("contract"),
        "choice": one_after_the_other([choice, what], ": "),
        "why": said("the best of what keeps the latency and the size that were asked for, as measured"),
    }
    return replace(
        found,
        members=members,
        everything=None if everything is None else (everything[0], version.of(everything[1])),
        decisions=(*fits.decisions, decision),
    )


def _why(what: str) -> str:
    return said("only {what} kept the latency and the size that were asked for", what=what)
