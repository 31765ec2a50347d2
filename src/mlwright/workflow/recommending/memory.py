"""Memory: histories of known users and attributes of items, as bytes that hold data and nothing else."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.recommender import Histories, Traits
from mlwright.core.shape import NUMBER, misfit
from mlwright.core.strict_json import read_strictly
from mlwright.ranking.traits import TraitReader
from mlwright.workflow.recommending.attributes import SideTable
from mlwright.workflow.recommending.columns import LogColumns
from mlwright.workflow.recommending.events import Scale

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.data.raw import Raw
    from mlwright.workflow.recommending.events import Events
    from mlwright.workflow.recommending.prepare import Log

_MAGIC = b"mlwright histories 1\n"
_HEAD = {
    "users": [str],
    "n_items": int,
    "n_events": int,
    "scale": {
        "says": ("grades", "counts", "repeats", "nothing"),
        "low": NUMBER,
        "high": NUMBER,
        "step": NUMBER,
    },
    "columns": {"user": str, "item": str, "rating": str, "time": str},
    "attributes": [{"name": str, "cells": [str]}],
    "allows_seen?": bool,
    "traits?": {
        "columns": [{"name": str, "says": ("tenths", "kinds", "words"), "edges": [NUMBER]}],
        "words": [str],
        "n_codes": int,
    },
}


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """What a recommender knows beside its program.

    `histories` are those of `users`, strengths as the program reads them; `columns` and `scale` say
    how a log is read; `attributes` are columns of texts, a cell for each item. `reader` says how what is
    known of users is read; `histories.traits` holds it, if the program looks at it. `allows_seen` says
    whether users are offered what they took before, unless told otherwise.
    """

    users: list[str]
    histories: Histories
    columns: LogColumns
    scale: Scale
    attributes: dict[str, list[str]] = field(default_factory=dict)
    reader: TraitReader | None = None
    allows_seen: bool = False

    @classmethod
    def of(cls, log: Log, known: Events, *, reads_traits: bool) -> Memory:
        """Remember what users took in some events of a log and, if the program reads it, what else is known.

        Then users are remembered, too, who took nothing.
        """
        histories, names, reader = log.whole(known), log.train.user_names, log.reader
        people = log.sides.people
        if not reads_traits:
            histories = replace(histories, traits=None)
        elif people is not None and reader is not None and histories.traits is not None:
            there = set(names)
            more = [name for name in people.names if name not in there]
            cells, _ = reader.readable(people.of(more))
            told = histories.traits.joined(reader.traits(cells, more))
            histories, names = replace(histories.padded(len(more)), traits=told), [*names, *more]
        return cls(
            users=names,
            histories=histories,
            columns=log.columns,
            scale=log.scale,
            attributes=log.attributes,
            reader=reader,
            allows_seen=log.allows_seen,
        )

    def telling(self, raw: Raw, column: str, names: list[str], asked: Histories) -> Histories:
        """Let the columns of a table say what is known of users, where they say anything.

        `column` names the users of its rows, the last row of a user holds. `asked` are those called `names`.

        Raises
        ------
        DataError
            A cell of a column of numbers is none.
        """
        remembered = asked.traits
        given = [] if self.reader is None else [name for name in self.reader.readings if name in raw.names]
        if self.reader is None or remembered is None or not given:
            return asked
        cells = SideTable.of_raw(raw, "user", column, given).of(names)
        says = np.array([any(texts) for texts in zip(*cells.values(), strict=True)], bool)
        both = self.reader.traits(cells, names).joined(remembered)
        return replace(asked, traits=both.take(np.where(says, 0, len(names)) + np.arange(len(names))))

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
        if self.allows_seen:
            head["allows_seen"] = True
        arrays = [known.starts.astype("<i8"), known.items.astype("<i4"), known.strengths.astype("<f4")]
        if self.reader is not None:
            traits = known.traits or Traits(
                (), np.zeros(len(self.users) + 1, np.int64), np.zeros(0, np.int64)
            )
            head["traits"] = {**self.reader.to_json(), "n_codes": len(traits.codes)}
            arrays += [traits.starts.astype("<i8"), traits.codes.astype("<i4")]
        text = json.dumps(head, ensure_ascii=False).encode()
        return b"".join([_MAGIC, struct.pack("<Q", len(text)), text, *(array.tobytes() for array in arrays)])

    @classmethod
    def from_bytes(cls, data: bytes | None, n_items: int) -> Memory:
        """Read it; raise ArtifactError, naming what is wrong, if it is not as `to_bytes` writes."""
        head, rest = _head(data or b"")
        told = head.get("traits")
        n_users, n_events = len(head["users"]), head["n_events"]
        counts = [(n_users + 1, "<i8"), (n_events, "<i4"), (n_events, "<f4")]
        if told is not None:
            counts += [(n_users + 1, "<i8"), (told["n_codes"], "<i4")]
        sizes = [n * np.dtype(kind).itemsize for n, kind in counts]
        if head["n_items"] != n_items or min(sizes) < 0 or len(rest) != sum(sizes):
            raise _damaged("its parts do not fit together")
        ends = np.cumsum([0, *sizes])
        arrays = [
            np.frombuffer(rest[at:end], kind)
            for at, end, (_, kind) in zip(ends, ends[1:], counts, strict=False)
        ]
        starts, items, strengths = arrays[0].astype(np.int64), arrays[1].astype(np.int64), arrays[2]
        is_sound = (
            _are_ragged(starts, items, n_items)
            and bool(((strengths > 0) & (strengths <= 1)).all())
            and len(set(head["users"])) == n_users
            and all(len(one["cells"]) == n_items for one in head["attributes"])
            and (told is None or _are_ragged(arrays[3], arrays[4], len(told["words"])))
        )
        if not is_sound:
            raise _damaged("it names items or users that there are not")
        reader = None if told is None else TraitReader.from_json(told)
        traits = None
        if reader is not None:
            traits = Traits(reader.words, arrays[3].astype(np.int64), arrays[4].astype(np.int64))
        return cls(
            users=head["users"],
            histories=Histories(
                starts=starts,
                items=items,
                strengths=strengths.astype(np.float32),
                n_items=n_items,
                traits=traits,
            ),
            columns=LogColumns(**head["columns"]),
            scale=Scale(**head["scale"]),
            attributes={one["name"]: one["cells"] for one in head["attributes"]},
            reader=reader,
            allows_seen=head.get("allows_seen", False),
        )


def _are_ragged(starts: Array, codes: Array, n_codes: int) -> bool:
    """Tell whether parts of `codes` begin at `starts`, and all are numbers below `n_codes`."""
    is_whole = starts[0] == 0 and starts[-1] == len(codes) and bool((np.diff(starts) >= 0).all())
    return is_whole and bool(((codes >= 0) & (codes < n_codes)).all())


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
