"""From logs to numbers: what there is to learn from, and what is known besides."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import DataError, UsageError
from mlwright.core.finding import Finding, Severity
from mlwright.core.said import said
from mlwright.core.schema import Column, Kind, Role
from mlwright.data.read import read
from mlwright.ranking.blend import View
from mlwright.ranking.contents import contents_of
from mlwright.ranking.order import n_different
from mlwright.ranking.traits import TraitReader
from mlwright.workflow.recommending import cut
from mlwright.workflow.recommending.attributes import SideTable
from mlwright.workflow.recommending.columns import LogColumns, recognize
from mlwright.workflow.recommending.events import Events, Scale, check_known_items, noticed, read_events
from mlwright.workflow.recommending.exams import exam_of

if TYPE_CHECKING:
    from mlwright.core.arrays import Array
    from mlwright.core.recommender import Histories, Traits
    from mlwright.core.task import Task
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.recommending.judged import Exam

MOST_ITEMS = 100_000
_KNOWN_OPTIONS = frozenset(
    {"kind", "time", "test", "refit", "user", "item", "rating", "items", "users", "allow-seen"}
)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Both sides of a log as they were read, all their users, and tables of items and users if there are."""

    train: Events
    test: Events
    users: list[str]
    table: SideTable | None
    people: SideTable | None = None

    def numbered(self, *, by_both: bool) -> dict[str, Any]:
        """Return the fields of a `Log` that depend on its catalog: that of `train`, or of both sides."""
        events = self.train
        if by_both:
            names = sorted({*self.train.item_names, *self.test.item_names})
            events = together(self.train.named(self.users, names), self.test.named(self.users, names))
        taken = _catalog(events)
        catalog = [*taken, *_new(taken, self.table)]
        attributes = {} if self.table is None else self.table.of(catalog)
        return {
            "train": self.train.named(self.users, catalog),
            "test": self.test.named(self.users, catalog),
            "attributes": attributes,
            "n_new": len(catalog) - len(taken),
            "contents": contents_of(attributes),
            **self._people(by_both=by_both),
        }

    def _people(self, *, by_both: bool) -> dict[str, Any]:
        """Return what is known of users, read as the cells of those say who took something to learn from."""
        if self.people is None:
            return {}
        sides = (self.train, self.test) if by_both else (self.train,)
        taking = {side.user_names[user] for side in sides for user in np.unique(side.users).tolist()}
        learned = np.array([user in taking for user in self.users], bool)
        columns = self.people.of(self.users)
        reader = TraitReader.of(columns, learned)
        cells, _ = reader.readable(columns)
        return {"reader": reader, "people": columns, "traits": reader.traits(cells, self.users)}


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Log:
    """A log that was understood: `train` to learn from, `test` to judge by, with the same numbers of names.

    Items are those of `train`, the most frequent first; what it does not have is below 0. `how` says
    by which rule the test was chosen. `attributes` are columns of texts with a cell for each item, and
    `contents` what these say, for `Histories`; the last `n_new` items are known by them alone. `people` are
    columns with a cell for each user, `traits` what these say as `reader` reads them. `allows_seen` says
    whether what a user took before is offered, and judged, too.
    """

    sides: Sides
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
    attributes: dict[str, list[str]]
    n_new: int
    contents: Any = None
    people: dict[str, list[str]] | None = None
    reader: TraitReader | None = None
    traits: Traits | None = None
    allows_seen: bool = False
    _both: list[Events] = field(default_factory=list, init=False, repr=False)

    @property
    def items(self) -> list[str]:
        """The catalog."""
        return self.train.item_names

    @property
    def liked_from(self) -> float | None:
        """The least rating of the log that makes a hit; None where all do."""
        least, values = self.scale.liked_from, self.train.values
        if least is None or values is None:
            return None
        return float(values[values >= least].min(initial=self.scale.high))

    @property
    def looks(self) -> tuple[View, ...]:
        """How histories may be looked at: by strength, all events alike, or only those that make hits."""
        plain = View(is_graded=False)
        if self.scale.says == "nothing":
            return (plain,)
        least = self.scale.least_liked
        return (View(), plain) if least is None else (View(), plain, View(is_graded=False, least=least))

    def histories(self, events: Events) -> Histories:
        """Return what users took in some of the events, if anything, with what is known of the items."""
        found = replace(self.whole(events), contents=self.contents)
        return found if found.lengths.all() else found.take(np.flatnonzero(found.lengths))

    def whole(self, events: Events) -> Histories:
        """Return the same of all users, also of those who took nothing, as they ask."""
        return replace(events.histories(self.scale), traits=self.traits)

    def exam(self, known: Events, later: Events) -> Exam:
        """Let users judge by later events, of whom the others are known."""
        return exam_of(self.whole(known), later, self.scale, hides=not self.allows_seen)

    def grown(self) -> Log:
        """Return the same with the items of both sides: what was new in the test is known by now."""
        return replace(self, **self.sides.numbered(by_both=True))

    @property
    def everything(self) -> Events:
        """Both sides together."""
        if not self._both:
            self._both.append(together(self.train, self.test))
        return self._both[0]


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
    events, columns, findings = read_events(raw, recognize(raw.names, given, raw.source))
    _check_several(events, raw.source)
    allows_seen, n_rows = "allow-seen" in options.flags, raw.n_rows
    scale = Scale.of(_known(events.values))
    if allows_seen and scale.says == "nothing":
        scale = Scale.of_repeats(events)
    findings += noticed(events, columns, allows_seen=allows_seen)
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
        test, *_ = read_events(other, recognize(other.names, columns.named, other.source))
        users = sorted({*events.user_names, *test.user_names})
        train, n_rows = events, n_rows + other.n_rows
        how = cut.rule_of(train.named(users, train.item_names), test.named(users, test.item_names))
    table, more = _side(options, "item", columns.item, train.item_names)
    people, others = _side(options, "user", columns.user, users)
    findings += [*more, *others]
    known = {*train.item_names, *(table.names if table else ())}
    if options.test is not None:
        check_known_items(known, test.item_names, other.source)
    n_items = len({*known, *test.item_names})
    if n_items > MOST_ITEMS:
        findings.append(_rare(n_items))
    sides = Sides(train, test, users, table, people)
    numbered = sides.numbered(by_both=False)
    if people is not None:
        findings += _unreadable(numbered["reader"], people)
    return Log(
        sides=sides,
        **numbered,
        how=how,
        is_given=options.test is not None,
        columns=columns,
        scale=scale,
        findings=tuple(findings),
        n_rows=n_rows,
        name=options.name or raw.source,
        fingerprint=_fingerprint(events),
        allows_seen=allows_seen,
    )


