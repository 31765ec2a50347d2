"""Half load for a long time: resident memory may not grow, nothing may fail.

python benchmarks/serving/soak.py model300.mlw --minutes 10 --connections 16 --delay-ms 2
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from pathlib import Path

import numpy as np
from client import Service, wrk


def measure(model: Path, minutes: float, connections: int, delay_ms: int, options: list[str]) -> None:
    service = Service(model, *options)
    seen: list[tuple[float, int]] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(2):
            seen.append((time.monotonic(), service.resident_bytes()))

    looking = threading.Thread(target=look)
    looking.start()
    body = json.dumps(service.example()).encode()
    cpu_s, started = service.cpu_s(), time.monotonic()
    said = wrk(service, body, connections, 60 * minutes, delay_ms)
    share = (service.cpu_s() - cpu_s) / (time.monotonic() - started)
    is_over.set()
    looking.join()
    at, sizes = np.array(seen).T
    late = at > at[0] + min(60.0, 0.2 * (at[-1] - at[0]))  # what is needed once has come by then
    slope = np.polyfit(at[late] - at[0], sizes[late], 1)[0] * 3600 / 1e6
    print(said)
    print(
        f"{100 * share:.0f} % of a processor; resident {sizes[late][0] / 1e6:.1f} MB after the warm-up,",
        end=" ",
    )
    print(f"{sizes[-1] / 1e6:.1f} MB at the end, {slope:+.2f} MB an hour; exit {service.stop()}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--delay-ms", type=int, default=2, help="How long each waits before it asks again.")
    given, others = parser.parse_known_args()
    measure(given.model, given.minutes, given.connections, given.delay_ms, others)
