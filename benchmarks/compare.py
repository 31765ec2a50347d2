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
import sys
from pathlib import Path
from typing import Any

from registry import ENVIRONMENTS, chosen_peers, read_peers
from report import report
from results import append, is_settled, key_of, read_lines
from runs import Run, Setting, execute
from scoring import IS_HIGHER_BETTER
from tables import MODALITIES, TASKS, read_catalog
from watch import end_cleanly


def main() -> None:
    """Do the runs that are missing, then print the tables."""
    options = parse()
    end_cleanly()
    if not options.report:
        runs = wanted(options)
        done = read_lines(options.results)
        setting = Setting(
            data=options.data,
            results=options.results,
            environments=options.environments,
            n_cores=options.cores,
            scratch=options.scratch,
        )
        for number, run in enumerate(runs, 1):
            before = done.get(key_of(run.line))
            if before is not None and is_settled(before, options.redo):
                continue
            line = execute(run, setting)
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
    for peer in chosen_peers(
        options.peers or ",".join(peer.name for peer in read_peers().values() if not peer.extra)
    ):
        if peer.python(options.environments).exists():
            peers.append(peer)
        elif options.peers:
            print(f"{peer.name} is not installed: python benchmarks/install.py {peer.name}", file=sys.stderr)
    seeds = [int(word) for word in options.seeds.split(",")]
    return [
        Run(entry, peer, options.time_limit, seed) for entry in entries for seed in seeds for peer in peers
    ]


def told(line: dict[str, Any]) -> str:
    """Say in one line what came out."""
    score = "failed" if line["score"] is None else f"{line['score']:.6g}"
    facts = f"fit {line.get('fit_s')} s, {line['peak_mb']:.0f} MB, others {line['others_cores']:.2f} cores"
    problem = f" ERROR {line['error'][:200]}" if line["error"] else ""
    return f"{line['dataset']} {line['peer']}: {line['metric']} {score} ({facts}){problem}"


if __name__ == "__main__":
    main()
