"""Rows from what a program already holds: frames of any library, dicts, arrays. Imports none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.core.errors import DataError
from mlwright.core.escapes import without_halves
from mlwright.data.raw import Raw, as_objects

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.data.raw import Cells

EXACT = 2**53
"""Whole numbers up to here survive in double precision."""
_ACCEPTED = "a pandas or polars DataFrame, an Arrow table, a dict, a list of dicts or a 2-D numpy array"


def from_frame(data: object, source: str = "the data") -> Raw:
    """Return the rows of a frame.

    Parameters
    ----------
    data
        A pandas or polars frame, an Arrow table or anything that speaks its C stream, a dict of
        scalars (one row) or of sequences, a list of dicts (a key that is lacking is a missing cell),
        or a numpy array of shape (n_rows, n_columns), whose columns are called x0, x1, …
    source
        What to call the rows in a message.

    Raises
    ------
    DataError
        If the rows have no shape of a table, or two columns share a name.
    """
    library = type(data).__module__.split(".")[0]
    if isinstance(data, Mapping):
        return _from_mapping(data, source)
    if isinstance(data, np.ndarray):
        return _from_array(data, source)
    if library == "pandas" and hasattr(data, "iloc") and hasattr(data, "columns"):
        return _from_pandas(data, source)
    if library == "polars" and hasattr(data, "collect"):
        data = data.collect()
    if library == "polars" and hasattr(data, "get_columns"):
        return _from_polars(data, source)
    if hasattr(data, "__arrow_c_stream__") and hasattr(data, "schema"):
        return _from_arrow(data, source)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _from_rows(data, source)
    raise DataError(
        f"Rows cannot be read from {type(data).__module__}.{type(data).__name__}. Give {_ACCEPTED}."
    )


def _table(names: Iterable[object], columns: Iterable[Cells], n_rows: int, source: str) -> Raw:
    """Put a table together; names must be unique."""
    texts = [str(name) for name in names]
    twice = [name for name, count in Counter(texts).items() if count > 1]
    if twice:
        shown = ", ".join(repr(name) for name in twice[:10])
        raise DataError(f"Column names must be unique, but {source} has several called {shown}. Rename them.")
    half = next((name for name in texts if without_halves(name) != name), None)
    if half is not None:
        raise DataError(f"Column name {half!r} of {source} holds half a character, no Unicode. Rename it.")
    return Raw(dict(zip(texts, columns, strict=True)), n_rows, source)


def _from_mapping(data: Mapping[Any, Any], source: str) -> Raw:
    """Read a dict of scalars or of sequences."""
    if not data:
        raise DataError(f"There are no columns in {source}: the dict is empty.")
    flat = [_is_scalar(value) for value in data.values()]
    if all(flat):
        return _table(data, [typed([value]) for value in data.values()], 1, source)
    if any(flat):
        names = [repr(name) for name, is_flat in zip(data, flat, strict=True) if is_flat]
        raise DataError(f"A dict holds one row or whole columns, not both: {names[0]} is a single value.")
    columns = [_cells_of(value) for value in data.values()]
    lengths = dict(zip(map(str, data), map(len, columns), strict=True))
    if len(set(lengths.values())) > 1:
        name = next(name for name, length in lengths.items() if length != len(columns[0]))
        raise DataError(
            f"Columns must have the same length: {str(next(iter(data)))!r} has {len(columns[0])} cells, "
            f"{name!r} has {lengths[name]}."
        )
    return _table(data, columns, len(columns[0]), source)


def _is_scalar(value: object) -> bool:
    """Tell a cell from a column."""
    if isinstance(value, str | bytes | Mapping) or getattr(value, "ndim", None) == 0:
        return True
    return not hasattr(value, "__len__")


def _cells_of(value: Any) -> Cells:
    """Read one column from whatever sequence it is."""
    library = type(value).__module__.split(".")[0]
    if isinstance(value, np.ndarray):
        if value.ndim != 1:
            raise DataError(f"A column must have one dimension, got an array of shape {value.shape}.")
        return _seconds(value) if value.dtype.kind == "m" else value
    if library == "pandas" and hasattr(value, "iloc"):
        return _pandas_cells(value)
    if library == "polars" and hasattr(value, "null_count"):
        return _polars_cells(value)
    return typed(value.to_pylist() if hasattr(value, "to_pylist") else list(value))


def _from_rows(data: Sequence[Any], source: str) -> Raw:
    """Read a list of dicts, or of equally long lists."""
    if not data:
        raise DataError(f"There are no rows in {source}: the list is empty.")
    if all(isinstance(row, list | tuple) for row in data) and len({len(row) for row in data}) == 1:
        names = [f"x{i}" for i in range(len(data[0]))]
        return _table(names, [typed(list(cells)) for cells in zip(*data, strict=True)], len(data), source)
    wrong = next((i for i, row in enumerate(data) if not isinstance(row, Mapping)), None)
    if wrong is not None:
        raise DataError(
            f"Row {wrong + 1} of {source} is of type {type(data[wrong]).__name__}, expected a dict of cells "
            f"by column. Give {_ACCEPTED}."
        )
    keys = dict.fromkeys(key for row in data for key in row)
    if not keys:
        raise DataError(f"There are no columns in {source}: every row is empty.")
    return _table(keys, [typed([row.get(key) for row in data]) for key in keys], len(data), source)


def _from_array(data: Array, source: str) -> Raw:
    """Read a matrix or a structured array."""
    if data.dtype.names:
        return _table(data.dtype.names, [_cells_of(data[n]) for n in data.dtype.names], len(data), source)
    if data.ndim != 2:
        raise DataError(f"An array of rows must have shape (n_rows, n_columns), got {data.shape}.")
    names = [f"x{i}" for i in range(data.shape[1])]
    return _table(names, [_cells_of(np.ascontiguousarray(cells)) for cells in data.T], len(data), source)


def _from_arrow(data: Any, source: str) -> Raw:
    """Read an Arrow stream through polars."""
    import polars as pl  # noqa: PLC0415 - heavy, and not needed to serve

    _table(data.schema.names, data.schema.names, 0, source)  # polars would refuse twins less kindly
    return _from_polars(pl.DataFrame(data), source)


def _from_pandas(data: Any, source: str) -> Raw:
    """Read a pandas frame; its index is not a column."""
    columns = [_pandas_cells(series) for _, series in data.items()]  # by place: names may occur twice
    return _table(data.columns, columns, len(data), source)


def _pandas_cells(series: Any) -> Cells:
    """Read a pandas column of any dtype."""
    dtype = series.dtype
    if getattr(dtype, "tz", None) is not None:
        return np.asarray(series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy())
    if isinstance(dtype, np.dtype) and dtype.kind != "O":
        values = np.asarray(series.to_numpy())
        return _seconds(values) if dtype.kind == "m" else values
    if dtype.name in ("str", "string"):
        return np.asarray(series.array.to_numpy(dtype=object, na_value=None))
    gaps = series.isna().to_numpy()
    inner = getattr(dtype, "numpy_dtype", None)
    if inner is not None and inner.kind in "biuf" and not gaps.any():
        return np.asarray(series.to_numpy(dtype=inner))
    if inner is not None and inner.kind == "f":
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    cells = np.array(series.to_numpy(dtype=object), dtype=object)
    cells[gaps] = None
    return cells


def _from_polars(data: Any, source: str) -> Raw:
    """Read a polars frame."""
    return _table(data.columns, [_polars_cells(series) for series in data.get_columns()], data.height, source)


def _polars_cells(series: Any) -> Cells:
    """Read a polars column of any type."""
    name = type(series.dtype).__name__ if not isinstance(series.dtype, type) else series.dtype.__name__
    n_gaps = series.null_count()
    if name in ("Date", "Datetime") or name in ("Float32", "Float64"):
        return np.asarray(series.to_numpy())
    if name == "Duration":
        return _seconds(series.to_numpy())
    if name in ("Categorical", "Enum", "Time"):
        series = series.cast(str)
    if name == "Decimal":
        # Through Python's decimals, whose rounding to a double is the one that single cells get.
        return np.array([np.nan if x is None else float(x) for x in series.to_list()], dtype=np.float64)
    if name in ("Boolean", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64"):
        if not n_gaps:
            return np.asarray(series.to_numpy())
        if name != "Boolean" and n_gaps < len(series) and max(-series.min(), series.max()) <= EXACT:
            return np.asarray(series.cast(float).to_numpy())
    return as_objects(series.to_list())


def typed(cells: list[Any]) -> Array:
    """Return a typed array where all cells are of one plain type, else an object array."""
    kinds = set(map(type, cells))
    if len(kinds) == 1 and kinds <= {bool, int, float}:
        try:
            return np.array(cells, dtype={bool: np.bool_, int: np.int64, float: np.float64}[kinds.pop()])
        except OverflowError:
            pass
    elif kinds == {Decimal}:
        return np.array([float(cell) if cell.is_finite() else np.nan for cell in cells], dtype=np.float64)
    return as_objects(cells)


def _seconds(spans: Array) -> Array:
    """Return durations in seconds, NaN for missing."""
    micro = spans / np.timedelta64(1, "us")
    return np.asarray(micro / 1e6, dtype=np.float64)
