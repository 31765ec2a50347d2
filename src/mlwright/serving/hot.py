"""The hot path: raw ASGI for the routes that score, so that a row costs what its model costs."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any, final
from urllib.parse import parse_qsl

from mlwright.core.dataset import Lines
from mlwright.serving.problems import Problem
from mlwright.serving.together import Together
from mlwright.serving.protocol import JSON, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from mlwright.serving.gate import Gate
    from mlwright.serving.live import Live
    from mlwright.serving.protocol import Asked, Protocol
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_AT_ONCE = 32
"""Rows that are answered without leaving the loop; more go to a thread, so that others are not held up."""
_LONGEST_ID = 128
_logger = logging.getLogger("mlwright.serving")


class _GoneError(Exception):
    """The client hung up."""


@final
class Hot:
    """Answers POST on the routes of the protocols; all else goes to the face."""

    def __init__(
        self,
        live: Live,
        gate: Gate,
        settings: Settings,
        routes: Mapping[str, tuple[str, Protocol]],
        face: Any,
    ) -> None:
        self._live, self._gate, self._settings, self._face = live, gate, settings, face
        self._routes = routes
        self._together = Together()
        self._threads = ThreadPoolExecutor(max(1, os.cpu_count() or 1), thread_name_prefix="score")
        self._numbers, self._origin = count(1), os.urandom(6).hex()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event, as ASGI has it."""
        found = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "POST":
            await self._face(scope, receive, send)
            return
        started, headers = perf_counter(), dict(scope["headers"])
        request_id = self.request_id(headers)
        route, protocol = found
        scorer = self._live.scorer
        status, kind = 200, JSON
        extra: list[tuple[bytes, bytes]] = []
        try:
            reply = await self._answer(protocol, scorer, scope, headers, receive)
            body, kind = reply.body, reply.content_type
        except Problem as problem:
            status, body, kind, extra = self._refused(problem, request_id, protocol)
        except _GoneError:
            self._live.counters.rejected("gone")
            return
        except Exception:
            _logger.exception("request %s failed", request_id)
            defect = Problem(500, "defect", "This is a defect of the service; it is in its log.")
            status, body, kind, extra = self._refused(defect, request_id, protocol)
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", kind.encode()),
                    (b"content-length", b"%d" % len(body)),
                    (b"x-model-version", scorer.version.encode()),
                    (b"x-request-id", request_id.encode("latin-1")),
                    *extra,
                    *([(b"connection", b"close")] if self._live.is_draining else []),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
        self._live.counters.answered(route, status, perf_counter() - started)

    def request_id(self, headers: Mapping[bytes, bytes]) -> str:
        """Return the id that the client gave, if it is one, else a new one."""
        given = headers.get(b"x-request-id")
        if given and len(given) <= _LONGEST_ID and given.isascii() and given.decode().isprintable():
            return given.decode()
        return f"{self._origin}-{next(self._numbers):x}"

    async def _answer(
        self,
        protocol: Protocol,
        scorer: Scorer,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        receive: Receive,
    ) -> Reply:
        who = self._gate.admit(headers, "predict")
        self._gate.enter(who)
        try:
            body = await self._body(headers, receive)
            query = scope["query_string"]
            request = Request(
                body,
                headers.get(b"content-type", b"application/json")
                .partition(b";")[0]
                .strip()
                .lower()
                .decode("latin-1"),
                headers.get(b"accept", b"").decode("latin-1"),
                dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else None,
            )
            asked = protocol.read(request, scorer)
            if asked.rows.n_rows <= _MOST_AT_ONCE and not asked.wishes.explain:
                if isinstance(asked.rows.typed, Lines):
                    prediction = await self._together.answer(scorer, asked.rows.typed)
                    self._live.counters.scored(asked.rows, prediction)
                    return protocol.write(asked, prediction, scorer)
                return self._scored(protocol, scorer, asked)
            work = asyncio.get_running_loop().run_in_executor(
                self._threads, self._scored, protocol, scorer, asked
            )
            try:
                return await asyncio.wait_for(work, self._settings.answer_s)
            except TimeoutError:
                detail = f"The rows were not answered within {self._settings.answer_s:g} s. Send fewer."
                raise Problem(504, "answer_time", detail) from None
        finally:
            self._gate.leave()

    def _scored(self, protocol: Protocol, scorer: Scorer, asked: Asked) -> Reply:
        prediction = scorer.answer(asked.rows)
        self._live.counters.scored(asked.rows, prediction)
        return protocol.write(asked, prediction, scorer)

    async def _body(self, headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Take the body in, not more than may come; how long it may take, the wire watches."""
        most = self._settings.max_body_bytes
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > most:
            raise self._too_large(int(length))
        message = await receive()
        body: bytes = message.get("body", b"")
        if message.get("more_body"):
            parts = [body]
            size = len(body)
            while message.get("more_body") and size <= most:
                message = await receive()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
            body = b"".join(parts)
        if message["type"] == "http.disconnect":
            raise _GoneError
        if len(body) > most:
            raise self._too_large(len(body))
        return body

    def _too_large(self, size: int) -> Problem:
        most = self._settings.max_body_bytes
        detail = f"The body has {size:,} bytes or more; at most {most:,} may come. Send several requests."
        return Problem(413, "body", detail)

    def _refused(
        self, problem: Problem, request_id: str, protocol: Protocol
    ) -> tuple[int, bytes, str, list[tuple[bytes, bytes]]]:
        """Return status, body, content type and headers of a refusal."""
        self._live.counters.rejected(problem.reason)
        reply = protocol.refuse(problem, request_id, is_terse=self._settings.is_terse)
        extra = [(b"retry-after", b"%d" % problem.retry_s)] if problem.retry_s else []
        if problem.status == 401:
            extra.append((b"www-authenticate", b"Bearer"))
        if problem.status in (408, 413):
            extra.append((b"connection", b"close"))  # what is left of the body is not waited for
        return problem.status, reply.body, reply.content_type, extra
