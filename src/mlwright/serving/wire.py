"""The wire: uvicorn's connections, held to limits that it leaves to others.

A header may not grow without end, and a request may not arrive without end: a client that sends a byte a second
would otherwise keep a connection for as long as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from mlwright.serving.settings import Settings

_REFUSED = b"HTTP/1.1 %d %b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Wire(HttpToolsProtocol):
    """One connection."""

    settings: Settings
    """Of the service; set on the class, since uvicorn makes the objects."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._since, self._is_waiting, self._in_headers, self._n_bytes = self.loop.time(), True, True, 0

    def data_received(self, data: bytes) -> None:
        """Take bytes in; refuse headers that do not end."""
        super().data_received(data)
        if self._in_headers and self._is_waiting:
            self._n_bytes += len(data)
            if self._n_bytes > self.settings.max_header_bytes:
                self._refuse(431, b"Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Look at the clock: from now on the request must arrive."""
        super().on_message_begin()
        self._since, self._is_waiting, self._in_headers, self._n_bytes = self.loop.time(), True, True, 0

    def on_headers_complete(self) -> None:
        """Note that the headers ended."""
        self._in_headers = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that all is here."""
        self._is_waiting = False
        super().on_message_complete()

    def check(self, now: float) -> None:
        """Refuse a request that has taken too long to arrive; `now` is the time of the loop [s]."""
        if self._is_waiting and now - self._since > self.settings.body_s:
            self._refuse(408, b"Request Timeout")

    def _refuse(self, status: int, reason: bytes) -> None:
        """Say why, if nothing has been said yet, and hang up."""
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:
            self.transport.write(_REFUSED % (status, reason))
        self._is_waiting = False
        self.transport.close()
