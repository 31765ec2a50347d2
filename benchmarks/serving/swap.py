"""Exchange two models under load: every answer must be that of the model which its header names.

python benchmarks/serving/swap.py model300.mlw other.mlw --per-s 200 --times 1000
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import tempfile
import time
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
from client import Client, Service, ask_at_rate, run, told

import mlwright as mw

N_ROWS = 50


async def measure(models: list[Path], per_s: float, times: int) -> None:
    place = Path(tempfile.mkdtemp()) / "model.mlw"
    shutil.copy(models[0], place)
    service = Service(place)
    client = Client(service.port)
    rng = np.random.default_rng(0)
    rows = [{name: float(rng.normal()) for name in service.example()} for _ in range(N_ROWS)]
    bodies = [json.dumps(row).encode() for row in rows]
    known = {version(one): mw.load(one).predict_proba(rows).tolist() for one in models}
    if len({json.dumps(answers) for answers in known.values()}) < len(models):
        raise SystemExit("The models answer alike, so nothing can be seen.")
    counts, waits, state = Counter[str](), [], {"asked": 0, "version": version(models[0]), "is_over": False}
    seconds: list[float] = []

    async def ask() -> None:
        number = state["asked"] = (state["asked"] + 1) % N_ROWS
        answer = await client.ask("POST", "/predict", bodies[number])
        if answer.status != 200:
            counts[f"{answer.status} {answer.body.decode()}"] += 1
            return
        state["version"] = answer.headers["x-model-version"]
        found = list(json.loads(answer.body).values())[1:3]
        counts["right" if found == known[state["version"]][number] else "wrong"] += 1
        seconds.append(answer.seconds)

    load = asyncio.ensure_future(ask_at_rate(per_s, lambda: state["is_over"], ask))
    versions = [version(model) for model in models]
    for turn in range(1, times + 1):
        wanted = models[turn % 2]
        shutil.copy(wanted, place.with_suffix(".next"))
        place.with_suffix(".next").replace(place)
        service.process.send_signal(signal.SIGHUP)
        started = time.perf_counter()
        while state["version"] != versions[turn % 2] and time.perf_counter() < started + 60:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        waits.append(time.perf_counter() - started)
    state["is_over"] = True
    await load
    metrics = service.get("/metrics").decode().splitlines()
    swaps = [line for line in metrics if line.startswith("mlwright_model_swap_total")]
    print(f"{sum(counts.values()):,} requests at {per_s:g} a second: {told(counts)}")
    print(f"{times:,} files, {np.median(waits):.3f} s from the signal to the first answer (median); {swaps}")
    print(f"answers in {ms(seconds, 50)} ms (median), {ms(seconds, 99)} ms (99 of 100)")
    print(f"{service.resident_bytes() / 1e6:.0f} MB resident at the end, exit {service.stop()}")


def version(model: Path) -> str:
    return sha256(model.read_bytes()).hexdigest()[:12]


def ms(seconds: list[float], percent: float) -> str:
    return f"{1000 * np.percentile(seconds, percent):.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, nargs=2)
    parser.add_argument("--per-s", type=float, default=200)
    parser.add_argument("--times", type=int, default=1000)
    given = parser.parse_args()
    run(measure(given.models, given.per_s, given.times))
