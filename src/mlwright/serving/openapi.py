"""OpenAPI: the routes that score are added to what FastAPI knows of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.serving import shapes
from mlwright.serving.protocol import PROBLEM, TRY
from mlwright.serving.settings import Extra

if TYPE_CHECKING:
    from mlwright.serving.desk import Desk
    from mlwright.serving.settings import Settings

_REFUSALS = {
    "400": "Not what the content type says.",
    "413": "Too many bytes or rows.",
    "415": "Another content type.",
    "422": "The rows cannot be used: the problem names the column and the row.",
    "503": "Too busy; try again.",
}
_KEY_REFUSALS = {"401": "No key, or a wrong one.", "403": "The key does not open this.", "429": "Too often."}
_HEADERS = {"X-Model-Version": "Which model answered.", "X-Request-ID": "As sent, or made."}


def complete(base: dict[str, Any], desk: Desk) -> dict[str, Any]:
    """Return the description of a service, of the model that answers now."""
    scorer, settings = desk.live.scorer, desk.settings
    described = {
        path: {"post": _operation(dict(operation), settings)}
        for path, (route, protocol) in desk.routes.items()
        if route != TRY
        for operation in protocol.describe(scorer)
    }
    schemas = {
        "Row": shapes.row(scorer, is_closed=settings.extra is Extra.REJECT),
        "Answer": shapes.record(scorer),
        "Problem": shapes.PROBLEM,
    }
    components: dict[str, Any] = {"schemas": schemas}
    found = {**base, "components": components, "paths": {**described, **base["paths"]}}
    if settings.keys is not None:
        found["paths"] = {**described, **{path: _kept(routes) for path, routes in base["paths"].items()}}
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"bearer": []}]
    return found


def _kept(operations: dict[str, Any]) -> dict[str, Any]:
    """Add to routes that FastAPI describes how they refuse who has no key; health refuses nobody."""
    refused = {status: _refused(_KEY_REFUSALS[status]) for status in ("401", "403")}
    return {
        method: one if "security" in one else {**one, "responses": {**one["responses"], **refused}}
        for method, one in operations.items()
    }


def _operation(operation: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Add to what a protocol says of a route how it refuses."""
    refusals = {**_REFUSALS, **(_KEY_REFUSALS if settings.keys else {})}
    answered = {
        "description": "Answers, in the order of the rows.",
        "headers": {
            name: {"schema": {"type": "string"}, "description": says} for name, says in _HEADERS.items()
        },
        "content": {"application/json": {"schema": operation.pop("answers")}},
    }
    refused = {status: _refused(says) for status, says in refusals.items()}
    return {"tags": ["answers"], **operation, "responses": {"200": answered, **refused}}


def _refused(says: str) -> dict[str, Any]:
    return {"description": says, "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
