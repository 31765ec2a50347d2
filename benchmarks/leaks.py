"""The leak court, measured: planted leaks found, honest columns accused, and the real leaks of a folder.

    python benchmarks/leaks.py DATA_FOLDER [--rows 6000] [--seed 0] [--only NAME …] [-o FILE.json]

DATA_FOLDER holds a `catalog.json` as `benchmarks/library.py` describes. Its `leaky_columns` are used to
count, after the court has ruled; nothing that rules sees them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlwright.core.budget import Budget
from mlwright.core.errors import MlwrightError
from mlwright.testing.leaks import KINDS, plant
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.options import TrainOptions
from mlwright.workflow.prepare import prepare

QUESTIONS = ("binary", "multiclass", "regression", "uplift", "relational_binary")
"""Tasks of the catalog that are one column of one table."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--kinds", nargs="*", default=KINDS)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    catalog = json.loads((asked.folder / "catalog.json").read_text())["datasets"]
    found: dict[str, list[dict[str, Any]]] = {"real": [], "planted": []}
    for entry in catalog:
        train = entry["files"].get("train", "")
        is_asked = not asked.only or entry["name"] in asked.only
        if entry["task"] not in QUESTIONS or not train.endswith((".csv", ".parquet")) or not is_asked:
            continue
        look(asked, entry, asked.folder / entry["name"] / train, found)
        print(f"{entry['name']} is done", file=sys.stderr)
    tell_planted(found["planted"])
    tell_real(found["real"])
    if asked.output:
        asked.output.write_text(json.dumps(found, indent=1))


def look(
    asked: argparse.Namespace, entry: dict[str, Any], path: Path, found: dict[str, list[dict[str, Any]]]
) -> None:
    """Hold court on one table as it is, and once for each kind of leak planted into its honest columns."""
    target, leaky = entry["target"], entry.get("leaky_columns") or []
    found["real"].append({"name": entry["name"], "leaky": leaky, **court(path, target, asked.seed)})
    table = (
        pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=None)
    )
    table = table.drop(name for name in leaky if name in table.columns)
    if len(table) > asked.rows:
        rows = np.sort(np.random.default_rng(asked.seed).choice(len(table), asked.rows, replace=False))
        table = table[rows]
    before = court(table, target, asked.seed)["accused"]
    for kind in asked.kinds:
        try:
            planted = plant(table, target, kind, asked.seed)
        except MlwrightError as error:
            print(f"{entry['name']}, {kind}: {error}", file=sys.stderr)
            continue
        after = court(planted.rows, target, asked.seed)["accused"]
        found["planted"].append(
            {
                "name": entry["name"],
                "kind": kind,
                "verdicts": {name: after.get(name, "missed") for name in planted.columns},
                "others": sorted(set(after) - set(before) - set(planted.columns)),
            }
        )


def court(data: object, target: str, seed: int) -> dict[str, Any]:
    """Return who is accused, and by what charge, with how many columns in how many seconds."""
    options = TrainOptions(max_trials=1, seed=seed)
    prepared = prepare(data, target, options)
    began = time.perf_counter()
    judged = without_leaks(prepared, options, Budget(max_trials=1))
    seconds = time.perf_counter() - began
    rulings = [leak for leak in judged.leaks if leak["verdict"] != "keep" and leak["column"]]
    rest = {"group_like", "time_like", *(leak["charge"] for leak in judged.leaks if not leak["column"])}
    return {
        "n_columns": len(prepared.train.columns),
        "columns": sorted(prepared.train.columns),
        "seconds": round(seconds, 3),
        "accused": {leak["column"]: f"{leak['verdict']}: {leak['charge']}" for leak in rulings},
        "of_the_table": [f"{f.rule} {f.column}".strip() for f in judged.findings if f.rule in rest],
    }


def tell_planted(planted: list[dict[str, Any]]) -> None:
    """Print recall by kind."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    missed = defaultdict(list)
    for one in planted:
        for verdict in one["verdicts"].values():
            own = counts[one["kind"]]
            own[0] += 1
            own[1] += verdict != "missed"
            own[2] += verdict.startswith("drop")
            if verdict == "missed":
                missed[one["kind"]].append(one["name"])
    print(
        "\n| planted | columns | found | recall | of these dropped | missed in |"
        "\n| --- | --- | --- | --- | --- | --- |"
    )
    for kind, (n, hits, drops) in counts.items():
        print(f"| {kind} | {n} | {hits} | {hits / n:.3f} | {drops} | {', '.join(missed[kind])} |")
    n, hits, drops = (sum(own[i] for own in counts.values()) for i in range(3))
    print(f"| all {len(counts)} kinds | {n} | {hits} | {hits / max(1, n):.3f} | {drops} | |")
    others = [(one["name"], one["kind"], name) for one in planted for name in one["others"]]
    print(
        f"\nOther columns accused beside a planted one, over all {len(planted)} tables: "
        f"{len(others)} {others[:12]}"
    )


def tell_real(real: list[dict[str, Any]]) -> None:
    """Print what was found of the leaks that the catalog knows, and who was accused beside them."""
    print("\n| table | columns | found | missed | wrongly accused | of the table | court, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    n_honest = n_wrong = 0
    for one in real:
        leaky = [name for name in one["leaky"] if name in one["columns"]]
        hits = [f"{name} ({one['accused'][name]})" for name in leaky if name in one["accused"]]
        lost = [name for name in leaky if name not in one["accused"]]
        wrong = [f"{name} ({how})" for name, how in one["accused"].items() if name not in leaky]
        n_honest += one["n_columns"] - len(leaky)
        n_wrong += len(wrong)
        cells = [one["name"], str(one["n_columns"]), ", ".join(hits), ", ".join(lost), ", ".join(wrong)]
        print("| " + " | ".join([*cells, ", ".join(one["of_the_table"]), str(one["seconds"])]) + " |")
    rate = 100.0 * n_wrong / max(1, n_honest)
    print(
        f"\nFalse alarms: {n_wrong} of {n_honest} columns that the catalog does not call leaky, "
        f"{rate:.2f} of 100."
    )


if __name__ == "__main__":
    main()
