"""Protocol: how requests and answers are written, on some routes."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.task import Link
from mlwright.serving.wishes import NOTHING_MORE, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.problems import Problem
    from mlwright.serving.reader import Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.tastes import Offer

JSON, CSV, ARROW = "application/json", "text/csv", "application/vnd.apache.arrow.stream"
LINES = "application/jsonlines"
PROBLEM = "application/problem+json"
TRY = "/try"
"""Where the page asks: as `/predict`, but nobody counts or logs rows that are played with."""


@final
class Request(msgspec.Struct, frozen=True, gc=False):
    """What came: the body, its content type without parameters, what is accepted, and the query."""

    body: bytes
    content_type: str = JSON
    accept: str = ""
    query: Mapping[str, str] | None = None


@final
class Asked(msgspec.Struct, frozen=True):
    """What a request asks: rows, what is wanted beside answers, and what the protocol must give back."""

    rows: Rows
    wishes: Wishes = NOTHING_MORE
    echo: Mapping[str, Any] | None = None


@final
class Reply(msgspec.Struct, frozen=True, gc=False):
    """A body and its content type; of a recommender also what was offered, to be counted and logged."""

    body: bytes
    content_type: str = JSON
    offers: Sequence[Offer] | None = None


def as_csv(records: Sequence[Mapping[str, Any]]) -> Reply:
    """Write records with a header line."""
    out = io.StringIO()
    lines = csv.DictWriter(out, list(records[0]), lineterminator="\n")
    lines.writeheader()
    lines.writerows(records)
    return Reply(out.getvalue().encode(), CSV)


class Protocol(ABC):
    """Reads requests and writes answers; the same rows get the same numbers in each."""

    routes: ClassVar[tuple[str, ...]]
    """Paths that take POST; `{model}` stands for the name of the model."""

    links: ClassVar[frozenset[Link]] = frozenset(Link)
    """Which questions it answers; the routes are there for models of these alone."""

    says_error: ClassVar[bool] = False
    """Whether a refusal is `{"error": "..."}` instead of a problem document."""

    @abstractmethod
    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read what is asked; raise Problem for what cannot be used."""

    @abstractmethod
    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write the answer."""

    def refuse(self, problem: Problem, request_id: str, *, is_terse: bool) -> Reply:
        """Write a refusal."""
        if self.says_error:
            return Reply(msgspec.json.encode({"error": problem.terse if is_terse else problem.detail}))
        return Reply(problem.document(request_id, is_terse=is_terse), PROBLEM)

    @abstractmethod
    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """Return an OpenAPI operation for each route: what it takes and gives."""
