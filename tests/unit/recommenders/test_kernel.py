"""Kernel ridge says less of large catalogs, so that an answer stays quick."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.core.recommender import Histories
from mlwright.recommenders.kernel import Kernel, kernel

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


def test_a_history_is_as_near_to_itself_however_its_length_was_rounded():
    """Sums in another order make cosines of a history with itself 1 or a few bits less."""
    one = np.float32(1.0)
    almost = np.nextafter(one, np.float32(0.0))
    np.testing.assert_allclose(kernel(np.array([almost])), kernel(np.array([one])), rtol=0, atol=1e-6)
    assert kernel(np.array([one]))[0] == pytest.approx(2.0, abs=1e-6)
