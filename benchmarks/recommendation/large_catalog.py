"""How long an answer takes among 100,000 items, on one core: a service under an open loop of requests.

    python benchmarks/recommendation/large_catalog.py [MODEL.mlw] [--items 100000] [--rate 50] [--seconds 15]

Without a model one is trained on a made-up log (some minutes). Service and client have a core each. Prints
for histories of 5, 50 and 500 items: milliseconds of the median and of the 99th percentile, from the moment a
request was due to the last byte of its answer, and how many requests failed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

sys.path.insert(0, str(Path(__file__).parents[1] / "serving"))
from open_loop import ask_at_rate

from mlwright.artifact.load import load

N_USERS, N_TASTES, N_REQUESTS = 30_000, 50, 300


def log(n_items: int, seed: int = 0) -> pl.DataFrame:
    """Return 15 events for each item: users take items of one of 50 tastes, some much more often."""
    rng = np.random.default_rng(seed)
    n_events, of_taste = 15 * n_items, n_items // N_TASTES
    users, tastes = rng.integers(0, N_USERS, n_events), rng.integers(0, N_TASTES, N_USERS)
    items = tastes[users] * of_taste + (of_taste * rng.random(n_events) ** 2).astype(np.int64)
    times = np.sort(rng.integers(1_500_000_000, 1_600_000_000, n_events))
    return pl.DataFrame({"user": users, "item": items, "time": times})


def trained(n_items: int) -> Path:
    folder = Path(tempfile.mkdtemp())
    log(n_items).write_parquet(folder / "log.parquet")
    options = ["--kind", "recommendation", "--time-limit", "120s", "-o", str(folder / "m.mlw")]
    command = [sys.executable, "-m", "mlwright", "train", str(folder / "log.parquet"), *options]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return folder / "m.mlw"


def requests(items: list[str], n_taken: int, seed: int = 0) -> list[bytes]:
    """Return requests as bytes, each with a history of its own."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(N_REQUESTS):
        taken = [items[at] for at in rng.choice(len(items), n_taken, replace=False).tolist()]
        body = json.dumps({"history": taken, "k": 10}).encode()
        head = "POST /recommend HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        found.append(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    return found


def main() -> None:
    """Measure, and print a line for each length of histories."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    path = given.model or trained(given.items)
    model = load(path)
    choice = next(one["choice"] for one in model.evidence["decisions"] if one["what"] == "recommenders")
    print(f"{len(model.classes_):,} items; {choice}")
    cores = sorted(os.sched_getaffinity(0))
    command = [
        "taskset",
        "-c",
        str(cores[0]),
        sys.executable,
        "-m",
        "mlwright",
        "serve",
        str(path),
        "--port",
        "0",
    ]
    service = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r"http://[^:]+:(\d+)", service.stderr.readline())[1])
        os.sched_setaffinity(0, {cores[-1]})
        for n_taken in (5, 50, 500):
            asked = itertools.cycle(requests([str(item) for item in model.classes_], n_taken))
            ask_at_rate(port, asked, given.rate, 1.0)
            taken = ask_at_rate(port, asked, given.rate, given.seconds)
            median, late = 1e3 * np.quantile(taken.seconds, [0.5, 0.99])
            print(f"{n_taken:4} taken: median {median:.2f} ms, 99 % {late:.2f} ms, {taken.n_failed} failed")
    finally:
        service.terminate()
        service.wait()


if __name__ == "__main__":
    main()
