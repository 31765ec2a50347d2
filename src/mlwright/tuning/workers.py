"""Workers: single-threaded processes that run jobs; or this process, when the work is small.

Many processes of one thread beat one process of many threads: the libraries' threads wait for each
other busily and collapse when anything else runs. A worker is a plain `python -m`, so a user's script
needs no `if __name__ == "__main__"`; and it can be killed, which a thread cannot.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, final

from mlwright.core.memory import resident_bytes
from mlwright.tuning.job import Job, Outcome, run_job
from mlwright.tuning.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


_LENGTH = struct.Struct("<Q")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS")
_ONE_THREAD = dict.fromkeys(_THREADS, "1")


@final
class Alone:
    """Runs each job in this process, when it is waited for; on one thread, as the processes do."""

    def __init__(self) -> None:
        from scipy import linalg  # noqa: F401, PLC0415 - heavy; a library is limited only once it is loaded
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415 - not needed to serve

        self.n_workers = 1
        self._threads = ThreadpoolController()
        self._waiting: list[tuple[Job, Path]] = []
        self._stores: dict[Path, Store] = {}

    @property
    def n_idle(self) -> int:
        """One at a time."""
        return 1 - len(self._waiting)

    def start(self, job: Job, folder: Path) -> None:
        """Remember the job."""
        self._waiting.append((job, folder))

    def wait(self, timeout_s: float | None) -> Outcome | None:
        """Run the job; its own limits end it, not `timeout_s`."""
        del timeout_s
        if not self._waiting:
            return None
        job, folder = self._waiting.pop()
        if folder not in self._stores:
            self._stores[folder] = Store.load(folder)
        with self._threads.limit(limits=1):
            return run_job(self._stores[folder], job)

    def abandon(self, but: Collection[int] = ()) -> None:
        """Forget the job that waits, but for those of these numbers."""
        self._waiting = [(job, folder) for job, folder in self._waiting if job.number in but]

    def stop(self) -> None:
        """Let go of the stored rows, so that their files can be removed."""
        self._stores.clear()


@final
class Processes:
    """Runs jobs in worker processes."""

    def __init__(self, n_workers: int, most_bytes: int = 0) -> None:
        self.n_workers = n_workers
        self._most_bytes = most_bytes
        self._ended: queue.Queue[tuple[int, int, Outcome | None]] = queue.Queue()
        self._workers = [_start_worker(most_bytes) for _ in range(n_workers)]
        self._too_large: set[int] = set()
        self._given_up: set[int] = set()
        self._closed: set[int] = set()
        self._jobs: list[Job | None] = [None] * n_workers
        for number, worker in enumerate(self._workers):
            self._listen(number, worker)

    @property
    def n_idle(self) -> int:
        """Workers without a job."""
        return len(self._idle())

    def start(self, job: Job, folder: Path) -> None:
        """Send the job to an idle worker."""
        number = self._idle()[0]
        self._jobs[number] = job
        try:
            send(self._workers[number].stdin, (job, str(folder)))
        except OSError:  # the worker died while idle; its listener reports that, and the job with it
            return

    def wait(self, timeout_s: float | None) -> Outcome | None:
        """Wait for a worker; one that died is replaced and its job reported as failed.

        One that was ended for its size is replaced only if it was the last: fewer may fit better.
        """
        try:
            number, pid, outcome = self._ended.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if pid != self._workers[number].pid:  # the end of one that was replaced already
            return self.wait(timeout_s)
        job, self._jobs[number] = self._jobs[number], None
        if outcome is not None and pid not in self._given_up:
            return outcome
        code = _end(self._workers[number])
        is_too_large = self._workers[number].pid in self._too_large
        if is_too_large and self.n_workers > 1:
            self.n_workers -= 1
            self._closed.add(number)
        else:
            self._workers[number] = _start_worker(self._most_bytes)
            self._listen(number, self._workers[number])
        if job is None:  # it died while idle: nothing is lost, so go on waiting
            return self.wait(timeout_s)
        reason = f"The worker process ended with status {code}"
        reason += " (killed, perhaps for memory)." if code == -9 else "."
        if is_too_large:
            reason = "Ended for memory: the limit was near, and this worker held most of it."
        return Outcome(number=job.number, seconds=0.0, error=reason, is_chance=True)

    def abandon(self, but: Collection[int] = ()) -> None:
        """Kill the busy workers, but for those with jobs of these numbers; new ones take their places."""
        for worker, job in zip(self._workers, self._jobs, strict=True):
            if job is not None and job.number not in but:
                self._given_up.add(worker.pid)  # what it may have sent already is not to hide that it is gone
                worker.kill()

    def stop(self) -> None:
        """Kill the workers."""
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            _end(worker)

    def resident(self) -> dict[int, int]:
        """Return the memory that each living worker holds, by process number [bytes]."""
        sizes = {
            worker.pid: resident_bytes(worker.pid) for worker in self._workers if worker.returncode is None
        }
        return {pid: size for pid, size in sizes.items() if size}

    def end(self, pid: int) -> None:
        """Kill a worker for its size; may be called from another thread."""
        self._too_large.add(pid)
        for worker in self._workers:
            if worker.pid == pid:
                worker.kill()

    def _idle(self) -> list[int]:
        return [n for n, job in enumerate(self._jobs) if job is None and n not in self._closed]

    def _listen(self, number: int, worker: subprocess.Popen[bytes]) -> None:
        def listen() -> None:
            while True:
                try:
                    outcome = receive(worker.stdout)
                except (OSError, ValueError, EOFError):
                    outcome = None
                self._ended.put((number, worker.pid, outcome))
                if outcome is None:
                    return

        threading.Thread(target=listen, daemon=True).start()


def open_crew(n_workers: int, most_bytes: int = 0) -> Alone | Processes:
    """Return a crew of that many processes, or this process for 0.

    A process that asks for more data than `most_bytes` gets none, and its job fails; 0 for no limit.
    """
    return Processes(n_workers, most_bytes) if n_workers else Alone()


def _start_worker(most_bytes: int) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process alone, which then decides what to keep.
    return subprocess.Popen(  # noqa: S603 - this program itself, and a number
        [sys.executable, "-m", "mlwright.tuning.worker", str(most_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **_ONE_THREAD},
        start_new_session=True,
    )


def _end(worker: subprocess.Popen[bytes]) -> int:
    """Wait for a worker that is dead or dying, close its pipes and return its status."""
    code = worker.wait()
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            with suppress(OSError):  # a job that it never took still stands in the pipe
                pipe.close()
    return code


def send(pipe: IO[bytes] | None, message: object) -> None:
    """Write one message. Pickle is safe here: both ends are this program, and nothing is stored."""
    assert pipe is not None  # noqa: S101 - opened by us
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes] | None) -> Any:
    """Read one message; EOFError when the other end is gone, also in the middle of a message."""
    assert pipe is not None  # noqa: S101 - opened by us
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(header)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - see `send`
