"""Drawings: what stands below an axis can be read."""

from __future__ import annotations

from itertools import pairwise

from mlwright.report import charts
from mlwright.report.figures import number
from mlwright.report.svg import Axis, labels, text
from mlwright.report.text import Figure, Text


def test_long_labels_do_not_touch():
    axis = Axis.around([0.0, 4e9], 60, 396)
    found = labels(axis, number)
    assert len(found) < len(axis.ticks())
    places = [x for x, _ in found]
    longest = max(len(words) for _, words in found)
    assert min(b - a for a, b in pairwise(places)) > 6 * longest


def test_short_labels_are_all_there():
    axis = Axis.around([0.0, 1.0], 60, 396)
    assert [words for _, words in labels(axis, number)] == [number(tick) for tick in axis.ticks()]


def test_numbers_below_zero_have_a_minus_sign():
    assert "\N{MINUS SIGN}0.5" in text(0, 0, Text([Figure("-0.5", -0.5, "/x")]))


def test_the_name_of_an_axis_gives_way_to_long_numbers():
    bins = [{"predicted": n, "observed": n, "n": 5} for n in (10_000.0, 30_000.0)]
    assert "rotate(-90" not in charts.agreement(bins, "title", ("said", "true"), shares=False)
    short = [{"predicted": n, "observed": n, "n": 5} for n in (10.0, 30.0)]
    assert "rotate(-90" in charts.agreement(short, "title", ("said", "true"), shares=False)


def test_ticks_of_tiny_numbers_are_no_zeros():
    drawn = charts.comparison([("this", {"value": 5e-10, "low": 4e-10, "high": 6e-10})], "MAE")
    assert ">0.000000<" not in drawn
    assert "e-10" in drawn.replace("\N{MINUS SIGN}", "-")
