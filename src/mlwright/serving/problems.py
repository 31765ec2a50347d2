"""Problems: a refusal as a status, a document (RFC 9457) and the reason under which it is counted."""

from __future__ import annotations

from typing import final

import msgspec

_TITLES = {
    400: "Malformed request",
    401: "Who is asking?",
    403: "Not allowed",
    404: "Nothing here",
    405: "Method not allowed",
    408: "The body took too long",
    413: "Too much at once",
    415: "Unknown content type",
    422: "The rows cannot be used",
    429: "Too many requests",
    431: "Headers too large",
    500: "A defect of the service",
    503: "Too busy",
    504: "The answer took too long",
}
STATUSES = (200, *_TITLES)
REASONS = (
    "answer_time", "arrow", "body", "cell", "content_type", "csv", "defect", "explain",
    "extra_column", "gone", "headers", "host", "http", "in_flight", "json", "late", "level", "method",
    "missing_column", "no_key", "query",
    "rate", "route", "rows", "scope", "shape", "wrong_key",
)  # fmt: skip
"""Under which refusals are counted."""


@final
class Problem(Exception):  # noqa: N818 - the name that the standard gives it
    """Why a request is refused.

    Attributes
    ----------
    status
        Of HTTP.
    reason
        One word for the counters, such as "cell".
    detail
        For people: what was found, what was expected, what to do.
    terse
        The same without the schema and the cell; `detail` unless given.
    facts
        For machines: "column", "row" (from 1).
    retry_s
        When to try again, for 429 and 503.
    """

    def __init__(
        self, status: int, reason: str, detail: str, *, terse: str = "", retry_s: int = 0, **facts: str | int
    ) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail, self.terse = status, reason, detail, terse or detail
        self.facts, self.retry_s = facts, retry_s

    @property
    def title(self) -> str:
        """The same words for every problem of this status."""
        return _TITLES.get(self.status, "Refused")

    def document(self, request_id: str, *, is_terse: bool) -> bytes:
        """Write `application/problem+json`."""
        found = {
            "type": f"urn:mlwright:problem:{self.reason}",
            "title": self.title,
            "status": self.status,
            "detail": self.terse if is_terse else self.detail,
            "instance": f"urn:request:{request_id}",
            **self.facts,
        }
        return msgspec.json.encode(found)


def too_large(most: int) -> Problem:
    """Say that a body is larger than may come."""
    detail = f"The body is larger than may come: {most:,} bytes. Send several requests."
    return Problem(413, "body", detail)


def unknown_type(content_type: str, *known: str) -> Problem:
    """Say that a body of this type is not understood on this route."""
    detail = f"The content type {content_type[:60]!r} is not understood here. Send {' or '.join(known)}."
    return Problem(415, "content_type", detail)


def busy(why: str) -> Problem:
    """Say that there is too much to do right now."""
    return Problem(503, "in_flight", f"{why} Try again.", terse="Too many requests at once.", retry_s=1)
