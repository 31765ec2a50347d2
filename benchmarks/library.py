"""Trains every candidate of the portfolio in every fold once, and keeps what it answered.

    python benchmarks/library.py DATA --out library --only adult,diamonds [--first-folds 2] [--processes 2]

DATA is a folder in the catalog format. For each table and candidate a file holds the out-of-fold answers,
the answers to the catalog's test rows (averaged over the folds), the rounds and the processor time.
Ideas about blending and calibration are then replayed by replay.py in seconds, without training.
Files that are there are not made again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before anything loads the libraries

import numpy as np  # noqa: E402 - after the environment is set

from mlwright.core.learner import Limits  # noqa: E402
from mlwright.core.seeds import seed_for  # noqa: E402
from mlwright.core.task import Link, answers  # noqa: E402
from mlwright.tuning.job import Job, run_job  # noqa: E402
from mlwright.tuning.plan import portfolio  # noqa: E402
from mlwright.workflow.build import make_store  # noqa: E402
from mlwright.workflow.fit import fold_rows  # noqa: E402
from mlwright.workflow.options import TrainOptions  # noqa: E402
from mlwright.workflow.prepare import prepare  # noqa: E402

if TYPE_CHECKING:
    from mlwright.core.arrays import Floats


def main() -> None:
    """Make what is missing, one table per process."""
    options = parse()
    catalog = json.loads((options.data / "catalog.json").read_text(encoding="utf-8"))["datasets"]
    chosen = set(options.only.split(",")) if options.only else None
    tables = [
        entry
        for entry in catalog
        if (entry["name"] in chosen if chosen else entry["modality"] in ("tabular", "text"))
    ]
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - not needed by the workers

    with ProcessPoolExecutor(options.processes) as pool:
        for name in pool.map(make_table, tables, [options] * len(tables)):
            print(f"{name}: done", file=sys.stderr, flush=True)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of tables, with commas between")
    parser.add_argument("--candidates", default="", help="only those whose name contains one of these")
    parser.add_argument("--first-folds", type=int, default=99, help="stop after so many folds")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def make_table(entry: dict[str, Any], options: argparse.Namespace) -> str:
    """Make the files of one table."""
    folder = options.data / entry["name"]
    asked = TrainOptions(
        test=str(folder / entry["files"]["test"]),
        metric=entry["metric"],
        exclude=tuple(entry.get("leaky_columns") or ()),
        seed=options.seed,
    )
    prepared = prepare(str(folder / entry["files"]["train"]), entry["target"], asked)
    recipe, store = make_store(prepared.train, prepared.task, asked.seed, fold_rows(prepared, asked))
    unseen = recipe.transform(prepared.test.columns, prepared.test.n_rows)
    n_folds = min(len(store.folds), options.first_folds)
    target = np.concatenate([store.target[valid] for _, valid in store.folds[:n_folds]])
    truth = prepared.test.target
    assert truth is not None  # noqa: S101 - the catalog's test rows are labeled
    if store.link is Link.IDENTITY:
        truth = (truth - prepared.task.offset) / prepared.task.scale
    out = options.out / entry["name"]
    out.mkdir(parents=True, exist_ok=True)
    facts = {"link": store.link.value, "metric": entry["metric"], "scale": prepared.task.scale}
    (out / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    np.savez_compressed(out / "truth.npz", folds=target, test=truth)
    wanted = [part for part in options.candidates.split(",") if part]
    for configuration in portfolio(store):
        path = out / f"{configuration.name}.npz"
        if path.exists() or (wanted and not any(part in configuration.name for part in wanted)):
            continue
        given, test, rounds, started = [], [], [], time.process_time()
        for fold in range(n_folds):
            limits = Limits(seed=seed_for(asked.seed, configuration.name, fold))
            job = Job(number=fold, configuration=configuration, fold=fold, limits=limits)
            outcome = run_job(store, job)
            if outcome.error or outcome.fit is None or outcome.encoder is None or outcome.answers is None:
                print(f"{entry['name']}, {configuration.name}: {outcome.error}", file=sys.stderr)
                break
            scores: Floats = outcome.fit.model.scores(outcome.encoder.transform(unseen))
            test.append(scores if outcome.fit.model.is_answer else answers(store.link, scores))
            given.append(outcome.answers)
            rounds.append(outcome.fit.rounds)
        if len(given) < n_folds:
            continue
        np.savez_compressed(
            path,
            folds=np.concatenate(given).astype(np.float32),
            test=np.mean(test, axis=0).astype(np.float32),
            rounds=rounds,
            cpu_s=time.process_time() - started,
        )
    return str(entry["name"])


if __name__ == "__main__":
    main()
