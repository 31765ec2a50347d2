"""What a user may say about a training run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, TypedDict, final

from mlwright.checks.leaks import Leaks
from mlwright.core.budget import parse_duration
from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.core.escapes import without_halves
from mlwright.core.memory import parse_size
from mlwright.evaluation.conformal import Mode
from mlwright.tuning.latency import Latency

_USUAL_S, _LONGEST_S = 60.0, 31 * 86_400.0
REFIT = ("auto", "yes", "no")
Cost = str | Path | Mapping[str, float]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TrainOptions:
    """Options of `train`; each has the name of its command line option.

    `time_limit_s` [s] is a contract. With `max_trials` alone work is counted instead and the clock is
    not looked at, so that equal seeds give equal bytes; without either there are 60 seconds. `id`,
    `group`, `time`, `weight` name columns; `exclude` names columns that must not be used; `slice` and
    `sensitive` name columns, features or not, by whose groups the test is told apart. `test` is data
    that judges the model (else rows are split off); `baseline` is the model in place, to be compared with on
    those rows. `leaks` says what to do about columns that give the answer away, and `vouch` names those that
    are known when a prediction is made, whatever they give away. `refit` decides whether the
    judged recipe is fitted again on all rows; `latency` says what the speed of an answer may cost;
    `intervals` which rows calibrate prediction intervals and sets (see `Mode`). `cost` says what mistakes
    cost: amounts by name ("fn=500,fp=20"), or the path of a cost matrix; `capacity` how many rows may be
    acted on; `stakes` and `today` name columns: what multiplies the cost of a miss, and what was decided so
    far. `history` names columns of entities (or "all") whose earlier outcomes tell about a row, and
    `known_after_s` [s] says how long after its time an outcome is known. `max_latency_s` [s] and
    `max_size_bytes` are contracts: the best of what keeps them is returned. `run` is the folder that makes
    a killed training go on; with `run_anew` one of other work is emptied, not refused. All processes
    together stay below `memory_limit_bytes`. `roles` are columns and `tables` data beside the rows, by role,
    and `flags` names of wishes, that only some kinds of questions know (see `workflow.family`).
    """

    time_limit_s: float | None = None
    max_trials: int | None = None
    metric: str | None = None
    seed: int = 0
    kind: str | None = None
    id: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    exclude: tuple[str, ...] = ()
    slice: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    test: object | None = None
    baseline: object | None = None
    leaks: str = Leaks.DROP
    vouch: tuple[str, ...] = ()
    refit: str = "auto"
    latency: str = "balanced"
    intervals: str = "approximate"
    cost: Cost | None = None
    capacity: str | float | None = None
    stakes: str | None = None
    today: str | None = None
    history: tuple[str, ...] = ()
    known_after_s: float = 0.0
    name: str = ""
    run: str | Path | None = None
    run_anew: bool = False
    memory_limit_bytes: int | None = None
    max_latency_s: float | None = None
    max_size_bytes: int | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, object] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.refit not in REFIT:
            message = f"--refit {self.refit!r} is not known. Choose one of: {', '.join(REFIT)}."
            raise UsageError(message)
        if self.leaks not in set(Leaks):
            message = f"--leaks {self.leaks!r} is not known. Choose one of: {', '.join(Leaks)}."
            raise UsageError(message)
        if self.latency not in set(Latency):
            message = f"--latency {self.latency!r} is not known. Choose one of: {', '.join(Latency)}."
            raise UsageError(message)
        if self.intervals not in set(Mode):
            message = f"--intervals {self.intervals!r} is not known. Choose one of: {', '.join(Mode)}."
            raise UsageError(message)
        if self.is_certified and self.refit == "yes":
            message = (
                "--intervals certified ships the very program that the held back rows calibrated, so it "
                "cannot be fitted again. Leave out --refit yes."
            )
            raise UsageError(message)
        trials = 1 if self.max_trials is None else self.max_trials
        if not isinstance(trials, Integral) or trials < 1:
            message = f"--max-trials must be a whole number from 1 on, got {trials!r}."
            raise UsageError(message)
        if self.time_limit_s is not None and self.time_limit_s > _LONGEST_S:
            message = f"A time limit of {self.time_limit_s:g} s is too long; give at most {_LONGEST_S:g}."
            raise UsageError(message)
        if not isinstance(self.seed, Integral) or not 0 <= self.seed < 2**31:
            message = f"--seed must be a whole number between 0 and {2**31 - 1}, got {self.seed!r}."
            raise UsageError(message)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns that must not be used: what was decided today would tell, and will not be there."""
        return self.exclude if self.today is None else (*self.exclude, self.today)

    @property
    def is_certified(self) -> bool:
        """Whether rows are held back to calibrate intervals and sets."""
        return self.intervals == Mode.CERTIFIED

    @property
    def has_contract(self) -> bool:
        """Whether anything is asked of the latency or the size of the model."""
        return self.max_latency_s is not None or self.max_size_bytes is not None

    @property
    def limit_s(self) -> float | None:
        """Seconds that the run may take; None if only work is counted."""
        if self.time_limit_s is None and self.max_trials is None:
            return _USUAL_S
        return self.time_limit_s

    def named(self) -> dict[str, list[str]]:
        """Return the options about columns, rows and kind that were given, as on the command line."""
        found: dict[str, list[str | None]] = {
            "kind": [self.kind],
            "id": [*self.id],
            "group": [self.group],
            "time": [self.time],
            "weight": [self.weight],
            "exclude": [*self.exclude],
            "slice": [*self.slice],
            "sensitive": [*self.sensitive],
            "test": [str(self.test)] if isinstance(self.test, str | Path) else [],
            "baseline": [str(self.baseline)] if isinstance(self.baseline, str | Path) else [],
            "leaks": [str(self.leaks)] if self.leaks != Leaks.DROP else [],
            "vouch": [*self.vouch],
            "refit": [self.refit] if self.refit != "auto" else [],
            "latency": [self.latency] if self.latency != "balanced" else [],
            "intervals": [self.intervals] if self.is_certified else [],
            "cost": [_shown(self.cost)],
            "capacity": [None if self.capacity is None else str(self.capacity)],
            "stakes": [self.stakes],
            "today": [self.today],
            "history": [*self.history],
            "known-after": [f"{self.known_after_s:g}s"] if self.known_after_s else [],
            "max-latency": [None if self.max_latency_s is None else f"{1e3 * self.max_latency_s:g}ms"],
            "max-size": [None if self.max_size_bytes is None else f"{self.max_size_bytes / 1e3:g}KB"],
        }
        found |= {role: [column] for role, column in self.roles.items()}
        found |= {name: [str(data)] for name, data in self.tables.items() if isinstance(data, str | Path)}
        found |= {flag: ["yes"] for flag in self.flags}
        given = {name: [without_halves(value) for value in values if value] for name, values in found.items()}
        return {name: values for name, values in given.items() if values}


