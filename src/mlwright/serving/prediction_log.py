"""The prediction log: what was answered, in Parquet files, for those who watch over the model.

Answering costs an append to a queue. A thread makes tables of what waits and writes them; when it cannot
keep up, or the disk is full, rows are dropped and counted, and no answer waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, final

from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.core.prediction import Prediction
from mlwright.serving.log_files import PATTERN, LogFiles, columns_of, in_words
from mlwright.serving.log_table import Answered, Entry, table
from mlwright.serving.tastes import TAKEN, USER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.serving.counters import Counters
    from mlwright.serving.reader import Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import LogPolicy
    from mlwright.serving.tastes import Offer

_MOST_WAITING = 2**18
"""Cells, some 40 MB."""
_EACH_S = 0.2
_ROWS_AT_ONCE = 512
_PAUSE_S = 0.001
"""Between lots, so that the loop need not wait for the interpreter."""
_END_S = 20.0
_logger = logging.getLogger("mlwright.serving")


@final
class PredictionLog:
    """Takes what was answered; `add` is called on the loop, all else happens in a thread."""

    def __init__(self, policy: LogPolicy, features: tuple[str, ...], counters: Counters) -> None:
        self._features, self._counters = features, counters
        self._width = len(features) + 1
        self._waiting: deque[Entry] = deque()
        # Each is counted by one thread alone, so that no lock is needed.
        self._n_in = self._n_out = self._n_lost = self._n_told = 0
        self._files = LogFiles(policy.folder, policy.keep_bytes)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)
        self._thread.start()

    def add(self, request_id: str, route: str, scorer: Scorer, rows: Rows, answered: Answered) -> None:
        """Note what was answered, unless too much waits."""
        if self._n_lost != self._n_told:
            self._tell_lost()
        n_cells = rows.n_rows * self._width if isinstance(answered, Prediction) else _size(answered)
        if self._n_in - self._n_out + n_cells > _MOST_WAITING:
            self._counters.unlogged(rows.n_rows)
            return
        self._n_in += n_cells
        typed = rows.typed if self._features and isinstance(answered, Prediction) else None
        now = time.time_ns() // 1000
        self._waiting.append(Entry(now, request_id, route, scorer, rows.n_rows, typed, answered, n_cells))

    def close(self) -> None:
        """Write all that waits; nothing is added any more."""
        self._is_over.set()
        self._thread.join(_END_S)
        self._tell_lost()
        lost = sum(entry.n_rows for entry in self._waiting) + self._files.n_rows
        if lost:
            self._counters.unlogged(lost)
            _logger.error("%d rows are not in the prediction log", lost)

    def _run(self) -> None:
        while not self._is_over.wait(_EACH_S):
            self._write()
        self._write()
        self._count(self._files.rotate())

    def _write(self) -> None:
        while self._waiting and self._files.has_room:
            entries, n_rows = [], 0
            while self._waiting and n_rows < _ROWS_AT_ONCE:
                entries.append(self._waiting.popleft())
                n_rows += entries[-1].n_rows
            for scorer, of_one in groupby(entries, lambda entry: entry.scorer):
                self._keep(scorer, list(of_one))
            self._n_out += sum(entry.n_cells for entry in entries)
            self._count(self._files.rotate_if_due())
            if not self._is_over.is_set():
                time.sleep(_PAUSE_S)
        self._count(self._files.rotate_if_due())

    def _keep(self, scorer: Scorer, entries: list[Entry]) -> None:
        """Make a table; of entries of which none can be made, only how many they were is kept."""
        try:
            self._files.add(scorer.version, table(entries, self._features))
        except Exception:
            self._n_lost += sum(entry.n_rows for entry in entries)
            _logger.exception("rows cannot be put into the prediction log")  # what comes later can

    def _tell_lost(self) -> None:
        """Count rows that were lost in the thread; called where dropped ones are counted."""
        n_rows = self._n_lost - self._n_told
        self._n_told += n_rows
        self._counters.unlogged(n_rows)

    def _count(self, n_written: int) -> None:
        self._counters.logged(n_written)


def _size(offers: Sequence[Offer]) -> int:
    """Return about how many cells what was offered takes."""
    return sum(2 * len(one.items) + len(one.wanted.history or ()) + 1 for one in offers)


def features_of(policy: LogPolicy, scorer: Scorer) -> tuple[str, ...]:
    """Return the columns whose cells are logged; of a recommender the user or the history of a question.

    Raises
    ------
    UnknownNameError
        The model reads no such column.
    """
    known = (USER, TAKEN) if scorer.ranks else tuple(column.name for column in scorer.reader.columns)
    if policy.features == "all":
        return known
    chosen = () if policy.features == "none" else tuple(policy.features.split(","))
    for name in chosen:
        if name not in known:
            what = "part of a question" if scorer.ranks else "column that the model reads"
            raise UnknownNameError.among(what, name, known, "--log-features")
    return chosen


def check_log(policy: LogPolicy, scorer: Scorer) -> None:
    """Look whether what is to be logged can be, so that a service does not begin what its reader cannot read.

    Raises
    ------
    UsageError
        The folder holds answers with other columns: files of one folder are read together.
    UnknownNameError
        As `features_of`.
    """
    features = features_of(policy, scorer)
    newest = max(policy.folder.glob(PATTERN), default=None)
    if newest is None:
        return
    here = dict(table([_first(scorer, features)], features).schema)
    there = columns_of(newest)
    for name in [*here, *there]:
        if here.get(name) != there.get(name):
            message = (
                f"--log {str(policy.folder)!r} holds answers with other columns: {name!r} would be "
                f"{in_words(here.get(name))}, in {newest.name} it is {in_words(there.get(name))}. Files of "
                "one folder are read together: choose another folder, or move those away."
            )
            raise UsageError(message)


def _first(scorer: Scorer, features: tuple[str, ...]) -> Entry:
    """Return an entry such as all that will come."""
    if scorer.ranks:
        return Entry(0, "", "", scorer, 0, None, [], 0)
    rows = scorer.reader.records([{column.name: None for column in scorer.reader.columns}])
    return Entry(0, "", "", scorer, 1, rows.typed if features else None, scorer.answer(rows), 0)
