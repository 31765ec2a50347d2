"""Every recommender keeps the contract, and its program ranks as it does."""

import numpy as np
import pytest

from mlwright.core.shelves import RECOMMENDERS
from mlwright.testing.check_recommender import check_recommender, known_histories, program_of
from mlwright.workflow.recommending.program import build, program_scores

EXTRAS = {"sasrec": "torch"}
every_recommender = pytest.mark.parametrize("name", RECOMMENDERS.names())


def plugin(name):
    if name in EXTRAS:
        pytest.importorskip(EXTRAS[name], reason=f"{EXTRAS[name]}, an extra, is not installed")
    return RECOMMENDERS.get(name)


@every_recommender
def test_a_recommender_keeps_the_contract(name):
    check_recommender(plugin(name))


@every_recommender
def test_the_program_of_a_recommender_ranks_as_it_does(name):
    known, recommender = known_histories(), plugin(name)
    fitted = recommender.fit(known, recommender.settings(known)[0])
    blend, task = program_of(fitted, known.n_items)
    compiled = build(blend, task, known, seed=0)
    found = program_scores(compiled.program, task.classes)(known)
    np.testing.assert_allclose(found, blend.scores(known), atol=1e-5)
    assert found.std() > 0
