"""A crew with a journal: what was done before is not done again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from mlwright.tuning.job import Job, Outcome
    from mlwright.tuning.journal import Journal
    from mlwright.tuning.workers import Alone, Processes


@final
class Journaled:
    """Looks each job up before the crew behind it gets it, and writes down what that one has done."""

    def __init__(self, crew: Alone | Processes, journal: Journal) -> None:
        self._crew, self._journal = crew, journal
        self._known: list[Outcome] = []
        self._running: dict[int, tuple[Job, str]] = {}

    @property
    def n_workers(self) -> int:
        """Number of workers behind this."""
        return self._crew.n_workers

    @property
    def n_idle(self) -> int:
        """Nobody while a known outcome waits to be taken: it may make the jobs that follow needless."""
        return 0 if self._known else self._crew.n_idle

    def start(self, job: Job, folder: Path) -> None:
        """Look the job up; what is not known is passed on. Stores are told apart by their folders' names."""
        known = self._journal.find(job, folder.name)
        if known is not None:
            self._known.append(known)
            return
        self._running[job.number] = (job, folder.name)
        self._crew.start(job, folder)

    def wait(self, timeout_s: float | None) -> Outcome | None:
        """Return a known outcome at once, or a new one as soon as it is written down."""
        if self._known:
            return self._known.pop(0)
        outcome = self._crew.wait(timeout_s)
        if outcome is None or outcome.number not in self._running:
            return outcome
        job, store = self._running.pop(outcome.number)
        return self._journal.record(job, store, outcome)

    def abandon(self, but: Collection[int] = ()) -> None:
        """Give up what is running, but for jobs of these numbers."""
        self._known = [outcome for outcome in self._known if outcome.number in but]
        self._crew.abandon(but)

    def stop(self) -> None:
        """End the workers."""
        self._crew.stop()


Crew: TypeAlias = "Alone | Processes | Journaled"
"""Whoever runs the jobs: at most `n_idle` are handed out at a time."""
