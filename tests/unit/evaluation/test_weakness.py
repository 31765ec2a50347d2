"""Weak slices: found where they are, and hardly ever where they are not."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.stats import ttest_ind

from mlwright.core.schema import Column, Kind
from mlwright.evaluation import weakness
from mlwright.evaluation.slices import Slice, conditions
from mlwright.evaluation.weakness import _Means, holm, mean_estimate, promising, weak_slices

COLUMNS = [Column(name=f"number {n}", kind=Kind.NUMBER) for n in range(6)]
COLUMNS += [Column(name=f"word {n}", kind=Kind.CATEGORY) for n in range(6)]


def world(rng, n_rows):
    found = {}
    for column in COLUMNS:
        if column.kind is Kind.NUMBER:
            found[column.name] = rng.normal(size=n_rows).round(2)
        else:
            found[column.name] = rng.choice(
                list("abcdefg"), n_rows, p=[0.3, 0.25, 0.2, 0.1, 0.06, 0.05, 0.04]
            ).astype(object)
    return found


def search(columns, losses, groups=None):
    """Choose on the first half, test on the second."""
    half = len(losses) // 2
    learned = {name: values[:half] for name, values in columns.items()}
    sealed = {name: values[half:] for name, values in columns.items()}
    parts = [one for column in COLUMNS for one in conditions(column, learned[column.name])]
    slices = promising(parts, learned, losses[:half])
    return weak_slices(slices, sealed, losses[half:], None if groups is None else groups[half:])


@pytest.mark.slow
@pytest.mark.parametrize("n_rows", [400, 4_000])
def test_equal_errors_give_a_slice_in_at_most_five_percent_of_worlds(n_rows):
    """Log losses of a calibrated model whose chances have nothing to do with the columns: skewed."""
    n_worlds, n_reported = 300, 0
    for seed in range(n_worlds):
        rng = np.random.default_rng(seed)
        chance = rng.beta(1.0, 3.0, n_rows)
        happened = rng.random(n_rows) < chance
        losses = -np.log(np.where(happened, chance, 1.0 - chance).clip(1e-7))
        found, n_tested = search(world(rng, n_rows), losses)
        assert n_tested > 0
        n_reported += bool(found)
    assert n_reported <= 0.05 * n_worlds


@pytest.mark.slow
def test_groups_that_err_alike_are_one_piece_of_evidence():
    """Shops differ in their mean loss; "word 0" is the same in a whole shop and tells nothing."""
    n_worlds, n_rows, n_reported, n_naive = 200, 2_000, 0, 0
    for seed in range(n_worlds):
        rng = np.random.default_rng(seed)
        shops = np.repeat(np.arange(n_rows // 20), 20)
        columns = world(rng, n_rows)
        columns["word 0"] = rng.choice(list("abcd"), n_rows // 20).astype(object)[shops]
        losses = rng.exponential(1.0, n_rows) + rng.exponential(1.0, n_rows // 20)[shops]
        n_reported += bool(search(columns, losses, shops)[0])
        n_naive += bool(search(columns, losses)[0])
    assert n_reported <= 0.05 * n_worlds
    assert n_naive > 0.3 * n_worlds, "without groups the same worlds are misread"


def test_a_planted_pair_is_found_and_named():
    rng = np.random.default_rng(3)
    columns = world(rng, 6_000)
    weak = (columns["word 1"] == "b") & (columns["number 2"] > 0.9)
    losses = rng.exponential(0.3, 6_000) + 0.6 * weak
    found, n_tested = search(columns, losses)
    assert n_tested <= 50
    rules = [one.slice.rule for one in found]
    assert any("word 1 = 'b'" in rule and "number 2 > 0.8" in rule for rule in rules), rules
    pair = next(one for one in found if len(one.slice.conditions) == 2)
    assert pair.inside.low > pair.outside.high
    assert pair.p_adjusted < 1e-6
    assert pair.inside.low <= losses[3_000:][pair.mask].mean() <= pair.inside.high


def test_a_part_of_a_weak_slice_that_is_no_worse_than_the_rest_of_it_is_no_news():
    rng = np.random.default_rng(1)
    columns = world(rng, 6_000)
    losses = rng.exponential(0.3, 6_000) + 0.5 * (columns["word 1"] == "b")
    found, _ = search(columns, losses)
    assert [one.slice.rule for one in found] == ["word 1 = 'b'"]


def test_small_slices_and_small_differences_are_not_reported():
    rng = np.random.default_rng(0)
    columns = world(rng, 20_000)
    tiny = 1.0 + 0.02 * (columns["word 1"] == "b") + rng.normal(0.0, 0.01, 20_000)
    found, n_tested = search(columns, tiny)
    assert (found, n_tested > 0) == ([], True)
    few = {name: values[:50] for name, values in columns.items()}
    assert search(few, np.where(few["word 1"] == "g", 9.0, 1.0))[1] == 0


def test_of_few_groups_nothing_is_tested_and_groups_decide_how_sure_one_is():
    rng = np.random.default_rng(0)
    columns = {"word 1": np.repeat(np.array(list("ab" * 30), dtype=object), 20)}
    shops, losses = np.repeat(np.arange(60), 20), rng.exponential(1.0, 1_200)
    losses += 1.5 * rng.exponential(1.0, 60)[shops]
    (one, other) = conditions(COLUMNS[7], columns["word 1"])
    for condition in (one, other):
        mask = condition.mask(columns["word 1"])
        alone, together = (_Means.of(losses, mask, groups) for groups in (None, shops))
        assert alone.difference == together.difference
        expected = ttest_ind(*(np.array([losses[shops == shop].mean() for shop in set(shops[part])])
                               for part in (mask, ~mask)), alternative="greater").pvalue  # fmt: skip
        assert together.p_value == pytest.approx(expected, abs=0.02)
        assert abs(alone.p_value - 0.5) > abs(together.p_value - 0.5)
    few = [Slice((one,))]
    assert weak_slices(few, columns, losses, shops)[1] == 1
    assert weak_slices(few, columns, losses, shops // 8)[1] == 0


def test_conditions_look_alike_in_blocks_of_any_size_and_memory_is_that_of_a_block(monkeypatch):
    rng = np.random.default_rng(0)
    columns = world(rng, 5_000)
    losses = rng.exponential(0.3, 5_000) + 0.2 * (columns["word 1"] == "b") * (columns["number 2"] > 0.9)
    parts = [one for column in COLUMNS for one in conditions(column, columns[column.name])]
    known = promising(parts, columns, losses)
    monkeypatch.setattr(weakness, "_BLOCK_CELLS", 7 * 5_000)
    tracemalloc.start()
    try:
        found = promising(iter(parts * 20), columns, losses)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [one.rule for one in promising(parts, columns, losses)] == [one.rule for one in known]
    assert {one.rule for one in found} < {one.rule for one in known}
    assert peak_bytes < 3e6  # all at once: 1,400 conditions of 5,000 rows, 60 MB


def test_nothing_to_divide_by_is_nothing_found():
    assert promising([], {}, np.ones(10)) == []
    assert weak_slices([], {}, np.ones(10)) == ([], 0)


def test_holm_is_that_of_the_textbook():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1.0, 1.0])


@pytest.mark.slow
def test_intervals_of_means_hold_the_truth():
    rng = np.random.default_rng(0)
    held, n_worlds = 0, 400
    for _ in range(n_worlds):
        groups = np.repeat(np.arange(40), 5)
        found = mean_estimate(rng.exponential(1.0, 200) + rng.normal(0, 0.5, 40)[groups], groups)
        held += found.low <= 1.0 <= found.high
    assert 0.92 <= held / n_worlds <= 0.975
