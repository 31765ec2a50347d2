"""Trains on a quiet and on a busy machine and prints the time taken against the limit.

    python benchmarks/load.py DATA --only titanic3 --time-limit 10 --busy 0,2,4

The contract: a training ends at most 2 s, or 5 % if that is more, after its limit, whatever else runs.
Busy processes only count, on the same cores; they are stopped after each training.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry import ENVIRONMENTS, chosen_peers
from runs import Run, Setting, execute
from tables import read_catalog
from watch import end_cleanly

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNT = "import sys, time\nend = time.monotonic() + float(sys.argv[1])\nwhile time.monotonic() < end: pass"
LONGEST_S = 1_800.0
"""A busy process ends by itself after so long, should nobody be left to stop it."""


def main() -> None:
    """Train once for each table and load; exit with 1 if a limit was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with catalog.json")
    parser.add_argument("--only", default="titanic3", help="tables")
    parser.add_argument("--peers", default="mlwright")
    parser.add_argument("--time-limit", type=float, default=10.0)
    parser.add_argument("--busy", default="0,2", help="how many processes compete, one training for each")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    options = parser.parse_args()
    end_cleanly()
    catalog, lines = read_catalog(options.data), []
    with tempfile.TemporaryDirectory(prefix="load-") as made:
        setting = Setting(options.data, Path(made) / "load.jsonl", options.environments)
        for name in options.only.split(","):
            for peer in chosen_peers(options.peers):
                for n_busy in map(int, options.busy.split(",")):
                    with busy(n_busy, setting.cores):
                        run = Run(catalog[name], peer, options.time_limit, 0)
                        lines.append(execute(run, setting) | {"n_busy": n_busy})
    print(as_table(lines))
    sys.exit(0 if all(is_kept(line) for line in lines) else 1)


@contextmanager
def busy(n_busy: int, cores: list[int]) -> Iterator[None]:
    """Keep cores busy while the block runs."""
    started = [subprocess.Popen([sys.executable, "-c", COUNT, str(LONGEST_S)]) for _ in range(n_busy)]
    try:
        for process in started:
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, cores)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def allowed_s(time_limit_s: float) -> float:
    """Return how long a training may take at most."""
    return time_limit_s + max(2.0, 0.05 * time_limit_s)


def is_kept(line: dict[str, Any]) -> bool:
    """Say whether there is a model, in time."""
    return line.get("fit_s") is not None and line["fit_s"] <= allowed_s(line["time_limit_s"])


def as_table(lines: list[dict[str, Any]]) -> str:
    """Write the trainings as Markdown."""
    heads = [
        "table",
        "peer",
        "busy",
        "others' cores",
        "limit s",
        "allowed s",
        "elapsed s",
        "kept",
        "score",
        "says",
    ]
    rows: list[list[object]] = [[*heads], ["---"] * len(heads)]
    for line in lines:
        limit = line["time_limit_s"]
        cells = [line["dataset"], line["peer"], line["n_busy"], line["others_cores"], limit, allowed_s(limit)]
        score = line["error"] if line["score"] is None else line["score"]
        rows.append([*cells, line.get("fit_s"), "yes" if is_kept(line) else "no", score])
        rows[-1].append(", ".join((line.get("notes") or {}).get("findings", [])))
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


if __name__ == "__main__":
    main()
