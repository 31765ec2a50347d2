"""Small models of every kind of question, trained once, and the tables they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import mlwright as mw

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model

WORDS = ("late", "broken", "blue", "parcel", "thanks", "größe", "refund", "again", "你好", "box")
N_ROWS = 120


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, the file it was saved to, and its rows."""

    model: Model
    path: Path
    rows: list[dict[str, Any]]


def make_table() -> dict[str, list[Any]]:
    """Numbers, huge integers, categories, dates, text and truths, a tenth of the cells missing."""
    rng = np.random.default_rng(7)
    start = datetime(2021, 3, 4)  # noqa: DTZ001 - as tables hold them
    table: dict[str, list[Any]] = {
        "amount": np.round(rng.normal(50, 20, N_ROWS), 2).tolist(),
        "account": (9_007_199_254_740_993 + rng.integers(0, 10**9, N_ROWS)).tolist(),
        "color": rng.choice(["red", "green", "Blau", "黄"], N_ROWS).tolist(),
        "when": [start + timedelta(seconds=int(s)) for s in rng.integers(0, 9 * 10**7, N_ROWS)],
        "note": [" ".join(rng.choice(WORDS, 6)) for _ in range(N_ROWS)],
        "flag": rng.choice([True, False], N_ROWS).tolist(),
    }
    for cells in table.values():
        for row in np.flatnonzero(rng.random(N_ROWS) < 0.1):
            cells[row] = None
    return table


def make_target(kind: str, table: dict[str, list[Any]]) -> list[Any]:
    """Depend a little on every column."""
    rng = np.random.default_rng(8)
    signal = rng.normal(0, 0.3, N_ROWS)
    signal += np.nan_to_num(np.array(table["amount"], dtype=float), nan=50.0) / 20
    cells = zip(table["color"], table["note"], table["flag"], strict=True)
    signal += [2.0 * (c in ("red", "黄")) + ("late" in (n or "")) + 1.5 * bool(f) for c, n, f in cells]
    signal += [(when.month if when else 6) / 6 for when in table["when"]]
    if kind == "regression":
        return (1_000 * signal).tolist()
    cuts = np.quantile(signal, [0.5] if kind == "binary" else [0.3, 0.7])
    return np.array(["low", "middle", "high"])[np.searchsorted(cuts, signal)].tolist()


@pytest.fixture(scope="session", params=["binary", "multiclass", "regression"])
def trained(request, tmp_path_factory) -> Trained:
    """A model of two candidates and their blend."""
    table = make_table()
    data = {**table, "y": make_target(request.param, table)}
    model = mw.train(data, "y", kind=request.param, max_trials=2, seed=3, refit="no")
    path = tmp_path_factory.mktemp("models") / f"{request.param}.mlw"
    model.save(path)
    names = list(table)
    return Trained(
        model, path, [dict(zip(names, cells, strict=True)) for cells in zip(*table.values(), strict=True)]
    )
