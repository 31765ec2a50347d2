"""Models of every kind answer alike as a query, on rows made to break it, in three databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pytest

import mlwright as mw
from mlwright.core.errors import DataError, ProofError, UnknownNameError, UsageError
from mlwright.exports.export import export
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.proof import golden_rows
from mlwright.exports.query.statement import Statement
from mlwright.exports.target import Wishes
from mlwright.program.onnx_file import read_onnx
from mlwright.workflow.predict import predict_frame

START = datetime.fromisoformat("2023-01-01 05:30")
N_ROWS, N_FUZZED = 300, 1_000


def orders():
    """Return a table with everything that the schema layer knows, a tenth of it missing."""
    rng = np.random.default_rng(4)
    amount, area = rng.gamma(2, 300, N_ROWS).round(2), rng.choice(["Nord", "süd", "西", "7", "12"], N_ROWS)
    days = rng.integers(0, 700, N_ROWS)
    table = {
        "order id": [f"o{number:05d}" for number in range(N_ROWS)],
        "amount": amount.tolist(),
        "price": [f"${value:,.2f}" for value in rng.gamma(2, 900, N_ROWS)],
        "huge": (2.0**40 + rng.integers(0, 9, N_ROWS)).tolist(),
        "area": area.tolist(),
        "shop": [f"shop {number}" for number in rng.integers(0, 12, N_ROWS)],
        "is new": rng.choice([True, False], N_ROWS).tolist(),
        "placed": [START + timedelta(days=int(day)) for day in days],
        'odd "name", x': rng.integers(0, 5, N_ROWS).tolist(),
    }
    signal = (
        amount / 300
        + 2 * (area == "西") * (np.array(table["huge"]) % 3)
        + (days % 7) / 3
        + rng.normal(0, 0.5, N_ROWS)
    )
    for name in list(table)[1:]:
        for row in np.flatnonzero(rng.random(N_ROWS) < 0.1):
            table[name][row] = None if name in ("is new", "placed", "amount", "huge") else "N/A"
    cuts = np.quantile(signal, [0.4, 0.8])
    targets = {
        "regression": (1_000 * signal).tolist(),
        "binary": (signal > cuts[0]).astype(int).tolist(),
        "multiclass": np.array(["it's low", "mid", "high"])[np.searchsorted(cuts, signal)].tolist(),
    }
    return table, targets


@pytest.fixture(scope="module", params=["regression", "binary", "multiclass"])
def model(request):
    table, targets = orders()
    more = {"cost": "fn=5,fp=1"} if request.param == "binary" else {}
    data = {**table, "y": targets[request.param]}
    return mw.train(data, "y", max_trials=2, seed=1, refit="no", latency="fast", **more)


def test_fuzzed_rows_get_equal_answers(model, database):
    from odd_rows import as_python, fuzz

    cells = fuzz(model, golden_rows(model), N_FUZZED, seed=2)
    ids = {"order id": ("text", [f"{number:06d}" for number in range(N_FUZZED)])}
    expected = predict_frame(model, {**as_python(cells), "order id": ids["order id"][1]})
    name, opened = database
    with opened({**ids, **cells}) as run:
        names, rows = run(Statement(model, DIALECTS[name]).text("input"))
    assert names == expected.columns
    found = dict(zip(names, zip(*sorted(rows), strict=True), strict=True))
    for column in names:
        given, known = list(found[column]), expected[column].to_list()
        if (column == "prediction" and model.task.classes) or column in ("order id", "decision"):
            assert given == known
        else:
            size = np.maximum(np.abs(known), model.task.scale if column == "prediction" else 1.0)
            assert np.max(np.abs(np.array(given, dtype=float) - known) / size) < 1e-6


def test_the_models_hold_what_is_to_be_tested(model):
    """Else the test above would test less than it says."""
    used = {node.op for node in read_onnx(model.program).nodes}
    assert {"TreeEnsembleRegressor", "LabelEncoder", "Floor", "Gather"} <= used


def house():
    """Return a small model without trees, quickly made, whose cells come in many spellings."""
    rng = np.random.default_rng(0)
    size = rng.integers(1, 5_000, 120)
    rows = {
        "size": [f"{one:,} €" for one in size],
        "built": [f"{1950 + one % 70}-0{1 + one % 9}-11" for one in size],
        "sold": rng.choice(["true", "false", "?"], 120).tolist(),
        "rooms": rng.choice(["1", "2", "\u043d/\u0434", "N/A"], 120).tolist(),
        "zone": rng.choice(["7", "12", "z"], 120).tolist(),
        "price": (3.0 * size + rng.normal(0, 2_000, 120)).tolist(),
    }
    return mw.train(rows, "price", max_trials=1, refit="no")


@pytest.fixture(scope="module")
def small():
    return house()


SPELLED = {
    "size": [
        "1,234 €",
        "12",
        " 5\u00a0",
        "$7",
        "-1,000.5",
        "45%",
        "1e3",
        "5",
        "",
        None,
        "nan",
        "-Infinity",
        "+3.5",
        ".5",
        "6.",
    ],
    "built": [
        "2001-02-03",
        "2001/02/03 04:05",
        "2001-02-03T04:05:06.789012",
        "2001-02-03 04:05:06+02:00",
        "1969-12-31T23:59:59.5Z",
        "0001-01-01",
        "9999-12-31 23:59:59",
        "",
        None,
        "2001-02-03 04:05:06 UTC",
        *["2020-02-29"] * 5,
    ],
    "sold": ["true", "FALSE", " True ", "1", "0", "1.0", "?", "", None, "0.0", *["true"] * 5],
    "rooms": ["1", "2.0", "\u041d/\u0414", "\u043d/\u0434", "n/a", "N/A", "3", "", None, " 2 ", *["1"] * 5],
    "zone": [
        "7",
        "7.0",
        "12",
        "07",
        "z",
        "Z",
        "",
        None,
        "\u20037\u00a0",
        "-7.0",
        "0.0",
        "7.00",
        "7",
        "z",
        "z",
    ],
}


def test_spellings_are_read_as_the_schema_says(small, database):
    name, opened = database
    expected = small.predict(SPELLED)
    with opened({column: ("text", cells) for column, cells in SPELLED.items()}, "my table") as run:
        _, rows = run(Statement(small, DIALECTS[name]).text("my table"))
    np.testing.assert_allclose([row[1] for row in sorted(rows)], expected, atol=1e-6 * small.task.scale)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("size", "12 apples"),
        ("size", "1_000"),
        ("built", "yesterday"),
        ("built", "2001-13-45"),
        ("sold", "maybe"),
        ("sold", "2"),
    ],
)
def test_a_cell_that_cannot_be_read_stops_the_query_as_it_stops_the_model(small, database, column, cell):
    cells = {name: [values[0]] for name, values in SPELLED.items()} | {column: [cell]}
    with pytest.raises(DataError):
        small.predict(cells)
    name, opened = database
    query = Statement(small, DIALECTS[name]).text("input")
    with (
        opened({one: ("text", values) for one, values in cells.items()}) as run,
        # Each database has errors of its own; a day that no month has is found by the database's own cast.
        pytest.raises(Exception, match=f"{column}|out of range"),
    ):
        run(query)


def test_a_missing_column_stops_the_query(small, database):
    name, opened = database
    query = Statement(small, DIALECTS[name]).text("input")
    with opened({"size": ("text", ["1"])}) as run, pytest.raises(Exception, match="built"):
        run(query)


def test_typed_columns_are_read_too(small, database):
    name, opened = database
    cells = {
        "size": ("whole", [5, None]),
        "built": ("moment", [datetime.fromisoformat("2001-02-03 04:05:06.789012"), None]),
        "sold": ("truth", [True, None]),
        "rooms": ("number", [2.0, float("inf")]),
        "zone": ("whole", [7, None]),
    }
    expected = small.predict({column: values for column, (_, values) in cells.items()})
    with opened(cells) as run:
        _, rows = run(Statement(small, DIALECTS[name]).text("input"))
    np.testing.assert_allclose([row[1] for row in sorted(rows)], expected, atol=1e-6 * small.task.scale)


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite"])
def test_the_query_is_run_before_it_is_written(small, tmp_path, dialect):
    (path,) = export(small, "sql", tmp_path / "q.sql", Wishes(dialect=dialect, relation="shop.houses"))
    text = path.read_text(encoding="utf-8")
    assert "Run in" in text
    assert 'FROM "shop"."houses" AS r' in text
    assert "size: a number" in text


def test_a_query_for_a_server_says_that_it_was_not_run(small, tmp_path):
    (path,) = export(small, "sql", tmp_path / "q.sql", Wishes(dialect="postgres"))
    assert "Not run in PostgreSQL" in path.read_text(encoding="utf-8")


def test_a_query_that_differs_is_not_written(small, tmp_path, monkeypatch):
    sqlite = DIALECTS["sqlite"]
    monkeypatch.setitem(DIALECTS, "sqlite", replace(sqlite, cast="(CAST({x} AS REAL) + 1)"))
    with pytest.raises(ProofError, match="otherwise than the program"):
        export(small, "sql", tmp_path / "q.sql", Wishes(dialect="sqlite"))
    monkeypatch.setitem(DIALECTS, "sqlite", replace(sqlite, cast="no_such_thing({x})"))
    with pytest.raises(ProofError, match=r"SQLite refuses the query.*no_such_thing"):
        export(small, "sql", tmp_path / "q.sql", Wishes(dialect="sqlite"))
    assert not list(tmp_path.iterdir())


def test_limits_of_a_dialect_are_kept(small, monkeypatch):
    for limit, says in (
        ({"most_bytes": 1_000}, "MB, more than SQLite"),
        ({"most_columns": 3}, "columns at once"),
    ):
        with pytest.raises(UsageError, match=says):
            Statement(small, replace(DIALECTS["sqlite"], **limit)).text("input")


def test_limits_are_told_as_limits_and_not_as_defects(small, tmp_path, monkeypatch):
    sqlite = DIALECTS["sqlite"]
    deep = "(CAST({x} AS REAL)" + " + 0.0" * 1_100 + ")"
    for limit, says in (
        ({"most_bytes": 1_000}, "MB, more than SQLite.*--latency fast"),
        ({"cast": deep}, r"a limit of SQLite \(Expression tree is too large.*--latency fast"),
    ):
        monkeypatch.setitem(DIALECTS, "sqlite", replace(sqlite, **limit))
        with pytest.raises(UsageError, match=says):
            export(small, "sql", tmp_path / "q.sql", Wishes(dialect="sqlite"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("dialect", "says"), [("", "needs --dialect: duckdb, postgres, sqlite"), ("oracle", "Known: duckdb")]
)
def test_a_dialect_has_to_be_named(small, tmp_path, dialect, says):
    with pytest.raises((UsageError, UnknownNameError), match=says):
        export(small, "sql", tmp_path / "q.sql", Wishes(dialect=dialect))


def test_texts_are_refused_and_named(tmp_path):
    rng = np.random.default_rng(0)
    words = ["late", "broken", "blue", "parcel", "thanks", "again"]
    rows = {"note": [" ".join(rng.choice(words, 6)) for _ in range(80)], "n": list(range(80))}
    rows["y"] = [float("late" in note) + n / 100 for note, n in zip(rows["note"], rows["n"], strict=True)]
    model = mw.train(rows, "y", max_trials=2, refit="no")
    with pytest.raises(UsageError, match=r"'note'.*--exclude 'note'"):
        export(model, "sql", tmp_path / "q.sql", Wishes(dialect="duckdb"))


def test_a_truth_where_words_were_learned_stops_the_query_and_names_the_column(tmp_path):
    rows = {"plan": ["Yes", "No"] * 40, "size": list(range(80)), "y": [n % 2 + n / 40 for n in range(80)]}
    mw.export(mw.train(rows, "y", max_trials=2, leaks="keep"), "sql", tmp_path / "q.sql", dialect="duckdb")
    query = (tmp_path / "q.sql").read_text(encoding="utf-8")
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE input AS SELECT 'Yes' AS plan, 3 AS size")
        assert len(engine.execute(query).fetchall()) == 1
        engine.execute("CREATE OR REPLACE TABLE input AS SELECT true AS plan, 3 AS size")
        with pytest.raises(duckdb.Error, match=r'Column "plan": expected text such as .*BOOLEAN true'):
            engine.execute(query).fetchall()


ONE_NAME = {
    "case": (["Size", "size"], "their case"),
    "long": (["l" * 63 + "1", "l" * 63 + "2"], "beyond 63 bytes"),
}


@pytest.mark.parametrize("way", ONE_NAME)
def test_names_that_a_database_takes_for_one_are_refused_there_and_no_defect(way, tmp_path):
    names, says = ONE_NAME[way]
    rng = np.random.default_rng(0)
    rows = {name: rng.normal(size=80).tolist() for name in names}
    rows["y"] = [one + 2 * other for one, other in zip(*rows.values(), strict=True)]
    model = mw.train(rows, "y", max_trials=1, refit="no", leaks="keep")
    assert set(model.inputs) == set(names)
    for dialect in DIALECTS:
        place = tmp_path / f"{dialect}.sql"
        if (dialect == "postgres") == (way == "case"):
            export(model, "sql", place, Wishes(dialect=dialect))
        else:
            with pytest.raises(UsageError, match=f"{names[0]}' and '{names[1]}' differ in .*{says}"):
                export(model, "sql", place, Wishes(dialect=dialect))
            assert not place.exists()


def test_answers_that_postgres_would_call_alike_are_refused(tmp_path):
    labels = ["l" * 100 + "1", "l" * 100 + "2"]
    rows = {"a": list(range(80)), "y": [labels[n // 40] for n in range(80)]}
    model = mw.train(rows, "y", max_trials=1, refit="no", leaks="keep")
    with pytest.raises(UsageError, match="columns that it returns, 'probability_l"):
        export(model, "sql", tmp_path / "q.sql", Wishes(dialect="postgres"))
    export(model, "sql", tmp_path / "q.sql", Wishes(dialect="sqlite"))


def test_a_table_called_as_a_part_of_the_query_is_read_still(small, database):
    name, opened = database
    expected = small.predict(SPELLED)
    statement = Statement(small, DIALECTS[name])
    for relation in ("typed", "parsed", "s0", "S1", "k1_0"):
        with opened({column: ("text", cells) for column, cells in SPELLED.items()}, relation) as run:
            _, rows = run(statement.text(f'"{relation}"'))
        found = [row[1] for row in sorted(rows)]
        np.testing.assert_allclose(found, expected, atol=1e-6 * small.task.scale)
