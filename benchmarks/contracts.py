"""Are limits of latency and size kept, and what do they cost: trains with and without them.

    python benchmarks/contracts.py DATA --only adult,telco_churn,bike_sharing_hourly --time-limit 30

DATA is in the catalog format (see README.md); the catalog's test file judges. The size is that of the saved
file. The latency is measured once more here, on the loaded file, with rows of the test as dicts. Exits with 1
if a limit was broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from tables import read_catalog, read_table

import mlwright as mw

N_ANSWERS = 2_000


def main() -> None:
    """Train each table twice; print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with catalog.json")
    parser.add_argument("--only", default="adult,telco_churn,bike_sharing_hourly")
    parser.add_argument("--time-limit", type=float, default=30.0)
    parser.add_argument("--max-latency", default="0.1ms")
    parser.add_argument("--max-size", default="200KB")
    options = parser.parse_args()
    catalog = read_catalog(options.data)
    asked: dict[str, Any] = {"max_latency": options.max_latency, "max_size": options.max_size}
    heads = [
        "table",
        "metric",
        "asked",
        "score (95 %)",
        "one row ms (p99)",
        "size KB",
        "trees",
        "fit s",
        "kept",
    ]
    print(f"| {' | '.join(heads)} |\n| {' | '.join(['---'] * len(heads))} |")
    is_kept = True
    for name in options.only.split(","):
        for given in ({}, asked):
            line, is_fine = measured(catalog[name], options.data / name, options.time_limit, given)
            is_kept = is_kept and is_fine
            print(f"| {' | '.join(line)} |", flush=True)
    sys.exit(0 if is_kept else 1)


def measured(
    entry: dict[str, Any], folder: Path, time_limit: float, given: dict[str, Any]
) -> tuple[list[str], bool]:
    table, split = read_table(entry, folder), entry["split"]
    model = mw.train(
        table.train,
        table.target,
        kind=table.task,
        metric=entry["metric"],
        test=table.test,
        time=split["time_column"] or "none",
        group=split["group_column"],
        time_limit=time_limit,
        **given,
    )
    with tempfile.TemporaryDirectory() as made:
        place = Path(made, "m.mlw")
        model.save(place)
        size, loaded = place.stat().st_size, mw.load(place)
    median, high = latencies_ms(loaded, table.questions.head(64).to_dict("records"))
    evidence, contract = model.evidence, model.evidence["contract"]
    score = evidence["test"][entry["metric"]]
    is_kept = contract is None or (
        median <= contract["max_latency_ms"] and size <= contract["max_size_bytes"]
    )
    line = [
        entry["name"],
        entry["metric"],
        ", ".join(given.values()) or "nothing",
        f"{score['value']:.5g} ({score['low']:.5g} to {score['high']:.5g})",
        f"{median:.3f} ({high:.3f})",
        f"{size / 1e3:,.0f}",
        str(evidence["program"]["n_trees"]),
        f"{evidence['budget']['elapsed_s']:.1f}",
        "" if contract is None else "yes" if is_kept else "no",
    ]
    return line, is_kept


def latencies_ms(model: Any, rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the median and the 99th percentile of single answers."""
    times = np.empty(N_ANSWERS)
    for number in range(N_ANSWERS):
        start = time.perf_counter()
        model.predict(rows[number % len(rows)])
        times[number] = time.perf_counter() - start
    median, high = np.quantile(times, [0.5, 0.99]) * 1e3
    return float(median), float(high)


if __name__ == "__main__":
    main()
