"""Drawings: what stands below an axis can be read."""

from __future__ import annotations

from itertools import pairwise

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
