"""Rows to judge by that can be told from the rows to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.checks.single import as_prediction, halves, look
from mlwright.checks.witness import out_of_fold
from mlwright.core.rule import Rule, Strength, Suspect
from mlwright.core.said import said
from mlwright.core.schema import Kind
from mlwright.core.seeds import stream
from mlwright.evaluation.score import estimate

if TYPE_CHECKING:
    from mlwright.core.rule import Case

_FEWEST_ROWS, _MOST_ROWS = 100, 4_000
_TELLING, _COLUMN_TELLS = 0.65, 0.6
_MOST_NAMED = 5


@final
class Drift(Rule):
    """A classifier of training against test rows, from the features alone.

    Source: Lopez-Paz and Oquab (2017), Revisiting classifier two-sample tests, ICLR.
    """

    title = "the rows to judge by are of another kind"
    says = "The score then speaks of rows that differ from those that were learned from."

    def suspects(self, case: Case) -> list[Suspect]:
        """Return the table if test rows are recognized, and name the columns that give them away."""
        if case.test is None:
            return []
        n_test = min(_MOST_ROWS, len(next(iter(case.test.values()), ())))
        n_train = min(_MOST_ROWS, case.n_rows)
        if min(n_test, n_train) < _FEWEST_ROWS:
            return []
        rng = stream(case.seed, "drift")
        ours, theirs = (
            np.sort(rng.permutation(n)[:k]) for n, k in ((case.n_rows, n_train), (n_test, n_test))
        )
        side = np.concatenate([np.zeros(n_train), np.ones(n_test)])
        is_first = halves(len(side), None, rng)
        singles = {}
        for name, single in case.singles.items():
            if single.kind in (Kind.DATETIME, Kind.TEXT):  # later rows are meant to be later
                continue
            cells = np.concatenate([single.cells[ours], case.test[name][theirs]])
            singles[name] = look(name, single.kind, cells, side, 2, is_first)
        if not singles:
            return []
        told = out_of_fold(list(singles.values()), side, 2, seed=case.seed)
        score = estimate("roc_auc", side, as_prediction(told, 2), seed=case.seed, n_resamples=200)
        if not score.low > _TELLING:
            return []
        ranked = sorted(singles.values(), key=lambda single: -single.score)
        named = {s.name: round(s.score, 3) for s in ranked[:_MOST_NAMED] if s.score >= _COLUMN_TELLS}
        holes = {key: round(getattr(score, key), 4) for key in ("value", "low", "high")}
        message = said(
            "Rows to judge by can be told from rows to learn from (ROC AUC {value:.2f}, 95 % interval "
            "{low:.2f} to {high:.2f}).",
            **holes,
        )
        if named:
            message = said(
                "Rows to judge by can be told from rows to learn from, most of all by {columns} (ROC AUC "
                "{value:.2f}, 95 % interval {low:.2f} to {high:.2f}).",
                columns=", ".join(map(repr, named)),
                **holes,
            )
        return [
            Suspect(
                column="",
                strength=Strength.FAIR,
                message=message,
                evidence={"score": score.to_json(), "columns": named},
            )
        ]
