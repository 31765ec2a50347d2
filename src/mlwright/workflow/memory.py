"""The memory limit: how many workers fit, and who has to end when memory runs short."""

from __future__ import annotations

import ctypes
import os
import threading
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, final

from mlwright.core.errors import OutOfMemoryError
from mlwright.core.memory import resident_bytes, size_text
from mlwright.tuning.workers import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlwright.tuning.trial import Trial
    from mlwright.tuning.workers import Alone
    from mlwright.workflow.prepare import Prepared

_EVERY_S, _PAUSE_S = 0.1, 0.5
"""Between two looks; and after somebody was ended, until the system has its memory back."""
_MARGIN_SHARE, _MOST_MARGIN = 0.1, 200_000_000
"""What may be asked for between two looks."""
_READ_FACTOR, _USUAL_FACTOR = 5, 15
"""Reading and understanding takes at least so many times the size of a file; and numbers in text so many."""
_LIBRARIES, _FINISH = 230_000_000, 120_000_000
"""What libraries take in a worker, and what compiling, proving and judging take here, measured [bytes]."""
_UNTOUCHED = 100_000_000
"""What a worker asks for and never touches, measured [bytes]: arenas of threads, buffers of libraries."""
_FIT_FACTOR, _STORE_FACTOR = 6, 3
"""A fit takes so many times its matrix, in one worker; the prepared rows so many times, here."""


@final
class Memory:
    """Watches the processes of one training. `peak_bytes` is the most that they held together."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes, self.peak_bytes = limit_bytes, 0
        self._usable = limit_bytes - min(_MARGIN_SHARE * limit_bytes, _MOST_MARGIN)
        self._crew: Processes | None = None
        self._stopped = threading.Event()
        self._thread = threading.get_ident()
        self._expected = 0.0

    def n_workers(self, most: int, prepared: Prepared) -> tuple[int, int]:
        """Return how many workers fit, and how many bytes of data each may ask for.

        Raises
        ------
        OutOfMemoryError
            Not even one does.
        """
        rows = prepared.everything
        matrix = 4 * rows.n_rows * max(1, len(rows.columns))
        here = (resident_bytes(os.getpid()) or 0) + _STORE_FACTOR * matrix + _FINISH
        each = _LIBRARIES + _FIT_FACTOR * matrix
        n = min(most, int((self._usable - here) // each))
        if n < 1:
            raise self._refusal(f"{rows.n_rows:,} rows of {len(rows.columns)} columns", here + each)
        return n, int((self._usable - here) // n) + _UNTOUCHED

    def check_data(self, data: object) -> None:
        """Refuse files that cannot fit, before they are read."""
        size = _size_of(data)
        here = resident_bytes(os.getpid()) or 0
        needed = here + max(_READ_FACTOR * size, _LIBRARIES + _FINISH)
        self._expected = here + max(_USUAL_FACTOR * size, _LIBRARIES + _FINISH)
        if needed > self._usable:
            raise self._refusal(f"data of {size_text(size)}" if size else "any data", needed)

    def watch(self, crew: Alone | Processes) -> None:
        """Count the workers of a crew in, from here on."""
        self._crew = crew if isinstance(crew, Processes) else None

    def look(self) -> bool:
        """Measure; if memory runs short, end the largest worker, or else the work of this process."""
        workers = {} if self._crew is None else self._crew.resident()
        total = (resident_bytes(os.getpid()) or 0) + sum(workers.values())
        self.peak_bytes = max(self.peak_bytes, total)
        if total <= self._usable:
            return False
        if workers and self._crew is not None:
            self._crew.end(max(workers, key=lambda pid: workers[pid]))
        else:
            _raise_in(self._thread, _ShortError)
        return True

    def run(self) -> None:
        """Look again and again, until `stop`."""
        while not self._stopped.wait(_EVERY_S):
            if self.look():
                self._stopped.wait(_PAUSE_S)

    def stop(self) -> None:
        """End watching."""
        self._stopped.set()

    def check_search(self, trials: list[Trial]) -> None:
        """Refuse to go on if every candidate but the baseline ended for memory.

        Raises
        ------
        OutOfMemoryError
            The baseline alone is no answer to somebody who has set a limit.
        """
        tried = [outcome for trial in trials[1:] for outcome in trial.outcomes.values()]
        if tried and all(outcome.error and outcome.is_chance for outcome in tried):
            raise self.shortage()

    def shortage(self) -> OutOfMemoryError:
        """Return the error that says that this process itself ran out of memory."""
        return self._refusal("this work", max(self._expected, 1.25 * self._usable))

    def _refusal(self, what: str, needed: float) -> OutOfMemoryError:
        whole = needed / self._usable * self.limit_bytes
        message = (
            f"Memory is short: {what} needs about {size_text(whole)}, and the limit is "
            f"{size_text(self.limit_bytes)}. Raise --memory-limit, or give fewer rows or columns."
        )
        return OutOfMemoryError(message)


class _ShortError(MemoryError):
    """Raised in the working thread when nobody else can give memory back."""


@contextmanager
def memory_watch(limit_bytes: int | None, data: object) -> Iterator[Memory | None]:
    """Keep a training under its limit, None for no limit.

    Raises
    ------
    OutOfMemoryError
        It needs more; before work starts, if that can be told.
    """
    if limit_bytes is None:
        yield None
        return
    memory = Memory(limit_bytes)
    memory.check_data(data)
    watcher = threading.Thread(target=memory.run, daemon=True)
    watcher.start()
    try:
        yield memory
    except MemoryError as error:
        if isinstance(error, OutOfMemoryError):
            raise
        raise memory.shortage() from error
    finally:
        memory.stop()
        watcher.join()
        _raise_in(memory._thread, None)  # noqa: SLF001 - our own; nothing may be raised after this


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Have an error raised in another thread before its next step in Python; None takes it back."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error and ctypes.py_object(error))


def _size_of(data: object) -> int:
    """Return the size of the files that `data` names; 0 for what is in memory, and counted there."""
    if not isinstance(data, str | Path):
        return 0
    path = Path(data).expanduser()
    names = [str(path)] if path.is_file() else glob(str(path), recursive=True)  # noqa: PTH207 - as in reading
    return sum(Path(name).stat().st_size for name in names if Path(name).is_file())
