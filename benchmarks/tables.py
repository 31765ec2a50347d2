"""Reads a folder in the catalog format: `catalog.json`, and one folder per table with train and test files.

Everybody gets the same frame: the catalog's leaky columns are gone, ids, dates and text stay as they
were read, rows without a target are gone, classes are the whole numbers from 0 on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

TASKS = ("binary", "multiclass", "regression")
MODALITIES = ("tabular", "text")
"""What is run unless a table is named."""


@final
@dataclass(frozen=True, slots=True)
class Table:
    """Rows to learn from and rows to be judged on."""

    target: str
    task: str
    n_classes: int
    train: pd.DataFrame
    test: pd.DataFrame

    @property
    def questions(self) -> pd.DataFrame:
        """The test rows without their answers."""
        return self.test.drop(columns=[self.target])


def read_catalog(data: Path) -> dict[str, dict[str, Any]]:
    """Return what the catalog says of each table, by name."""
    catalog = json.loads((data / "catalog.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in catalog["datasets"]}


def read_table(entry: dict[str, Any], folder: Path) -> Table:
    """Read one table as its catalog entry says."""
    target, task = entry["target"], entry["task"]
    parts = [_read(folder / entry["files"][part]) for part in ("train", "test")]
    leaky = set(entry.get("leaky_columns") or [])
    train, test = (
        part.drop(columns=[name for name in part.columns if name in leaky])
        .dropna(subset=[target])
        .reset_index(drop=True)
        for part in parts
    )
    if task == "regression":
        train, test = (part.assign(**{target: part[target].astype("float64")}) for part in (train, test))
        return Table(target, task, 0, train, test)
    classes = sorted(train[target].unique().tolist(), key=str)
    codes = {label: number for number, label in enumerate(classes)}
    test = test[test[target].isin(classes)].reset_index(drop=True)
    train, test = (
        part.assign(**{target: [codes[label] for label in part[target]]}) for part in (train, test)
    )
    return Table(target, task, len(classes), train, test)


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, low_memory=False)  # the defaults otherwise, as a user would
