"""Kernel ridge says less of large catalogs, so that an answer stays quick."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.recommender import Histories
from mlwright.recommenders.kernel import Kernel

N_USERS = 200


@pytest.mark.parametrize(("n_items", "n_scored"), [(20_000, 20_000), (20_001, 10_000)])
def test_the_weights_that_an_answer_reads_are_bounded(n_items, n_scored):
    taken = np.stack(
        [np.arange(N_USERS), n_items - 1 - np.arange(N_USERS)], axis=1
    )  # a frequent and a rare one
    known = Histories(
        starts=np.arange(0, 2 * N_USERS + 1, 2),
        items=taken.ravel(),
        strengths=np.ones(2 * N_USERS, np.float32),
        n_items=n_items,
    )
    scores = Kernel().fit(known, {"penalty": 1.0}).scores(known.take(np.arange(1)))
    assert scores.shape == (1, n_items)
    assert scores[0, 0] > 0
    assert bool(scores[0, n_scored:].any()) is False
    assert bool(scores[0, -1] > 0) is (n_scored == n_items)
