"""How time and memory of a training grow with the log: made-up logs of users with tastes.

    python benchmarks/recommendation/growth.py 100000 1000000 10000000 --time-limit 120s

Prints a line for each size: seconds, processor seconds, the most memory of the process [MB], the size of the
model [MB], what was chosen and its nDCG@10 beside that of the best naive one, and what one answer takes [ms].
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

N_TASTES = 50


def log(n_events: int, seed: int = 0) -> pl.DataFrame:
    """Users take 50 items on average, most of one of two tastes each; popularity falls as 1 / rank."""
    rng = np.random.default_rng(seed)
    n_users = n_events // 50
    n_items = int(min(100_000, 40 * np.sqrt(n_events)))
    lengths = rng.geometric(1 / 50, n_users)
    users = np.repeat(np.arange(n_users), lengths)[:n_events]
    tastes = rng.integers(0, N_TASTES, (n_users, 2))
    ranks = (n_items ** rng.random(len(users))).astype(np.int64) - 1  # density falls as 1 / rank
    wanted = np.where(rng.random(len(users)) < 0.8, tastes[users, rng.integers(0, 2, len(users))], -1)
    items = np.where(wanted < 0, ranks, np.minimum(ranks // N_TASTES * N_TASTES + wanted, n_items - 1))
    start = rng.random(n_users) * 3e7
    times = 1.6e9 + start[users] + rng.random(len(users)) * 1e6
    return pl.DataFrame({"user": users, "item": items, "time": times.astype(np.int64)})


def measure(n_events: int, time_limit: str) -> None:
    """Train once in this process and print what it took."""
    import mlwright as mw  # noqa: PLC0415 - measured, too

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "log.parquet")
        log(n_events).write_parquet(place)
        began, busy = time.monotonic(), time.process_time()
        model = mw.train(str(place), kind="recommendation", time_limit=time_limit)
        took, worked = time.monotonic() - began, time.process_time() - busy
        model.save(Path(folder, "a.mlw"))
        row = {"history": "\x1f".join(map(str, model.classes_[:50])), "hidden": ""}
        row["strengths"] = "\x1f".join(["1"] * 50)
        spans = []
        for _ in range(200):
            start = time.perf_counter()
            model.predict(row)
            spans.append(time.perf_counter() - start)
        found = {
            "n_events": n_events,
            "n_items": len(model.classes_),
            "wall_s": round(took, 1),
            "cpu_s": round(worked, 1),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            "model_mb": round(Path(folder, "a.mlw").stat().st_size / 1e6, 1),
            "chosen": {one["what"]: one["choice"] for one in model.evidence["decisions"]}["recommenders"],
            "ndcg": round(model.evidence["test"]["ndcg_at_10"]["value"], 4),
            "naive": round(model.evidence["baseline"]["ndcg_at_10"]["value"], 4),
            "one_p50_ms": round(1e3 * float(np.quantile(spans, 0.5)), 2),
            "one_p99_ms": round(1e3 * float(np.quantile(spans, 0.99)), 2),
        }
    print(json.dumps(found), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="+", type=int)
    parser.add_argument("--time-limit", default="120s")
    parser.add_argument("--here", action="store_true", help="in this process")
    asked = parser.parse_args()
    for size in asked.sizes:
        if asked.here:
            measure(size, asked.time_limit)
        else:
            command = [sys.executable, __file__, str(size), "--time-limit", asked.time_limit, "--here"]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
