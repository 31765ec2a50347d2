"""Eject: from a table to a project without mlwright that answers, tests itself and learns again.

    python benchmarks/eject.py DATA --time-limit 60s --models MODELS

For each table of a catalog: train, eject, install the project into a fresh virtual environment, run its
tests, answer fuzzed rows and compare every bit, learn again from the file and compare every byte. Exits with
1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import mlwright as mw
from mlwright.exports.eject.fuzz import fuzz
from mlwright.exports.eject.proof import answers, expected_answers
from mlwright.exports.export import export

if TYPE_CHECKING:
    from mlwright.artifact.model import Model

_TABLES = (
    "telco_churn", "wine_quality", "ames_housing", "sms_spam", "beijing_pm25", "bike_sharing_hourly",
)  # fmt: skip
_NAME = "ejected"
_ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
"""mlwright is not to be found in a fresh environment by chance."""


def main() -> int:
    """Run the tables and print one line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with catalog.json and a folder for each table")
    parser.add_argument("--only", nargs="+", default=list(_TABLES), metavar="TABLE")
    parser.add_argument("--time-limit", default="60s")
    parser.add_argument("--max-trials", type=int, help="stop at so many, and not by the clock")
    parser.add_argument("--models", type=Path, help="where models are kept; none is trained twice")
    parser.add_argument("--rows", type=int, default=10_000, help="fuzzed rows to compare")
    options = parser.parse_args()
    if options.models:
        options.models.mkdir(parents=True, exist_ok=True)
    catalog = json.loads((options.data / "catalog.json").read_text(encoding="utf-8"))
    entries = catalog["datasets"] if isinstance(catalog, dict) else catalog
    print(
        "| table | members | lines (not blank) | own tests | answers that differ | files learned again | s |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    is_fine = True
    for entry in (one for one in entries if one["name"] in options.only):
        with tempfile.TemporaryDirectory() as folder:
            facts = judge(entry, options, Path(folder))
        is_fine &= facts.pop("is_fine")
        print("|", " | ".join(str(value) for value in facts.values()), "|", flush=True)
    return 0 if is_fine else 1


def judge(entry: dict[str, Any], options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Take one table all the way."""
    started = time.monotonic()
    data = as_csv(options.data / entry["name"] / entry["files"]["train"], folder)
    model = _model(entry, data, options)
    project = folder / _NAME
    files = export(model, "python", project)
    lines = [line for file in files if file.suffix == ".py" for line in file.read_text("utf-8").splitlines()]
    python = environment(project, folder)
    tests = run(python, "-m", "pytest", "-q", project, cwd=folder)
    n_different = different(model, project, python, options.rows)
    same, n_files = learned_again(project, python, data, folder)
    return {
        "table": entry["name"],
        "members": ", ".join(dict.fromkeys(one["name"] for one in model.evidence["recipe"]["members"])),
        "lines": f"{len(lines)} ({sum(bool(line.strip()) for line in lines)})",
        "tests": "pass" if tests.returncode == 0 else "FAIL",
        "different": f"{n_different} of {options.rows:,}",
        "again": f"{same} of {n_files} the same",
        "seconds": round(time.monotonic() - started),
        "is_fine": tests.returncode == 0 and not n_different and same == n_files,
    }


def _model(entry: dict[str, Any], data: Path, options: argparse.Namespace) -> Model:
    place = options.models / f"{entry['name']}.mlw" if options.models else None
    if place is not None and place.exists():
        return mw.load(place)
    limits = {"max_trials": options.max_trials} if options.max_trials else {"time_limit": options.time_limit}
    model = mw.train(data, entry["target"], **limits)
    if place is not None:
        model.save(place)
    return model


def as_csv(path: Path, folder: Path) -> Path:
    """Return the table as a CSV file: what a project reads."""
    if path.suffix == ".csv":
        return path
    pl.read_parquet(path).write_csv(folder / "train.csv")
    return folder / "train.csv"


def environment(project: Path, folder: Path) -> str:
    """Install the project, with what its tests and its training need, where mlwright is not."""
    run(sys.executable, "-m", "venv", folder / "env").check_returncode()
    python = str(folder / "env" / "bin" / "python")
    run(python, "-m", "pip", "install", "--quiet", f"{project}[test,train]").check_returncode()
    if run(python, "-c", "import mlwright").returncode == 0:
        sys.exit("mlwright is in the fresh environment, so nothing would be shown.")
    return python


def run(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run a command and keep what it says to itself."""
    return subprocess.run(list(map(str, words)), cwd=cwd, env=_ENVIRONMENT, capture_output=True, check=False)


def different(model: Model, project: Path, python: str, n_rows: int) -> int:
    """Count fuzzed rows that get another answer, and cells that only one of both reads."""
    facts = json.loads((project / _NAME / "model" / "features.json").read_text(encoding="utf-8"))
    rows = fuzz(model, facts, n_rows, seed=1)
    found = answers(project, _NAME, rows, python)
    pairs = zip(found["answers"], expected_answers(model, rows.rows), strict=True)
    return sum(one != other for one, other in pairs) + found["refused"].count(False)


def learned_again(project: Path, python: str, data: Path, folder: Path) -> tuple[int, int]:
    """Return how many of the files that training makes are those of the project, and how many it makes."""
    out = folder / "again"
    run(python, "-m", _NAME, "train", data, "-o", out, cwd=project).check_returncode()
    made = list(out.iterdir())
    kept = project / _NAME / "model"
    return sum(file.read_bytes() == (kept / file.name).read_bytes() for file in made), len(made)


if __name__ == "__main__":
    sys.exit(main())
