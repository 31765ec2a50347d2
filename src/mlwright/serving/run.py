"""Running: a socket, uvicorn, and an end without lost requests."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, final

import uvicorn

from mlwright.serving.build import make_service, open_scorer
from mlwright.serving.door import Door
from mlwright.serving.listen import LOOK, STOP, announce, bind, listen, tell_stderr
from mlwright.serving.options import is_this_machine
from mlwright.serving.terms import terms_of
from mlwright.serving.watch import Watch
from mlwright.serving.wire import Wire

if TYPE_CHECKING:
    import socket
    from pathlib import Path
    from types import FrameType

    from mlwright.serving.desk import Desk
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings
    from mlwright.serving.terms import Terms

_KEEP_ALIVE_S = 75
_GRACE_S = 25.0
"""How long requests that have come may take after the service has stopped to take new ones."""
_LOOK_S = 0.02
_SWEEP_TICKS = 5
"""Of a tenth of a second each: how often late requests are looked for."""
_logger = logging.getLogger("mlwright.serving")


@final
@dataclass(frozen=True, slots=True)
class Post:
    """Where a process of a service stands.

    `terms`: those that the service began on. `folder`: for counts and allowances that all processes
    share, None if there is one process. `orders`: what a supervisor writes to, None if there is none.
    """

    place: Path
    terms: Terms
    number: int = 0
    folder: Path | None = None
    orders: int | None = None


def serve(place: Path, settings: Settings) -> None:
    """Serve until a signal says stop; return when every request that came in has been answered."""
    if hasattr(signal, "SIGHUP") and not sys.stderr.isatty():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a model that could be looked for
    with closing(bind(settings)) as listener:  # first, since loading takes a while, and a taken place ends it
        scorer = open_scorer(place, settings)
        run(scorer, settings, listen(listener, settings), Post(place, terms_of(scorer)))


def run(scorer: Scorer, settings: Settings, listener: socket.socket, post: Post) -> None:
    """Serve at a socket that is open already."""
    is_alone = post.orders is None  # else the supervisor tells how the service ends
    tell_stderr(None if is_alone else post.number)
    _allow_connections()
    is_local = is_this_machine(settings.host)
    app, live = make_service(scorer, settings, post.folder, str(post.number), is_local=is_local)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=partial(Wire, app.desk),  # type: ignore[arg-type]  # whatever makes connections will do
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,  # our own grace comes before
    )
    gc.collect()
    gc.freeze()  # what is loaded stays: no need to look through it again and again
    try:
        _Server(config, app.desk, (listener, post)).run()
    finally:
        if live.log is not None:
            live.log.close()
    if is_alone:
        _logger.info("stopped")


@final
class _Server(uvicorn.Server):
    """uvicorn, but told to stop it first says so, still takes requests for a while, and loses none."""

    def __init__(self, config: uvicorn.Config, desk: Desk, stands: tuple[socket.socket, Post]) -> None:
        super().__init__(config)
        self._desk, self._live, self._settings = desk, desk.live, desk.settings
        self._listener, self._post = stands
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None
        self._early: list[int] = []
        self._watch: Watch | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the door; uvicorn itself listens nowhere."""
        await super().startup(sockets or [])
        self._loop = loop = asyncio.get_running_loop()
        self._watch = Watch(self._post.place, self._settings, self._desk, self._post.terms)
        self._watching = loop.create_task(self._watch.run())
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, self._hung_up)
        if self._post.orders is not None:
            loop.add_reader(self._post.orders, self._obey, self._post.orders)
        self._door = Door(self._listener, self._connection, is_shared=self._post.orders is not None)
        self._door.open()
        if self._post.orders is None:
            announce(
                f"{self._live.scorer.name} {self._live.scorer.version}", self._listener, self._settings.log
            )
        for early in self._early:
            self._heard(early)

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in self._connections():
                connection.check(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new; answer what has come; hang up on who asks nothing."""
        self._watching.cancel()
        if self._door is not None:
            self._door.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + _GRACE_S
        while not self.force_exit and loop.time() < until:
            for connection in self._connections():
                connection.check(loop.time())
                connection.end(loop.time())
            await asyncio.sleep(_LOOK_S)
            if not self.server_state.connections and not self.server_state.tasks:
                break
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains; a second signal, or Ctrl-C, stops; a third does not wait for answers under way."""
        del frame
        if self._loop is None:
            self._early.append(sig)
        else:
            self._loop.call_soon_threadsafe(self._heard, sig)

    def _heard(self, sig: int) -> None:
        if sig == signal.SIGTERM and not self._live.is_draining:
            self.drain()
        elif not self.should_exit:
            self._stop()
        else:
            self.force_exit = True

    def drain(self) -> None:
        """Say that no more requests are welcome, and stop after a while; a second call does nothing."""
        if self._live.is_draining:
            return
        self._live.is_draining = True
        if self._post.orders is None:
            _logger.info("stopping; answers for %g s more", self._settings.drain_s)
        asyncio.get_running_loop().call_later(self._settings.drain_s, self._stop)

    def _hung_up(self) -> None:
        """SIGHUP asks to look at the model's file; in a terminal it says that this was closed."""
        if sys.stderr.isatty():
            self._stop()
        elif self._watch is not None:
            self._watch.look_now()

    def _obey(self, orders: int) -> None:
        """Do what a supervisor says."""
        order = os.read(orders, 1)
        if order == LOOK and self._watch is not None:
            self._watch.look_now()
        elif order == STOP:
            self._stop()
        else:
            self.drain()
        if not order:  # there is no supervisor any more
            asyncio.get_running_loop().remove_reader(orders)

    def _stop(self) -> None:
        self._live.is_draining = True
        self.should_exit = True

    def _connection(self) -> Any:
        """Make what uvicorn makes for each connection."""
        protocol: Any = self.config.http_protocol_class
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    def _connections(self) -> list[Any]:
        return list(self.server_state.connections)


def _allow_connections() -> None:
    """Let as many be open at once as the system allows; usual is 1,024, which is soon used up."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on every system

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
