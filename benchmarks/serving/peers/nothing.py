"""What a server takes that computes nothing: uvicorn and a fixed answer. No service in Python is quicker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"1")]


async def app(
    _scope: dict[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer 0, whatever was asked."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": b"0"})
