"""Compares `mlwright serve` with other ways to serve the same trees: a row a request, a core for the server.

The server has core 0, the load core 1. wrk asks as fast as it is answered, on 16 connections (and 1 and 64),
and the processor time of the server's processes is divided by the number of answers; then a client asks 200
times a second, whatever the answers take. Each service is warmed up first, and its answers are compared with
the booster's. Peers whose environment is not given or not there are left out, and that is said.

python benchmarks/serving/trees.py FOLDER, or python benchmarks/serving/real.py DATA/adult FOLDER
python benchmarks/serving/versus.py FOLDER --mlflow ENV --bentoml ENV --mlserver ENV --autogluon ENV
python benchmarks/serving/versus.py FOLDER --report
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from importlib.metadata import distributions
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from open_loop import ask_at_rate
from rivals import RIVALS, Rival, Row, quietly

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parents[1] / "results" / "serving.jsonl"
_CONNECTIONS = (16, 1, 64)
_HEADINGS = (
    "service", "runs", "CPU per request (µs)", "ratio", "requests per second and core",
    "CPU on 1 and 64 connections (µs)", "p50 (ms)", "p99 (ms)", "resident (MB)",
)  # fmt: skip
_START_S, _STOP_S = 90, 20
_LUA = """
local bodies, requests, n = {}, {}, 0
for line in io.lines("%s") do bodies[#bodies + 1] = line end
init = function()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "%s", {["content-type"] = "application/json"}, body)
  end
