"""A process of its own that opens hostile files: what it does with each is told line by line on stdout.

    python attacked.py ROW.json MEMORY_BYTES SECONDS < paths

The first path is that of a sound model. One line per file that follows: JSON of `path`, how it `ended` (the
name of the error, or "answered"), what that `said`, and the `noise` that libraries made on stdout and stderr.
Whoever started it sees by the line that lacks which file ended the process.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
from pathlib import Path

import mlwright as mw
from mlwright.core.errors import MlwrightError

STATM = Path("/proc/self/statm")


def attempt(path, row):
    """Open the model, ask it for one row and for the reasons."""
    try:
        model = mw.load(path)
        model.predict(row)
        model.explain(row)
    except MlwrightError as error:
        return type(error).__name__, str(error)
    return "answered", ""


def main(row_path, memory_bytes, seconds):
    row = json.loads(Path(row_path).read_text(encoding="utf-8"))
    sound = sys.stdin.readline().strip()
    attempt(sound, row)  # everything that is imported is there before memory is counted
    used = int(STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize() if STATM.exists() else 0
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + int(memory_bytes),) * 2)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 1)
        os.dup2(noise.fileno(), 2)
        for line in sys.stdin:
            noise.truncate(0)
            noise.seek(0)
            signal.alarm(int(seconds))  # ends the process
            try:
                ended, said = attempt(line.strip(), row)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                ended, said = f"{type(error).__name__} (not ours)", str(error)[:200]
            signal.alarm(0)
            noise.seek(0)
            heard = noise.read().decode("utf-8", "replace")
            print(
                json.dumps({"path": line.strip(), "ended": ended, "said": said, "noise": heard}),
                file=answers,
                flush=True,
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
