"""The model that services are measured with: some hundred trees over 15 numbers, as a `.mlw` file.

python benchmarks/serving/model.py model300.mlw --seed 0
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import mlwright as mw

N_ROWS, N_COLUMNS = 6_000, 15


def table(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_ROWS, N_COLUMNS))
    steps = (X > 0.3) @ np.linspace(2, 0.2, N_COLUMNS) + 2 * ((X[:, 0] > 0) ^ (X[:, 1] > 0.5))
    y = steps - steps.mean() + rng.normal(size=N_ROWS) > 0
    return {f"f{n}": X[:, n] for n in range(N_COLUMNS)} | {"y": np.where(y, "yes", "no")}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time-limit", default="20s")
    given = parser.parse_args()
    model = mw.train(table(given.seed), "y", time_limit=given.time_limit, latency="fast")
    model.save(given.model)
    told = model.evidence["program"]
    print(f"{told['n_trees']} trees, {told['size_bytes']:,} bytes")
