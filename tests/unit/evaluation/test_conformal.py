"""Intervals and sets: what is promised is kept, exactly, by the laws of exchangeable rows."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.errors import ArtifactError, UsageError
from mlwright.core.prediction import Prediction
from mlwright.evaluation.conformal import Conformal, Mode, scores, weighted_quantiles
from mlwright.evaluation.coverage import coverage, cuts

errors = st.lists(st.floats(0, 100), min_size=2, max_size=30)
levels = st.sampled_from([0.5, 0.8, 0.9, 0.95])


@settings(max_examples=100, deadline=None)
@given(errors, levels)
def test_of_any_rows_each_left_out_in_turn_at_least_the_level_is_held(found, level):
    missed = np.array(found)
    held = 0
    for row in range(len(missed)):
        quantile = weighted_quantiles(np.delete(missed, row), None, (level,))[0]
        held += quantile is None or missed[row] <= quantile
    assert held >= level * len(missed) - 1e-6


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=6), min_size=2, max_size=15), levels)
def test_of_any_groups_each_left_out_in_turn_the_level_is_held_on_average(found, level):
    missed = np.concatenate([np.array(group) for group in found])
    groups = np.repeat(np.arange(len(found)), [len(group) for group in found])
    held = 0.0
    for group in range(len(found)):
        is_out = groups == group
        quantile = weighted_quantiles(missed[~is_out], groups[~is_out], (level,))[0]
        held += 1.0 if quantile is None else float(np.mean(missed[is_out] <= quantile))
    assert held >= level * len(found) - 1e-6


def test_the_level_is_not_overshot_by_more_than_one_row():
    missed = np.arange(99.0)
    assert weighted_quantiles(missed, None, (0.9, 0.99, 0.995)) == (89.0, 98.0, None)


def conformal(missed, groups=None):
    return Conformal.fit(Mode.CERTIFIED, np.asarray(missed, dtype=float), groups)


def probabilities(n_rows=50, n_classes=4, seed=0):
    found = np.random.default_rng(seed).dirichlet(np.ones(n_classes) / 2, n_rows)
    return Prediction.of_probabilities(found)


def test_intervals_and_sets_grow_with_the_level():
    rng = np.random.default_rng(0)
    found = conformal(rng.random(200))
    values = Prediction(rng.normal(size=(5, 1)), None, rng.random(5) + 0.5)
    sets = probabilities()
    widths, sizes = [], []
    for level in (0.1, 0.5, 0.9, 0.99):
        low, high = found.intervals(values, level).T
        np.testing.assert_allclose((low + high) / 2, values.values, atol=1e-12)
        widths.append(high - low)
        inside = found.sets(sets, level)
        assert inside[np.arange(50), sets.labels].all()  # scores from 0 on: nobody was right more often
        sizes.append(inside.sum())
    assert (np.diff(widths, axis=0) >= 0).all()
    assert (np.diff(sizes) >= 0).all()
    np.testing.assert_allclose(widths[2] / widths[2][0], values.difficulty / values.difficulty[0])


def test_the_error_of_a_value_counts_in_units_of_its_usual_one():
    answered, truth = np.array([[1.0], [5.0], [9.0]]), np.array([2.0, 1.0, 9.0])
    assert scores(truth, Prediction(answered)).tolist() == [1.0, 4.0, 0.0]
    assert scores(truth, Prediction(answered, None, np.array([0.5, 8.0, 1.0]))).tolist() == [2.0, 0.5, 0.0]


def test_a_set_holds_the_true_class_exactly_if_its_score_is_within_the_quantile():
    sets, rng = probabilities(300), np.random.default_rng(1)
    truth = np.array([rng.choice(4, p=row) for row in sets.scores], dtype=float)
    missed = scores(truth, sets)
    found = conformal(missed)
    inside = found.sets(sets, 0.8)[np.arange(300), truth.astype(int)]
    np.testing.assert_array_equal(inside, missed <= found.quantile(0.8) + 1e-6)
    assert 0.8 <= inside.mean() <= 0.82


def test_a_level_below_the_accuracy_is_kept_by_leaving_the_least_sure_rows_without_a_label():
    sets, rng = probabilities(400, n_classes=2), np.random.default_rng(1)
    truth = np.array([rng.choice(2, p=row) for row in sets.scores], dtype=float)
    assert np.mean(sets.labels == truth) > 0.7
    inside = conformal(scores(truth, sets)).sets(sets, 0.6)
    assert 0.6 <= inside[np.arange(400), truth.astype(int)].mean() <= 0.61
    is_empty, sure = ~inside.any(axis=1), sets.scores.max(axis=1)
    assert is_empty.any()
    assert sure[is_empty].max() < sure[~is_empty].min()
    assert inside.sum(axis=1).max() == 1


def test_a_level_between_two_gets_the_quantile_of_the_higher():
    found = conformal(np.arange(1000.0))
    assert found.quantile(0.9005) == found.quantile(0.91) > found.quantile(0.9)


@pytest.mark.parametrize(
    ("level", "says"), [(0.99, "20 rows.*0.95 at most"), (0.0, "between 0 and 1"), (1.5, "between 0 and 1")]
)
def test_a_level_that_cannot_be_promised_is_refused(level, says):
    with pytest.raises(UsageError, match=says):
        conformal(np.arange(20.0)).quantile(level)


def test_few_groups_promise_less_than_many_rows():
    missed, groups = np.arange(1000.0), np.arange(1000) // 100
    assert conformal(missed).highest == 0.999
    assert conformal(missed, groups).highest == 0.9  # of ten groups the eleventh may be the worst
    approximate = Conformal.fit(Mode.APPROXIMATE, missed, groups)
    assert approximate.highest == 0.999  # nothing is promised, so nothing is refused
    assert approximate.quantile(0.5) <= conformal(missed, groups).quantile(0.5)


def test_a_probability_that_was_rounded_above_one_counts_as_one():
    sure = np.full(200, 1.0 + 2**-23)
    found = scores(np.ones(200), Prediction(np.column_stack([1.0 - sure, sure]), np.ones(200, np.int64)))
    assert (found == -1.0).all()
    kept = Conformal.fit(Mode.APPROXIMATE, found)
    assert Conformal.from_json(json.loads(json.dumps(kept.to_json()))) == kept


def test_it_survives_json():
    found = conformal(np.arange(50.0), np.arange(50) // 2)
    assert Conformal.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "sure"}, {"levels": [0.9]}, {"levels": [], "quantiles": []},
        {"quantiles": [1.0, float("nan")]}, {"quantiles": [2.0, 1.0]}, {"quantiles": [None, 1.0]},
        {"quantiles": [-1.1, 1.0]},
        {"levels": [0.9, 0.5]}, {"levels": [0.5, 1.0]}, {"n_rows": "many"}, {"quantiles": 3},
    ],
)  # fmt: skip
def test_what_cannot_be_quantiles_is_refused(change):
    sound = {
        "mode": "certified",
        "levels": [0.5, 0.9],
        "quantiles": [1.0, 2.0],
        "n_rows": 9,
        "n_groups": None,
    }
    assert Conformal.from_json(sound).quantile(0.6) == 2.0
    with pytest.raises(ArtifactError, match=r"intervals\.json"):
        Conformal.from_json({**sound, **change})
    with pytest.raises(ArtifactError, match=r"intervals\.json"):
        Conformal.from_json([])


def test_coverage_is_measured_over_all_rows_and_over_slices():
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    prediction = Prediction(values[:, None])
    area = np.where(np.arange(400) < 200, "calm", "wild").astype(object)
    truth = values + rng.uniform(-1, 1, 400) * np.where(area == "wild", 2.0, 1.0)
    found = conformal(np.linspace(0, 1, 999))
    cut = cuts(prediction, [], {"area": area})
    assert [part.name for part in cut if part.column] == ["calm", "wild"]
    asked = [(0.9, None), (0.5, None), *((0.9, part.rows) for part in cut)]
    whole, half, *parts = coverage(truth, prediction, found, asked)
    by_name = dict(zip([part.name for part in cut], parts, strict=True))
    assert whole.covered.value == np.mean(np.abs(truth - values) <= found.quantile(0.9))
    assert half.covered.value < whole.covered.value
    assert half.size.value == pytest.approx(1.0, abs=0.01)
    assert by_name["calm"].covered.low > 0.8 > by_name["wild"].covered.high
    assert all(part.covered.low <= part.covered.value <= part.covered.high for part in parts)


def test_groups_that_are_held_or_missed_together_make_coverage_less_sure():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 20)
    truth, found = rng.uniform(-1.1, 1.1, 20)[groups], conformal(np.linspace(0, 1, 999))
    prediction = Prediction(np.zeros((400, 1)))
    apart, together = (
        coverage(truth, prediction, found, [(0.8, None)], groups=given)[0].covered for given in (None, groups)
    )
    assert apart.value == together.value
    assert together.high - together.low > 3.0 * (apart.high - apart.low)


def test_small_slices_are_not_judged():
    prediction = probabilities(100)
    cells = np.array(["common"] * 90 + ["rare"] * 10, dtype=object)
    assert [p.name for p in cuts(prediction, list("abcd"), {"cell": cells}) if p.column] == ["common"]


def test_one_long_cell_does_not_make_all_cells_as_wide():
    cells = np.array([f"area {row % 50}" for row in range(3_000)], dtype=object)
    cells[5] = "w " * 10_000
    prediction = Prediction(np.arange(3_000.0)[:, None])
    tracemalloc.start()
    try:
        names = [part.name for part in cuts(prediction, [], {"area": cells}) if part.column]
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert names == [f"area {n}" for n in (0, 1, 10, 11, 12, 13)]
    assert peak_bytes < 2e6  # as texts of one width: 240 MB, and as much for each copy
