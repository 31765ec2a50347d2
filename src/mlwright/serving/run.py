"""Running: a socket, uvicorn, and an end without lost requests."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

import uvicorn

from mlwright.core.errors import UsageError
from mlwright.serving.build import make_service
from mlwright.serving.door import Door
from mlwright.serving.wire import Wire

if TYPE_CHECKING:
    from types import FrameType

    from mlwright.serving.live import Live
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75
_GRACE_S = 25.0
"""How long requests that have come may take after the service has stopped to take new ones."""
_LOOK_S = 0.02
_SWEEP_TICKS = 5
"""Of a tenth of a second each: how often late requests are looked for."""


def serve(scorer: Scorer, settings: Settings) -> None:
    """Serve until a signal says stop; return when every request that came in has been answered."""
    app, live = make_service(scorer, settings)
    listener = bind(settings)
    host, port = listener.getsockname()[:2]
    told = f"{scorer.name} {scorer.version} answers at http://{f'[{host}]' if ':' in host else host}:{port}"
    print(told, file=sys.stderr, flush=True)  # noqa: T201 - where it is, for people and for scripts
    _allow_connections()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=type("OurWire", (Wire,), {"settings": settings, "desk": app.desk}),
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
    _Server(config, live, settings, listener).run()


def bind(settings: Settings) -> socket.socket:
    """Open the socket; raise UsageError if the place is taken or not allowed."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        message = (
            f"Nothing can be served at {settings.host}:{settings.port}: {reason}. Choose another --port."
        )
        raise UsageError(message) from error
    return listener


@final
class _Server(uvicorn.Server):
    """uvicorn, but told to stop it first says so, still takes requests for a while, and loses none."""

    def __init__(
        self, config: uvicorn.Config, live: Live, settings: Settings, listener: socket.socket
    ) -> None:
        super().__init__(config)
        self._live, self._drain_s, self._listener = live, settings.drain_s, listener
        self._loop: asyncio.AbstractEventLoop | None = None
        self._door: Door | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the door; uvicorn itself listens nowhere."""
        await super().startup(sockets or [])
        self._loop = asyncio.get_running_loop()
        self._door = Door(self._listener, self._connection)
        self._door.open()

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in self._connections():
                connection.check(now)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new; answer what has come; hang up on who asks nothing."""
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
            self.should_exit = True
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
        asyncio.get_running_loop().call_later(self._drain_s, self._stop)

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
