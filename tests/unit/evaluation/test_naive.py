"""Every naive rule on series whose right answer is known, and which one known rows choose."""

from __future__ import annotations

import numpy as np
import pytest

from mlwright.evaluation.naive import RULES, Asked, Past, Rows, choose

DAY, HOUR = 86_400.0, 3_600.0
BY_NAME = {rule.name: rule for rule in RULES}


def at(*dates):
    """Return epoch seconds."""
    return np.array(dates, dtype="datetime64[s]").astype(np.float64)


def monthly(first, n_months):
    return (np.datetime64(first, "M") + np.arange(n_months)).astype("datetime64[s]").astype(np.float64)


def rows(times, values, series=None, groups=None):
    series = np.zeros(len(times), np.int64) if series is None else np.asarray(series)
    return Rows(series, np.asarray(times, np.float64), np.asarray(values, np.float64), groups)


def foretold(name, known, times, series=None, until=None, *, is_dated=True):
    """Foretell rows from all that is known, or from what is known before a moment of each."""
    times = np.asarray(times, np.float64)
    series = np.zeros(len(times), np.int64) if series is None else np.asarray(series)
    until = np.full(len(times), np.nextafter(known.times.max(), np.inf)) if until is None else until
    asked = Asked(series, times, np.asarray(until, np.float64), np.full(len(times), -1.0))
    return Past.of(known, is_dated=is_dated).foretell(BY_NAME[name], asked)


def rmse(truth, given):
    return float(np.sqrt(np.mean((truth - given) ** 2)))


def test_the_last_value_is_that_of_the_row_s_own_series():
    known = rows([3.0, 1.0, 2.0, 1.0, 2.0], [30, 10, 20, 100, 200], [0, 0, 0, 1, 1])
    found = foretold("last", known, [9.0, 9.0, 8.0], [0, 1, 2], is_dated=False)
    assert found.values.tolist() == [30.0, 200.0, -1.0]
    assert found.is_known.tolist() == [True, True, False]


def test_rows_of_one_series_and_moment_are_one_the_mean_of_both():
    known = rows([2.0, 1.0, 2.0], [10, 50, 30])
    assert foretold("last", known, [3.0], is_dated=False).values.tolist() == [20.0]
    assert foretold("mean", known, [3.0], is_dated=False).values.tolist() == [35.0]


def test_the_mean_is_that_of_the_series():
    known = rows([1.0, 2.0, 1.0], [10, 20, 100], [0, 0, 1])
    assert foretold("mean", known, [5.0, 5.0, 5.0], [0, 1, 2], is_dated=False).values.tolist() == [
        15,
        100,
        -1,
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_year_ago_is_the_same_month_in_rows_of_any_order(order):
    times = monthly("2001-01", 24)[::order]
    known = rows(times, np.arange(24)[::order])
    asked = monthly("2003-01", 14)
    found = foretold("year_ago", known, asked)
    assert found.values.tolist() == [*range(12, 24), 12, 13]
    assert found.is_older  # 2004 is foretold by 2002
    assert not foretold("year_ago", known, asked[:12]).is_older


def test_a_month_that_was_missing_a_year_ago_is_that_of_two_years_ago():
    keep = np.arange(24) != 14
    known = rows(monthly("2001-01", 24)[keep], np.arange(24)[keep])
    found = foretold("year_ago", known, monthly("2003-03", 1))
    assert found.values.tolist() == [2.0]
    assert found.is_older


def test_a_slot_that_was_never_seen_is_the_last_value_and_without_one_the_constant():
    month = np.arange(24) % 12 != 2
    known = rows(monthly("2001-01", 24)[month], np.arange(24)[month])
    found = foretold("year_ago", known, [*monthly("2003-03", 1)] * 2, [0, 7])
    assert found.values.tolist() == [23.0, -1.0]
    assert found.is_known.tolist() == [False, False]


def test_means_of_a_slot_fall_back_to_that_of_the_series():
    month = np.arange(24) % 12 != 2
    known = rows(monthly("2001-01", 24)[month], np.arange(24)[month])
    asked = monthly("2003-03", 2)
    assert foretold("year_mean", known, asked).values.tolist() == [known.values.mean(), (3 + 15) / 2]


def test_a_day_and_a_week_ago_are_the_same_half_hour():
    times = at("2024-01-01T00:00") + np.arange(48 * 21) * HOUR / 2
    known = rows(times, np.arange(len(times)))
    asked = times[-1] + HOUR / 2 * np.array([1, 48, 49, 7 * 48])
    assert foretold("day_ago", known, asked).values.tolist() == [48 * 20, 48 * 21 - 1, 48 * 20, 48 * 21 - 1]
    assert foretold("week_ago", known, asked[:3]).values.tolist() == [48 * 14, 48 * 15 - 1, 48 * 15]
    assert foretold("week_mean", known, asked[:1]).values.tolist() == [48 * 7]


def test_the_29th_of_february_is_foretold_by_the_28th_and_foretells_nothing():
    times = at("2019-01-01") + np.arange(3 * 365) * DAY  # to 2021-12-30, with a leap day
    known = rows(times, times)
    is_day = {str(np.datetime64(int(t), "s"))[:10]: t for t in times}
    asked = at("2022-02-28", "2022-03-01", "2024-02-29")
    expected = [is_day["2021-02-28"], is_day["2021-03-01"], is_day["2021-02-28"]]
    assert foretold("year_ago", known, asked).values.tolist() == expected
    before = rows(times[: 365 + 60], times[: 365 + 60])  # to 2020-02-29
    assert foretold("year_ago", before, at("2021-02-28")).values.tolist() == [is_day["2020-02-28"]]


def test_52_weeks_ago_is_the_same_day_of_the_week():
    times = at("2018-01-01") + np.arange(3 * 365) * DAY
    found = foretold("weeks_52_ago", rows(times, times), times[-1] + DAY * np.arange(1, 9))
    assert (times[-1] + DAY * np.arange(1, 9) - found.values == 364 * DAY).all()


def test_moments_that_tremble_count_as_the_next_of_the_grid():
    rng = np.random.default_rng(0)
    exact = at("2024-01-01T00:30") + np.arange(24 * 10) * HOUR
    known = rows(exact + rng.uniform(-300, 300, len(exact)), np.arange(240) % 24)
    asked = exact[-1] + HOUR * np.arange(1, 25) + rng.uniform(-300, 300, 24)
    assert foretold("day_ago", known, asked).values.tolist() == list(range(24))


def test_what_is_known_before_each_row_moves_with_it():
    times = np.arange(10.0)
    found = foretold("last", rows(times, times * 10), [5.0, 7.0], until=[5.0, 6.5], is_dated=False)
    assert found.values.tolist() == [40.0, 60.0]  # nothing of its own moment


def test_numbers_are_no_dates_and_have_no_seasons():
    known = rows(np.arange(1000.0), np.arange(1000.0))
    assert [rule.name for rule in Past.of(known, is_dated=False).rules] == ["last"]


def chosen(values, times, horizon, series=None, **given):
    found = choose(
        rows(times, values, series, given.pop("groups", None)), horizon, rmse, is_dated=True, **given
    )
    return found.rule and found.rule.name


def panel(n_series, n_moments, step=DAY):
    """Return series and times of rows in no order."""
    series, places = np.divmod(np.random.default_rng(7).permutation(n_series * n_moments), n_moments)
    return series, at("2020-01-01")[0] + places * step, places


@pytest.mark.parametrize("seed", range(5))
def test_white_noise_keeps_the_constant(seed):
    series, times, _ = panel(20, 200)
    values = np.random.default_rng(seed).normal(size=len(times))
    assert chosen(values, times, 50 * DAY, series) is None
    assert chosen(values[series == 0], times[series == 0], 50 * DAY) is None


@pytest.mark.parametrize("seed", range(5))
def test_random_walks_choose_the_last_value(seed):
    series, times, places = panel(40, 200)
    walks = np.random.default_rng(seed).normal(size=(40, 200)).cumsum(axis=1)
    assert chosen(walks[series, places], times, 10 * DAY, series) == "last"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("period", "name"), [(24, "day_ago"), (24 * 7, "week_ago")])
