"""The supervisor: what workers say has any length, and a signal at an odd moment ends all well."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys

import pytest

from mlwright.serving import supervisor
from mlwright.serving.settings import Settings

TERMS = {"columns": [{"name": f"column {number}", "kind": "number"} for number in range(5_000)]}
WORKER = """#!{python}
import pathlib, sys
read = sys.stdin.buffer.read
read(int.from_bytes(read(4)))
said = {said!r}
print(said, end="", flush=True)
order = read(1) if said.endswith(chr(10)) else b""
pathlib.Path({folder!r}, "ended").write_bytes(order)
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return a function that makes a supervisor whose workers say this, and where it announced itself.

    It is told to end as soon as it has.
    """
    listeners = []

    def make(said):
        script = tmp_path / "worker"
        script.write_text(WORKER.format(python=sys.executable, said=said, folder=str(tmp_path)))
        script.chmod(0o755)
        monkeypatch.setattr(supervisor.sys, "executable", str(script))
        listeners.append(socket.create_server(("127.0.0.1", 0)))
        one = supervisor._Supervisor(tmp_path / "m.mlw", Settings(workers=1), listeners[0], tmp_path)
        announced = []

        def announce(_, listener, __):
            announced.append(listener.getsockname())
            asyncio.get_running_loop().call_soon(one._told, signal.SIGTERM)

        monkeypatch.setattr(supervisor, "announce", announce)
        return one, announced

    yield make
    for listener in listeners:
        listener.close()


def test_what_a_worker_of_a_wide_model_says_is_read(made, tmp_path):
    one, announced = made(json.dumps({"terms": TERMS}) + "\n")
    asyncio.run(one.run())
    assert len(announced) == 1
    assert one._terms == TERMS
    assert (tmp_path / "ended").read_bytes() == supervisor.DRAIN


def test_a_signal_when_the_first_worker_has_just_started_ends_both(made, tmp_path, monkeypatch):
    one, announced = made(json.dumps({"terms": {}}) + "\n")
    start = one._start

    async def start_then_told(number):
        worker = await start(number)
        one._told(signal.SIGTERM)
        return worker

    monkeypatch.setattr(one, "_start", start_then_told)
    asyncio.run(one.run())
    assert not announced
    assert (tmp_path / "ended").read_bytes() == supervisor.DRAIN  # it was told, and awaited


def test_a_signal_while_a_worker_is_made_reaches_it(made, monkeypatch):
    one, announced = made(json.dumps({"terms": {}}) + "\n")
    make = asyncio.create_subprocess_exec

    async def make_then_told(*given, **options):
        worker = await make(*given, **options)
        one._told(signal.SIGTERM)
        return worker

    monkeypatch.setattr(asyncio, "create_subprocess_exec", make_then_told)
    asyncio.run(one.run())
    assert not announced
    assert [worker.returncode for worker in one._workers.values()] == [-signal.SIGTERM]


def test_half_a_line_of_a_worker_that_was_killed_is_nothing(made):
    one, announced = made('{"terms": {"colu')
    with pytest.raises(supervisor.MlwrightError, match="ended before it could say why"):
        asyncio.run(one.run())
    assert not announced
