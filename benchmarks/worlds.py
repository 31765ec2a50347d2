"""Tables of any size of which the truth is known, in the catalog format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scoring import judge

if TYPE_CHECKING:
    from pathlib import Path

N_TEST = 20_000
N_TELLING = 8
"""Columns that tell something about the target; all others are noise of the same kinds."""
LEVELS = np.array(["north", "south", "east", "west", "center", "coast", "hills", "islands"], dtype=object)


def make_world(folder: Path, n_rows: int, n_columns: int, seed: int = 0) -> dict[str, Any]:
    """Write a table of two classes and return its catalog entry; `best` is the score of the truth itself.

    Every fifth column is a category, a twentieth of the numbers is missing. The target follows steps,
    products and categories, and is drawn, so nobody can be right always.
    """
    rng = np.random.default_rng(seed)
    name = f"world_{n_rows}x{n_columns}"
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    entry: dict[str, Any] = {
        "name": name,
        "task": "binary",
        "modality": "tabular",
        "metric": "roc_auc",
        "target": "answer",
        "files": {},
        "leaky_columns": [],
    }
    for part, n_part in (("train", n_rows), ("test", N_TEST)):
        frame, shares = _draw(rng, n_part, n_columns)
        entry["files"][part] = f"{part}.parquet"
        frame.to_parquet(place / entry["files"][part])
        if part == "test":
            both = np.column_stack([1 - shares, shares])
            entry["best"] = judge("roc_auc", frame["answer"].to_numpy(), both)["score"]
    (folder / "catalog.json").write_text(json.dumps({"datasets": [entry]}), encoding="utf-8")
    return entry


def _draw(rng: np.random.Generator, n_rows: int, n_columns: int) -> tuple[pd.DataFrame, np.ndarray]:
    columns: dict[str, Any] = {}
    score = np.zeros(n_rows)
    before = np.zeros(n_rows)
    for number in range(n_columns):
        weight = 1.5 / (1 + number) ** 0.5 if number < N_TELLING else 0.0
        if number % 5 == 4:
            codes = rng.integers(0, len(LEVELS), n_rows)
            columns[f"c{number}"] = LEVELS[codes]
            score += weight * np.where(codes % 3 == 0, 1.0, -0.5)
            continue
        values = rng.normal(size=n_rows)
        score += weight * (np.where(values > 0.3, 1.0, -0.6) + 0.5 * values * before)
        before = values
        cells = values.astype(np.float32)
        cells[rng.random(n_rows) < 0.05] = np.nan
        columns[f"c{number}"] = cells
    shares = 1 / (1 + np.exp(-score))
    columns["answer"] = (rng.random(n_rows) < shares).astype(np.int64)
    return pd.DataFrame(columns), shares
