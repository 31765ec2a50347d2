"""Times AutoGluon and mlwright in turn on a table: rows one by one, and all of them at once.

FOLDER is what serving/real.py made and serving/versus.py had AutoGluon trained on.

python benchmarks/in_turn.py FOLDER AUTOGLUON/bin/python --rounds 4
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

_ROWS = """
import json, sys, time
import numpy as np, pandas as pd
folder = sys.argv[1]
rows = [json.loads(line) for line in open(folder + "/rows.jsonl")]
frame = pd.DataFrame(rows * 16)
"""
_PEERS = {
    "AutoGluon": """
from autogluon.tabular import TabularPredictor
model = TabularPredictor.load(folder + "/autogluon/default", verbosity=0)
model.persist()
one = [pd.DataFrame([row]) for row in rows[:205]]
""",
    "mlwright": """
import mlwright
model = mlwright.load(folder + "/model.mlw")
one = rows[:205]
""",
}
_TIMES = """
spans = []
for row in one:
    start = time.perf_counter()
    model.predict_proba(row)
    spans.append(1e3 * (time.perf_counter() - start))
start = time.perf_counter()
model.predict_proba(frame)
rate = len(frame) / (time.perf_counter() - start)
p50, p99 = np.quantile(spans[5:], [0.5, 0.99])
print(f"one row {p50:.3f} ms (p99 {p99:.3f}); {len(frame):,} rows at once: {rate:,.0f} a second")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("python", type=Path, help="of an environment with AutoGluon")
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    for _ in range(given.rounds):
        for name, how in _PEERS.items():
            python = sys.executable if name == "mlwright" else str(given.python)
            command = [python, "-c", _ROWS + how + _TIMES, str(given.folder)]
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
            print(f"{name}: {told.splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main()
