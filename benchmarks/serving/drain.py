"""Two services behind a client that asks whoever is ready, restarted in turn: no request may be lost.

python benchmarks/serving/drain.py model300.mlw --per-s 500 --times 20
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import Counter
from pathlib import Path

from client import Client, Service, ask_at_rate, run, told


async def measure(model: Path, per_s: float, times: int, drain_s: float) -> None:
    services = [start(model, drain_s) for _ in range(2)]
    clients = [Client(service.port) for service in services]
    body = json.dumps(services[0].example()).encode()
    ready, counts, exits, is_over = [True, True], Counter[str](), Counter[str](), False

    async def ask() -> None:
        chosen = clients[min((n for n in range(2) if ready[n]), key=lambda n: (turn + n) % 2)]
        answer = await chosen.ask("POST", "/predict", body)
        counts[str(answer.status) if answer.status else answer.body.decode()] += 1

    async def probe(number: int) -> None:
        while not is_over:
            ready[number] = (await clients[number].ask("GET", "/readyz")).status == 200
            await asyncio.sleep(0.1)

    turn = 0
    probes = [asyncio.ensure_future(probe(n)) for n in range(2)]
    load = asyncio.ensure_future(ask_at_rate(per_s, lambda: is_over, ask))
    for turn in range(times):
        await asyncio.sleep(1)
        old = services[turn % 2]
        exits[f"exit {await asyncio.to_thread(old.stop)}"] += 1
        services[turn % 2] = new = await asyncio.to_thread(start, model, drain_s)
        clients[turn % 2].port = new.port
        while not ready[turn % 2]:  # noqa: ASYNC110 - polled every 0.1 s anyway
            await asyncio.sleep(0.05)
    is_over = True
    await asyncio.gather(load, *probes)
    print(f"{sum(counts.values()):,} requests at {per_s:g} a second: {told(counts)}; {told(exits)}")
    for service in services:
        service.stop()


def start(model: Path, drain_s: float) -> Service:
    return Service(model, "--drain", str(drain_s))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--per-s", type=float, default=500)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--drain-s", type=float, default=5)
    given = parser.parse_args()
    run(measure(given.model, given.per_s, given.times, given.drain_s))
