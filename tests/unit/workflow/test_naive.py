"""The rival of a model of time is a naive forecast, and what has to be beaten is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.said import SENTENCES
from mlwright.report.verdict import verdict
from mlwright.workflow.naive import naive_forecast
from mlwright.workflow.prepare import prepare

from .conftest import options, trained

N_SHOPS, N_WARES, N_MONTHS = 6, 5, 60


def sales(*, season=20.0, level=0.0, promoted=0.0, seed=0):
    """Return monthly sales of wares in shops; each has its own year, which drifts from year to year.

    Shops differ by a level, and promotions, which are known before, sell more.
    """
    rng = np.random.default_rng(seed)
    months = np.datetime64("2015-01", "M") + np.arange(N_MONTHS)
    years = rng.normal(0, season, (N_SHOPS, N_WARES, 12))[..., None] + rng.normal(
        0, 1, (N_SHOPS, N_WARES, 12, N_MONTHS // 12)
    ).cumsum(axis=-1)
    rows = []
    dates = [str(month.astype("M8[D]")) for month in months]
    for shop in range(N_SHOPS):
        for ware in range(N_WARES):
            for month in range(N_MONTHS):
                promotion = round(float(rng.normal()), 3)
                sold = 100 + years[shop, ware, month % 12, month // 12] + level * shop + promoted * promotion
                rows.append({
                    "shop": f"shop {shop}", "ware": f"ware {ware}", "month": dates[month],
                    "promotion": promotion, "sold": round(float(sold), 3),
                })  # fmt: skip
    return rows


def found(rows, **given):
    """Return the naive forecast of the sealed test, and the rows."""
    chosen = options(time="month", **given)
    prepared = prepare(rows, "sold", chosen)
    return naive_forecast(prepared, chosen, np.full(prepared.test.n_rows, 100.0)), prepared


def test_last_year_s_month_of_the_same_shop_and_ware_is_the_rival():
    naive, prepared = found(sales())
    assert naive.told["name"] == "year_ago"
    assert naive.told["series"] == ["shop", "ware"]
    assert naive.told["n_unknown"] == 0
    known = {
        (row["shop"], row["ware"], row["month"]): row["sold"] for row in sales()
    }  # fmt: skip
    test = prepared.test
    dates = test.times.astype("datetime64[s]").astype("datetime64[M]")
    latest = prepared.train.times.max().astype("datetime64[s]").astype("datetime64[M]")
    for row in range(0, test.n_rows, 17):
        date = dates[row]
        while date > latest:
            date -= 12
        key = (test.columns["shop"][row], test.columns["ware"][row], str(date.astype("M8[D]")))
        assert naive.values[row] == known[key]


def test_what_the_test_holds_does_not_change_the_rule():
    naive, prepared = found(sales())
    target = prepared.everything.target.copy()
    target[prepared.split.test] = np.random.default_rng(0).permutation(target[prepared.split.test]) * 9
    other = replace(prepared, everything=replace(prepared.everything, target=target))
    again = naive_forecast(other, options(time="month"), np.full(prepared.test.n_rows, 100.0))
    assert again.told == naive.told
    np.testing.assert_array_equal(again.values, naive.values)


def test_with_a_history_what_was_true_lately_is_known_to_the_rule_too():
    rng = np.random.default_rng(0)
    walk = np.clip(rng.normal(size=1500).cumsum() / 20, -3, 3)
    days = np.datetime64("2015-01-01") + np.arange(1500)
    rows = [{"month": str(day), "x": float(x), "sold": float(y)} for day, x, y in
            zip(days, rng.normal(size=1500), walk, strict=True)]  # fmt: skip
    naive, prepared = found(rows, history=("all",))
    assert naive.told["name"] == "last"
    assert naive.told["is_rolling"]
    order = np.argsort(prepared.test.times)
    np.testing.assert_allclose(naive.values[order][1:], prepared.test.target[order][:-1])
    late, _ = found(rows, history=("all",), known_after_s=3 * 86_400.0)
    np.testing.assert_allclose(late.values[order][4:], prepared.test.target[order][:-4])


def test_shops_that_nobody_knew_get_the_constant():
    rows = sales()
    last = max(row["month"] for row in rows)
    new = [{**row, "shop": "new"} for row in rows if row["month"] == last]
    naive, prepared = found([*rows, *new])
    is_new = prepared.test.columns["shop"] == "new"
    assert is_new.any()
    assert (naive.values[is_new] == 100.0).all()
    assert naive.told["n_unknown"] == is_new.sum()


def test_series_that_end_at_different_times_are_each_foretold_beyond_their_own_end():
    rows = sales()
    ends = {f"shop {shop}": f"20{17 + shop % 3}-06-01" for shop in range(N_SHOPS)}
    early = [row for row in rows if row["month"] < ends[row["shop"]]]
    late = [row for row in rows if ends[row["shop"]] <= row["month"] < f"{ends[row['shop']][:4]}-12-01"]
    naive, prepared = found(early, test=late)
    assert prepared.test.times.min() < prepared.train.times.max()
    assert naive.told["name"] == "year_ago"
    known = {(row["shop"], row["ware"], row["month"]): row["sold"] for row in rows}
    year_before = [
        known[row["shop"], row["ware"], f"{int(row['month'][:4]) - 1}{row['month'][4:]}"] for row in late
    ]
    assert naive.values.tolist() == year_before


@pytest.mark.parametrize("given", [{"time": "none"}, {"group": "shop", "time": "none"}])
def test_rows_in_no_order_have_no_rival_but_the_constant(given):
    chosen = options(**given)
    prepared = prepare(sales(), "sold", chosen)
    assert naive_forecast(prepared, chosen, np.zeros(prepared.test.n_rows)) is None


def test_shops_that_are_judged_apart_foretell_nothing():
    naive, _ = found(sales(), group="shop")
    assert naive is None


def test_a_test_that_was_given_counts_if_it_comes_later():
    rows = sales()
    since = "2019-03-01"
    early, late = ([row for row in rows if (row["month"] >= since) is is_late] for is_late in (False, True))
    naive, _ = found(early, test=late)
    assert naive.told["name"] == "year_ago"
    naive, _ = found(rows, test=early[::7])
    assert naive is None


def test_classes_have_no_forecast():
    rows = [{**row, "sold": "much" if row["sold"] > 100 else "little"} for row in sales()]
    assert found(rows)[0] is None


@pytest.fixture(scope="module")
def beaten():
    """Return the evidence of a model that knows less than last year's month."""
    return trained(sales(), "sold", time="month", max_trials=2).evidence


