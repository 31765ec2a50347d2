"""A client that asks at a given rate, whatever the answers take, and a service to ask."""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httptools
import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


@dataclass
class Answer:
    """Status 0 with a reason in `body`: there was none."""

    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Connection(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, idle: deque[Connection]) -> None:
        self.idle, self.is_open = idle, True
        self.waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def ask(self, data: bytes) -> asyncio.Future[Answer]:
        self.parser, self.answer = httptools.HttpResponseParser(self), Answer()
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(data)  # type: ignore[attr-defined]
        return self.waiting

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers[name.decode().lower()] = value.decode()

    def on_body(self, data: bytes) -> None:
        self.answer.body += data

    def on_message_complete(self) -> None:
        self.answer.status = self.parser.get_status_code()
        if self.parser.should_keep_alive():
            self.idle.append(self)
        else:
            self.transport.close()
        self._done()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        self.answer = Answer(body=f"closed before the answer ({error})".encode())
        self._done()

    def _done(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(self.answer)
        self.waiting = None


class Client:
    """Keeps connections to one service."""

    def __init__(self, port: int) -> None:
        self.port, self.idle = port, deque[Connection]()

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> Answer:
        """Ask once; a failure is an answer with status 0, and nothing is tried again."""
        started = time.perf_counter()
        head = f"{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {kind}\r\n"
        data = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
        try:
            answer = await (await self._connection()).ask(data)
        except OSError as error:
            answer = Answer(body=f"no connection ({error})".encode())
        answer.seconds = time.perf_counter() - started
        return answer

    async def _connection(self) -> Connection:
        while self.idle:
            if (found := self.idle.pop()).is_open:
                return found
        loop = asyncio.get_running_loop()
        return (await loop.create_connection(lambda: Connection(self.idle), "127.0.0.1", self.port))[1]


async def ask_at_rate(
    per_s: float, is_over: Callable[[], bool], ask: Callable[[], Coroutine[None, None, None]]
) -> None:
    """Start `ask()` so many times a second, each at its time, until it is over; wait for the last."""
    under_way, started, number = set(), time.perf_counter(), 0
    while not is_over():
        number += 1
        await asyncio.sleep(max(0.0, started + number / per_s - time.perf_counter()))
        task = asyncio.ensure_future(ask())
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)


_LUA = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = io.open("%s"):read("*a")
local delay_ms, threads = %d, {}
if delay_ms > 0 then delay = function() return delay_ms end end
setup = function(thread) table.insert(threads, thread) end
init = function() counts = "" seen = {} end
response = function(status)
  seen[status] = (seen[status] or 0) + 1
  counts = ""
  for one, n in pairs(seen) do counts = counts .. one .. ": " .. n .. "  " end
end
done = function() io.write("statuses  " .. threads[1]:get("counts") .. "\\n") end
"""


class Service:
    """`mlwright serve` as a process; what it says later is in `said`."""

    def __init__(self, model: Path, *options: str, port: int = 0) -> None:
        command = [sys.executable, "-m", "mlwright", "serve", str(model), "--port", str(port), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        told = next((line for line in self.process.stderr or () if " answers at " in line), "")
        if not told:
            sys.exit(f"{' '.join(command)} did not start")
        self.port = int(told.rpartition(":")[2])
        # A pipe that nobody empties would hold the service up sooner or later.
        self.said: list[str] = []
        threading.Thread(target=lambda: self.said.extend(self.process.stderr or ()), daemon=True).start()

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return answer.read()

    def example(self) -> dict[str, object]:
        """Return a row that could be."""
        return json.loads(self.get("/model"))["example"]

    def resident_bytes(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * 4096

    def cpu_s(self) -> float:
        """Return the processor time that it took until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def wrk(service: Service, body: bytes, connections: int, seconds: float, delay_ms: int = 0) -> str:
    """Load a service with Debian's wrk; return what it tells, the statuses of answers last."""
    folder = Path(tempfile.mkdtemp())
    (folder / "body").write_bytes(body)
    (folder / "load.lua").write_text(_LUA % (folder / "body", delay_ms))
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds:g}",
        "--timeout",
        "30",
        "-s",
        str(folder / "load.lua"),
    ]
    found = subprocess.run(
        [*command, f"http://127.0.0.1:{service.port}/predict"], capture_output=True, text=True, check=True
    )
    shutil.rmtree(folder)
    return found.stdout


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{n:,} times {what}" for what, n in counts.most_common())


def run(main: Coroutine[None, None, None]) -> None:
    """Run with as many connections as the system allows."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(main)
