"""Recommendations: the best items for a user who is known, or for a history in the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.errors import UsageError
from mlwright.core.task import Link, check_of_rows
from mlwright.serving.problems import Problem, unknown_type
from mlwright.serving.protocol import JSON, Asked, Protocol, Reply, Request
from mlwright.serving.reader import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.scorer import Scorer

_encode = msgspec.json.Encoder().encode


@final
class Recommend(Protocol):
    """`POST /recommend` with `{"user": ...}` or `{"history": [...]}`, or an array of such questions."""

    routes: ClassVar[tuple[str, ...]] = ("/recommend", "/predict")
    links = frozenset({Link.RANKING})

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read whose taste is asked for, and for what."""
        check_query(request, scorer)
        if request.content_type != JSON:
            raise unknown_type(request.content_type, JSON)
        body, tastes = decoded(request.body), scorer.tastes
        rows, wanted = tastes.read(body) if isinstance(body, list) else tastes.read_one(body)
        return Asked(rows, echo={"wanted": wanted})

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write the best items, the first one first."""
        offers = scorer.tastes.offers((asked.echo or {})["wanted"], prediction)
        records = [offer.record() for offer in offers]
        return Reply(_encode(records[0] if asked.rows.is_single else records), offers=offers)

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """One operation; `/predict` takes the same."""
        del scorer
        one, offer = {"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Answer"}
        several = {"type": "array", "items": one, "minItems": 1}
        return [
            {
                "summary": "Recommend items to a user, or for a history; to several in an array",
                "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": [one, several]}}}},
                "answers": {"oneOf": [offer, {"type": "array", "items": offer}]},
            }
        ]


def check_query(request: Request, scorer: Scorer) -> None:
    """Refuse what stands in the address: all that a recommender is asked stands in the body."""
    for name in request.query or ():
        if name == "explain":
            try:
                check_of_rows(scorer.model.task, "Explaining by columns")
            except UsageError as error:
                raise Problem(422, "explain", str(error)) from error
        detail = f"There is no {name[:30]!r} in the address here; k, filter and allow_seen stand in the body."
        raise Problem(422, "query", detail)