def test_a_season_that_rises_chooses_the_season_ago(seed, period, name):
    rng = np.random.default_rng(seed)
    places = rng.permutation(24 * 60)
    shape = rng.normal(size=period)
    values = shape[places % period] * 5 + places / 100 + rng.normal(0, 0.1, len(places))
    assert chosen(values, places * HOUR, 24 * HOUR * 7) == name


@pytest.mark.parametrize("seed", range(3))
def test_a_noisy_season_of_constant_level_chooses_its_mean(seed):
    rng = np.random.default_rng(seed)
    places = np.arange(24 * 90)
    values = np.sin(places / 24 * 2 * np.pi) + rng.normal(size=len(places))
    assert chosen(values, places * HOUR, 24 * HOUR * 14) == "day_mean"


def test_months_of_several_series_that_grow_choose_a_year_ago():
    rng = np.random.default_rng(0)
    series, months = np.divmod(np.arange(30 * 96), 96)
    level, shape = rng.uniform(50, 500, 30), rng.uniform(0.6, 1.4, (30, 12))
    values = level[series] * shape[series, months % 12] * 1.004**months * rng.normal(1, 0.02, len(months))
    times = monthly("2000-01", 96)[months]
    assert chosen(values, times, 730 * DAY, series) == "year_ago"
    order = rng.permutation(len(values))
    assert chosen(values[order], times[order], 730 * DAY, series[order]) == "year_ago"


def test_what_becomes_known_on_the_way_makes_the_last_value_good():
    """Far ahead the last value of a slow swing is worth nothing; a moment ahead it is nearly the truth."""
    places = np.arange(1500)
    values = np.sin(places / 40) + np.random.default_rng(0).normal(0, 0.05, len(places))
    assert chosen(values, places * 7.0, 350 * 7.0) is None
    assert chosen(values, places * 7.0, 350 * 7.0, delay=0.0) == "last"


def test_groups_that_are_judged_apart_foretell_nothing_of_themselves():
    series, times, places = panel(40, 100)
    walks = np.random.default_rng(0).normal(size=(40, 100)).cumsum(axis=1)[series, places]
    assert chosen(walks, times, 10 * DAY, series) == "last"
    assert chosen(walks, times, 10 * DAY, series, groups=series) is None


def test_the_choice_is_the_same_each_time():
    series, times, _ = panel(400, 200)
    known = rows(times, np.random.default_rng(0).normal(size=len(times)), series)
    one, other = (choose(known, 50 * DAY, rmse, is_dated=True) for _ in range(2))
    assert one.tried == other.tried


def test_very_few_rows_choose_nothing_or_something_but_never_fail():
    for n_rows in range(1, 12):
        known = rows(np.arange(n_rows) * DAY, np.arange(n_rows))
        assert choose(known, DAY, rmse, is_dated=True).rule in (None, BY_NAME["last"])
