"""Kept: what a journal knows of fits is not done again, after a training was killed."""

from __future__ import annotations

import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.recommender import FittedRecommender
from mlwright.core.shelves import RECOMMENDERS
from mlwright.ranking.blend import View
from mlwright.tuning.plain import to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.core.recommender import Histories, Settings
    from mlwright.tuning.journal import Journal

    Tried = tuple[View, Any, float, float, FittedRecommender]
    """The best view, nDCG of each user by it, seconds of a fit and of everything, what was fitted."""


@final
class Kept:
    """Looks work up in a journal before it is done, and writes down what came of it."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal

    def tried(self, facts: tuple[Any, ...], title: str, work: Callable[[], Tried]) -> Tried:
        """Return what came of trying a recommender; `facts` are all that this depends on in this training."""
        found: Tried = self._do(("tried", *facts), title, work, _are_tried)
        return found

    def fitted(self, name: str, settings: Settings, known: Histories) -> FittedRecommender:
        """Return a recommender that is fitted on these histories."""
        facts = ("fitted", name, dict(settings), digest(known) if self._journal else "")
        shown = f"{name}, {len(known.items):,} events"
        recommender = RECOMMENDERS.get(name)
        found = self._do(facts, shown, lambda: recommender.fit(known, settings), _is_fitted)
        assert isinstance(found, FittedRecommender)  # noqa: S101 - it was looked at
        return found

    def _do(
        self,
        facts: tuple[Any, ...],
        title: str,
        work: Callable[[], Any],
        is_sound: Callable[[Any], bool],
    ) -> Any:
        if self._journal is None:
            return work()
        key = sha256(to_bytes(facts, {})).hexdigest()
        found = self._journal.recall(key, is_sound)
        if found is None:
            began = time.monotonic()
            made = work()
            found = self._journal.keep(key, title, made, time.monotonic() - began)
        return found


def digest(known: Histories) -> str:
    """Name histories; what else belongs to them, the log tells."""
    found = sha256()
    for array in (known.starts, known.items, known.strengths):
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _are_tried(found: Any) -> bool:
    return (
        isinstance(found, tuple)
        and tuple(map(type, found[:4])) == (View, np.ndarray, float, float)
        and len(found) == 5
        and _is_fitted(found[4])
    )


def _is_fitted(found: Any) -> bool:
    return isinstance(found, FittedRecommender)
