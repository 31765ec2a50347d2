"""What the choice among candidates is worth: flattery is found where there is some, and only there."""

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.workflow.selection import selection

from .conftest import fitted, houses, only


@pytest.fixture(scope="module")
def searched():
    prepared, found = fitted(only(houses(400), "size", "age", "area", "is_sold"), "is_sold", max_trials=3)
    return prepared, found.search


def test_the_parts_agree(searched):
    prepared, search = searched
    found = selection(prepared, search, 0, Budget(max_trials=3))
    assert found["n_candidates"] == len(search.finished)
    assert found["corrected"]["value"] == pytest.approx(found["apparent"]["value"] - found["optimism"])
    assert found["simplest"]["name"] in {t.configuration.name for t in search.finished}
    assert found == selection(prepared, search, 0, Budget(max_trials=3))


def test_lucky_noise_is_found_out(searched):
    prepared, search = searched
    rng = np.random.default_rng(0)
    noise = []
    for _ in search.finished * 8:
        yes = rng.uniform(0.3, 0.7, len(search.target))
        noise.append(np.column_stack([1 - yes, yes]))
    from mlwright.tuning.blend import blend
    from mlwright.workflow.selection import _Judged

    class Lucky:
        def __init__(self, given):
            self.given = given

        def answers(self):
            return self.given

    rows = _Judged(prepared, search)
    optimism = rows.optimism([Lucky(one) for one in noise], 0, Budget(max_trials=3))
    weights = blend(search.store.link, search.target, noise, 0)
    from mlwright.evaluation.score import value

    apparent = value("roc_auc", rows.truth, rows.prediction(np.tensordot(weights, np.stack(noise), axes=1)))
    assert apparent > 0.53  # noise that was chosen for its luck
    assert optimism > 0.02
    assert abs(apparent - optimism - 0.5) < 0.6 * abs(apparent - 0.5)


def test_without_time_nothing_is_claimed(searched):
    prepared, search = searched
    found = selection(prepared, search, 0, Budget(time_limit_s=0.0))
    assert found["optimism"] is None
    assert found["corrected"] is None


def test_a_baseline_alone_was_not_chosen(searched):
    prepared, search = searched
    from dataclasses import replace

    alone = replace(search, trials=search.trials[:1])
    assert selection(prepared, alone, 0, Budget(max_trials=3)) is None
