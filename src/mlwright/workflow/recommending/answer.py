"""Recommending: the best items for users who are known, or who bring their history."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlwright.core.errors import DataError, MissingColumnError, UsageError
from mlwright.core.progress import Event, silence
from mlwright.data.cells import text_of
from mlwright.data.read import read
from mlwright.ranking.matrix import best
from mlwright.ranking.words import clear
from mlwright.workflow.output import check_output, writing
from mlwright.workflow.recommending.attributes import matching
from mlwright.workflow.recommending.columns import recognize, recognize_user
from mlwright.workflow.recommending.events import read_events
from mlwright.workflow.recommending.judged import HIDDEN_SCORE
from mlwright.workflow.recommending.memory import Memory
from mlwright.workflow.recommending.program import lines, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array, Singles
    from mlwright.core.progress import Listener
    from mlwright.core.recommender import Histories
    from mlwright.data.raw import Raw
    from mlwright.workflow.family import Wishes

USUAL_TOP = 10
_USERS_AT_ONCE = 256
_QUIET_S = 2.0


def recommend_file(
    model: Model, data: object, out: str | Path | None, wishes: Wishes, listen: Listener = silence
) -> int:
    """Recommend items into a file, all or nothing; without a file, CSV goes to standard output.

    `data` is a table of users, or a log of what they took, which then is their history, whoever they are;
    None stands for all users that the model knows. Attributes of users hold as `data` has them, else as they
    are remembered. Users of whom nothing is known get what is popular, and that is said. Returns the number
    of users.
    """
    if out is not None:
        check_output(out)
    memory = Memory.from_bytes(model.memory, len(model.task.classes))
    names, asked = _asked(model, memory, data)
    top = USUAL_TOP if wishes.top is None else wishes.top
    allowed = None if wishes.filter is None else matching(wishes.filter, memory.attributes, asked.n_items)
    if allowed is not None and not allowed.any():
        message = f"the filter {wishes.filter!r} lets none of the {asked.n_items:,} items through"
        listen(Event(phase="predicting", message=message, is_lasting=True))
    _tell_of_strangers(names, asked, listen)
    hides = not (memory.allows_seen if wishes.allow_seen is None else wishes.allow_seen)
    start = time.monotonic()
    with writing(None if out is None else Path(out)) as add:
        add(_frame(memory, model, [], np.zeros((0, 0), np.int64), np.zeros((0, 0), np.float32)))
        for first, scores in _scored(model, asked, hides=hides):
            if allowed is not None:
                scores[:, ~allowed] = HIDDEN_SCORE
            items = best(scores, top)
            part = names[first : first + len(items)]
            add(_frame(memory, model, part, items, np.take_along_axis(scores, items, 1)))
            if time.monotonic() - start > _QUIET_S:
                listen(
                    Event(
                        phase="predicting", message="users answered", done=first + len(part), total=len(names)
                    )
                )
    return len(names)


def _asked(model: Model, memory: Memory, data: object) -> tuple[list[str], Histories]:
    """Return the users who ask, in their order, and what they took."""
    if data is None:
        return memory.users, memory.histories
    raw = read(data)
    if _is_log(raw, memory, model.task.classes):
        return _from_log(model, memory, raw)
    column = recognize_user(raw.names, memory.columns.user, raw.source)
    wanted = [clear(text_of(cell)) for cell in list(raw.columns[column])]
    names = list(dict.fromkeys(name for name in wanted if name))
    if not names:
        raise DataError(f"Column {column!r} of {raw.source} names no user.")
    place = {name: at for at, name in enumerate(memory.users)}
    found = _looked_up(memory.histories, [place.get(name, -1) for name in names])
    return names, memory.telling(raw, column, names, found)


def _is_log(raw: Raw, memory: Memory, catalog: Sequence[object]) -> bool:
    """Tell a log from a table of users: it has the column of items, or another that holds some of them."""
    if memory.columns.item in raw.names:
        return True
    try:
        column = recognize(raw.names, {}, raw.source).item
    except (UsageError, MissingColumnError):
        return False
    known = {str(item) for item in catalog}
    return any(clear(text_of(cell)) in known for cell in list(raw.columns[column]))


def _looked_up(known: Histories, places: list[int]) -> Histories:
    """Return what is known of users; of those who are not there (-1), nothing."""
    at = np.array(places, np.int64)
    return known.padded(1).take(np.where(at < 0, known.n_users, at))


def _from_log(model: Model, memory: Memory, raw: Raw) -> tuple[list[str], Histories]:
    """Read histories; where a log lacks a column, the names of training are looked for."""
    given = {role: name for role, name in memory.columns.named.items() if name in raw.names}
    columns = recognize(raw.names, given, raw.source)
    events, *_ = read_events(raw, columns)
    first: dict[int, None] = dict.fromkeys(events.users.tolist())
    order = [events.user_names[user] for user in first]
    catalog = [str(item) for item in model.task.classes]
    place = {name: at for at, name in enumerate(memory.users)}
    remembered = _looked_up(memory.histories, [place.get(name, -1) for name in order])
    found = replace(events.named(order, catalog).histories(memory.scale), traits=remembered.traits)
    return order, memory.telling(raw, columns.user, order, found)


def _scored(model: Model, asked: Histories, *, hides: bool) -> Iterator[tuple[int, Singles]]:
    """Go through the users, some at a time: the first one's number, and scores (n_users, n_items)."""
    for first in range(0, asked.n_users, _USERS_AT_ONCE):
        part = asked.take(np.arange(first, min(asked.n_users, first + _USERS_AT_ONCE)))
        yield first, run(model.runtime, lines(part, model.task.classes, model.runtime.columns, hides=hides))


def _frame(memory: Memory, model: Model, names: list[str], items: Array, scores: Array) -> pl.DataFrame:
    """Write one line for each item that may be offered."""
    there = scores > HIDDEN_SCORE / 2
    rows, places = np.nonzero(there)
    classes = [str(item) for item in model.task.classes]
    return pl.DataFrame(
        {
            memory.columns.user: pl.Series([names[row] for row in rows.tolist()], dtype=pl.String),
            memory.columns.item: pl.Series(
                [classes[item] for item in items[there].tolist()], dtype=pl.String
            ),
            "rank": pl.Series(places + 1, dtype=pl.Int64),
            "score": pl.Series(scores[there].astype(np.float64), dtype=pl.Float64),
        }
    )


def _tell_of_strangers(names: list[str], asked: Histories, listen: Listener) -> None:
    n_told = np.zeros(len(names)) if asked.traits is None else np.diff(asked.traits.starts)
    for is_told, what in ((False, "what is popular"), (True, "what suits what else is known of them")):
        chosen = np.flatnonzero((asked.lengths == 0) & ((n_told > 0) == is_told))
        if not len(chosen):
            continue
        message = (
            f"{len(chosen):,} of {len(names):,} users, such as {names[chosen[0]]!r}, took nothing that the "
            f"model knows: they get {what}"
        )
        listen(Event(phase="predicting", message=message, is_lasting=True))
