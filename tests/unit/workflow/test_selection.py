"""What the choice among candidates is worth: flattery is found where there is some, and only there."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.budget import Budget
from mlwright.core.evaluation import Direction, Estimate
from mlwright.core.prediction import Prediction
from mlwright.evaluation.score import value
from mlwright.tuning.blend import blend
from mlwright.workflow.selection import _Judged, _less, selection

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


class Lucky:
    """A candidate that knows nothing."""

    def __init__(self, yes):
        self.given = np.column_stack([1 - yes, yes])

    def answers(self):
        return self.given


def test_lucky_noise_is_found_out(searched):
    prepared, search = searched
    rng = np.random.default_rng(0)
    noise = [Lucky(rng.uniform(0.3, 0.7, len(search.target))) for _ in range(8 * len(search.finished))]
    rows = _Judged(prepared, search)
    optimism = rows.optimism(noise, 0, Budget(max_trials=3))
    weights = blend(search.store.link, search.target, [one.given for one in noise], 0)
    mixed = np.tensordot(weights, np.stack([one.given for one in noise]), axes=1)
    apparent = value("roc_auc", rows.truth, rows.prediction(mixed))
    assert apparent > 0.53  # noise that was chosen for its luck
    assert optimism > 0.02
    assert abs(apparent - optimism - 0.5) < 0.6 * abs(apparent - 0.5)


def test_of_a_loss_the_flattery_is_below_zero_and_taking_it_off_makes_it_larger(searched):
    prepared, search = searched
    rng = np.random.default_rng(0)
    noise = [Lucky(rng.uniform(0.3, 0.7, len(search.target))) for _ in range(24)]
    rows = _Judged(replace(prepared, task=replace(prepared.task, metric="log_loss")), search)
    optimism = rows.optimism(noise, 0, Budget(max_trials=3))
    assert optimism < -0.002
    apparent = Estimate(0.6, 0.55, 0.65, Direction.MIN)
    corrected = _less(apparent, optimism)
    assert (corrected.value, corrected.low, corrected.high) == pytest.approx(
        (0.6 - optimism, 0.55 - optimism, 0.65 - optimism)
    )


def test_rows_that_err_alike_are_drawn_and_left_out_together(searched):
    """Luck that a whole group shares is seen only by who leaves out whole groups."""
    prepared, search = searched
    rng = np.random.default_rng(0)
    groups = np.arange(len(search.target)) // 10
    rows = _Judged(prepared, search)
    rows.truth = rows._scaled = rng.integers(0, 2, groups.max() + 1)[groups].astype(float)
    noise = [Lucky(rng.uniform(0.3, 0.7, groups.max() + 1)[groups]) for _ in range(24)]
    single = rows.optimism(noise, 0, Budget(max_trials=3))
    rows.alike = groups
    assert rows.optimism(noise, 0, Budget(max_trials=3)) > max(0.05, 2.0 * single)


def test_of_values_the_score_is_in_their_own_unit():
    prepared, found = fitted(only(houses(300), "size", "age", "area", "price"), "price", max_trials=2)
    told = selection(prepared, found.search, 0, Budget(max_trials=2))
    judged = np.concatenate([valid for _, valid in found.search.store.folds])
    answers = found.search.blended()[:, 0] * prepared.task.scale + prepared.task.offset
    expected = value(prepared.task.metric, prepared.train.target[judged], Prediction(answers[:, None]))
    assert told["apparent"]["value"] == pytest.approx(expected)


def test_without_time_nothing_is_claimed(searched):
    prepared, search = searched
    found = selection(prepared, search, 0, Budget(time_limit_s=0.0))
    assert found["optimism"] is None
    assert found["corrected"] is None


def test_a_baseline_alone_was_not_chosen(searched):
    prepared, search = searched
    alone = replace(search, trials=search.trials[:1])
    assert selection(prepared, alone, 0, Budget(max_trials=3)) is None
