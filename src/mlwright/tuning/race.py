"""Race: a candidate whose first folds add nothing to the blend need not run the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlwright.tuning.blend import mean_loss

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats
    from mlwright.tuning.store import Store
    from mlwright.tuning.trial import Trial

_FEWEST_ROWS = 1_000
_SHARES = (0.05, 0.15, 0.3, 0.6, 1.0)


def gains_nothing(store: Store, trial: Trial, mixed: Floats, target: Floats) -> bool:
    """Tell whether no share of the trial's answers improves those of the blend, on the folds it has.

    `mixed`, shape (n_rows, n_answers), and `target` (n_rows,) hold the rows of one fold after the other.
    A forgiving rule: being worse alone does not end a trial, being useless beside the others does.
    """
    if trial.is_finished:
        return False
    starts = np.cumsum([0, *(len(valid) for _, valid in store.folds)])
    there = np.concatenate([np.arange(starts[fold], starts[fold + 1]) for fold in trial.outcomes])
    given = [outcome.answers for outcome in trial.outcomes.values() if outcome.answers is not None]
    if len(there) < _FEWEST_ROWS or len(given) < len(trial.outcomes):
        return False
    own, best, truth = np.concatenate(given), mixed[there], target[there]
    usual = mean_loss(store.link, truth, best)[0]
    return all(
        mean_loss(store.link, truth, (1 - share) * best + share * own)[0] >= usual for share in _SHARES
    )
