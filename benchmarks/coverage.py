"""Do intervals and sets keep their level: coverage on the sealed test of each table of a data folder.

python benchmarks/coverage.py DATA --time-limit 20 --mode certified --results coverage.jsonl

DATA is in the catalog format (see README.md). The catalog's test file is the sealed test, and its time and
group columns are named. A set is never empty, so where the likeliest class alone is right more often than
the level, sets hold that one class and cover as often as it is right ("alone").
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tables import TASKS, read_catalog, read_table

import mlwright as mw

LEVEL = 0.9


def measure(entry: dict[str, Any], folder: Path, mode: str, time_limit: float, seed: int) -> dict[str, Any]:
    """Train on one table and return what its evidence says of intervals or sets."""
    table = read_table(entry, folder)
    split = entry["split"]
    model = mw.train(
        table.train,
        table.target,
        kind=table.task,
        metric=entry["metric"],
        test=table.test,
        time=split["time_column"] or "none",
        group=split["group_column"],
        intervals=mode,
        time_limit=time_limit,
        seed=seed,
    )
    evidence = model.evidence
    found = evidence["intervals"]
    at = next((one for one in found.get("levels", []) if one["level"] == LEVEL), {})
    return {
        "dataset": entry["name"],
        "mode": mode,
        "time_limit_s": time_limit,
        "seed": seed,
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


def shown(line: dict[str, Any]) -> str:
    """Write one line of the table."""
    if line["coverage"] is None:
        return f"| {line['dataset']} | {line['split']} | none: {line['why']} | | | |"
    covered, size = line["coverage"], line["size"]
    alone = "" if line["alone"] is None else f"{line['alone']:.3f}"
    ends = f"{covered['low']:.3f} to {covered['high']:.3f}"
    return (
        f"| {line['dataset']} | {line['split']} | {line['n_rows']:,} | {line['n_test']:,} "
        f"| {covered['value']:.3f} ({ends}) | {size['value']:.4g} | {alone} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--mode", choices=("approximate", "certified"), default="certified")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS")
    parser.add_argument("--only", default="", help="names of tables, separated by commas")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, help="where a line of JSON for each table is added")
    given = parser.parse_args()
    wanted = set(filter(None, given.only.split(",")))
    print("| table | split | rows that calibrate | test rows | coverage at 90 % | width or labels | alone |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, entry in read_catalog(given.data).items():
        if (name not in wanted) if wanted else (entry["modality"] != "tabular" or entry["task"] not in TASKS):
            continue
        line = measure(entry, given.data / name, given.mode, given.time_limit, given.seed)
        if given.results:
            with given.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        print(shown(line), flush=True)


if __name__ == "__main__":
    main()
