"""The portrait of a table finds what was planted, and nothing where nothing is."""

from __future__ import annotations

import json
from collections import Counter
from math import fsum

import numpy as np
import pytest

from mlwright.report.data_page import build_data_report, questions
from mlwright.report.figures import dig
from mlwright.workflow.profile import profile


def table(n_rows=2_000, seed=0):
    rng = np.random.default_rng(seed)
    size = rng.normal(100, 10, n_rows)
    kind = rng.choice(["a", "b", "c"], n_rows)
    return {
        "size": size,
        "kind": kind,
        "noise": rng.normal(size=n_rows),
        "price": 3 * size + rng.normal(0, 20, n_rows),
    }


def rows(columns):
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def told(columns, target="price"):
    return profile(rows(columns), target)


def test_a_clean_table_has_nothing_odd():
    found = told(table())
    assert [found[key] for key in ("missing_together", "outliers", "drift")] == [[], [], []]
    assert found["duplicates"] == {"n": 0, "share": 0.0}
    assert questions(found) == []


def test_what_tells_about_the_target_comes_first_and_noise_not_at_all():
    found = {one["column"]: one["strength"] for one in told(table())["relations"]}
    assert next(iter(found)) == "size"
    assert found["size"] == pytest.approx(0.68, abs=0.05)
    assert all(strength < 0.01 for name, strength in found.items() if name != "size")


def test_a_class_is_told_apart_as_a_number_is():
    columns = table()
    columns["price"] = np.where(columns["kind"] == "a", "yes", "no")
    found = {one["column"]: one["strength"] for one in told(columns)["relations"]}
    assert found["kind"] == pytest.approx(1.0)


def test_copies_gaps_far_values_and_changes_are_found():
    columns = {name: cells.copy() for name, cells in table().items()}
    columns["size"][5] = 9_000.0
    columns["noise"][1_500:] += 3.0
    empty = np.arange(2_000) % 5 == 0
    columns["note"] = np.where(empty, None, "x y")
    columns["extra"] = np.where(empty, np.nan, columns["noise"])
    copies = rows(columns) + rows(columns)[:40]
    found = profile(copies)
    assert found["duplicates"]["n"] == 40
    assert [(one["column"], one["farthest"]) for one in found["outliers"]] == [("size", 9_000.0)]
    assert {one["column"] for one in profile(rows(columns))["drift"]} == {"noise", "extra"}
    together = found["missing_together"][0]
    assert sorted(together["columns"]) == ["extra", "note"]
    assert together["share"] == pytest.approx(0.2, abs=0.01)
    asked = " ".join(questions(found))
    for words in (
        "40 rows repeat earlier ones",
        "Can size really be 9,000?",
        "empty together",
        "What happened there?",
    ):
        assert words in asked


def test_a_level_that_grows_is_named_with_its_shares():
    columns = table()
    columns["kind"][:400] = "a"
    (found,) = [one for one in told(columns)["drift"] if one["column"] == "kind"]
    assert (found["level"], found["first"]) == ("a", 1.0)


def test_rows_are_ordered_by_their_time_where_they_have_one():
    columns = table()
    day = np.arange(2_000)[::-1]
    columns["day"] = (np.datetime64("2020-01-01") + day).astype(str)
    columns["noise"] = columns["noise"] + 3.0 * (day > 1_000)
    found = told(columns)
    assert found["time"] == "day"
    (moved,) = [one for one in found["drift"] if one["column"] == "noise"]
    assert moved["first"] < moved["last"]


@pytest.mark.parametrize("n_rows", [1, 2, 40])
def test_a_small_table_is_no_trouble(n_rows):
    columns = {name: cells[:n_rows] for name, cells in table().items()}
    found = profile(rows(columns))
    assert found["drift"] == []
    assert "<h1" in build_data_report(found)


def test_a_leak_is_asked_about_and_the_page_says_not_ready(read):
    columns = table()
    columns["deed"] = 2.5 * columns["price"] + 7.0
    found = told(columns)
    page = read(build_data_report(found, "homes.csv"))
    assert "Not ready to learn from" in page
    assert "When is deed filled in: before the answer is known, or because of it?" in page
    assert "mlwright profile homes.csv --target price" in page


def test_the_page_escapes_and_speaks_german(read):
    columns = table()
    columns["<script>alert(1)</script>"] = columns.pop("kind")
    html = build_data_report(told(columns), language="de")
    assert "<script" not in html
    assert "Bereit zum Lernen" in read(html)
    assert dig(told(columns), "shapes", "<script>alert(1)</script>", "levels")


def test_how_far_levels_moved_does_not_depend_on_the_order_of_a_set():
    rng = np.random.default_rng(0)
    columns = {f"kind {n}": rng.choice([f"level {m}" for m in range(30)], 1_000) for n in range(12)}
    for cells in columns.values():
        cells[800:] = rng.choice(cells[:30], 200)
    drift = told({**columns, "price": rng.normal(size=1_000)})["drift"]
    assert len(drift) == len(columns)
    for one in drift:
        before, after = (Counter(part.tolist()) for part in np.split(columns[one["column"]], [200, 800])[::2])
        moves = [abs(after[level] / 200 - before[level] / 200) for level in {*before, *after}]
        assert one["distance"] == fsum(moves) / 2


@pytest.mark.parametrize(
    "cells",
    [
        [1e17], [12345678901234567890.0], [1e17, 1e17 + 16], [1.7e308, -1.7e308, 0.0], [1.7e308],
        [-1.7e308, -1.6e308], [5e-324, 0.0], [0.0], [3.25], [0.1, 0.1 + 1e-16],
    ],
)  # fmt: skip
def test_numbers_of_any_size_have_bars_that_hold_them(cells):
    column = [*sorted(cells * 300), None]
    found = profile({"a": column, "b": list(range(len(column)))})
    json.dumps(found, allow_nan=False)
    bars = found["shapes"]["a"]["bars"]
    ends = [bar["low"] for bar in bars] + [bars[-1]["high"]]
    assert ends == sorted(set(ends))
    known = [cell for cell in column if cell is not None]
    assert sum(bar["n"] for bar in bars) == len(known)
    assert ends[0] <= min(known) <= max(known) <= ends[-1]
