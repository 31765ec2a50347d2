"""Do intervals and sets keep their level: coverage on the sealed test of each table of a data folder.

python benchmarks/held.py DATA --time-limit 20 --mode certified --results coverage.jsonl

DATA is in the catalog format (see README.md). The catalog's test file is the sealed test, and its time and
group columns are named. One small test says little (of 300 rows the coverage scatters by 1.7 points):
`--splits 5` adds four more, for which training and test rows are put together and mlwright seals its own
test, another with each seed. Tables in time order have one past and one future, so one split.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pandas as pd
from tables import TASKS, read_catalog, read_table

import mlwright as mw

LEVEL = 0.9


def measure(entry: dict[str, Any], folder: Path, mode: str, time_limit: float, number: int) -> dict[str, Any]:
    """Train on one split of a table, 0 is the catalog's; say what the evidence says of intervals or sets."""
    table = read_table(entry, folder)
    split = entry["split"]
    rows, test = (table.train, table.test) if not number else (pd.concat([table.train, table.test]), None)
    model = mw.train(
        rows,
        table.target,
        kind=table.task,
        metric=entry["metric"],
        test=test,
        time=split["time_column"] or "none",
        group=split["group_column"],
        intervals=mode,
        time_limit=time_limit,
        seed=number,
    )
    evidence = model.evidence
    found = evidence["intervals"]
    at = next((one for one in found.get("levels", []) if one["level"] == LEVEL), {})
    return {
        "dataset": entry["name"],
        "mode": mode,
        "time_limit_s": time_limit,
        "number": number,
        "split": split["how"],
        "n_rows": found.get("n_rows"),
        "n_test": evidence["split"]["n_test"],
        "why": found["why"],
        "coverage": at.get("coverage"),
        "size": at.get("size"),
        "alone": (evidence["test"].get("accuracy") or {}).get("value"),
        "levels": {one["level"]: one["coverage"]["value"] for one in found.get("levels", [])},
        "calibration_error": evidence["calibration_error"],
        "elapsed_s": evidence["budget"]["elapsed_s"],
    }


def shown(lines: list[dict[str, Any]]) -> str:
    """Write one line of the table: means over the splits, and the interval of the only one."""
    first = lines[0]
    if any(line["coverage"] is None for line in lines):
        return f"| {first['dataset']} | {first['split']} | none: {first['why']} | | | | |"
    covered, size = (mean(line[key]["value"] for line in lines) for key in ("coverage", "size"))
    if len(lines) == 1:
        ends = f"{first['coverage']['low']:.3f} to {first['coverage']['high']:.3f}"
    else:
        ends = f"± {1.96 * stdev(line['coverage']['value'] for line in lines) / len(lines) ** 0.5:.3f}"
    alone = "" if first["alone"] is None else f"{mean(line['alone'] for line in lines):.3f}"
    n_rows, n_test = (sum(line[key] for line in lines) for key in ("n_rows", "n_test"))
    return (
        f"| {first['dataset']} | {first['split']} | {len(lines)} | {n_rows:,} | {n_test:,} "
        f"| {covered:.3f} ({ends}) | {size:.4g} | {alone} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--mode", choices=("approximate", "certified"), default="certified")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--only", default="", help="names of tables, separated by commas")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--results", type=Path, help="where a line of JSON for each table is added")
    given = parser.parse_args()
    wanted = set(filter(None, given.only.split(",")))
    print("| table | split | splits | calibrate | test rows | coverage at 90 % | width or labels | alone |")
    print("| --- " * 8 + "|")
    for name, entry in read_catalog(given.data).items():
        if (name not in wanted) if wanted else (entry["modality"] != "tabular" or entry["task"] not in TASKS):
            continue
        n_splits = 1 if entry["split"]["time_column"] else given.splits
        lines = [
            measure(entry, given.data / name, given.mode, given.time_limit, number)
            for number in range(n_splits)
        ]
        if given.results:
            with given.results.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
        print(shown(lines), flush=True)


if __name__ == "__main__":
    main()
