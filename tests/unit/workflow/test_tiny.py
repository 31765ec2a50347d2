"""Few rows, odd cells and odd targets: a model, or an error that says what lacks; never another error."""

from __future__ import annotations

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.errors import DataError

HUGE = [1e308, -1e308, float("inf"), 3e38, None, 0.0]
CUBES = np.arange(15) ** 3
TABLES = {
    "one feature": ({"a": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]}, [0, 0, 0, 1, 1, 1], None),
    "three rows": ({"a": [1.0, 2.0, 4.0]}, [1.5, 2.5, 9.0], None),
    "a constant beside a number": ({"a": [1.0, 2.0, 3.0, 5.0, 8.0] * 2, "b": [7] * 10}, [0, 1] * 5, None),
    "negative labels": ({"a": np.arange(12) ** 2.0}, [-1] * 6 + [1] * 6, None),
    "fractions without a fraction": ({"a": np.arange(12) ** 2.0}, [0.0] * 6 + [2.0] * 6, None),
    "a class of one row": ({"a": np.arange(9) ** 2.0}, [*"aaaabbbbc"], "multiclass"),
    "two classes asked as many": ({"a": np.arange(12) ** 2.0}, [*"ab"] * 6, "multiclass"),
    "as many classes as rows nearly": ({"a": np.arange(16) ** 2.0}, [*"abcdefghijklmnoo"], "multiclass"),
    "cells at the end of all numbers": ({"a": HUGE * 4, "b": np.arange(24) ** 2.0}, [*"xyyxyx"] * 4, None),
    "a target of tiny numbers": ({"a": np.arange(15) ** 2.0}, (CUBES * 1e-30).tolist(), "regression"),
    "a target of huge numbers": ({"a": np.arange(15) ** 2.0}, (CUBES * 1e30).tolist(), "regression"),
    "texts of few words": ({"a": [f"{w} {w} {w} now" for w in "abcd"] * 3}, [0, 1, 5, 7] * 3, "regression"),
}  # fmt: skip


@pytest.mark.parametrize("what", TABLES)
def test_a_tiny_table_is_learned_from_and_no_candidate_fails(what, tmp_path):
    columns, target, kind = TABLES[what]
    model = mw.train({**columns, "y": target}, "y", kind=kind, max_trials=2, refit="no")
    assert {row["state"] for row in model.evidence["leaderboard"]} == {"finished"}
    model.save(tmp_path / "tiny.mlw")
    scores = mw.load(tmp_path / "tiny.mlw").answer(columns).scores
    assert len(scores) == len(target)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"a": ["p", "q", "r", "s", "t", "u", "v", "w"]}, "Nothing in the"),
        ({"a": [3] * 8}, "No usable feature"),
        ({"a": [None] * 8}, "No usable feature"),
    ],
)
def test_columns_that_tell_nothing_are_named(columns, says):
    with pytest.raises(DataError, match=f"{says}.*'a'"):
        mw.train({**columns, "y": [0, 1] * 4}, "y", max_trials=1)