end
request = function() n = n %% #requests + 1; return requests[n] end
done = function(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests": %%d, "seconds": %%f, "errors": %%d, "p50_us": %%d, "p99_us": %%d}\\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


class Served:
    """A service on core 0, and what its processes take."""

    def __init__(self, rival: Rival, environment: Path, model: Path, folder: Path) -> None:
        self.rival, self.port = rival, _free_port()
        self.log = folder / "server.log"
        command = ["taskset", "-c", "0", *rival.command(environment, folder, self.port)]
        variables = rival.variables(model, folder, self.port)
        path = f"{environment / 'bin'}:{os.environ['PATH']}"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                env={**quietly(), "PATH": path, **variables},
                cwd=folder,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def wait(self, body: bytes) -> None:
        """Wait until it answers."""
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.ask(body)
            except OSError:
                time.sleep(0.2)
            else:
                return
        raise SystemExit(f"{self.process.args} did not start: {self.log.read_text()[-2000:]}")

    def ask(self, body: bytes) -> float:
        """Ask once; return the probability."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.rival.path}", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - http alone
            return self.rival.answer(json.loads(answer.read()))

    def processes(self) -> list[psutil.Process]:
        """Return its process and all that this one started."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def tasks(self) -> list[int]:
        """Return the threads of all of them."""
        return [int(one.name) for p in self.processes() for one in Path(f"/proc/{p.pid}/task").iterdir()]

    def cpu_s(self) -> float:
        """Return the processor time that they took until now."""
        return sum(sum(one.cpu_times()[:2]) for one in self.processes())

    def memory_mb(self) -> dict[str, float]:
        """Return what its processes have in memory, and that with shared pages counted once."""
        found = [one.memory_full_info() for one in self.processes()]
        return {
            "rss_mb": round(sum(one.rss for one in found) / 1e6),
            "pss_mb": round(sum(one.pss for one in found) / 1e6),
        }

    def stop(self) -> None:
        """Let it end, then end it."""
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def measure(rival: Rival, environment: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Make ready, start, warm up, compare, load, stop."""
    model = given.folder.resolve()
    folder = model / (rival.environment or "mlwright")
    folder.mkdir(exist_ok=True)
    rival.ready(environment, model, folder)
    rows = asked(model)
    bodies = [json.dumps(rival.body(row)).encode() for row in rows]
    (folder / "bodies.jsonl").write_bytes(b"\n".join(bodies) + b"\n")
    served = Served(rival, environment, model, folder)
    os.sched_setaffinity(0, {1})
    try:
        served.wait(bodies[0])
        line = {"differs": _difference(served, bodies, model / "booster.txt")}
        _wrk(served, folder, 16, given.warm_s)
        for connections in _CONNECTIONS:
            seconds = given.seconds if connections == _CONNECTIONS[0] else max(1, given.seconds // 2)
            line[f"c{connections}"] = _wrk(served, folder, connections, seconds)
        if given.first:
            for task in (0, *served.tasks()):
                os.sched_setscheduler(task, os.SCHED_RR, os.sched_param(1))
        line["open"] = _open_loop(served, bodies, given.per_s, given.open_s)
        return {**line, **served.memory_mb()}
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        served.stop()


def asked(folder: Path) -> list[Row]:
    """Return the rows that services are asked about."""
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]


def _difference(served: Served, bodies: list[bytes], booster: Path) -> float | None:
    """Return by how much its answers differ from the booster's, None where it has trees of its own."""
    import lightgbm  # noqa: PLC0415 - it would bring its threads into the client

    found = np.array([served.ask(body) for body in bodies[:100]])
    if not served.rival.same_trees or not booster.exists():
        return None
    rows = np.array([list(row.values()) for row in asked(booster.parent)[:100]])
    return float(np.abs(found - lightgbm.Booster(model_file=booster).predict(rows, num_threads=1)).max())


def _wrk(served: Served, folder: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Load with Debian's wrk in a closed loop."""
    script = folder / "load.lua"
    script.write_text(_LUA % (folder / "bodies.jsonl", served.rival.path))
    url = f"http://127.0.0.1:{served.port}"
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}", "-s", script, url]
    busy, cpu, own = _busy_s(), served.cpu_s(), _children_s()
    started = time.perf_counter()
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    took, used = time.perf_counter() - started, served.cpu_s() - cpu
    others = (_busy_s() - busy - used - (_children_s() - own)) / took
    found = json.loads(told.splitlines()[-1])
    found["cpu_us"] = round(1e6 * used / found["requests"], 1)
    return {**found, "others_cores": round(others, 3)}


def _open_loop(served: Served, bodies: list[bytes], per_s: float, seconds: float) -> dict[str, Any]:
    """Ask at a rate, after a while to warm up."""
    path = served.rival.path
    requests = [
        f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]
    ask_at_rate(served.port, cycle(requests), per_s, min(2.0, seconds))
    cpu = served.cpu_s()
    taken = ask_at_rate(served.port, cycle(requests), per_s, seconds)
    cpu = served.cpu_s() - cpu
    p50, p99 = 1e3 * np.quantile(taken.seconds, [0.5, 0.99])
    told = {"requests": len(taken.seconds), "errors": taken.n_failed}
    told["cpu_us"] = round(1e6 * cpu / len(taken.seconds), 1)
    return {**told, "p50_ms": round(p50, 3), "p99_ms": round(p99, 3)}


def _busy_s() -> float:
    """Return the processor time that the whole machine took."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _free_port() -> int:
    """Return the first of three free ports in a row."""
    while True:
        with ExitStack() as stack:
            found = [stack.enter_context(socket.socket()) for _ in range(3)]
            found[0].bind(("127.0.0.1", 0))
            first = int(found[0].getsockname()[1])
            try:
                for number, one in enumerate(found[1:], 1):
                    one.bind(("127.0.0.1", first + number))
            except (OSError, OverflowError):
                continue
            return first


def _versions(environment: Path | None, packages: tuple[str, ...]) -> dict[str, str]:
    if environment is None:
        found = {one.name: one.version for one in distributions()}
    else:
        site = [str(path) for path in environment.glob("lib/python*/site-packages")]
        found = {one.name: one.version for one in distributions(path=site)}
    return {name: found[name] for name in packages if name in found}


def report(path: Path) -> str:
    """Write a table for each model: of each service the medians of its runs, and their range."""
    runs: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for text in path.read_text().splitlines():
        line = json.loads(text)
        runs.setdefault(line["of"], {}).setdefault(line["peer"], []).append(line)
    return "\n\n".join(f"Of {of}:\n\n{_table(lines)}" for of, lines in runs.items())


def _table(lines: dict[str, list[dict[str, Any]]]) -> str:
    own = np.median([line["c16"]["cpu_us"] for line in lines["mlwright"]])
    told = [_row(_HEADINGS), _row(["---"] * len(_HEADINGS))]
    for name, rival in RIVALS.items():
        if name not in lines:
            continue
        found = lines[name]
        cpu = [line["c16"]["cpu_us"] for line in found]
        many, one = (np.median([line[f"c{n}"]["cpu_us"] for line in found]) for n in (64, 1))
        told.append(
            _row(
                [
                    f"{name} {found[-1]['versions'].get(rival.packages[0], '')}",
                    f"{len(found)}",
                    _range(cpu, ",.0f"),
                    f"{np.median(cpu) / own:,.1f}",
                    f"{1e6 / np.median(cpu):,.0f}",
                    f"{one:,.0f}, {many:,.0f}",
                    _range([line["open"]["p50_ms"] for line in found], ",.2f"),
                    _range([line["open"]["p99_ms"] for line in found], ",.2f"),
                    f"{np.median([line['rss_mb'] for line in found]):.0f}",
                ]
            )
        )
    return "\n".join(told)


def _range(values: list[float], form: str) -> str:
    """Write the median, and the least and the most beside it."""
    low, middle, high = (format(np.quantile(values, share), form) for share in (0, 0.5, 1))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="what trees.py wrote")
    for name in dict.fromkeys(rival.environment for rival in RIVALS.values() if rival.environment):
        parser.add_argument(f"--{name}", type=Path, metavar="ENV")
    parser.add_argument("--only", choices=RIVALS, action="append", help="measure these alone")
    parser.add_argument("--report", action="store_true", help="measure nothing, print the table")
    parser.add_argument("--ready", action="store_true", help="write what each serves, measure nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--warm-s", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6, help="with 16 connections; half with 1 and 64")
    parser.add_argument("--per-s", type=float, default=200)
    parser.add_argument(
        "--first", action="store_true", help="when others use the machine: at 200 a second none goes before"
    )
    parser.add_argument("--open-s", type=float, default=15)
    given = parser.parse_args()
    for name in () if given.report else given.only or RIVALS:
        _one(name, given)
    if given.results.exists():
        print(report(given.results))


def _one(name: str, given: argparse.Namespace) -> None:
    rival = RIVALS[name]
    environment = (
        getattr(given, rival.environment.replace("-", "_")) if rival.environment else Path(sys.prefix)
    )
    if environment is None or not (environment / "bin" / "python").exists():
        print(f"{name}: left out, --{rival.environment} names no environment")
        return
    if rival.same_trees and rival.environment and not (given.folder / "booster.txt").exists():
        print(f"{name}: left out, it trains nothing and {given.folder} holds no trees for it")
        return
    line = {
        "peer": name,
        "of": given.folder.name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "settings": rival.settings,
        "versions": _versions(environment if rival.environment else None, rival.packages),
        **measure(rival, environment.absolute(), given),
    }
    with given.results.open("a") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
