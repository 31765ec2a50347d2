"""The supervisor: starts workers, starts anew those that die, and ends when they have ended.

It holds no model and answers nothing. The socket is its own and workers inherit it: connections that wait
when a worker dies are taken in by another.
"""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import MlwrightError
from mlwright.serving.listen import DRAIN, LOOK, STOP, announce, bind, listen, tell_stderr

if TYPE_CHECKING:
    import socket
    from asyncio.subprocess import Process
    from collections.abc import Awaitable

    from mlwright.serving.settings import Settings
    from mlwright.serving.terms import Terms

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 30.0
_STEADY_S = 60.0
"""A worker that lived so long did not die of its start."""
_LONGEST_LINE = 2**26
"""Bytes of what a worker says of its model: some 100 for each column and label; asyncio's limit is 64 KiB."""
_logger = logging.getLogger("mlwright.serving")


def supervise(place: Path, settings: Settings) -> None:
    """Serve with several processes until a signal says stop; return when all requests have been answered.

    Raises
    ------
    MlwrightError
        The first worker could not start, and why.
    """
    tell_stderr()
    listener = listen(bind(settings), settings)
    with TemporaryDirectory(prefix="mlwright-serve-") as folder:
        asyncio.run(_Supervisor(place, settings, listener, Path(folder)).run())
    _logger.info("stopped")


@final
class _Supervisor:
    """Keeps as many workers as the settings say."""

    def __init__(self, place: Path, settings: Settings, listener: socket.socket, folder: Path) -> None:
        self._place, self._settings, self._listener, self._folder = place, settings, listener, folder
        self._workers: dict[int, Process] = {}
        self._starting: set[Process] = set()
        self._error = ""
        self._terms: Terms | None = None
        self._signals = 0
        self._is_ending = asyncio.Event()

    async def run(self) -> None:
        """Start one worker, which finds out whether it can be done at all, then the others; keep them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told, number)
        loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        first = await self._start(0)
        if first is None:
            if self._is_ending.is_set():
                return
            raise MlwrightError(self._error or "The first worker ended before it could say why.")
        if not self._is_ending.is_set():  # else there is no listener any more
            name = f"{self._place.stem}, {self._settings.workers} workers,"
            announce(name, self._listener, self._settings.log)
        others = (self._keep(number, None) for number in range(1, self._settings.workers))
        await asyncio.gather(self._keep(0, first), *others)

    async def _keep(self, number: int, worker: Process | None) -> None:
        """Keep one worker alive until the service ends; wait longer each time that it dies young."""
        loop, wait_s = asyncio.get_running_loop(), _FIRST_WAIT_S
        while worker is not None or not self._is_ending.is_set():
            started = loop.time()
            worker = worker or await self._start(number)
            status = None if worker is None else await worker.wait()
            if self._is_ending.is_set():
                return
            wait_s = _FIRST_WAIT_S if loop.time() - started > _STEADY_S else wait_s
            why = self._error or "it could not start" if status is None else _why(status)
            _logger.error("worker %d ended (%s); it starts again in %g s", number, why, wait_s)
            await _unless(self._is_ending.wait(), wait_s)
            wait_s, worker = min(_LONGEST_WAIT_S, 2 * wait_s), None

    async def _start(self, number: int) -> Process | None:
        """Start a worker and wait until it answers; None if it cannot."""
        listener = self._listener.fileno()
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mlwright.serving.worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, pass_fds=(listener,),
            start_new_session=True,  # Ctrl-C is for us; we tell them
            limit=_LONGEST_LINE,
        )  # fmt: skip
        self._workers[number] = worker
        self._starting.add(worker)
        if self._is_ending.is_set():  # told while this one was not known yet
            worker.terminate()
        if worker.stdin is None or worker.stdout is None:
            return None
        setup = pickle.dumps((self._place, self._settings, listener, number, self._folder, self._terms))
        worker.stdin.write(len(setup).to_bytes(4) + setup)
        line = await worker.stdout.readline()
        said = json.loads(line) if line.endswith(b"\n") else {}
        self._starting.discard(worker)
        self._error = said.get("error", "")
        if "terms" not in said:
            await worker.wait()
            return None
        self._terms = self._terms or said["terms"]
        return worker

    def _told(self, number: int) -> None:
        """Drain at the first SIGTERM, stop at Ctrl-C or a second signal, kill at a third."""
        self._signals = max(self._signals + 1, 2 if number == signal.SIGINT else 1)
        if self._signals == 1:
            _logger.info("stopping; answers for %g s more", self._settings.drain_s)
        self._is_ending.set()
        self._listener.close()  # the last worker to close it ends it
        for worker in self._living():
            if self._signals > 2:
                worker.kill()
            elif worker in self._starting:
                worker.terminate()
        self._tell(DRAIN if self._signals == 1 else STOP)

    def _hung_up(self) -> None:
        """SIGHUP asks to look at the model's file; in a terminal it says that this was closed."""
        if sys.stderr.isatty():
            self._told(signal.SIGINT)
        else:
            self._tell(LOOK)

    def _tell(self, order: bytes) -> None:
        for worker in self._living():
            if worker.stdin is not None:
                worker.stdin.write(order)

    def _living(self) -> list[Process]:
        return [worker for worker in self._workers.values() if worker.returncode is None]


async def _unless(event: Awaitable[Any], wait_s: float) -> None:
    """Wait, but not beyond the event."""
    try:
        await asyncio.wait_for(event, wait_s)
    except TimeoutError:
        return


def _why(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
