"""A model with a history says what a row was told, what was not used, and what that is worth."""

from __future__ import annotations

import pytest

from mlwright.report.build import build_report


@pytest.fixture
def told(bikes):
    """Return the evidence of a model that was trained with --history."""
    score = bikes["test"]["rmse"]
    bikes["history"] = {
        "entities": ["station", "all"],
        "known_after_s": 0.0,
        "columns": ["history.station.count", "history.station.mean_5", "history.all.odd"],
        "remembered": {"rmse": {**score, "value": score["value"] + 50.0}},
    }
    drop = {"value": 12.0, "low": 10.0, "high": 14.0, "direction": "max"}
    bikes["importance"] = [{"column": "history.station.mean_5", "drop": drop}]
    return bikes


def test_the_page_tells_of_the_past_and_what_was_not_used(told, read):
    page = read(build_report(told))
    assert "of earlier rows of the same station and all earlier rows." in page
    assert "nothing of its own outcome or of later rows was used" in page
    assert "the mean outcome of the last 5" in page
    assert "--history events.csv" in page
    assert "mean of the last 5 outcomes (station)" in page  # among what drives it
    assert 'data-at="/history/remembered/rmse/value"' in build_report(told)


def test_a_delay_is_said(told, read):
    told["history"]["known_after_s"] = 86_400.0
    assert "outcomes that were known by then, 24 h after they happened" in read(build_report(told))


def test_without_a_history_nothing_is_said_of_it(bikes, read):
    page = read(build_report(bikes))
    assert "What earlier rows told" not in page
    assert "--history" not in page
