"""Growth: what half of the users would have given, which tells what more of them may give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.seeds import stream
from mlwright.ranking.blend import Blend, Member
from mlwright.workflow.recommending.judge import paired
from mlwright.workflow.recommending.judged import ndcg

if TYPE_CHECKING:
    from mlwright.core.budget import Budget
    from mlwright.core.recommender import Histories
    from mlwright.workflow.recommending.choose import Choice
    from mlwright.workflow.recommending.judged import Exam

_FEWEST_USERS = 40


def growth(known: Histories, exam: Exam, choice: Choice, budget: Budget, seed: int) -> dict[str, Any] | None:
    """Fit the best candidate once more, by half of the users at random, and let the same users judge.

    `known` and `exam` are what candidates learned from and were judged by.

    Returns
    -------
    "n_users" and "n_fewer" that were learned from, estimates of nDCG@10 with "all" and with "fewer", and
    the "gain", paired by user. None with few users, or where it would take too long.
    """
    best, _ = choice.members[0]
    if known.n_users < _FEWEST_USERS or best.try_s + choice.ending_s > budget.left_s:
        return None
    half = known.n_users // 2
    order = stream(seed, "half of the users").permutation(known.n_users)
    fewer = Blend((Member(best.fit(known.take(np.sort(order[:half])), choice.kept), best.view),))
    values = ndcg(exam.truth(exam.lists(fewer.scores)))
    nothing = np.zeros(len(values))
    return {
        "n_users": known.n_users,
        "n_fewer": half,
        "all": paired(best.values, nothing, seed).to_json(),
        "fewer": paired(values, nothing, seed).to_json(),
        "gain": paired(best.values, values, seed).to_json(),
    }
