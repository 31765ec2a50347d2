"""The application, as ASGI has it: requests for scores go to the desk, all else to the face.

Under our own command connections go to the desk by a shorter way (`wire`); this one is for other servers.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, final

from mlwright.serving.problems import Problem, busy, too_large

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from mlwright.serving.desk import Answer, Desk

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


_NOT_SO = 405


class _GoneError(Exception):
    """The client hung up."""


@final
class Hot:
    """Answers POST on the routes of the desk; all else goes to the face."""

    def __init__(self, desk: Desk, face: Any) -> None:
        self.desk, self.face = desk, face

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http":
            await self.face(scope, receive, send)
            return
        if scope["path"] not in self.desk.routes:
            await self._show_face(scope, receive, send)
            return
        try:
            answer = await self._answer(scope, receive)
        except _GoneError:
            self.desk.live.counters.rejected("gone")
            return
        headers = answer.headers()
        if answer.status == _NOT_SO:
            headers.append((b"allow", b"POST"))
        if answer.closes or self.desk.live.is_draining:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.reply.body})

    async def _show_face(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let FastAPI answer, with the headers that all answers have."""
        request_id = self.desk.request_id(dict(scope["headers"]))
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        more = [
            (b"x-model-version", self.desk.live.scorer.version.encode()),
            (b"x-request-id", request_id.encode("latin-1")),
        ]

        is_head = scope["method"] == "HEAD"

        async def send_more(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *more]
            elif is_head:
                message["body"] = b""
            await send(message)

        # FastAPI knows no HEAD where there is GET.
        asked = {**scope, "method": "GET"} if is_head else scope
        await self.face(asked, receive, send_more)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if scope["method"] != "POST":
            problem = Problem(_NOT_SO, "method", "Rows are sent here with POST.")
            return self.desk.refuse(scope["path"], headers, problem)
        most = self.desk.settings.max_body_bytes
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            return self.desk.refuse(scope["path"], headers, too_large(most))
        try:
            body = await self._body(receive, most)
        except Problem as problem:
            return self.desk.refuse(scope["path"], headers, problem)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def done(answer: Answer) -> None:
            if not answered.done():  # the task that waits may have been cancelled
                answered.set_result(answer)

        self.desk.ask(scope["path"], headers, scope["query_string"], body, done)
        return await answered

    async def _body(self, receive: Receive, most: int) -> bytes:
        """Return the whole body; raise a problem (413, 503) if it is too large, or all that arrive are."""
        room, body, noted, has_more = self.desk.room, bytearray(), 0, True
        try:
            while has_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                part = message.get("body", b"")
                body += part
                if len(body) > most:
                    raise too_large(most)
                noted += len(part)
                if not room.arrived(len(part)):
                    raise busy("Too many large requests are arriving.")
                has_more = message.get("more_body", False)
            return bytes(body)
        finally:
            room.arrived(-noted)
