"""Ten times more at once than may be in flight: single rows, then a thousand rows a request.

python benchmarks/serving/overload.py model300.mlw --connections 2560 --seconds 20
"""

from __future__ import annotations

import argparse
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
from client import Service, told, wrk

_WELL_S = 0.05


def measure(service: Service, what: str, body: bytes, connections: int, seconds: float) -> None:
    health: list[tuple[int, float]] = []
    sizes: list[int] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.2):
            health.append(ask(service, "/livez"))
            sizes.append(service.resident_bytes())

    looking = threading.Thread(target=look)
    looking.start()
    said = wrk(service, body, connections, seconds)
    ended = time.monotonic()
    is_over.set()
    looking.join()
    while ask(service, "/predict", json.dumps(service.example()).encode())[1] > _WELL_S:
        pass
    back_s = time.monotonic() - ended
    print(f"-- {what}, {connections:,} connections\n{said}")
    took = [seconds for _, seconds in health]
    statuses = Counter(str(status) for status, _ in health)
    print(f"health: {told(statuses)}, {1000 * np.median(took):.0f} ms median, {1000 * max(took):.0f} ms most")
    print(f"resident {sizes[0] / 1e6:.0f} MB at first, {max(sizes) / 1e6:.0f} MB at most")
    print(f"a row is answered within {1000 * _WELL_S:.0f} ms again after {back_s:.2f} s")


def ask(service: Service, path: str, body: bytes | None = None) -> tuple[int, float]:
    started = time.monotonic()
    request = urllib.request.Request(
        f"http://127.0.0.1:{service.port}{path}", body, {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - likewise
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    return status, time.monotonic() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--connections", type=int, default=2560)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    service = Service(given.model)
    row = json.dumps(service.example())
    measure(service, "one row a request", row.encode(), given.connections, given.seconds)
    many = f"[{','.join([row] * 1000)}]"
    measure(service, "1,000 rows a request", many.encode(), given.connections, given.seconds)
    print(f"exit {service.stop()}")
