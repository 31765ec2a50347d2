"""One run: a peer on a table, in a fresh process and folder, watched and judged and written as a line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import psutil
from registry import ENVIRONMENTS, HERE, Peer, read_environments
from scoring import judge
from watch import fit_limit_s, watch
from worker import PREDICTIONS, RECORD

THREADS = {
    "OMP_NUM_THREADS": "{n}",
    "OPENBLAS_NUM_THREADS": "{n}",
    "MKL_NUM_THREADS": "{n}",
    "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait make fits on a busy machine endless
    "TOKENIZERS_PARALLELISM": "false",
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
}


@final
@dataclass(frozen=True, slots=True)
class Run:
    """One peer on one table."""

    entry: dict[str, Any]
    peer: Peer
    time_limit_s: float
    seed: int

    @property
    def line(self) -> dict[str, Any]:
        """What is known before the run."""
        sanity = self.entry.get("sanity") or {}
        return {
            "dataset": self.entry["name"],
            "peer": self.peer.name,
            "group": self.peer.group,
            "time_limit_s": self.time_limit_s,
            "seed": self.seed,
            "task": self.entry["task"],
            "metric": self.entry["metric"],
            "floor": sanity.get("value") if sanity.get("metric") == self.entry["metric"] else None,
            "score": None,
            "error": None,
        }


@final
@dataclass(frozen=True, slots=True)
class Setting:
    """Where tables, environments and results are, and what the machine gives to each run."""

    data: Path
    results: Path
    environments: Path = ENVIRONMENTS
    n_cores: int = 2
    scratch: Path | None = None

    @property
    def cores(self) -> list[int]:
        """The cores that each peer is kept on: the first that this process may use."""
        if hasattr(os, "sched_getaffinity"):
            return sorted(os.sched_getaffinity(0))[: self.n_cores]
        return list(range(min(self.n_cores, psutil.cpu_count() or 1)))


def execute(run: Run, setting: Setting) -> dict[str, Any]:
    """Run one peer on one table in a fresh folder and judge what it predicted."""
    place = setting.results.with_suffix(".runs")
    place.mkdir(parents=True, exist_ok=True)
    line = run.line
    tag = f"{line['dataset']}-{line['peer']}-{run.time_limit_s:g}-{run.seed}"
    with tempfile.TemporaryDirectory(
        prefix="bench-", dir=setting.scratch, ignore_cleanup_errors=True
    ) as made:
        folder = Path(made)
        job = describe(run, folder, setting)
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = [
            str(run.peer.python(setting.environments)),
            str(HERE / "worker.py"),
            str(folder / "job.json"),
        ]
        cost = watch(
            command,
            folder / RECORD,
            place / f"{tag}.log",
            fit_limit_s(run.time_limit_s),
            environment(run.peer, len(setting.cores)),
            setting.cores,
        )
        record = read_record(folder / RECORD)
        line |= record | cost | {"finished": time.strftime("%Y-%m-%dT%H:%M:%S")}
        if (folder / PREDICTIONS).exists():
            line |= judged(line["metric"], folder / PREDICTIONS)
            shutil.copy(folder / PREDICTIONS, place / f"{tag}.npz")
    if line.get("fit_s") is not None:
        line["overrun_s"] = round(line["fit_s"] - run.time_limit_s, 3)
    if record.get("stage") != "done":
        ended = f"ended with {cost['exit']} in stage {record.get('stage', 'start')}"
        line["error"] = cost["killed"] or line["error"] or ended
    if run.peer.environment is None:
        line["versions"] = (line.get("versions") or {}) | {"commit": commit()}
    return line


def describe(run: Run, folder: Path, setting: Setting) -> dict[str, Any]:
    """Write down what the worker has to know."""
    shown: tuple[str, ...] = (
        read_environments()[run.peer.environment].shows if run.peer.environment else ("mlwright",)
    )
    return {
        "entry": run.entry,
        "data": str((setting.data / run.entry["name"]).resolve()),
        "adapter": run.peer.adapter,
        "options": run.peer.options,
        "shows": (*shown, "pandas"),
        "time_limit_s": run.time_limit_s,
        "seed": run.seed,
        "n_cores": len(setting.cores),
        "folder": str(folder),
    }


def environment(peer: Peer, n_cores: int) -> dict[str, str]:
    """Return the variables that every peer sees; this checkout comes first for mlwright alone."""
    found = {name: value.format(n=n_cores) for name, value in THREADS.items()}
    return found | {"PYTHONPATH": str(HERE.parent / "src") if peer.environment is None else ""}


def read_record(path: Path) -> dict[str, Any]:
    """Read what the worker left."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record


def judged(metric: str, path: Path) -> dict[str, Any]:
    """Score saved predictions; useless ones are an error like any other."""
    with np.load(path) as saved:
        try:
            return judge(metric, saved["truth"], saved["prediction"])
        except (ValueError, IndexError) as error:
            return {"error": f"predictions cannot be judged: {error}"}


def commit() -> str:
    """Name the state of this checkout."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    command = [git, "-C", str(HERE), "describe", "--always", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
