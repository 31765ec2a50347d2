"""The worker process: reads jobs from standard input, writes outcomes to what was standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mlwright.tuning.job import run_job
from mlwright.tuning.store import Store
from mlwright.tuning.workers import receive, send


def main() -> None:
    """Serve jobs until the other end closes."""
    outcomes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the messages
    stores: dict[str, Store] = {}
    while True:
        try:
            job, folder = receive(sys.stdin.buffer)
        except EOFError:
            return
        if folder not in stores:
            stores = {folder: Store.load(Path(folder))}
        try:
            send(outcomes, run_job(stores[folder], job))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