class TrainArguments(TypedDict, total=False):
    """Keyword arguments of `mlwright.train`."""

    time_limit: str | float | None
    max_trials: int | None
    metric: str | None
    seed: int
    kind: str | None
    id: str | list[str] | None
    group: str | None
    time: str | None
    weight: str | None
    exclude: str | list[str] | None
    slice: str | list[str] | None
    sensitive: str | list[str] | None
    test: object
    baseline: object
    leaks: str
    vouch: str | list[str] | None
    refit: str
    latency: str
    intervals: str
    cost: Cost | None
    capacity: str | float | None
    stakes: str | None
    today: str | None
    history: str | list[str] | None
    known_after: str | float | None
    run: str | Path | None
    memory_limit: str | int | None
    max_latency: str | float | None
    max_size: str | int | None
    user: str | None
    item: str | None
    rating: str | None
    items: object
    users: object
    allow_seen: bool


def from_arguments(arguments: TrainArguments) -> TrainOptions:
    """Turn keyword arguments into options; a name that is not known is a UsageError."""
    known = TrainArguments.__annotations__
    for name in arguments:
        if name not in known:
            raise UnknownNameError.among("option of train", name, known)
    limit, memory = arguments.get("time_limit"), arguments.get("memory_limit")
    return TrainOptions(
        time_limit_s=None if limit is None else parse_duration(limit),
        max_trials=arguments.get("max_trials"),
        metric=arguments.get("metric"),
        seed=arguments.get("seed", 0),
        kind=arguments.get("kind"),
        id=_names(arguments.get("id")),
        group=arguments.get("group"),
        time=arguments.get("time"),
        weight=arguments.get("weight"),
        exclude=_names(arguments.get("exclude")),
        slice=_names(arguments.get("slice")),
        sensitive=_names(arguments.get("sensitive")),
        test=arguments.get("test"),
        baseline=arguments.get("baseline"),
        leaks=arguments.get("leaks", Leaks.DROP),
        vouch=_names(arguments.get("vouch")),
        refit=arguments.get("refit", "auto"),
        latency=arguments.get("latency", "balanced"),
        intervals=arguments.get("intervals", "approximate"),
        cost=arguments.get("cost"),
        capacity=arguments.get("capacity"),
        stakes=arguments.get("stakes"),
        today=arguments.get("today"),
        history=_names(arguments.get("history")),
        known_after_s=parse_delay(arguments.get("known_after")),
        run=arguments.get("run"),
        memory_limit_bytes=None if memory is None else parse_size(memory),
        max_latency_s=parse_latency(arguments.get("max_latency")),
        max_size_bytes=parse_file_size(arguments.get("max_size")),
        roles=_given(user=arguments.get("user"), item=arguments.get("item"), rating=arguments.get("rating")),
        tables=_given(items=arguments.get("items"), users=arguments.get("users")),
        flags=("allow-seen",) if arguments.get("allow_seen") else (),
    )


def parse_delay(value: str | float | None) -> float:
    """Read the seconds after which an outcome is known; None is at once."""
    return 0.0 if value is None else parse_duration(value, "delay of outcomes", "'10m', '24h', '30d'")


def parse_latency(value: str | float | None) -> float | None:
    """Read the seconds that a single answer may take; None stays None."""
    return None if value is None else parse_duration(value, "latency", "'1ms', '250us'")


def parse_file_size(value: str | float | None) -> int | None:
    """Read the bytes that a model file may have; None stays None."""
    return None if value is None else parse_size(value, "size of the model", "'200KB' or '5MB'")


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _shown(cost: Cost | None) -> str | None:
    if isinstance(cost, Mapping):
        return ",".join(f"{name}={value:g}" for name, value in cost.items())
    return None if cost is None else str(cost)


def _names(value: str | list[str] | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
