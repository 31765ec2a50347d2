"""Runs mlwright and its peers over a folder of tables and prints how they compare.

    python benchmarks/compare.py DATA --time-limit 60 --results results.jsonl
    python benchmarks/compare.py DATA --peers mlwright,autogluon_medium,flaml --only adult,diamonds

DATA is a folder in the catalog format: `catalog.json`, and one folder per table. Each run is a process
of its own in the environment of its peer (install.py makes it), on the same cores, and is killed with
all it started when its fit takes longer than three times the limit and 15 s. A crash and a kill are
results. Runs that are in the file of results are not repeated; nothing in it is rewritten.
Predictions and logs are kept in a folder beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
import psutil
from registry import ENVIRONMENTS, HERE, Peer, chosen_peers, read_environments, read_peers
from report import report
from results import append, is_settled, key_of, read_lines
from scoring import IS_HIGHER_BETTER, judge
from tables import MODALITIES, TASKS, read_catalog
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


def main() -> None:
    """Do the runs that are missing, then print the tables."""
    options = parse()
    if not options.report:
        runs = wanted(options)
        done = read_lines(options.results)
        options.results.parent.mkdir(parents=True, exist_ok=True)
        for number, run in enumerate(runs, 1):
            before = done.get(key_of(run.line))
            if before is not None and is_settled(before, options.redo):
                continue
            line = execute(run, options)
            append(options.results, line)
            print(f"[{number}/{len(runs)}] {told(line)}", file=sys.stderr, flush=True)
    lines = [*read_lines(options.results).values()]
    print(report([line for line in lines if line["time_limit_s"] == options.time_limit]))


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with catalog.json")
    parser.add_argument(
        "--peers", default="", help="peers or groups of peers/peers.toml; default: all installed"
    )
    parser.add_argument("--only", default="", help="tables; default: all of tabular and text")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds that each peer is given")
    parser.add_argument("--seeds", default="0", help="one run for each")
    parser.add_argument("--results", type=Path, default=Path("results.jsonl"))
    parser.add_argument("--redo", choices=("no", "crashed", "disturbed", "all"), default="no")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder of install.py")
    parser.add_argument("--cores", type=int, default=2, help="cores that each peer may use")
    parser.add_argument("--scratch", type=Path, help="where peers write while they train")
    parser.add_argument("--report", action="store_true", help="run nothing, print the tables")
    return parser.parse_args()


def wanted(options: argparse.Namespace) -> list[Run]:
    """List the runs; all peers of a table follow each other, so that the machine's mood hits everybody."""
    catalog, only = read_catalog(options.data), [name for name in options.only.split(",") if name]
    for name in only:
        if name not in catalog:
            sys.exit(f"No table is called {name!r}. Known: {', '.join(catalog)}")
    entries = [catalog[name] for name in only] or [e for e in catalog.values() if e["modality"] in MODALITIES]
    for entry in entries:
        if entry["task"] not in TASKS or entry["metric"] not in IS_HIGHER_BETTER:
            sys.exit(f"{entry['name']}: the task {entry['task']!r} with {entry['metric']!r} is not compared.")
    peers = []
    for peer in chosen_peers(options.peers or ",".join(read_peers())):
        if peer.python(options.environments).exists():
            peers.append(peer)
        elif options.peers:
            print(f"{peer.name} is not installed: python benchmarks/install.py {peer.name}", file=sys.stderr)
    seeds = [int(word) for word in options.seeds.split(",")]
    return [
        Run(entry, peer, options.time_limit, seed) for entry in entries for seed in seeds for peer in peers
    ]


def execute(run: Run, options: argparse.Namespace) -> dict[str, Any]:
    """Run one peer on one table in a fresh folder and judge what it predicted."""
    place = options.results.with_suffix(".runs")
    place.mkdir(exist_ok=True)
    line = run.line
    tag = f"{line['dataset']}-{line['peer']}-{run.time_limit_s:g}-{run.seed}"
    with tempfile.TemporaryDirectory(
        prefix="bench-", dir=options.scratch, ignore_cleanup_errors=True
    ) as made:
        folder = Path(made)
        job = describe(run, folder, options)
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        command = [
            str(run.peer.python(options.environments)),
            str(HERE / "worker.py"),
            str(folder / "job.json"),
        ]
        cost = watch(
            command,
            folder / RECORD,
            place / f"{tag}.log",
            fit_limit_s(run.time_limit_s),
            environment(run.peer, len(job["cores"])),
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


def describe(run: Run, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Write down what the worker has to know."""
    allowed = (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else range(psutil.cpu_count() or 1)
    )
    shown = read_environments()[run.peer.environment].shows if run.peer.environment else ("mlwright",)
    return {
        "entry": run.entry,
        "data": str((options.data / run.entry["name"]).resolve()),
        "adapter": run.peer.adapter,
        "options": run.peer.options,
        "shows": shown,
        "time_limit_s": run.time_limit_s,
        "seed": run.seed,
        "cores": list(allowed)[: options.cores],
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


def told(line: dict[str, Any]) -> str:
    """Say in one line what came out."""
    score = "failed" if line["score"] is None else f"{line['score']:.6g}"
    facts = f"fit {line.get('fit_s')} s, {line['peak_mb']:.0f} MB, others {line['others_cores']:.2f} cores"
    problem = f" ERROR {line['error'][:200]}" if line["error"] else ""
    return f"{line['dataset']} {line['peer']}: {line['metric']} {score} ({facts}){problem}"


if __name__ == "__main__":
    main()
