"""One row, one answer: alone, among others, in any container, from any file, in any process."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mlwright as mw
from mlwright.core.errors import MissingColumnError

NAMES = ("amount", "account", "color", "when", "note", "flag")
TYPES = {
    "amount": pa.float64(),
    "account": pa.int64(),
    "color": pa.string(),
    "when": pa.timestamp("us"),
    "note": pa.string(),
    "flag": pa.bool_(),
}
ODD_NUMBERS = [
    float("nan"),
    float("inf"),
    -float("inf"),
    -0.0,
    5e-324,
    1e-40,
    3.4e38,
    1e39,
    1e300,
    16_777_217.0,
]
HUGE = [2**53 + 1, 2**62, 2**63 - 1, -(2**63), 0]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ODD_TEXTS = [
    "",
    " ",
    "Red",
    "red ",
    "never seen",
    "\0",
    "\u200b",
    "e\u0301",
    "😀 late late",
    "a" * 500,
    "LATE\tbroken",
]
DAYS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))  # noqa: DTZ001 - as tables hold them
CELLS = {
    "amount": st.none() | st.floats(-100, 200) | st.sampled_from(ODD_NUMBERS),
    "account": st.none() | st.integers(2**53, 2**53 + 10**9) | st.sampled_from(HUGE),
    "color": st.none() | st.sampled_from(["red", "green", "Blau", "黄", *ODD_TEXTS]) | TEXT,
    "when": st.none() | DAYS,
    "note": st.none() | st.sampled_from(["late broken parcel thanks", "größe 你好 BOX", *ODD_TEXTS]) | TEXT,
    "flag": st.none() | st.booleans(),
}
ROWS = st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=9)
fixed = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def answer(model, data):
    """Everything that a model says about rows, as one array."""
    found = model.answer(data)
    return found.scores if found.labels is None else np.column_stack([found.scores, found.labels])


def cells_of(rows):
    return {name: [row[name] for row in rows] for name in NAMES}


def typed(rows):
    """An Arrow table: every column of one type, None is null."""
    return pa.table({name: pa.array(cells, TYPES[name]) for name, cells in cells_of(rows).items()})


CONTAINERS = {
    "list of dicts": list,
    "dict of lists": cells_of,
    "dict of object arrays": lambda rows: {
        n: np.array([*c, None], object)[:-1] for n, c in cells_of(rows).items()
    },
    "pandas": lambda rows: pd.DataFrame(rows, columns=list(NAMES)),
    "pandas of objects": lambda rows: pd.DataFrame(cells_of(rows), dtype=object),
    "pandas on Arrow": lambda rows: typed(rows).to_pandas(types_mapper=pd.ArrowDtype),
    "pandas with an odd index": lambda rows: pd.DataFrame(rows, index=[7] * len(rows)),
    "polars": lambda rows: pl.from_arrow(typed(rows)),
    "polars, lazy": lambda rows: pl.from_arrow(typed(rows)).lazy(),
    "Arrow": typed,
    "other order and more columns": lambda rows: [
        {"more": 1, **dict(reversed(row.items())), "y": "?"} for row in rows
    ],
}


@fixed
@given(rows=ROWS, chance=st.randoms(use_true_random=False))
def test_a_row_does_not_see_its_neighbors(trained, rows, chance):
    rows = rows + chance.sample(trained.rows, 3)
    together = answer(trained.model, rows)
    alone = np.vstack([answer(trained.model, row) for row in rows])
    assert np.array_equal(together, alone)
    order = chance.sample(range(len(rows)), len(rows))
    assert np.array_equal(answer(trained.model, [rows[i] for i in order]), together[order])
    subset = order[: len(order) // 2 + 1]
    assert np.array_equal(answer(trained.model, [rows[i] for i in subset]), together[subset])


@pytest.mark.parametrize("container", CONTAINERS)
@settings(fixed, max_examples=15)
@given(rows=ROWS)
def test_the_container_does_not_matter(trained, container, rows):
    expected = np.vstack([answer(trained.model, row) for row in rows])
    assert np.array_equal(answer(trained.model, CONTAINERS[container](rows)), expected)


@fixed
@given(rows=ROWS)
def test_answers_are_finite_and_probabilities_are_shares(trained, rows):
    scores = trained.model.answer(rows).scores
    assert np.isfinite(scores).all()
    if trained.model.task.classes:
        assert (scores >= 0).all()
        assert np.abs(scores.sum(axis=1) - 1).max() < 1e-5


@settings(fixed, max_examples=20)
@given(rows=ROWS)
def test_the_file_answers_as_what_was_trained(trained, loaded, rows):
    assert np.array_equal(answer(loaded, rows), answer(trained.model, rows))


@pytest.fixture(scope="session")
def loaded(trained):
    return mw.load(trained.path)


@pytest.mark.parametrize("n_rows", [255, 256, 257, 4_095, 4_097, 9_000])
def test_a_batch_of_any_size_is_answered_row_by_row(trained, n_rows):
    rows = (trained.rows * (n_rows // len(trained.rows) + 1))[:n_rows]
    expected = answer(trained.model, trained.rows)
    assert np.array_equal(answer(trained.model, rows), expected[np.arange(n_rows) % len(expected)])


def test_threads_get_the_answers_that_one_caller_gets(trained):
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda row: answer(trained.model, row), trained.rows))
    assert np.array_equal(np.vstack(found), answer(trained.model, trained.rows))


@pytest.mark.parametrize("huge", [2**63, 2**64, 10**30, -(10**30), 10**299, 10**301, 10**400])
def test_whole_numbers_beyond_any_machine_integer_are_read(trained, huge):
    row = {**trained.rows[0], "account": huge, "amount": huge}
    expected = answer(trained.model, row)
    for data in ([row], cells_of([row, trained.rows[1]]), pd.DataFrame([row, trained.rows[1]])):
        assert np.array_equal(answer(trained.model, data)[:1], expected)


def test_null_and_nan_are_the_same_missing_cell(trained):
    nothing = dict.fromkeys(NAMES)
    expected = answer(trained.model, nothing)
    for missing in (float("nan"), np.nan, pd.NA, pd.NaT, np.datetime64("NaT")):
        assert np.array_equal(answer(trained.model, dict.fromkeys(NAMES, missing)), expected)
        assert np.array_equal(answer(trained.model, [dict.fromkeys(NAMES, missing)]), expected)
    assert np.array_equal(answer(trained.model, pd.DataFrame([nothing, nothing]))[:1], expected)
    assert np.array_equal(answer(trained.model, {**nothing, "color": "", "note": " "}), expected)


def test_json_brings_the_same_answers(trained):
    rows = [{**row, "when": row["when"] and row["when"].isoformat()} for row in trained.rows]
    expected = answer(trained.model, trained.rows)
    assert np.array_equal(answer(trained.model, json.loads(json.dumps(rows))), expected)


def test_another_process_gives_the_same_bits(trained, tmp_path):
    code = (
        "import pickle, sys, mlwright as mw\n"
        "model, rows = mw.load(sys.argv[1]), pickle.load(open(sys.argv[2], 'rb'))\n"
        "sys.stdout.buffer.write(model.answer(rows).scores.tobytes())"
    )
    rows = tmp_path / "rows.pickle"
    rows.write_bytes(pickle.dumps(trained.rows))
    done = subprocess.run([sys.executable, "-c", code, trained.path, rows], capture_output=True, check=True)
    assert done.stdout == trained.model.answer(trained.rows).scores.tobytes()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("container", ["list of dicts", "dict of lists", "pandas", "polars", "Arrow"])
def test_a_missing_column_is_named(trained, container, name):
    data = CONTAINERS[container](trained.rows[:3])
    if isinstance(data, list):
        data = [{key: cell for key, cell in row.items() if key != name} for row in data]
    elif isinstance(data, dict):
        data = {key: cells for key, cells in data.items() if key != name}
    else:
        data = data.drop_columns([name]) if isinstance(data, pa.Table) else data.drop(columns=[name]) \
            if isinstance(data, pd.DataFrame) else data.drop(name)  # fmt: skip
    with pytest.raises(MissingColumnError, match=repr(name)):
        trained.model.predict(data)


@pytest.mark.parametrize("name", NAMES)
def test_a_single_row_without_a_column_is_refused_by_name(trained, name):
    row = {key: cell for key, cell in trained.rows[0].items() if key != name}
    with pytest.raises(MissingColumnError, match=repr(name)):
        trained.model.predict(row)