def test_a_model_that_is_no_better_than_last_year_does_not_ship(beaten):
    assert beaten["baseline_rule"]["name"] == "year_ago"
    (finding,) = (one for one in beaten["findings"] if one["rule"] == "not_better_than_baseline")
    rival = "the value of a year before in the same shop and ware"
    assert rival in finding["message"]
    assert finding["remedy"].startswith(f"Do not use it: {rival} does as well")
    assert "--history" in finding["remedy"]
    told = verdict(beaten)
    assert told.tone == "bad"
    assert told.reason.endswith(f"than {rival}.")
    constant = beaten["baseline_rule"]["constant"]["rmse"]
    assert beaten["test"]["rmse"]["value"] < constant  # a constant alone would have let it ship
    assert beaten["baseline"]["rmse"]["value"] < constant
    assert beaten["baseline_rule"][SENTENCES]["says"]["words"] == "the value of a year before"


def test_a_model_that_knows_more_than_the_past_ships():
    evidence = trained(
        sales(season=2.0, level=20.0, promoted=15.0), "sold", time="month", max_trials=2
    ).evidence
    assert evidence["baseline_rule"] is not None
    assert not [one for one in evidence["findings"] if one["rule"] == "not_better_than_baseline"]
    told = verdict(evidence)
    assert told.tone == "good"
    assert "it beats the mean of the known values in the same shop and ware" in told.reason
