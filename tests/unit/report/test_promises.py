"""What is said of intervals and probabilities is what the evidence holds."""

from __future__ import annotations

from mlwright.report import first
from mlwright.report.build import build_report
from mlwright.report.card import model_card
from mlwright.report.commands import commands
from mlwright.report.promises import error_line, held_line, interval_lines


def estimate(value, low, high, direction="max"):
    return {"value": value, "low": low, "high": high, "direction": direction}


def told(evidence, **changes):
    """Give an evidence intervals of 90 %."""
    evidence["intervals"] = {
        "mode": "certified", "why": "rows were held back", "answers": "intervals", "depends_on": "the value",
        "n_rows": 500, "n_groups": None, "highest_level": 0.99, "level": 0.9,
        "coverage": estimate(0.912, 0.894, 0.927), "size": estimate(120.4, 118.0, 122.8, "min"),
        "levels": [{"level": 0.9, "coverage": estimate(0.912, 0.894, 0.927), "size": estimate(120, 9, 130)}],
        "slices": [
            {"column": "season", "slice": "winter", "n": 80, "off": -1,
             "coverage": estimate(0.7, 0.6, 0.8), "size": estimate(90, 80, 100)},
            {"column": "season", "slice": "spring", "n": 80, "off": 0,
             "coverage": estimate(0.81, 0.74, 0.89), "size": estimate(90, 80, 100)},
            {"column": None, "slice": "1 to 5", "n": 60, "off": 1,
             "coverage": estimate(0.99, 0.95, 0.999), "size": estimate(50, 40, 60)},
        ],
        **changes,
    }  # fmt: skip
    return evidence


def test_coverage_is_a_count_with_its_interval(bikes):
    assert held_line(told(bikes)) == (
        "Asked for ranges that hold the true cnt in 90 % of cases, it gave ranges that did so in 9 of 10 on "
        "the sealed test: 91.2 % (95 % interval 89.4 % to 92.7 %)."
    )
    assert held_line(told(bikes, coverage=estimate(0.853, 0.8, 0.9))).count(" in 85 of 100 on ") == 1
    assert held_line(told(bikes, coverage=estimate(0.997, 0.99, 0.999))).count(" in >99 of 100 on ") == 1


def test_where_fewer_were_held_beyond_chance_is_named_and_nothing_else(bikes):
    lines = interval_lines(told(bikes))
    assert [line for line in lines if line.startswith("Fewer")] == [
        "Fewer where season is winter: 70.0 % of 80 rows."
    ]
    assert "depends on the value" in lines[1]
    assert lines[-1] == "It rests on this: rows were held back."


def test_sets_are_told_by_their_labels(income):
    lines = interval_lines(told(income, answers="sets", size=estimate(1.21, 1.19, 1.23)))
    assert "sets of labels that hold the true income in 90 % of cases" in lines[0]
    assert lines[1].startswith("A set holds 1.210 (1.190 to 1.230) labels on average")


def test_a_model_without_says_why_or_nothing(bikes):
    assert interval_lines(bikes) == []
    bikes["intervals"] = {"mode": None, "why": "too few rows"}
    assert interval_lines(bikes) == ["There are none: too few rows."]
    assert "There are none: too few rows." in build_report(bikes)


def test_the_page_and_the_card_carry_them(bikes, read):
    page, card = read(build_report(told(bikes))), model_card(bikes)
    for text in (page, card):
        assert "ranges that did so in 9 of 10 on the sealed test" in text
    assert "season is winter" in page
    assert any("--intervals 0.9" in command for _, command in commands(bikes))


def test_the_calibration_error_is_told_in_points(income, read):
    assert error_line(income) == ""
    income["calibration_error"] = estimate(0.0213, 0.011, 0.032, "min")
    told = "its probabilities are off by 2.1 points on average (95 % interval 1.1 to 3.2)"
    assert error_line(income).startswith(f"Beyond what chance would do, {told}")
    assert "2.1 points" in read(build_report(income))


def test_a_slice_that_holds_every_row_is_not_told_again(bikes):
    whole = told(bikes)
    part = {**whole["intervals"]["slices"][0], "off": -1, "n": bikes["split"]["n_test"]}
    whole["intervals"]["slices"] = [part]
    assert not [line for line in interval_lines(whole) if line.startswith("Fewer")]


def test_where_ranges_are_far_too_narrow_in_a_large_part_the_first_screen_warns(bikes):
    narrow = {
        "column": None, "slice": "400 to 900", "n": 96, "off": -1,
        "coverage": estimate(0.686, 0.6, 0.75), "size": estimate(90, 80, 100),
    }  # fmt: skip
    bikes = told(bikes, slices=[narrow, {**narrow, "n": 20, "coverage": estimate(0.1, 0.0, 0.2)}])
    (one,) = [one for one in first.watch(bikes) if one.place == "calibration"]
    assert one.severity == "warning"
    assert one.says == (
        "The ranges around its answers are too narrow in a part: where the answer is 400 to 900, they held "
        "the truth in 68.6 % of 96 rows, not in 90 %."
    )
    for fine in ({"off": 0}, {"coverage": estimate(0.87, 0.86, 0.89)}, {"n": 20}):
        bikes = told(bikes, slices=[{**narrow, **fine}])
        assert not [one for one in first.watch(bikes) if one.place == "calibration"]


def test_the_picture_of_chances_tells_the_same_error_as_the_sentence(income, read):
    income["calibration"] = [{"predicted": 0.5, "observed": 0.6, "low": 0.5, "high": 0.7, "n": 100}]
    income["calibration_error"] = estimate(0.0213, 0.011, 0.032, "min")
    assert "Its chances can be taken at their word" in read(build_report(income))
    income["calibration_error"] = estimate(0.06, 0.04, 0.08, "min")
    assert "Its chances are off by 6 points on average" in read(build_report(income))
    income["calibration_error"] = estimate(0.0, 0.0, 0.08, "min")
    assert "Its chances are off by no more than chance would do" in read(build_report(income))


def test_sizes_have_the_same_digits_all_along_a_column(bikes, read):
    sizes = [estimate(4.4026, 4.401, 4.404), estimate(120.4, 118.0, 122.8)]
    levels = [{"level": n / 10, "coverage": estimate(0.9, 0.8, 1.0), "size": s} for n, s in enumerate(sizes)]
    page = read(build_report(told(bikes, levels=levels, slices=[])))
    assert "4.403" not in page
    assert "4.4" in page
