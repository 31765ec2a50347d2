"""The desk: one request in, one answer out, whoever carried it here.

Connections hand requests over as soon as they are whole; they get the answer by a call, since most are
answered when the loop turns, and long ones by a thread.
"""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, final
from urllib.parse import parse_qsl

import msgspec

from mlwright.core.dataset import Lines
from mlwright.serving.problems import Problem
from mlwright.serving.protocol import JSON, PROBLEM, TRY, Reply, Request
from mlwright.serving.room import LARGE_BYTES, Room
from mlwright.serving.together import Together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlwright.core.prediction import Prediction
    from mlwright.serving.gate import Gate
    from mlwright.serving.live import Live
    from mlwright.serving.protocol import Asked, Protocol
    from mlwright.serving.reader import Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

    Headers = Mapping[bytes, bytes]

_FEW = 32
"""Rows that are answered without leaving the loop; more go to a thread, so that others are not held up."""
_LONGEST_ID, _MOST_PARTS = 128, 100
_CLOSING = (408, 413)
"""After these what is left of the body is not waited for."""
_UNAUTHORIZED = 401
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_logger = logging.getLogger("mlwright.serving")


@final
class Answer(msgspec.Struct, frozen=True):
    """What goes back. `retry_s`: when to try again, 0 if nothing is said of it."""

    status: int
    reply: Reply
    version: str
    request_id: str
    retry_s: int = 0

    @property
    def closes(self) -> bool:
        """Whether the connection cannot be used again."""
        return self.status in _CLOSING

    def head(self) -> bytes:
        """Return the status line and the headers, for HTTP/1.1, without the empty line."""
        reply = self.reply
        lines = (
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}\r\ncontent-type: {reply.content_type}\r\n"
            f"content-length: {len(reply.body)}\r\nx-model-version: {self.version}\r\n"
            f"x-request-id: {self.request_id}\r\n"
        )
        if self.retry_s:
            lines += f"retry-after: {self.retry_s}\r\n"
        if self.status == _UNAUTHORIZED:
            lines += "www-authenticate: Bearer\r\n"
        return lines.encode("latin-1")

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers, as ASGI has them."""
        lines = self.head().split(b"\r\n")[1:-1]
        return [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]


@final
class _Work(msgspec.Struct):
    """A request under way."""

    route: str
    protocol: Protocol
    scorer: Scorer
    request_id: str
    started: float
    done: Callable[[Answer], None]
    is_inside: bool = False
    is_answered: bool = False


@final
class Desk:
    """Takes requests for scores.

    Parameters
    ----------
    routes
        For each path the route, as counters name it, and the protocol.
    """

    def __init__(
        self, live: Live, gate: Gate, settings: Settings, routes: Mapping[str, tuple[str, Protocol]]
    ) -> None:
        self.live, self.settings, self.routes = live, settings, routes
        self._gate, self._together = gate, Together()
        self.room = Room(settings)
        self._threads = ThreadPoolExecutor(self.room.n_threads, thread_name_prefix="score")
        self._numbers, self._origin = count(1), os.urandom(6).hex()

    def ask(
        self, path: str, headers: Headers, query: bytes, body: bytes, done: Callable[[Answer], None]
    ) -> None:
        """Take a request on one of the `routes`; `done` is called once, now or later, on this loop."""
        work = self._work(path, headers, done)
        if work is None:
            done(self._nowhere(headers))
            return
        self.room.asked()
        try:
            self._gate.enter(self._gate.admit(headers, "predict"))
            work.is_inside = True
            if len(body) > LARGE_BYTES:
                self.room.check_threads()
            asked = work.protocol.read(_request(headers, query, body), work.scorer)
            typed = asked.rows.typed
            if asked.rows.n_rows > min(_FEW, work.scorer.most_lines) or asked.wishes.explain:
                self._answer_in_thread(work, asked)
            elif isinstance(typed, Lines):
                self._together.answer(work.scorer, typed, partial(self._predicted, work, asked))
            else:
                self._predicted(work, asked, work.scorer.answer(asked.rows))
        except Exception as error:  # noqa: BLE001 - all of them are answered
            self._refuse(work, error)

    def refuse(self, path: str, headers: Headers, problem: Problem) -> Answer:
        """Return the answer to a request that was not taken in."""
        answers: list[Answer] = []
        work = self._work(path, headers, answers.append)
        if work is None:
            return self._nowhere(headers)
        self._refuse(work, problem)
        return answers[0]

    def _work(self, path: str, headers: Headers, done: Callable[[Answer], None]) -> _Work | None:
        """Begin; None where the path was that of a model exchanged while the body came in."""
        found = self.routes.get(path)
        if found is None:
            return None
        return _Work(*found, self.live.scorer, self.request_id(headers), perf_counter(), done)

    def _nowhere(self, headers: Headers) -> Answer:
        problem, request_id = Problem(404, "route", "This version answers no more."), self.request_id(headers)
        self.live.counters.rejected(problem.reason)
        reply = Reply(problem.document(request_id, is_terse=self.settings.is_terse), PROBLEM)
        return Answer(problem.status, reply, self.live.scorer.version, request_id)

    def request_id(self, headers: Headers) -> str:
        """Return the id that the client gave, if it is one, else a new one."""
        given = headers.get(b"x-request-id")
        if given and len(given) <= _LONGEST_ID and given.isascii() and given.decode().isprintable():
            return given.decode()
        return f"{self._origin}-{next(self._numbers):x}"

    def _predicted(self, work: _Work, asked: Asked, prediction: Prediction | Exception) -> None:
        """Write what was found."""
        if isinstance(prediction, Exception):
            self._refuse(work, prediction)
            return
        try:
            reply = work.protocol.write(asked, prediction, work.scorer)
        except Exception as error:  # noqa: BLE001 - all of them are answered
            self._refuse(work, error)
            return
        self._note(work, asked.rows, prediction, reply)
        self._finish(work, Answer(200, reply, work.scorer.version, work.request_id))

    def _note(self, work: _Work, rows: Rows, prediction: Prediction, reply: Reply) -> None:
        if work.route == TRY or work.is_answered:  # else too late: what was answered is that it was
            return
        answered = prediction if reply.offers is None else reply.offers
        self.live.counters.scored(rows, answered)
        if self.live.log is not None:
            self.live.log.add(work.request_id, work.route, work.scorer, rows, answered)

    def _answer_in_thread(self, work: _Work, asked: Asked) -> None:
        self.room.enter_thread()
        loop = asyncio.get_running_loop()

        def answer() -> tuple[Prediction, Reply]:
            prediction = work.scorer.answer(asked.rows)
            return prediction, work.protocol.write(asked, prediction, work.scorer)

        future = loop.run_in_executor(self._threads, answer)
        late = loop.call_later(self.settings.answer_s, self._late, work)

        def end(ended: asyncio.Future[tuple[Prediction, Reply]]) -> None:
            late.cancel()
            self.room.leave_thread()
            error = ended.exception()
            if error is not None:
                self._refuse(work, error)
                return
            prediction, reply = ended.result()
            self._note(work, asked.rows, prediction, reply)
            self._finish(work, Answer(200, reply, work.scorer.version, work.request_id))

        future.add_done_callback(end)

    def _late(self, work: _Work) -> None:
        """Answer that the time is over; the thread keeps its place inside until it has ended."""
        detail = f"The rows were not answered within {self.settings.answer_s:g} s. Send fewer."
        self._tell(work, self._refusal(work, Problem(504, "answer_time", detail)))

    def _refuse(self, work: _Work, error: BaseException) -> None:
        if not isinstance(error, Problem):
            _logger.error("request %s failed", work.request_id, exc_info=error)
            error = Problem(500, "defect", "This is a defect of the service; it is in its log.")
        self._finish(work, self._refusal(work, error))

    def _refusal(self, work: _Work, problem: Problem) -> Answer:
        if not work.is_answered:
            self.live.counters.rejected(problem.reason)
        reply = work.protocol.refuse(problem, work.request_id, is_terse=self.settings.is_terse)
        return Answer(problem.status, reply, work.scorer.version, work.request_id, problem.retry_s)

    def _finish(self, work: _Work, answer: Answer) -> None:
        if work.is_inside:
            self._gate.leave()
        self._tell(work, answer)

    def _tell(self, work: _Work, answer: Answer) -> None:
        if work.is_answered:
            return
        work.is_answered = True
        self.live.counters.answered(work.route, answer.status, perf_counter() - work.started)
        work.done(answer)


def _request(headers: Headers, query: bytes, body: bytes) -> Request:
    """Return what protocols read; raise a problem (415) for a compressed body."""
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Problem(
            415, "content_type", "Compressed bodies are not read. Send it without Content-Encoding."
        )
    kind = headers.get(b"content-type")
    if kind is None or kind == b"application/json":
        content_type = JSON
    else:
        content_type = kind.partition(b";")[0].strip().lower().decode("latin-1")
    parts = _parts(query) if query else None
    return Request(body, content_type, headers.get(b"accept", b"").decode("latin-1"), parts)


def _parts(query: bytes) -> Mapping[str, str]:
    """Read the query of an address; raise a problem (422) where a name stands twice or too many stand."""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_MOST_PARTS)
    except ValueError as error:
        detail = f"The address asks for more than {_MOST_PARTS} things. Send fewer."
        raise Problem(422, "query", detail) from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Problem(422, "query", f"{name[:30]!r} stands twice in the address. Give it once.")
        found[name] = value
    return found
