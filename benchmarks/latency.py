"""Times single-row answers in process: median and 99th percentile, in milliseconds.

python benchmarks/latency.py MODEL.mlw
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import mlwright as mw


def main() -> None:
    """Load a model, answer one row many times and print how long that took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("-n", type=int, default=5_000)
    options = parser.parse_args()
    start = time.perf_counter()
    model = mw.load(options.model)
    row = {name: typical(model.schema[name]) for name in model.inputs}
    model.predict(row)
    first_ms = (time.perf_counter() - start) * 1e3
    times = np.empty(options.n)
    for number in range(options.n):
        start = time.perf_counter()
        model.predict(row)
        times[number] = time.perf_counter() - start
    median, high = np.quantile(times, [0.5, 0.99]) * 1e3
    print(f"load and first row {first_ms:.0f} ms; one row {median:.3f} ms median, {high:.3f} ms p99")


def typical(column: object) -> object:
    """Return a value that the column could hold."""
    levels, low = getattr(column, "levels", ()), getattr(column, "low", None)
    return levels[0] if levels else (low or 0.0)


if __name__ == "__main__":
    main()
