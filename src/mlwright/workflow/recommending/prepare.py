"""From logs to numbers: what there is to learn from, and users who judge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError, UsageError
from mlwright.core.finding import Finding, Severity
from mlwright.core.schema import Column, Kind, Role
from mlwright.core.seeds import stream
from mlwright.data.read import read
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.columns import LogColumns, recognize
from mlwright.workflow.recommending.events import Events, Scale, noticed, read_events
from mlwright.workflow.recommending.judged import Exam

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.recommender import Histories
    from mlwright.workflow.options import TrainOptions

MOST_ITEMS = 100_000
_KNOWN_OPTIONS = frozenset({"kind", "time", "test", "refit", "user", "item", "rating", "items"})
_MOST_CELLS = 12_000_000
_FEWEST_USERS = 300
_MOST_SEALED, _FEWEST_SEALED = 60_000_000, 3_000
"""Cells of scores, users by items, that choosing may take, and that judging in the end may take."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """A log that was understood: `train` to learn from, `test` to judge by, with the same numbers of names.

    Items are those of `train`, the most frequent first; -1 is an item that it does not have. `how` says
    by which rule the test was chosen.
    """

    train: Events
    test: Events
    how: str
    is_given: bool
    columns: LogColumns
    scale: Scale
    findings: tuple[Finding, ...]
    n_rows: int
    name: str
    fingerprint: str

    @property
    def items(self) -> list[str]:
        """The catalog."""
        return self.train.item_names

    @property
    def everything(self) -> Events:
        """Both sides together."""
        return together(self.train, self.test)


def prepare(data: object, options: TrainOptions) -> Log:
    """Read logs, find the columns, and set the test aside.

    Raises
    ------
    DataError, UsageError
        The data or an option cannot be used.
    """
    _check_options(options)
    raw = read(data)
    given = dict(options.roles) | ({"time": options.time} if options.time else {})
    columns = recognize(raw.names, given, raw.source)
    events, findings = read_events(raw, columns)
    if len(events.item_names) < 2:
        raise DataError(
            f"There is one item only ({events.item_names[0]!r}) in {raw.source}, so there is "
            "nothing to choose from."
        )
    if len(events.user_names) < 2:
        raise DataError(
            f"There is one user only ({events.user_names[0]!r}) in {raw.source}; others are "
            "needed to learn from."
        )
    scale, n_rows = Scale.of(_known(events.values)), raw.n_rows
    findings += noticed(events, columns)
    if options.test is None:
        how = cut.usual(events)
        is_test = cut.cut(events, how, options.seed)
        if not is_test.any():
            raise DataError(
                f"No user of {raw.source} has 3 events or more, so nothing is left to judge by. Bring "
                "more data, or a file to judge by: --test FILE."
            )
        train, test = events.take(np.flatnonzero(~is_test)), events.take(np.flatnonzero(is_test))
        users = events.user_names
    else:
        other = read(options.test)
        test, _ = read_events(other, recognize(other.names, columns.named, other.source))
        users = sorted({*events.user_names, *test.user_names})
        train, n_rows = events, n_rows + other.n_rows
        how = cut.rule_of(train.named(users, train.item_names), test.named(users, test.item_names))
    catalog = _catalog(train)
    if len(catalog) < len(events.item_names) and len(catalog) == MOST_ITEMS:
        findings.append(_rare(len(events.item_names)))
    return Log(
        train=train.named(users, catalog),
        test=test.named(users, catalog),
        how=how,
        is_given=options.test is not None,
        columns=columns,
        scale=scale,
        findings=tuple(findings),
        n_rows=n_rows,
        name=options.name or raw.source,
        fingerprint=_fingerprint(events),
    )


def _check_options(options: TrainOptions) -> None:
    odd = sorted(set(options.named()) - _KNOWN_OPTIONS)
    if odd:
        message = f"--{odd[0]} means nothing where items are recommended to users. Leave it out."
        raise UsageError(message)


def _catalog(events: Events) -> list[str]:
    """Return the items, the most frequent first, of equal ones in the order of their texts."""
    counts = np.bincount(events.items, minlength=len(events.item_names))
    order = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    return [events.item_names[item] for item in order.tolist() if counts[item]]


def _rare(n_items: int) -> Finding:
    message = (
        f"{n_items:,} items are more than the {MOST_ITEMS:,} that can be ranked; the rarest were left out."
    )
    return Finding(rule="large_catalog", severity=Severity.WARNING, message=message, action="dropped")


def _known(values: Array | None) -> Array | None:
    return None if values is None else values[~np.isnan(values)]


def together(one: Events, other: Events) -> Events:
    """Put events with the same names one behind the other."""
    return replace(
        one,
        users=np.concatenate([one.users, other.users]),
        items=np.concatenate([one.items, other.items]),
        values=_joined(one.values, other.values, one.n_events, other.n_events),
        times=_joined(one.times, other.times, one.n_events, other.n_events),
    )


def _joined(one: Array | None, other: Array | None, n_one: int, n_other: int) -> Array | None:
    if one is None and other is None:
        return None
    parts = [np.full(n, np.nan) if part is None else part for part, n in ((one, n_one), (other, n_other))]
    return np.concatenate(parts)


def exam(known: Events, later: Events, scale: Scale) -> Exam:
    """Let users judge by what they liked later; those who liked nothing new are left out."""
    return exam_of(known.histories(scale), later, scale)


def exam_of(known: Histories, later: Events, scale: Scale) -> Exam:
    """Do the same with histories; users that `later` has beyond theirs took nothing before."""
    n_items, n_more = known.n_items, len(later.user_names) - known.n_users
    asked = replace(known, starts=np.concatenate([known.starts, np.repeat(known.starts[-1:], n_more)]))
    liked = later.take(np.flatnonzero(scale.are_liked(later.values, later.n_events) & (later.users >= 0)))
    taken = np.unique(asked.users * n_items + asked.items)
    pairs = liked.users * n_items + liked.items
    fresh = (liked.items < 0) | ~np.isin(pairs, taken)
    users, items = liked.users[fresh], liked.items[fresh]
    keep = np.unique(np.where(items < 0, -1 - np.arange(len(items)), pairs[fresh]), return_index=True)[1]
    keep = keep[np.lexsort((items[keep], users[keep]))]
    starts = np.concatenate([[0], np.cumsum(np.bincount(users[keep], minlength=asked.n_users))])
    whole = Exam(asked=asked, starts=starts.astype(np.int64), relevant=items[keep])
    return whole.take(np.flatnonzero(np.diff(whole.starts)))


def inner(log: Log, how: str, seed: int) -> tuple[Events, Exam]:
    """Cut the events to learn from once more, to choose by: events to learn from, and users who judge."""
    is_later = cut.cut(log.train, how, seed)
    known, later = log.train.take(np.flatnonzero(~is_later)), log.train.take(np.flatnonzero(is_later))
    return known, some(exam(known, later, log.scale), _FEWEST_USERS, _MOST_CELLS, seed)


def sealed(log: Log, seed: int) -> tuple[Exam, int]:
    """Return the users who judge in the end, and how many there are; of very many, some at random."""
    whole = exam(log.train, log.test, log.scale)
    return some(whole, _FEWEST_SEALED, _MOST_SEALED, seed), whole.n_users


def some(whole: Exam, fewest: int, most_cells: int, seed: int) -> Exam:
    """Return users at random, as many as fit into so many cells of scores, and no fewer than these."""
    most = max(fewest, most_cells // max(1, whole.asked.n_items))
    if whole.n_users <= most:
        return whole
    return whole.take(np.sort(stream(seed, "judging users").permutation(whole.n_users)[:most]))


def described(log: Log) -> list[Column]:
    """Describe the columns of the log for schema and evidence."""
    events, roles = (
        log.everything,
        {"user": Role.ID, "item": Role.TARGET, "rating": Role.WEIGHT, "time": Role.TIME},
    )
    kinds = {"user": Kind.IDENTIFIER, "item": Kind.CATEGORY, "rating": Kind.NUMBER, "time": Kind.NUMBER}
    n_unique = {"user": len(events.user_names), "item": len(events.item_names)}
    ends: dict[str, Any] = {"rating": _known(events.values), "time": _known(events.times)}
    found = []
    for role, name in log.columns.named.items():
        values = ends.get(role)
        column = Column(name=name, kind=kinds[role], role=roles[role], n_unique=n_unique.get(role, 0))
        if values is not None and len(values):
            column = replace(
                column, low=float(values.min()), high=float(values.max()), n_unique=len(np.unique(values))
            )
        found.append(column)
    return found


def _fingerprint(events: Events) -> str:
    digest = sha256()
    for names in (events.user_names, events.item_names):
        digest.update("\x1f".join(names).encode("utf-8", "surrogatepass"))
    for array in (events.users, events.items, events.values, events.times):
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
