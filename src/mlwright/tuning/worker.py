"""The worker process: reads jobs from standard input, writes outcomes to what was standard output."""

from __future__ import annotations

import ctypes
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlwright.core.library import bare
from mlwright.tuning.job import run_job
from mlwright.tuning.store import Store
from mlwright.tuning.workers import receive, send

if sys.platform != "win32":
    import resource

_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def main() -> None:
    """Serve jobs until the other end closes."""
    outcomes = os.fdopen(os.dup(1), "wb")
    _limit(int(sys.argv[1]))
    os.dup2(2, 1)  # whatever a library prints must not get between the messages
    bare("lightgbm")  # while the parent still makes features
    jobs = _jobs()
    stores: dict[str, Store] = {}
    while True:
        job, folder = jobs.get()
        if folder not in stores:
            stores = {folder: Store.load(Path(folder))}
        try:
            send(outcomes, run_job(stores[folder], job))
        except BrokenPipeError:
            return


def _limit(most_bytes: int) -> None:
    """Let the system refuse what goes beyond; libraries and mapped rows are not counted."""
    if most_bytes and sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def _jobs() -> queue.Queue[Any]:
    """Listen for jobs beside the work: when the parent is gone nobody wants the outcome of a long fit."""
    if sys.platform == "linux":
        # The thread below has to wait while a library holds the interpreter; this does not.
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    jobs: queue.Queue[Any] = queue.Queue()

    def listen() -> None:
        while True:
            try:
                jobs.put(receive(sys.stdin.buffer))
            except (EOFError, OSError):
                os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return jobs


if __name__ == "__main__":
    main()
