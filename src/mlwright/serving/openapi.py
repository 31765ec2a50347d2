"""OpenAPI: the routes that score are added to what FastAPI knows of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.serving import shapes, taste_shapes
from mlwright.serving.form import example
from mlwright.serving.protocol import JSON, PROBLEM, TRY
from mlwright.serving.settings import Extra

if TYPE_CHECKING:
    from mlwright.serving.desk import Desk
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

_REFUSALS = {
    "400": "Not what the content type says.",
    "413": "Too many bytes or rows.",
    "415": "Another content type.",
    "422": "The rows cannot be used: the problem names the column and the row.",
    "429": "Too often; try again.",
    "503": "Too busy; try again.",
    "504": "The rows were not answered in time.",
}
_LATE = {"408": {"description": "The body took too long."}}
_KEY_REFUSALS = {"401": "No key, or a wrong one.", "403": "The key does not open this."}
_BEARER, _HEADER = (
    {"type": "http", "scheme": "bearer"},
    {"type": "apiKey", "in": "header", "name": "X-API-Key"},
)
_HEADERS = {"X-Model-Version": "Which model answered.", "X-Request-ID": "As sent, or made."}


def complete(base: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Return the description of a service, of the model that answers now."""
    scorer, settings = desk.live.scorer, desk.settings
    described = {
        path: {"post": _operation(dict(operation), settings, says_error=protocol.says_error)}
        for path, (route, protocol) in desk.routes.items()
        if route != TRY
        for operation in protocol.describe(scorer)
    }
    schemas = {**_schemas(scorer, settings), "Problem": shapes.PROBLEM, "Error": shapes.ERROR}
    components: dict[str, Any] = {"schemas": schemas}
    found = {**base, "components": components, "paths": {**described, **base["paths"]}}
    if settings.keys is not None:
        found["paths"] = {**described, **{path: _kept(routes) for path, routes in base["paths"].items()}}
        components["securitySchemes"] = {"bearer": _BEARER, "header": _HEADER}
        found["security"] = [{"bearer": []}, {"header": []}]
    return found


def _schemas(scorer: Scorer, settings: Settings) -> dict[str, Any]:
    is_closed = settings.extra is Extra.REJECT
    if scorer.ranks:
        question = taste_shapes.question(scorer.tastes, is_closed=is_closed)
        return {"Row": question, "Answer": taste_shapes.offer(scorer.tastes)}
    row = shapes.row(scorer, is_closed=is_closed)
    return {"Row": row, "Answer": {**shapes.record(scorer), "example": _answered(scorer)}}


def _kept(operations: dict[str, Any]) -> dict[str, Any]:
    """Add to routes that FastAPI describes how they refuse who has no key; health refuses nobody."""
    refused = {status: _refused(_KEY_REFUSALS[status]) for status in ("401", "403")}
    return {
        method: one if "security" in one else {**one, "responses": {**one["responses"], **refused}}
        for method, one in operations.items()
    }


def _answered(scorer: Scorer) -> dict[str, Any]:
    """Return what the example row is answered."""
    rows = scorer.reader.records([example(scorer)])
    return scorer.records(rows, scorer.answer(rows))[0]


def _operation(operation: dict[str, Any], settings: Settings, *, says_error: bool) -> dict[str, Any]:
    """Add to what a protocol says of a route how it refuses."""
    refusals = {**_REFUSALS, **(_KEY_REFUSALS if settings.keys else {})}
    answered = {
        "description": "Answers, in the order of the rows.",
        "headers": {
            name: {"schema": {"type": "string"}, "description": says} for name, says in _HEADERS.items()
        },
        "content": {"application/json": {"schema": operation.pop("answers")}},
    }
    refused = {status: _refused(says, says_error=says_error) for status, says in refusals.items()}
    responses = {"200": answered, **_LATE, **refused}
    return {"tags": ["answers"], **operation, "responses": dict(sorted(responses.items()))}


def _refused(says: str, *, says_error: bool = False) -> dict[str, Any]:
    kind, shape = (JSON, "Error") if says_error else (PROBLEM, "Problem")
    return {"description": says, "content": {kind: {"schema": {"$ref": f"#/components/schemas/{shape}"}}}}
