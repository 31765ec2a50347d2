"""Running: a socket, uvicorn, and an end without lost requests."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, final

import uvicorn

from mlwright.core.errors import UsageError
from mlwright.serving.build import make_service
from mlwright.serving.wire import Wire

if TYPE_CHECKING:
    from types import FrameType

    from mlwright.serving.live import Live
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

_BACKLOG = 2_048
_KEEP_ALIVE_S = 75
_GRACE_S = 25
_SWEEP_TICKS = 5
"""Of a tenth of a second each: how often late requests are looked for."""


def serve(scorer: Scorer, settings: Settings) -> None:
    """Serve until a signal says stop; return when every request that came in has been answered."""
    app, live = make_service(scorer, settings)
    listener = bind(settings)
    host, port = listener.getsockname()[:2]
    told = f"{scorer.name} {scorer.version} answers at http://{f'[{host}]' if ':' in host else host}:{port}"
    print(told, file=sys.stderr, flush=True)  # noqa: T201 - where it is, for people and for scripts
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
        timeout_graceful_shutdown=_GRACE_S,
    )
    gc.collect()
    gc.freeze()  # what is loaded stays: no need to look through it again and again
    _Server(config, live, settings).run(sockets=[listener])


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
    """uvicorn, but told to stop it first says so, and still takes requests for a while."""

    def __init__(self, config: uvicorn.Config, live: Live, settings: Settings) -> None:
        super().__init__(config)
        self._live, self._drain_s = live, settings.drain_s
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def on_tick(self, counter: int) -> bool:
        if counter % _SWEEP_TICKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                connection.check(now)  # type: ignore[union-attr]  # ours
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM drains first; a second signal, or Ctrl-C, ends at once what is idle."""
        if sig == signal.SIGTERM and not self._live.is_draining and self._loop is not None:
            self._live.is_draining = True
            self._loop.call_soon_threadsafe(self._loop.call_later, self._drain_s, self._stop)
            return
        del frame
        self.should_exit = True

    def _stop(self, *_: Any) -> None:
        self.should_exit = True
