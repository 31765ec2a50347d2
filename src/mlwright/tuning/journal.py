"""Journal: every job that has ended, with its outcome, on disk before anybody hears of it.

SQLite with a write-ahead log survives a kill at any instant. Each entry carries a checksum; one that
does not fit is left out, and its job done again.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing, suppress
from dataclasses import asdict, is_dataclass, replace
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import MissingDependencyError
from mlwright.core.learner import Fit, FittedModel, Matrix
from mlwright.core.level import Level, Leveled
from mlwright.core.scaling import Pieces, Scaling
from mlwright.core.shelves import COMBINATIONS, LEARNERS, RECOMMENDERS
from mlwright.core.step import Table
from mlwright.features.bins import Bins
from mlwright.features.combine import Combined
from mlwright.features.encoder import Encoder
from mlwright.features.words import Words
from mlwright.ranking.blend import View
from mlwright.tuning.job import Job, Outcome
from mlwright.tuning.plain import Classes, by_name, from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_TABLE = """CREATE TABLE IF NOT EXISTS outcomes (
    id INTEGER PRIMARY KEY, job TEXT NOT NULL, title TEXT NOT NULL, seconds REAL NOT NULL,
    error TEXT NOT NULL, limit_s REAL, sha256 TEXT NOT NULL, data BLOB NOT NULL
)"""
_ENTRY = "SELECT job, title, seconds, error, limit_s, sha256, data FROM outcomes WHERE id = ?"
_NEW_ENTRY = (
    "INSERT INTO outcomes (job, title, seconds, error, limit_s, sha256, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_NO_DAMAGE = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM,
)  # fmt: skip
"""Errors that say nothing about what the file holds."""
_PAGE_BYTES = 4096
_DAMAGE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""The second: SQLite quotes what it finds in a damaged file, whatever that is."""
_MOST_ENTRIES = 100_000
"""So many numbers are tried at most: a damaged file may say anything about how many entries it has."""


def _silence(phase: str, message: str) -> None:
    del phase, message


@final
class Journal:
    """Outcomes by job. `n_known` jobs are known from before.

    `time_limit_s` [s] is that of this run: what a shorter one has cut off counts as not done. What goes
    wrong is told to `tell` (phase, message), and ends no training.
    """

    def __init__(
        self, path: Path, time_limit_s: float | None = None, tell: Callable[[str, str], None] = _silence
    ) -> None:
        self._time_limit_s, self._tell = time_limit_s, tell
        self._classes = _classes()
        self._rows: dict[str, list[int]] = {}
        # Of a file that is shorter than its first page SQLite says nothing.
        self._is_damaged = path.exists() and 0 < path.stat().st_size < _PAGE_BYTES
        self._is_failing = False
        self._file = self._open(path)
        self.n_known = len(self._rows)
        if self._is_damaged:
            self._tell("journal", "it was damaged; the fits that are lost are done again")

    def find(self, job: Job, store: str) -> Outcome | None:
        """Return what came of this job on that store; None if it is still to be done."""
        found = self.recall(identity(job, store), _is_outcome, lambda outcome: _is_cut(job, outcome))
        return None if found is None else replace(found, number=job.number)

    def record(self, job: Job, store: str, outcome: Outcome) -> Outcome:
        """Write down what came of a job, and return it as it will be read.

        What may go well another time is not written.
        """
        if outcome.is_chance:
            return outcome
        title = f"{job.configuration.name}, fold {job.fold}, {job.share:.0%} of the rows"
        told = (outcome.seconds, outcome.error.split("\n", 1)[0])
        found: Outcome = self.keep(identity(job, store), title, replace(outcome, number=0), *told)
        return replace(found, number=job.number)

    def recall(
        self, key: str, is_sound: Callable[[Any], bool], is_cut: Callable[[Any], bool] = lambda _: False
    ) -> Any:
        """Return what was kept of some work; None if it is still to be done.

        An entry that is not sound is told and passed over; one that is cut counts only if there is no more
        time now.
        """
        for row in reversed(self._rows.get(key, [])):
            found, limit_s = self._entry(row)
            if found is None or not is_sound(found):
                self._tell("journal", "an entry is not what it should be; its fit is done again")
            elif not self._has_more_time(limit_s) or not is_cut(found):
                return found
        return None

    def keep(self, key: str, title: str, value: Any, seconds: float, error: str = "") -> Any:
        """Write down what came of some work, and return it as it will be read.

        A resumed run thus sees the very arrays that this one goes on with. A journal that cannot be written
        to ends no training.
        """
        try:
            data = to_bytes(value, self._classes)
            self._write(key, (title, seconds, error), data)
        except (sqlite3.Error, OverflowError, TypeError, UnicodeDecodeError) as problem:
            if not self._is_failing:
                self._tell(
                    "journal", f"cannot be written ({problem}); a run that is killed would repeat this"
                )
            self._is_failing = True
            return value
        return from_bytes(data, self._classes)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._file.close()

    def _write(self, key: str, told: tuple[str, float, str], data: bytes) -> None:
        seal = _seal(key, self._time_limit_s, data)
        row = self._file.execute(_NEW_ENTRY, (key, *told, self._time_limit_s, seal, data)).lastrowid
        self._rows.setdefault(key, []).append(row or 0)

    def _entry(self, row: int) -> tuple[Any, float | None]:
        try:
            _, _, _, _, limit_s, _, data = self._file.execute(_ENTRY, (row,)).fetchone()
            return from_bytes(data, self._classes), limit_s
        except (*_DAMAGE, ValueError):
            return None, None

    def _has_more_time(self, limit_s: float | None) -> bool:
        """Tell whether this run has more time than one that had `limit_s`."""
        if limit_s is None:
            return False
        return self._time_limit_s is None or self._time_limit_s > limit_s

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            return self._read(path)
        except _DAMAGE as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_DAMAGE:
                raise
            return self._renew(path)

    def _read(self, path: Path) -> sqlite3.Connection:
        file = _connect(path)
        try:
            for row in range(1, _last(file) + 1):
                self._look_at(file, row)
        except _DAMAGE:
            file.close()
            raise
        return file

    def _renew(self, path: Path) -> sqlite3.Connection:
        """Carry what can still be read into a new file."""
        self._rows.clear()
        fresh = path.with_suffix(".new")
        _remove(fresh)
        with closing(_connect(fresh)) as file:
            for values in _salvage(path):
                if _is_whole(values):
                    file.execute(_NEW_ENTRY, values)
        # The old log first: it must never be applied to the new file.
        _remove(path)
        fresh.replace(path)
        self._is_damaged = True
        return self._read(path)

    def _look_at(self, file: sqlite3.Connection, row: int) -> None:
        values = file.execute(_ENTRY, (row,)).fetchone()
        if values is None:
            return
        if _is_whole(values):
            self._rows.setdefault(values[0], []).append(row)
        else:
            self._is_damaged = True


