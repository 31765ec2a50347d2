"""Trains on every table of a folder in the catalog format and scores the models on the tables' test files.

    python benchmarks/accuracy.py DATA --time-limit 60 --out table.md

DATA holds `catalog.json` and one folder per table. Each table is one `mlwright train` and one
`mlwright evaluate`, as a user would type them. The catalog's leaky columns are excluded. Prints a
Markdown table; lines are appended to OUT.jsonl as they come, so a run that ends early loses nothing.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MODALITIES = ("tabular", "text")


def main() -> None:
    """Run all tables and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each table")
    parser.add_argument("--only", default="", help="names of tables, comma separated")
    parser.add_argument("--out", type=Path, default=Path("accuracy.md"))
    options = parser.parse_args()
    catalog = json.loads((options.data / "catalog.json").read_text())["datasets"]
    wanted = set(filter(None, options.only.split(",")))
    rows = []
    for table in catalog:
        if table["modality"] not in MODALITIES or (wanted and table["name"] not in wanted):
            continue
        row = run(table, options.data / table["name"], options.time_limit)
        rows.append(row)
        with options.out.with_suffix(".jsonl").open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{row['name']}: {row.get('score', row.get('error'))}", file=sys.stderr)
    text = as_table(rows, options.time_limit)
    options.out.write_text(text)
    print(text)


def run(table: dict[str, Any], folder: Path, time_limit: float) -> dict[str, Any]:
    """Train and evaluate one table; an error is a result."""
    row: dict[str, Any] = {"name": table["name"], "metric": table["metric"], "n_train": table["n_train"]}
    sanity = table.get("sanity") or {}
    row["sanity"] = sanity.get("value") if sanity.get("metric") == table["metric"] else None
    with tempfile.TemporaryDirectory() as place:
        model = Path(place) / "model.mlw"
        excluded = [word for name in table["leaky_columns"] for word in ("--exclude", name)]
        start = time.monotonic()
        trained = mlwright(
            "train", folder / table["files"]["train"], "--target", table["target"],
            "--metric", table["metric"], "--time-limit", f"{time_limit:g}s", *excluded,
            "-o", model, "--json", "--quiet", "--no-report",
        )  # fmt: skip
        row["wall_s"] = round(time.monotonic() - start, 1)
        if trained.returncode not in (0, 1):
            return {**row, "error": trained.stderr.strip()[-300:]}
        answer = json.loads(trained.stdout)
        row["elapsed_s"] = round(answer["elapsed_s"], 1)
        row["own"] = answer["test"][table["metric"]]
        row["size_mb"] = round(model.stat().st_size / 1e6, 2)
        judged = mlwright("evaluate", model, folder / table["files"]["test"], "--json")
        if judged.returncode not in (0, 1):
            return {**row, "error": judged.stderr.strip()[-300:]}
        estimate = json.loads(judged.stdout)["metrics"][table["metric"]]
    sign = 1 if table["metric_direction"] == "max" else -1
    beats = None if row["sanity"] is None else sign * estimate["value"] > sign * row["sanity"]
    return {**row, "score": estimate, "beats": beats}


def mlwright(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command line of the environment this runs in."""
    command = [sys.executable, "-m", "mlwright", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def as_table(rows: list[dict[str, Any]], time_limit: float) -> str:
    """Write the results as Markdown."""
    heads = ["table", "rows", "metric", "test score (95 % interval)", "floor", "beats it", "own sealed test"]
    heads += ["covered", f"elapsed s (limit {time_limit:g})", "wall s", "model MB"]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for row in rows:
        if "error" in row:
            lines.append(_line([row["name"], row["n_train"], row["metric"], f"error: {row['error']}"]))
            continue
        score, own = row["score"], row["own"]
        covered = own["low"] <= score["high"] and score["low"] <= own["high"]
        floor = "" if row["sanity"] is None else f"{row['sanity']:.5g}"
        beats = {True: "yes", False: "no", None: ""}[row["beats"]]
        cells = [row[key] for key in ("name", "n_train", "metric")]
        cells += [_shown(score), floor, beats, _shown(own)]
        lines.append(
            _line([*cells, "yes" if covered else "no", row["elapsed_s"], row["wall_s"], row["size_mb"]])
        )
    n_floors = sum(row.get("beats") is not None for row in rows)
    n_beaten = sum(bool(row.get("beats")) for row in rows)
    lines += [
        "",
        f"Beats the floor on {n_beaten} of {n_floors} tables that have one.",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: list[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _shown(estimate: dict[str, Any]) -> str:
    return f"{estimate['value']:.5g} ({estimate['low']:.5g} to {estimate['high']:.5g})"


if __name__ == "__main__":
    main()
