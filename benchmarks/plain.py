"""The least preparation that a library of boosted trees needs, the same for each of them.

It is what a hurried person writes: columns without any value are dropped, dates become days, numbers
and booleans stay numbers, and everything else becomes codes of the 200 most frequent training values.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import pandas as pd

MOST_LEVELS = 200
UNSEEN, MISSING = -1, -2


@final
class Plain:
    """Preparation that is fitted once and then applied to any rows."""

    def __init__(self, train: pd.DataFrame) -> None:
        self.columns = [name for name in train.columns if train[name].notna().any()]
        self.levels: dict[Any, dict[str, int]] = {}
        for name in self.columns:
            if not _is_number(train[name]) and not _is_date(train[name]):
                counts = train[name].dropna().astype(str).value_counts()
                self.levels[name] = {level: code for code, level in enumerate(counts.index[:MOST_LEVELS])}

    def categories(self) -> list[str]:
        """Return the names that `apply` gives to columns of codes."""
        return [f"f{number}" for number, name in enumerate(self.columns) if name in self.levels]

    def apply(self, rows: pd.DataFrame, *, as_text: bool) -> pd.DataFrame:
        """Return numbers and codes; codes are text, or categories in which rare values are missing."""
        prepared: dict[str, Any] = {}
        for number, name in enumerate(self.columns):
            cells, key = rows[name], f"f{number}"
            if name not in self.levels:
                prepared[key] = _numbers(cells)
                continue
            codes = _codes(cells, self.levels[name])
            if as_text:
                prepared[key] = pd.Series(codes.astype(str), dtype="object")
            else:
                known = np.where(codes < 0, -1, codes)
                prepared[key] = pd.Categorical.from_codes(known, categories=range(len(self.levels[name])))
        return pd.DataFrame(prepared)


def _is_date(cells: pd.Series) -> bool:
    return bool(pd.api.types.is_datetime64_any_dtype(cells))


def _is_number(cells: pd.Series) -> bool:
    return bool(pd.api.types.is_bool_dtype(cells) or pd.api.types.is_numeric_dtype(cells))


def _numbers(cells: pd.Series) -> np.ndarray:
    if _is_date(cells):
        since = pd.to_datetime(cells, utc=True) - pd.Timestamp("1970-01-01", tz="UTC")
        values = (since / pd.Timedelta(days=1)).to_numpy(dtype="float64", na_value=np.nan)
    else:
        numbers = pd.to_numeric(cells, errors="coerce")
        values = numbers.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _codes(cells: pd.Series, levels: dict[str, int]) -> np.ndarray:
    texts, is_missing = cells.astype(str), cells.isna()
    codes = [
        MISSING if missing else levels.get(text, UNSEEN)
        for text, missing in zip(texts, is_missing, strict=True)
    ]
    return np.array(codes, dtype=np.int64)
