"""Memory: histories of known users and attributes of items, as bytes that hold data and nothing else."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.recommender import Histories
from mlwright.core.shape import NUMBER, misfit
from mlwright.core.strict_json import read_strictly
from mlwright.workflow.recommending.columns import LogColumns
from mlwright.workflow.recommending.events import Scale

_MAGIC = b"mlwright histories 1\n"
_HEAD = {
    "users": [str],
    "n_items": int,
    "n_events": int,
    "scale": {"says": ("grades", "counts", "nothing"), "low": NUMBER, "high": NUMBER, "step": NUMBER},
    "columns": {"user": str, "item": str, "rating": str, "time": str},
    "attributes": [{"name": str, "cells": [str]}],
}


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """What a recommender knows beside its program.

    `histories` are those of `users`, strengths as the program reads them; `columns` and `scale` say
    how a log is read; `attributes` are columns of texts, a cell for each item.
    """

    users: list[str]
    histories: Histories
    columns: LogColumns
    scale: Scale
    attributes: dict[str, list[str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Write it; the opposite of `from_bytes`."""
        known = self.histories
        head = {
            "users": self.users,
            "n_items": known.n_items,
            "n_events": len(known.items),
            "scale": self.scale.to_json(),
            "columns": {role: getattr(self.columns, role) for role in ("user", "item", "rating", "time")},
            "attributes": [{"name": name, "cells": cells} for name, cells in self.attributes.items()],
        }
        text = json.dumps(head, ensure_ascii=False).encode()
        arrays = (known.starts.astype("<i8"), known.items.astype("<i4"), known.strengths.astype("<f4"))
        return b"".join([_MAGIC, struct.pack("<Q", len(text)), text, *(array.tobytes() for array in arrays)])

    @classmethod
    def from_bytes(cls, data: bytes | None, n_items: int) -> Memory:
        """Read it; raise ArtifactError, naming what is wrong, if it is not as `to_bytes` writes."""
        head, rest = _head(data or b"")
        n_users, n_events = len(head["users"]), head["n_events"]
        sizes = [8 * (n_users + 1), 4 * n_events, 4 * n_events]
        if head["n_items"] != n_items or n_events < 0 or len(rest) != sum(sizes):
            raise _damaged("its parts do not fit together")
        ends = np.cumsum(sizes)
        starts = np.frombuffer(rest[: ends[0]], "<i8").astype(np.int64)
        items = np.frombuffer(rest[ends[0] : ends[1]], "<i4").astype(np.int64)
        strengths = np.frombuffer(rest[ends[1] :], "<f4").astype(np.float32)
        is_sound = (
            starts[0] == 0
            and starts[-1] == n_events
            and bool((np.diff(starts) >= 0).all())
            and bool(((items >= 0) & (items < n_items)).all())
            and bool(((strengths > 0) & (strengths <= 1)).all())
            and len(set(head["users"])) == n_users
            and all(len(one["cells"]) == n_items for one in head["attributes"])
        )
        if not is_sound:
            raise _damaged("it names items or users that there are not")
        return cls(
            users=head["users"],
            histories=Histories(starts=starts, items=items, strengths=strengths, n_items=n_items),
            columns=LogColumns(**head["columns"]),
            scale=Scale(**head["scale"]),
            attributes={one["name"]: one["cells"] for one in head["attributes"]},
        )


def _head(data: bytes) -> tuple[dict[str, Any], bytes]:
    start = len(_MAGIC) + 8
    if not data.startswith(_MAGIC) or len(data) < start:
        raise _damaged("it does not begin as one")
    (size,) = struct.unpack("<Q", data[len(_MAGIC) : start])
    try:
        head = read_strictly(data[start : start + size].decode())
    except ValueError as error:
        raise _damaged("its head is no JSON") from error
    where = misfit(head, _HEAD)
    if where is not None:
        raise _damaged(f"its head is another at {where[:60]!r}")
    found: dict[str, Any] = head
    return found, data[start + size :]


def _damaged(why: str) -> ArtifactError:
    return ArtifactError(f"memory.bin is not what mlwright writes for recommendations: {why}.")
