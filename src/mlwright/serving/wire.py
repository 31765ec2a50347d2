"""The wire: uvicorn's connections, held to limits that it leaves to others, with a short way to the desk.

A header may not grow without end, and a request may not arrive without end: a client that sends a byte a
second would otherwise keep a connection for as long as it likes. What stands around a body, such as
trailers, may not grow without end either, and trailers say nothing: a proxy in front has not seen them.

A request for scores that is alone on its connection needs none of what ASGI is for. It goes to the desk as
soon as its last byte is here, and the answer is written when the desk has it: no task, no events, half the
time. Everything else takes uvicorn's way: other routes, `Expect`, and requests sent before the last was
answered. Nobody is given another protocol: who offers one, as Java does, is answered as if it had not.
"""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import TYPE_CHECKING, Any, final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mlwright.serving.problems import busy, too_large

if TYPE_CHECKING:
    import asyncio

    from mlwright.serving.desk import Answer, Desk

_REFUSED = b"HTTP/1.1 %d %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_CLOSE = b"connection: close\r\n"
_FRESH_S = 1.0
"""Who has just connected is about to ask."""


@final
class _Nobody:
    """What stands where uvicorn wakes a task, when there is none."""

    def set(self) -> None:
        """Wake nobody."""


@final
class _Direct:
    """A request on the short way. uvicorn looks at it as it looks at its own cycles."""

    message_event = _Nobody()

    def __init__(self, path: str, query: bytes, *, keep_alive: bool) -> None:
        self.path, self.query, self.keep_alive = path, query, keep_alive
        self.body: bytes | bytearray = b""
        self.noted = 0
        self.response_started = self.response_complete = self.disconnected = False

    def add(self, part: bytes) -> None:
        """Keep a part of the body; most bodies come in one."""
        if not self.body:
            self.body = part
            return
        if isinstance(self.body, bytes):
            self.body = bytearray(self.body)
        self.body += part

    def fits(self, desk: Desk) -> bool:
        """Note a body of which only a part is here; tell whether there is memory for all such parts."""
        n_bytes, self.noted = len(self.body) - self.noted, len(self.body)
        return desk.room.arrived(n_bytes)

    def let_go(self, desk: Desk) -> None:
        """Keep the body no longer."""
        self.body = b""
        if self.noted:
            desk.room.arrived(-self.noted)
            self.noted = 0


