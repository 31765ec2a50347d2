"""Scores a large Parquet file end to end, against ONNX Runtime alone on inputs that lie prepared in memory.

    python benchmarks/bulk.py --rows 10000000 --time-limit 60

Trains on the bundled adult sample (or takes `--model`), draws the rows from it with a seed, runs
`mlwright predict` on them and watches its memory, all its processes together. Before and after that, the same
program runs on the first of these rows in another process: the same session options, chunks of as many rows,
as many threads, nothing but ONNX Runtime. Exits with 1 if a contract is not kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
import psutil

import mlwright as mw
from mlwright.core.dataset import Typed
from mlwright.core.processors import n_processors
from mlwright.data.parse import parse
from mlwright.data.read import scanning
from mlwright.program.runtime import Program, open_session

SAMPLE = Path(__file__).parents[1] / "demo" / "data" / "adult_sample.csv"
PART_ROWS = 500_000
ALONE_ROWS = 500_000
MOST_RATIO, MOST_BYTES = 1.5, 2**30
EVERY_S = 0.05


def main() -> None:
    """Make rows, score them, and print rates and memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--model", type=Path, help="a model of the adult sample; trained if not given")
    parser.add_argument("--time-limit", default="60s")
    parser.add_argument("--suffix", default=".parquet", help="of input and output")
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(rate_alone(options.model, options.alone)))
        return
    with tempfile.TemporaryDirectory(prefix="bulk-") as made:
        folder = Path(made)
        model = options.model or folder / "adult.mlw"
        if not options.model:
            mw.train(str(SAMPLE), target="income", time_limit=options.time_limit).save(model)
        data, few, out = (
            folder / f"rows{options.suffix}",
            folder / "few.parquet",
            folder / f"out{options.suffix}",
        )
        make_rows(data, options.rows)
        make_rows(few, min(options.rows, ALONE_ROWS))
        before = alone(model, few)
        seconds, peak = watched([sys.executable, "-m", "mlwright", "predict", model, data, "-o", out])
        after = alone(model, few)
        report(options.rows, seconds, peak, [before, after], data.stat().st_size)


def report(n_rows: int, seconds: float, peak: int, alone_rates: list[float], n_bytes: int) -> None:
    rate, usual = n_rows / seconds, float(np.mean(alone_rates))
    shown = " and ".join(f"{one:,.0f}" for one in alone_rates)
    print(f"{n_rows:,} rows of {n_bytes / 1e6:,.0f} MB, {n_processors()} threads")
    print(f"mlwright predict: {seconds:.1f} s, {rate:,.0f} rows/s, peak {peak / 2**20:,.0f} MiB")
    print(f"ONNX Runtime alone: {shown} rows/s; ratio {usual / rate:.2f}")
    sys.exit(0 if usual / rate <= MOST_RATIO and peak <= MOST_BYTES else 1)


def make_rows(place: Path, n_rows: int) -> None:
    """Draw rows from the sample, in constant memory."""
    sample, rng = pl.read_csv(SAMPLE), np.random.default_rng(0)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        parts = []
        for start in range(0, n_rows, PART_ROWS):
            parts.append(Path(folder, f"{start}.parquet"))
            sample[rng.integers(0, len(sample), min(PART_ROWS, n_rows - start))].write_parquet(parts[-1])
        lazy = pl.scan_parquet(parts)
        sinks = {
            ".parquet": lazy.sink_parquet,
            ".csv": lazy.sink_csv,
            ".jsonl": lazy.sink_ndjson,
            ".feather": lazy.sink_ipc,
        }
        sinks[place.suffix](place)


def alone(model: Path, data: Path) -> float:
    """Measure ONNX Runtime in a process of its own."""
    command = [sys.executable, __file__, "--model", str(model), "--alone", str(data)]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def rate_alone(place: Path, data: Path) -> float:
    """Return the rows a second of the bare session, every input prepared."""
    model = mw.load(place)
    program = Program(model.program)
    with scanning(str(data)) as scan:
        columns = [model.schema[name] for name in model.inputs]
        lots = [parse(columns, raw) for raw in scan.lots(model.inputs)]
    typed = Typed({name: np.concatenate([lot[name] for lot in lots]) for name in model.inputs})
    feeds, n_rows = program.feeds(typed.columns), scan.n_rows
    session, size = open_session(model.program), program.chunk_rows
    chunks = [{name: cells[at : at + size] for name, cells in feeds.items()} for at in range(0, n_rows, size)]
    session.run(None, chunks[0])
    with ThreadPoolExecutor(n_processors()) as threads:
        start = time.perf_counter()
        for _ in threads.map(lambda chunk: session.run(None, chunk) and None, chunks):
            pass
        return n_rows / (time.perf_counter() - start)


def watched(command: list[object]) -> tuple[float, int]:
    """Run a command; return the seconds it took and the most memory that its processes held together."""
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen([str(word) for word in command], stderr=subprocess.DEVNULL)
    watch = psutil.Process(process.pid)
    while process.poll() is None:
        peak = max(peak, resident(watch))
        time.sleep(EVERY_S)
    if process.returncode:
        sys.exit(f"mlwright predict failed with status {process.returncode}.")
    return time.perf_counter() - start, peak


def resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += one.memory_info().rss
    except psutil.Error:
        pass  # it ended meanwhile
    return total


if __name__ == "__main__":
    main()
