"""Scores predictions of engagement with and without the outcomes of earlier rows, on the time split.

    python benchmarks/engagement.py DATA [--table tweet_engagement] [--history all] [--time-limit 60]

DATA is a folder in the catalog format. The model learns from the training rows alone, and
answers the test rows told of everything before each of them, from memory and, with --without, as a model that
has no history. Beside it stand naive answers: the mean of the training rows, of the last of them, and of the
rows just before each row. RMSE with 95 % intervals over thirty stretches of time.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before anything loads the libraries

import numpy as np  # noqa: E402 - after the environment is set
import polars as pl  # noqa: E402
from tables import read_catalog  # noqa: E402

import mlwright as mw  # noqa: E402

N_STRETCHES, N_RESAMPLES = 30, 2_000


def main() -> None:
    """Print a line per way to answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--table", default="tweet_engagement")
    parser.add_argument("--history", default="all", help="columns of entities, with commas between, or all")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--without", action="store_true", help="also train without a history")
    asked = parser.parse_args()
    entry = read_catalog(asked.data)[asked.table]
    target = entry["target"]
    time = (entry.get("split") or {}).get("time_column") or entry["time_column"]
    parts = [pl.read_parquet(asked.data / asked.table / entry["files"][part]) for part in ("train", "test")]
    leaky = entry.get("leaky_columns") or []
    train, test = (part.drop(leaky).sort(time) for part in parts)
    truth = test[target].to_numpy().astype(float)
    naive(train[target].to_numpy().astype(float), truth)
    history = asked.history.split(",")
    options = {"target": target, "time": time, "kind": "regression", "metric": "rmse"}
    model = mw.train(train, history=history, time_limit=asked.time_limit, **options)
    columns = mw.history(model, test, [train, test])
    told = test.with_columns(*(pl.Series(name, cells) for name, cells in columns.items()))
    show("mlwright, told of earlier rows", truth, model.predict(told))
    show("mlwright, from memory", truth, model.predict(test))
    if asked.without:
        plain = mw.train(train, time_limit=asked.time_limit, **options)
        show("mlwright without a history", truth, plain.predict(test))


def naive(before: np.ndarray, truth: np.ndarray) -> None:
    """Print what needs no model."""
    every = np.concatenate([before, truth])
    sums = np.concatenate([[0.0], np.cumsum(every)])
    places = np.arange(len(before), len(every))
    show("mean of the training rows", truth, np.full(len(truth), before.mean()))
    for window in (50, 500):
        show(f"mean of the last {window} training rows", truth, np.full(len(truth), before[-window:].mean()))
    for window in (20, 100):
        show(f"mean of the {window} rows before", truth, (sums[places] - sums[places - window]) / window)


def show(what: str, truth: np.ndarray, given: np.ndarray) -> None:
    """Print the RMSE; rows of one stretch of time err alike and are drawn together."""
    stretches = np.array_split((truth - given) ** 2, N_STRETCHES)
    totals, counts = np.array([one.sum() for one in stretches]), np.array([len(one) for one in stretches])
    drawn = np.random.default_rng(0).integers(0, N_STRETCHES, (N_RESAMPLES, N_STRETCHES))
    ends = np.quantile(np.sqrt(totals[drawn].sum(axis=1) / counts[drawn].sum(axis=1)), [0.025, 0.975])
    value = float(np.sqrt(totals.sum() / counts.sum()))
    print(f"{what:40s} {value:.4f} ({ends[0]:.4f} to {ends[1]:.4f})", flush=True)


if __name__ == "__main__":
    main()
