from __future__ import annotations

import pytest

from mlwright.report import figures
from mlwright.report.trace import Number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (1234567, "1,234,567"),
        (0.91449, "0.914"),
        (12.3456, "12.35"),
        (123.45, "123.5"),
        (1234.5, "1,234"),
        (0.00001, "1.00e-05"),
        (-0.5, "-0.500"),
        (None, figures.NONE),
        (float("nan"), figures.NONE),
        (True, figures.NONE),
        ("x", figures.NONE),
    ],
)
def test_a_number_has_about_three_digits(value, shown):
    assert figures.number(value) == shown


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        ({"value": 0.84216, "low": 0.8231, "high": 0.8612}, "0.842 (0.823 to 0.861)"),
        ({"value": 56.025, "low": 51.218, "high": 60.366}, "56.0 (51.2 to 60.4)"),
        ({"value": 18234.2, "low": 17100.0, "high": 19400.0}, "18,200 (17,100 to 19,400)"),
        ({"value": 12_048.0, "low": 6_640.0, "high": 20_655.0}, "12,000 (7,000 to 21,000)"),
        ({"value": 512.0, "low": -8_000.0, "high": 9_000.0}, "510 (-8,000 to 9,000)"),
        ({"value": 0.5, "low": 0.5, "high": 0.5}, "0.500"),
        ({"value": 0.5, "low": None, "high": None}, "0.500"),
        ({"value": -0.00001, "low": -0.001, "high": 0.001}, "0.0000 (-0.0010 to 0.0010)"),
        (None, figures.NONE),
    ],
)
def test_an_estimate_has_the_digits_that_its_interval_justifies(estimate, shown):
    assert figures.estimate_text(estimate) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0 %"), (0.001, "<1 %"), (0.5, "50 %"), (0.999, ">99 %"), (1, "100 %"), (None, figures.NONE)],
)
def test_a_percentage_is_never_falsely_certain(share, shown):
    assert figures.percent(share) == shown


def test_a_share_is_told_in_hundreds():
    assert figures.in_hundred(0.754) == "75"
    assert figures.in_hundred(0.995) == ">99"
    assert figures.in_hundred(0.001) == "<1"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.42, "0.4 s"), (48.2, "48 s"), (125, "2 min 5 s"), (3720, "1 h 2 min"), (None, figures.NONE)],
)
def test_a_duration_has_units(value, shown):
    assert figures.seconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(812, "812 bytes"), (418_211, "418 kB"), (1_500_000, "1.5 MB"), (3e9, "3.0 GB"), (None, figures.NONE)],
)
def test_a_size_has_units(value, shown):
    assert figures.size(value) == shown


def test_a_list_reads_as_in_a_sentence():
    assert figures.listing(["a"]) == "a"
    assert figures.listing(["a", "b", "c"], "or") == "a, b or c"
    assert figures.listing([]) == figures.NONE


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-0.1693, "0.17"), (2_979.0, "3,000"), (27.4, "27"), (0.0, "0"), (9.87, "9.9"), (None, figures.NONE)],
)
def test_two_digits_are_all_that_a_sentence_needs(value, shown):
    assert figures.two_digits(value) == shown


def test_what_may_be_a_year_has_no_thousands_mark():
    assert [figures.usual(value) for value in (2016.0, 2016.5, 12_016.0)] == ["2016", "2,016", "12,016"]


@pytest.mark.parametrize(
    ("gain", "size"),
    [
        ((3.0, -1.0, 7.0), (3.0, -1.0, 7.0)),
        ((-3.0, -9.0, 4.0), (3.0, -4.0, 9.0)),
        ((-3.0, -4.0, -2.0), (3.0, 2.0, 4.0)),
        ((-3.0, None, None), (3.0, None, None)),
        ((None, None, None), (None, None, None)),
    ],
)
def test_a_loss_is_a_gain_turned_round_with_its_interval(gain, size):
    keys = ("value", "low", "high")
    assert figures.size_of(dict(zip(keys, gain, strict=True))) == dict(zip(keys, size, strict=True))


def test_a_moment_is_told_to_the_minute():
    assert figures.moment("2026-11-22T11:52:07+00:00") == "2026-11-22 11:52 UTC"
    assert figures.moment("2026-11-22") == "2026-11-22 00:00"
    assert figures.moment("yesterday") == "yesterday"


def test_what_is_written_from_right_to_left_is_set_apart():
    assert figures.brief("שם", 40) == "\u2068שם\u2069"
    assert figures.brief("a\u202eb", 40) == "\u2068a\u202eb\u2069"
    assert figures.brief("naïve 名", 40) == "naïve 名"


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        (534_061_000_000.0, -9, "534 billion"),
        (2_520_000_000_000.0, None, "2,520 billion"),
        (-15_300_000_000.0, None, "-15.30 billion"),
        (9_999_999_999.0, None, "9,999,999,999"),
        (5.21e17, -16, "5.21e+17"),
    ],
)
def test_vast_amounts_are_told_in_billions_or_powers(value, decimals, shown):
    assert figures.number(value, decimals) == shown


def test_billions_know_their_place():
    told = figures.number(Number(534e9, "/test/mae/value"))
    assert (told, told.exact * told.per) == ("534 billion", pytest.approx(534))
    assert figures.two_digits(-1.13e12) == "1,100 billion"
