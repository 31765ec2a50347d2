"""300 trees of 31 leaves over 15 numbers, as a `.mlw` file and as the booster that LightGBM made.

Services are compared with it (versus.py), so that all of them answer from the same trees.

python benchmarks/serving/trees.py FOLDER
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
from model import N_COLUMNS, table

import mlwright as mw
from mlwright.learners import lightgbm as learner

N_TREES, N_LEAVES, N_BODIES = 300, 31, 1_000
_ROUNDS = 268
"""The last fit has more rows than those that judged it, and gets more rounds for that: 300."""
_SLOW = (_ROUNDS, 0.01, N_LEAVES, 0.5, 0.8, 5, 0.5, 0.5, False)
"""Hyperparameters of the learner; so slow that no round before the last is the best one."""


def write(folder: Path) -> None:
    """Write model.mlw, booster.txt, rows.jsonl (what is asked), train.parquet (for who trains its own)."""
    folder.mkdir(parents=True, exist_ok=True)
    boosters: list[Any] = []
    train = lightgbm.train

    def kept(*given: Any, **named: Any) -> Any:
        boosters.append(train(*given, **named))
        return boosters[-1]

    lightgbm.train = kept
    learner._PORTFOLIO[:] = [("small trees", 1.0, _SLOW)]  # noqa: SLF001 - no option says how many trees
    rows = table(0)
    model = mw.train(rows, "y", max_trials=2, latency="fast")
    model.save(folder / "model.mlw")
    found = model.evidence["program"]["n_trees"]
    if found != N_TREES:
        raise SystemExit(f"{found} trees were made, not {N_TREES}.")
    boosters[-1].save_model(folder / "booster.txt")
    asked = np.round(np.random.default_rng(1).normal(size=(N_BODIES, N_COLUMNS)), 6)
    columns = {f"f{n}": asked[:, n] for n in range(N_COLUMNS)}
    pl.DataFrame(columns).write_ndjson(folder / "rows.jsonl")
    pl.DataFrame(rows).write_parquet(folder / "train.parquet")
    scores = model.predict_proba(columns)
    difference = np.abs(np.asarray(scores)[:, -1] - boosters[-1].predict(asked)).max()
    print(f"{found} trees; program and booster differ by {difference:.1g} at most, on {N_BODIES:,} rows")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)
