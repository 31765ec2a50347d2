"""Exports models as SQL, runs the queries on rows made to break them, and compares with the program.

python benchmarks/sql.py DATA --time-limit 20 --rows 100000 [--only adult,diamonds] [--models FOLDER]
"""

from __future__ import annotations

import argparse
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from engines import duckdb_engine, postgres_engine, postgres_server, sqlite_engine
from fuzz import as_python, fuzz
from tables import read_catalog, read_table

import mlwright as mw
from mlwright.core.errors import UsageError
from mlwright.data.parse import parse
from mlwright.data.read import read
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.proof import TOLERANCE
from mlwright.exports.query.statement import Statement, id_columns

HEADER = (
    "| table | dialect | size (MB) | written (s) | run (s) | rows | labels differ | decisions differ "
    "| scores differ | largest difference |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


def main() -> None:
    """Go through the tables and print a line of Markdown for each and each dialect."""
    options = _options()
    print(HEADER, flush=True)
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server()) if "postgres" in options.dialects else None
        for name, model, known in _models(options):
            cells = fuzz(model, known, options.rows, options.seed)
            ids = id_columns(model)
            ids_and_cells = {one: ("whole", list(range(options.rows))) for one in ids} | cells
            start = time.perf_counter()
            expected = model.answer(as_python(cells))
            run_s = time.perf_counter() - start
            print(f"| {name} | the program | | | {run_s:.1f} | {options.rows:,} | | | | |", flush=True)
            for dialect in options.dialects:
                print(_line(name, model, dialect, ids_and_cells, expected, server), flush=True)


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder in the catalog format")
    parser.add_argument("--only", default="", help="tables, with commas between; else all tabular ones")
    parser.add_argument("--dialects", type=lambda text: text.split(","), default=sorted(DIALECTS))
    parser.add_argument("--time-limit", default="20s")
    parser.add_argument("--max-trials", type=int, help="count work instead of time")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, help="where models are kept; none is trained twice")
    return parser.parse_args()


def _models(options: Any) -> Any:
    """Yield the name, the model and the typed test rows of each table; train what is not there."""
    only = set(options.only.split(",")) - {""}
    for name, entry in read_catalog(options.data).items():
        if name not in only and (only or entry["modality"] != "tabular"):
            continue
        table = read_table(entry, options.data / name)
        place = options.models / f"{name}.mlw" if options.models else None
        if place is not None and place.exists():
            model = mw.load(place)
        else:
            model = _trained(name, table, options)
            if place is not None:
                model.save(place)
        raw = read(table.questions)
        yield name, model, parse([model.schema[column] for column in model.inputs], raw)


def _trained(name: str, table: Any, options: Any) -> Any:
    """Train without the text columns, which SQL cannot say; the line says which."""
    budget = {"max_trials": options.max_trials} if options.max_trials else {"time_limit": options.time_limit}
    excluded: tuple[str, ...] = ()
    while True:
        model = mw.train(table.train, table.target, exclude=excluded, seed=options.seed, **budget)
        try:
            Statement(model, DIALECTS["duckdb"])
        except UsageError as error:
            more = tuple(re.findall(r"--exclude '([^']*)'", str(error)))
            if not more:
                raise
            excluded = (*excluded, *more)
            print(f"| {name} | without {', '.join(excluded)} (text) | | | | | | | | |", flush=True)
        else:
            return model


def _line(name: str, model: Any, dialect: str, cells: Any, expected: Any, server: Any) -> str:
    start = time.perf_counter()
    try:
        query = Statement(model, DIALECTS[dialect]).text("input")
    except UsageError as error:
        return f"| {name} | {dialect} | refused: {error} | | | | | | | |"
    written_s = time.perf_counter() - start
    engines = {
        "duckdb": lambda: duckdb_engine(cells),
        "postgres": lambda: postgres_engine(cells, server),
        "sqlite": lambda: sqlite_engine(cells),
    }
    with engines[dialect]() as run:
        start = time.perf_counter()
        names, rows = run(query)
        run_s = time.perf_counter() - start
    rows.sort(key=lambda row: row[0])
    found = dict(zip(names, zip(*rows, strict=True), strict=True))
    labels, decisions, scores, largest = differences(model, found, expected)
    return (
        f"| {name} | {dialect} | {len(query) / 1e6:.1f} | {written_s:.1f} | {run_s:.1f} | {len(rows):,} "
        f"| {labels} | {decisions} | {scores} | {largest:.1g} |"
    )


def differences(model: Any, found: Any, expected: Any) -> tuple[int, int, int, float]:
    """Return how many labels, decisions and scores differ, and the largest difference of a score."""
    if expected.labels is None:
        values = np.array(found["prediction"], dtype=np.float64)
        apart = np.abs(values - expected.values) / np.maximum(np.abs(expected.values), model.task.scale)
        return 0, 0, int((~(apart <= TOLERANCE)).sum()), float(np.nanmax(apart))
    classes = model.task.classes
    shares = np.array([found[f"probability_{label}"] for label in classes], dtype=np.float64).T
    apart = np.abs(shares - expected.scores).max(axis=1)

    def wrong(column: str, numbers: Any) -> int:
        return sum(given != classes[number] for given, number in zip(found[column], numbers, strict=True))

    decisions = 0 if expected.decisions is None else wrong("decision", expected.decisions)
    scores = int((~(apart <= TOLERANCE)).sum())
    return wrong("prediction", expected.labels), decisions, scores, float(np.nanmax(apart))


if __name__ == "__main__":
    main()
