"""The model that services are measured with: 300 trees of 31 leaves over 15 numbers, as a `.mlw` file.

python benchmarks/serving/model.py model300.mlw
"""

from __future__ import annotations

import sys

import numpy as np

import mlwright as mw
from mlwright.learners import lightgbm

N_TREES, N_LEAVES, N_COLUMNS, N_ROWS = 300, 31, 15, 20_000


def rows(n_rows: int = N_ROWS, seed: int = 0) -> dict[str, np.ndarray]:
    """Draw columns f0 … f14, and y, which goes with most of them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_rows, N_COLUMNS))
    score = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + 0.5 * x[:, 3:8].sum(axis=1) + rng.normal(size=n_rows)
    return {**{f"f{i}": x[:, i] for i in range(N_COLUMNS)}, "y": np.where(score > 0, "yes", "no")}


def main() -> None:
    """Train with a portfolio of this one configuration."""
    values = (N_TREES, 0.02, N_LEAVES, 0.6, 0.9, 5, 0.1, 0.5, False)
    lightgbm._PORTFOLIO[:] = [("small trees", 1.0, values)]  # noqa: SLF001 - the size is the point here
    lightgbm._ROWS_TO_COMBINE = 10**9  # noqa: SLF001 - as above
    model = mw.train(rows(), target="y", max_trials=2, latency="fast", refit="no")
    print({key: model.evidence["program"][key] for key in ("n_trees", "size_bytes", "inputs")})
    model.save(sys.argv[1])


if __name__ == "__main__":
    main()