def identity(job: Job, store: str) -> str:
    """Name the work of a job: whatever its fit depends on, but for the rows and the versions.

    Not its number; and of a time limit only that there is one, since then the clock is looked at.
    """
    configuration = asdict(job.configuration)
    limits = (job.limits.rounds, job.limits.haste, job.limits.seed)
    facts = (store, configuration, job.fold, job.share, limits, job.allowed_s is not None)
    return sha256(to_bytes(facts, {})).hexdigest()


def _is_outcome(found: Any) -> bool:
    is_sound = isinstance(found, Outcome) and isinstance(found.error, str)
    if is_sound and found.fit is not None:
        is_sound = isinstance(found.fit, Fit) and isinstance(found.fit.model, FittedModel)
    return is_sound


def _is_cut(job: Job, outcome: Outcome) -> bool:
    """Tell whether the clock had a hand in an outcome."""
    if outcome.fit is None:
        return True
    return outcome.fit.is_truncated or outcome.fit.haste > job.limits.haste


def _classes() -> Classes:
    """Return the classes of which outcomes are made: ours, and those that a plug-in's file knows."""
    found: list[type] = [
        Outcome, Encoder, Table, Combined, Words, Bins, Fit, Matrix, View, Level, Leveled, Scaling, Pieces,
    ]  # fmt: skip
    for shelf in (COMBINATIONS, LEARNERS, RECOMMENDERS):
        for name in shelf.names():
            try:
                found += _data_classes(shelf.get(name), shelf.package)
            except MissingDependencyError:
                continue
    return by_name(found)


def _data_classes(plug_in: object, package: str) -> list[type]:
    found = []
    for member in vars(sys.modules[type(plug_in).__module__]).values():
        is_data = isinstance(member, type) and (is_dataclass(member) or issubclass(member, Enum))
        if is_data and member.__module__.startswith(("mlwright.", f"{package}.")):
            found.append(member)
    return found


def _connect(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut too
        file.execute(_TABLE)
    except _DAMAGE:
        file.close()
        raise
    return file


def _last(file: sqlite3.Connection) -> int:
    found = int(file.execute("SELECT max(id) FROM outcomes").fetchone()[0] or 0)
    return min(found, _MOST_ENTRIES)


def _seal(job: str, limit_s: float | None, data: bytes) -> str:
    return sha256(f"{job} {limit_s} ".encode() + data).hexdigest()


def _is_whole(values: tuple[Any, ...]) -> bool:
    job, _, _, _, limit_s, seal, data = values
    return isinstance(data, bytes) and _seal(job, limit_s, data) == seal


def _salvage(path: Path) -> list[tuple[Any, ...]]:
    """Read the entries of a damaged file one by one."""
    found = []
    with closing(sqlite3.connect(path)) as file:
        try:
            file.execute("PRAGMA writable_schema = ON")  # then SQLite reads files that are too short
            last = _last(file)
        except _DAMAGE:
            last = _MOST_ENTRIES
        for row in range(1, last + 1):
            try:
                values = file.execute(_ENTRY, (row,)).fetchone()
            except _DAMAGE:
                continue
            if values is not None:
                found.append(values)
    return found


def _remove(path: Path) -> None:
    for tail in ("-wal", "-shm", ""):
        path.with_name(path.name + tail).unlink(missing_ok=True)