def _side(
    options: TrainOptions, role: str, name: str, known: list[str]
) -> tuple[SideTable | None, list[Finding]]:
    """Read the table of items or users, if there is one; `known` are those of the log."""
    data = options.tables.get(f"{role}s")
    if data is None:
        return None, []
    found = SideTable.read(data, role, name)
    found.check(known)
    return found, found.noticed(known)


def _unreadable(reader: TraitReader, people: SideTable) -> list[Finding]:
    """Say how many cells of columns of numbers are none: that a user's age is not known stops no training."""
    _, n_lost = reader.readable(people.columns)
    if not n_lost:
        return []
    message = said(
        "{n:,} cells of {where} stand in columns of numbers and are none: they count as unknown.",
        n=n_lost, where=people.where,
    )  # fmt: skip
    return [
        Finding(rule="no_number", severity=Severity.NOTE, message=message, evidence={"n": n_lost},
                action="dropped")
    ]  # fmt: skip


def _check_several(events: Events, where: str) -> None:
    for what, names, why in (
        ("item", events.item_names, "so there is nothing to choose from"),
        ("user", events.user_names, "and others are needed to learn from"),
    ):
        if len(names) < 2:
            raise DataError(f"There is one {what} only ({names[0]!r}) in {where}, {why}.")


def _check_options(options: TrainOptions) -> None:
    given = {*options.named(), *(() if options.baseline is None else ("baseline",))}
    odd = sorted(given - _KNOWN_OPTIONS)
    if odd:
        message = f"--{odd[0]} means nothing where items are recommended to users. Leave it out."
        raise UsageError(message)


def _catalog(events: Events) -> list[str]:
    """Return the items, the most frequent first, of equal ones in the order of their texts."""
    counts = np.bincount(events.items, minlength=len(events.item_names))
    order = np.argsort(-counts, kind="stable")[:MOST_ITEMS]
    return [events.item_names[item] for item in order.tolist() if counts[item]]


def _new(taken: list[str], table: SideTable | None) -> list[str]:
    """Return the items that only the table knows, in its order, as many as can be ranked."""
    if table is None:
        return []
    known = set(taken)
    return [item for item in table.names if item not in known][: MOST_ITEMS - len(taken)]


def _rare(n_items: int) -> Finding:
    message = said(
        "{n:,} items are more than the {most:,} that can be ranked; the rarest were left out, of those that "
        "nobody took the last in their table.",
        n=n_items,
        most=MOST_ITEMS,
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
                column, low=float(values.min()), high=float(values.max()), n_unique=n_different(values)
            )
        found.append(column)
    return found


def work_on(log: Log, task: Task) -> dict[str, Any]:
    """Say on what all fits of a log depend, as the journal asks for it."""
    told = {"columns": log.columns.named, "split": log.how, "scale": log.scale.to_json()}
    return {
        "the kind of question": task.kind,
        "the columns and what they mean": json.dumps(told, sort_keys=True),
        "the events to learn from": _fingerprint(log.train),
        "the events to judge by": _fingerprint(log.test),
        "what is known of the items": sha256(json.dumps(log.attributes).encode()).hexdigest(),
        "what is known of the users": sha256(json.dumps(log.people).encode()).hexdigest(),
        "whether what was taken is offered": str(log.allows_seen),
    }


def _fingerprint(events: Events) -> str:
    digest = sha256()
    for names in (events.user_names, events.item_names):
        digest.update("\x1f".join(names).encode("utf-8", "surrogatepass"))
    for array in (events.users, events.items, events.values, events.times):
        if array is not None:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
