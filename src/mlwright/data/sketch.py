"""A sketch of rows: enough to tell later whether other rows are among them, and nothing of what they hold."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.data.distinct import distinct
from mlwright.data.rows import mix

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats

_SIZE, _BYTES = 2_000, 5
_FEWEST_FOUND, _MARGIN = 3, 0.1


def sketch(columns: Columns, target: Floats) -> dict[str, Any]:
    """Keep the smallest hashes of rows and their targets: a sample that any table draws alike.

    Source: Broder (1997), On the resemblance and containment of documents, section 4 (bottom sketches).
    """
    found = np.unique(_hashes(columns, target))[:_SIZE]
    return {"n_rows": len(target), "hashes": b64encode(_packed(found)).decode("ascii")}


def share_of(known: dict[str, Any], columns: Columns, target: Floats) -> tuple[float, int]:
    """Return which share of these rows is among those that were sketched, and how many rows tell that.

    Only rows whose hash is small enough to be in the sketch tell.
    """
    packed = np.frombuffer(b64decode(known["hashes"]), np.uint8).reshape(-1, _BYTES)
    held = np.zeros((len(packed), 8), np.uint8)
    held[:, :_BYTES] = packed
    numbers = held.view("<u8").ravel()
    mine = _hashes(columns, target)
    if len(numbers) == _SIZE:
        mine = mine[mine <= numbers.max()]
    return (float(np.isin(mine, numbers).mean()) if len(mine) else 0.0), len(mine)


def is_seen(share: float, n_telling: int, usual: float) -> bool:
    """Tell whether so many rows are among others because they were learned, not because rows are alike.

    `usual` is the share of rows that nobody had learned from.
    """
    return share * n_telling >= _FEWEST_FOUND and share > usual + _MARGIN


def _hashes(columns: Columns, target: Floats) -> Array:
    """Return 40 bits for each row, whatever the order of the columns, shape (n_rows,)."""
    parts = [columns[name] for name in sorted(columns)] + [target]
    found = np.zeros(len(target), np.uint64)
    for values in parts:
        found = mix(found * np.uint64(0x9E3779B97F4A7C15) + _codes(values))
    return found >> np.uint64(64 - 8 * _BYTES)


def _codes(values: Array) -> Array:
    if values.dtype != object:
        numbers = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
        numbers[np.isnan(numbers)] = np.nan  # one bit pattern for all of them
        return numbers.view(np.uint64)
    cells, at = distinct(values)
    codes = [int.from_bytes(blake2b(cell.encode(), digest_size=8).digest(), "little") for cell in cells]
    return np.array(codes, np.uint64)[at]


def _packed(hashes: Array) -> bytes:
    return hashes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :_BYTES].tobytes()