@final
class Wire(HttpToolsProtocol):
    """One connection. `given` is what uvicorn makes its own connections with."""

    def __init__(self, desk: Desk, **given: Any) -> None:
        super().__init__(**given)
        self.desk, self.settings = desk, desk.settings

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._direct: _Direct | None = None
        self._since, self._is_waiting, self._in_headers, self._n_bytes = self.loop.time(), True, True, 0

    def data_received(self, data: bytes) -> None:
        """Take bytes in; refuse what is no HTTP, and headers that do not end."""
        is_alone = self._in_headers or not self._is_waiting  # else a body ends in these bytes
        if not is_alone:
            self._n_bytes += len(data)  # unless they are a body, which is counted where it is kept
        self._n_begun = 0
        _feed(self, data)
        direct = self._direct
        is_part = direct is not None and self._is_waiting and not direct.response_complete
        if direct is not None and is_part and not direct.fits(self.desk):
            problem = busy("Too many large requests are arriving.")
            self._write(direct, self.desk.refuse(direct.path, dict(self.headers), problem))
        if self._is_waiting:
            if self._in_headers:
                # Where a head begins behind another request, nobody tells; what it grows by later counts.
                self._n_bytes += len(data) if is_alone and self._n_begun < 2 else 1
            if self._n_bytes > self.settings.max_header_bytes:
                _refuse(self, 431, "headers", b"Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Look at the clock: from now on the request must arrive."""
        super().on_message_begin()
        self._direct = None
        self._n_begun += 1
        self._since, self._is_waiting, self._in_headers, self._n_bytes = self.loop.time(), True, True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; what comes behind the body is none."""
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Choose the way."""
        self._in_headers, self._n_bytes = False, 0
        if self.parser.should_upgrade():
            return
        path, _, query = self.url.partition(b"?")
        name = path.decode("latin-1")
        is_free = self.cycle is None or self.cycle.response_complete
        if (
            not is_free
            or name not in self.desk.routes
            or self.parser.get_method() != b"POST"
            or self.expect_100_continue
        ):
            super().on_headers_complete()
        else:
            lasts = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
            self._direct = _Direct(name, query.partition(b"#")[0], keep_alive=lasts)
            self.cycle = self._direct  # type: ignore[assignment]  # it is all that uvicorn asks of one
        if self.desk.live.is_draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body, as long as it is not too large."""
        self._n_bytes = 0
        direct = self._direct
        if direct is None:
            super().on_body(body)
        elif not direct.response_complete:
            direct.add(body)
            if len(direct.body) > self.settings.max_body_bytes:
                problem = too_large(self.settings.max_body_bytes)
                self._write(direct, self.desk.refuse(direct.path, dict(self.headers), problem))

    def on_message_complete(self) -> None:
        """Hand over what is whole."""
        if self.parser.should_upgrade():
            return
        self._is_waiting = False
        direct = self._direct
        if direct is None:
            super().on_message_complete()
        elif not direct.response_complete:
            body = bytes(direct.body)
            direct.let_go(self.desk)
            self.desk.ask(
                direct.path,
                dict(self.headers),
                direct.query,
                body,
                lambda answer: self._write(direct, answer),
            )
            if self.desk.room.is_turn_long and not self.transport.is_closing():
                self.transport.pause_reading()
                self.loop.call_soon(_go_on, self.transport)

    def on_response_complete(self) -> None:
        """Wait for the next request; how long, the sweep watches, which costs less than a timer for each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self._since = self.loop.time()
        if not self.flow.write_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)

    def pause_writing(self) -> None:
        """Take nothing more from a client that does not read its answers."""
        super().pause_writing()
        self.flow.pause_reading()

    def resume_writing(self) -> None:
        """Go on when it has read them."""
        super().resume_writing()
        self.flow.resume_reading()

    def check(self, now: float) -> None:
        """Refuse a request that takes too long to arrive, close an idle connection; `now`: loop time [s]."""
        age = now - self._since
        if self._is_waiting and age > self.settings.body_s:
            _refuse(self, 408, "late", b"Request Timeout")
        elif age > self.timeout_keep_alive and (self.cycle is None or self.cycle.response_complete):
            self.transport.close()

    def end(self, now: float) -> None:
        """Hang up, or as soon as the answer under way is written; `now`: loop time [s].

        Nothing that was sent is lost: a request of which a part is here is awaited, as is the first of a
        connection that was just made.
        """
        has_begun = self._is_waiting and (self._n_bytes > 0 or not self._in_headers)
        is_fresh = self.cycle is None and now - self._since < _FRESH_S
        if not (self.transport.is_closing() or has_begun or is_fresh or _n_unread(self.transport)):
            self.shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of what had come."""
        if self._direct is not None:
            self._direct.let_go(self.desk)
        super().connection_lost(exc)

    def _write(self, direct: _Direct, answer: Answer) -> None:
        """Write an answer, in one piece."""
        if direct.disconnected or self.transport.is_closing():
            self.desk.live.counters.rejected("gone")
            return
        direct.let_go(self.desk)
        direct.response_started = direct.response_complete = True
        keeps = direct.keep_alive and not answer.closes and not self.desk.live.is_draining
        self.transport.write(b"%b%b\r\n%b" % (answer.head(), b"" if keeps else _CLOSE, answer.reply.body))
        if not keeps:
            self.transport.close()
        self.on_response_complete()


def _feed(wire: Wire, data: bytes) -> None:
    """Let the parser call what it finds; it stops after headers that offer another protocol."""
    while data:
        try:
            wire.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stop:
            if wire.parser.get_method() == b"CONNECT":
                _refuse(wire, 400, "http", b"Bad Request")
                return
            data = _head_without_upgrade(wire) + data[stop.args[0] :]
            wire.parser = httptools.HttpRequestParser(wire)
            wire.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        except httptools.HttpParserError:
            _refuse(wire, 400, "http", b"Bad Request")
            return
        else:
            return


def _head_without_upgrade(wire: Wire) -> bytes:
    """Return the request line and headers that came, less the offer."""
    version = wire.parser.get_http_version().encode()
    lines = [b"%b %b HTTP/%b" % (wire.parser.get_method(), wire.url, version)]
    lines += [b"%b: %b" % header for header in wire.headers if header[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])


def _refuse(wire: Wire, status: int, reason: str, phrase: bytes) -> None:
    """Say why, if nothing has been said yet, and hang up."""
    if wire.transport.is_closing():
        return
    wire.desk.live.counters.rejected(reason)
    cycle: Any = wire.cycle
    if cycle is None or not cycle.response_started or cycle.response_complete:
        wire.transport.write(_REFUSED % (status, phrase))
    wire.transport.close()


def _go_on(transport: asyncio.Transport) -> None:
    if not transport.is_closing():
        transport.resume_reading()


def _n_unread(transport: asyncio.Transport) -> int:
    """Return how many bytes have come that the loop has not seen yet."""
    try:
        found = fcntl.ioctl(transport.get_extra_info("socket").fileno(), termios.FIONREAD, bytes(4))
    except OSError:
        return 0
    return int(struct.unpack("i", found)[0])
