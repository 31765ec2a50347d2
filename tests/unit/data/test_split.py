"""Splits: nothing straddles, time runs forward, every class can be learned."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlwright.core.errors import DataError
from mlwright.data.deal import join, rare_keys
from mlwright.data.split import folds, prove, seal

worlds = settings(max_examples=60, deadline=None)


@st.composite
def tables(draw):
    """Rows with copies, groups, times (some missing) and classes or values."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_rows = draw(st.integers(40, 300))
    n_classes = draw(st.sampled_from([0, 2, 3, 12]))
    values = rng.normal(size=n_rows)
    if n_classes:
        values = np.minimum(rng.geometric(0.4, n_rows) - 1, n_classes - 1).astype(float)
    keys = rng.integers(0, draw(st.sampled_from([n_rows // 2, n_rows, 10 * n_rows])), n_rows)
    groups = rng.integers(0, draw(st.sampled_from([8, 20, n_rows])), n_rows)
    times = rng.integers(0, draw(st.sampled_from([30, 10_000])), n_rows).astype(float)
    times[rng.random(n_rows) < 0.05] = np.nan
    return values, keys, n_classes, groups, times


def is_partition(train, test, n_rows):
    rows = np.concatenate([train, test])
    return len(np.unique(rows)) == len(rows) == n_rows


@worlds
@given(tables(), st.integers(0, 5))
def test_copies_never_straddle_and_every_row_has_a_side(table, seed):
    values, keys, n_classes, _, _ = table
    split = seal(values, keys, n_classes=n_classes, seed=seed)
    assert is_partition(split.train, split.test, len(values))
    copies = rare_keys(keys)
    assert not set(copies[split.train]) & set(copies[split.test])
    assert split.proof["n_shared_duplicates"] == 0
    assert split.proof["n_dropped"] == 0
    assert split.proof["n_train"] + split.proof["n_test"] == len(values)
    assert 0 < len(split.test) < len(split.train)
    assert split.how == ("stratified" if n_classes else "random")


@worlds
@given(tables(), st.integers(0, 5))
def test_the_same_seed_gives_the_same_split(table, seed):
    values, keys, n_classes, groups, _ = table
    one, other = (seal(values, keys, n_classes=n_classes, groups=groups, seed=seed) for _ in "ab")
    assert (one.train == other.train).all()
    assert (one.test == other.test).all()


@worlds
@given(tables())
def test_groups_never_straddle_either(table):
    values, keys, n_classes, groups, _ = table
    split = seal(values, keys, n_classes=n_classes, groups=groups)
    assert not set(groups[split.train]) & set(groups[split.test])
    assert split.proof["n_shared_groups"] == split.proof["n_shared_duplicates"] == 0
    n_kept = len(split.train) + len(split.test)
    assert n_kept + split.proof["n_dropped"] == len(values)
    assert split.how == "grouped"


@worlds
@given(tables(), st.booleans())
def test_the_past_comes_before_the_future(table, is_grouped):
    values, keys, n_classes, groups, times = table
    given_groups = groups if is_grouped else None
    split = seal(values, keys, n_classes=n_classes, groups=given_groups, times=times)
    assert np.nanmax(times[split.train]) < times[split.test].min()
    assert split.proof["latest_train_time"] < split.proof["earliest_test_time"]
    assert split.proof["n_shared_duplicates"] == 0
    assert not set(split.train) & set(split.test)
    if is_grouped:
        assert split.proof["n_shared_groups"] == 0
        assert split.how == "grouped, forward in time"


@worlds
@given(tables(), st.integers(2, 6))
def test_folds_validate_each_row_at_most_once_and_share_nothing(table, n_folds):
    values, keys, n_classes, groups, _ = table
    copies = rare_keys(keys)
    for given_groups in (None, groups):
        pairs = folds(values, keys, n_classes=n_classes, n_folds=n_folds, groups=given_groups)
        assert len(pairs) == min(n_folds, len(np.unique(join(copies, given_groups))))
        seen = np.concatenate([valid for _, valid in pairs])
        assert len(np.unique(seen)) == len(seen)
        for train, valid in pairs:
            assert not set(train) & set(valid)
            assert not set(copies[train]) & set(copies[valid])
            if given_groups is not None:
                assert not set(groups[train]) & set(groups[valid])
            elif n_classes:
                assert set(values[train]) == set(values)


@worlds
@given(tables(), st.integers(1, 4))
def test_folds_in_time_learn_from_the_past_alone(table, n_folds):
    values, keys, n_classes, groups, times = table
    for given_groups in (None, groups):
        for train, valid in folds(
            values, keys, n_classes=n_classes, n_folds=n_folds, groups=given_groups, times=times
        ):
            proof = prove(train, valid, keys, given_groups, times)
            assert proof["n_shared_duplicates"] == 0
            assert not proof["n_shared_groups"]
            assert np.nanmax(times[train], initial=-np.inf) < times[valid].min()


def test_every_class_is_learned_and_judged_where_it_can_be():
    values = np.array([0.0] * 60 + [1.0] * 2 + [2.0])
    for seed in range(20):
        split = seal(values, np.arange(63), n_classes=3, seed=seed)
        assert set(values[split.train]) == {0, 1, 2}
        assert set(values[split.test]) == {0, 1}
        for train, valid in folds(values, np.arange(63), n_classes=3, n_folds=5, seed=seed):
            assert 62 in train
            assert 62 not in valid


def test_the_test_is_a_fifth_but_at_most_ten_thousand_rows():
    for n_rows, n_test in ((1000, 200), (200_000, 10_000)):
        rng = np.random.default_rng(0)
        values = (rng.random(n_rows) < 0.3).astype(float)
        split = seal(values, np.arange(n_rows), n_classes=2)
        assert len(split.test) == pytest.approx(n_test, abs=2)
        assert values[split.test].mean() == pytest.approx(values.mean(), abs=2 / n_test)


def test_values_are_spread_over_the_test():
    values = np.random.default_rng(0).lognormal(size=1000)
    split = seal(values, np.arange(1000), n_classes=0)
    quantiles = np.quantile(values, [0.25, 0.5, 0.75])
    shares = np.searchsorted(np.sort(values[split.test]), quantiles) / len(split.test)
    assert shares == pytest.approx([0.25, 0.5, 0.75], abs=0.03)


def test_a_holdout_is_15_percent():
    ((train, valid),) = folds(np.arange(1000.0), np.arange(1000), n_classes=0, n_folds=1)
    assert is_partition(train, valid, 1000)
    assert len(valid) == 150


def test_patterns_that_make_up_the_table_may_straddle_and_are_counted():
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 8, 1000)
    split = seal((rng.random(1000) < 0.5).astype(float), keys, n_classes=2)
    assert len(split.test) == pytest.approx(200, abs=2)
    assert split.proof["n_shared_duplicates"] == 0
    assert split.proof["n_common_patterns"] == len(split.test)
    assert len(np.unique(rare_keys(keys))) == 1000


def test_copies_do_not_chain_all_groups_into_one():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 50)
    keys = rng.integers(0, 500, 1000)  # most patterns occur in two groups
    split = seal(rng.normal(size=1000), keys, n_classes=0, groups=groups)
    assert split.proof["n_shared_groups"] == split.proof["n_shared_duplicates"] == 0
    assert split.proof["n_dropped"] > 0
    assert len(split.test) > 0


def test_long_lived_groups_are_divided_in_time():
    groups, times = np.tile(np.arange(50), 40), np.repeat(np.arange(40.0), 50)
    split = seal(np.zeros(2000), np.arange(2000), n_classes=0, groups=groups, times=times)
    assert split.proof["n_shared_groups"] == 0
    assert split.proof["n_test"] == 100  # a fifth of the groups in the last quarter of the time
    assert split.proof["n_train"] == 1200
    assert times[split.train].max() < times[split.test].min()


def test_new_groups_are_judged_by_all_their_rows():
    groups, times = np.arange(1000) // 10, np.arange(1000.0)
    split = seal(np.zeros(1000), np.arange(1000), n_classes=0, groups=groups, times=times)
    assert (len(split.train), len(split.test), split.proof["n_dropped"]) == (800, 200, 0)
    assert split.proof["latest_train_time"] == "1970-01-01T00:13:19"


def test_time_folds_use_every_span_but_the_first():
    pairs = folds(np.zeros(600), np.arange(600), n_classes=0, n_folds=5, times=np.arange(600.0))
    assert [(len(train), len(valid)) for train, valid in pairs] == [(100 * i, 100) for i in range(1, 6)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": np.zeros(9)}, "hold 1 group"),
        ({"times": np.zeros(9)}, "has 1 different times"),
    ],
)
def test_data_that_cannot_be_split_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        seal(np.arange(9.0), np.arange(9), n_classes=0, **options)


def test_one_row_is_refused():
    with pytest.raises(DataError, match="two are needed"):
        seal(np.zeros(1), np.zeros(1, dtype=int), n_classes=0)
    with pytest.raises(DataError, match="two are needed"):
        folds(np.zeros(1), np.zeros(1, dtype=int), n_classes=0, n_folds=5)


def test_one_group_that_is_past_and_future_leaves_no_folds_in_time():
    with pytest.raises(DataError, match="group and time columns together"):
        folds(np.zeros(60), np.arange(60), n_classes=0, n_folds=3, groups=np.zeros(60), times=np.arange(60.0))


def test_folds_in_time_without_enough_groups_are_left_out():
    groups = np.repeat([0, 1], [45, 15])  # the second span belongs to the group of the first
    pairs = folds(np.zeros(60), np.arange(60), n_classes=0, n_folds=3, groups=groups, times=np.arange(60.0))
    assert [len(valid) for _, valid in pairs] == [15]
