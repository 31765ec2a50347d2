"""Exports models as SQL, runs the queries on rows made to break them, and compares with the program.

python benchmarks/sql.py DATA --time-limit 60s --rows 10000 [--only adult,diamonds] [--models FOLDER]
"""

from __future__ import annotations

import argparse
import json
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from engines import duckdb_engine, postgres_engine, postgres_server, sqlite_engine
from odd_rows import as_python, fuzz
from tables import read_catalog, read_table

import mlwright as mw
from mlwright.core.errors import UsageError
from mlwright.data.parse import parse
from mlwright.data.read import read
from mlwright.exports.query.dialects import DIALECTS
from mlwright.exports.query.proof import TOLERANCE
from mlwright.exports.query.statement import Statement, id_columns
from mlwright.program.onnx_file import read_onnx

HEADER = (
    "| table | dialect | trees | size (MB) | written (s) | run (s) | rows | labels differ | decisions differ "
    "| scores differ | largest difference |\n" + "| --- " * 11 + "|"
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
            numbered = {one: ("whole", list(range(options.rows))) for one in ids} | cells
            pieces = _pieces(numbered, options.piece)
            expected = model.answer(as_python(cells))
            for dialect in options.dialects:
                found = _measured(name, model, dialect, pieces, expected, server)
                print(_line(found), flush=True)
                with options.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="a folder in the catalog format")
    parser.add_argument("--only", default="", help="tables, with commas between; else all tabular ones")
    parser.add_argument("--dialects", type=lambda text: text.split(","), default=sorted(DIALECTS))
    parser.add_argument("--time-limit", default="60s")
    parser.add_argument("--latency", default="balanced", help="fast models are small")
    parser.add_argument("--max-trials", type=int, help="count work instead of time")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--piece", type=int, default=20_000, help="so many rows are in the table at once")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=Path("sql.jsonl"))
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
        model = mw.train(
            table.train, table.target, exclude=excluded, seed=options.seed, latency=options.latency, **budget
        )
        try:
            Statement(model, DIALECTS["duckdb"])
        except UsageError as error:
            more = tuple(re.findall(r"--exclude '([^']*)'", str(error)))
            if not more:
                raise
            excluded = (*excluded, *more)
            print(f"| {name} | without {', '.join(excluded)} (text) | | | | | | | | | |", flush=True)
        else:
            return model


def _pieces(cells: Any, n_rows: int) -> list[Any]:
    """Cut a table into smaller ones: DuckDB keeps what a stage of the query makes of all rows in memory."""
    n_all = len(next(iter(cells.values()))[1])
    return [
        {name: (kind, values[start : start + n_rows]) for name, (kind, values) in cells.items()}
        for start in range(0, n_all, n_rows)
    ]


def _measured(
    name: str, model: Any, dialect: str, pieces: list[Any], expected: Any, server: Any
) -> dict[str, Any]:
    start = time.perf_counter()
    try:
        query = Statement(model, DIALECTS[dialect]).text("input")
    except UsageError as error:
        return {"dataset": name, "dialect": dialect, "refused": str(error)}
    written_s = time.perf_counter() - start
    engines = {
        "duckdb": duckdb_engine,
        "postgres": lambda cells: postgres_engine(cells, server),
        "sqlite": sqlite_engine,
    }
    rows, run_s = [], 0.0
    for cells in pieces:
        with engines[dialect](cells) as run:
            start = time.perf_counter()
            names, more = run(query)
            run_s += time.perf_counter() - start
        rows += sorted(more, key=lambda row: row[0])
    found = dict(zip(names, zip(*rows, strict=True), strict=True))
    labels, decisions, scores, largest = differences(model, found, expected)
    return {
        "dataset": name, "dialect": dialect, "n_rows": len(rows), "size_bytes": len(query.encode()),
        "n_trees": n_trees(model), "written_s": round(written_s, 1), "run_s": round(run_s, 1),
        "labels_differ": labels, "decisions_differ": decisions, "scores_differ": scores, "largest": largest,
    }  # fmt: skip


def _line(found: dict[str, Any]) -> str:
    if "refused" in found:
        return f"| {found['dataset']} | {found['dialect']} | refused: {found['refused']} | | | | | | | | |"
    return (
        f"| {found['dataset']} | {found['dialect']} | {found['n_trees']:,} | {found['size_bytes'] / 1e6:.1f} "
        f"| {found['written_s']} | {found['run_s']} | {found['n_rows']:,} | {found['labels_differ']} "
        f"| {found['decisions_differ']} | {found['scores_differ']} | {found['largest']:.1g} |"
    )


def n_trees(model: Any) -> int:
    """Return how many trees a model has."""
    nodes = [node for node in read_onnx(model.program).nodes if node.op == "TreeEnsembleRegressor"]
    return sum(len(set(node.attributes["nodes_treeids"])) for node in nodes)


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
