"""Times AutoGluon and mlwright in turn on a table: rows one by one, and many at once, both warm.

SOURCE is a table of two classes in the catalog format. What FOLDER lacks is trained first, everything with
the same time: mlwright, and AutoGluon with each of the presets ("default" is its plain `fit`).

python benchmarks/in_turn.py DATA/adult FOLDER AUTOGLUON/bin/python --presets default,best_quality --rounds 2
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "serving"))
from real import write

_TRAIN = """
import sys, pandas as pd
from autogluon.tabular import TabularPredictor
folder, preset, seconds = sys.argv[1:]
model = TabularPredictor(label="y", path=folder + "/autogluon/" + preset, verbosity=0)
options = {} if preset == "default" else {"presets": preset}
model.fit(pd.read_parquet(folder + "/train.parquet"), time_limit=float(seconds), num_cpus=2, **options)
"""
_ROWS = """
import json, sys, time
import numpy as np, pandas as pd
folder, preset, n_rows = sys.argv[1:]
rows = [json.loads(line) for line in open(folder + "/rows.jsonl")]
frame = pd.concat([pd.DataFrame(rows)] * (int(n_rows) // len(rows)), ignore_index=True)
"""
_AUTOGLUON = """
WARM = 8
from autogluon.tabular import TabularPredictor
model = TabularPredictor.load(folder + "/autogluon/" + preset, verbosity=0)
model.persist()
one = [pd.DataFrame([row]) for row in rows[:205]]
"""
_MLWRIGHT = """
WARM = 1  # many rows are worth seconds of a compiler
import mlwright
model = mlwright.load(folder + "/model.mlw")
one = rows[:205]
"""
_TIMES = """
spans = []
for row in one:
    start = time.perf_counter()
    model.predict_proba(row)
    spans.append(1e3 * (time.perf_counter() - start))
model.predict_proba(frame.head(len(frame) // WARM))
start = time.perf_counter()
model.predict_proba(frame)
rate = len(frame) / (time.perf_counter() - start)
p50, p99 = np.quantile(spans[5:], [0.5, 0.99])
print(f"one row {p50:.3f} ms (p99 {p99:.3f}); {len(frame):,} rows at once: {rate:,.0f} a second")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("python", type=Path, help="of an environment with AutoGluon")
    parser.add_argument("--presets", default="default")
    parser.add_argument("--seconds", type=int, default=60, help="to train each of them")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--rows", type=int, default=400_000, help="at once")
    given = parser.parse_args()
    presets = given.presets.split(",")
    if not (given.folder / "model.mlw").exists():
        write(given.source, given.folder, f"{given.seconds}s")
    for preset in presets:
        if not (given.folder / "autogluon" / preset).exists():
            told(given.python, _TRAIN, given.folder, preset, given.seconds)
    for _ in range(given.rounds):
        for preset in presets:
            line = told(given.python, _ROWS + _AUTOGLUON + _TIMES, given.folder, preset, given.rows)
            print(f"AutoGluon {preset}: {line}", flush=True)
        line = told(sys.executable, _ROWS + _MLWRIGHT + _TIMES, given.folder, "", given.rows)
        print(f"mlwright: {line}", flush=True)


def told(python: object, code: str, *words: object) -> str:
    """Run code with these arguments and return the last line that it writes."""
    command = [str(word) for word in (python, "-c", code, *words)]
    lines = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return lines[-1] if lines else ""


if __name__ == "__main__":
    main()
