"""The face: what FastAPI does well, where microseconds do not count: health, the model, counters, OpenAPI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from mlwright import __version__
from mlwright.serving import shapes
from mlwright.serving.problems import Problem
from mlwright.serving.protocol import PROBLEM
from mlwright.serving.settings import Extra

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.serving.gate import Gate
    from mlwright.serving.live import Live
    from mlwright.serving.protocol import Protocol
    from mlwright.serving.settings import Settings

_REFUSALS = {
    "400": "Not what the content type says.",
    "413": "Too many bytes or rows.",
    "415": "Another content type.",
    "422": "The rows cannot be used: the problem names the column and the row.",
    "503": "Too busy; try again.",
}
_KEY_REFUSALS = {"401": "No key, or a wrong one.", "403": "The key does not open this.", "429": "Too often."}


def make_face(
    live: Live, gate: Gate, settings: Settings, routes: Mapping[str, tuple[str, Protocol]]
) -> FastAPI:
    """Return the application for all routes that do not score."""
    app = FastAPI(title="mlwright", version=__version__, docs_url=None, redoc_url=None)

    def admitted(request: Request, scope: str) -> None:
        gate.admit(dict(request.scope["headers"]), scope)

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        live.counters.rejected(problem.reason)
        request_id = request.headers.get("x-request-id", "")[:128]
        headers = {"www-authenticate": "Bearer"} if problem.status == 401 else {}
        body = problem.document(request_id, is_terse=settings.is_terse)
        return Response(body, problem.status, headers, PROBLEM)

    @app.exception_handler(404)
    async def nothing_here(request: Request, _: Exception) -> Response:
        detail = "Nothing is here. POST rows to /predict; /openapi.json lists what else there is."
        return await refused(request, Problem(404, "route", detail))

    @app.exception_handler(405)
    async def not_so(request: Request, _: Exception) -> Response:
        return await refused(request, Problem(405, "method", "This method is not allowed here."))

    @app.get("/livez", tags=["health"])
    async def is_alive() -> PlainTextResponse:
        """Whether the process is well."""
        return PlainTextResponse("alive")

    async def is_ready() -> Response:
        if live.is_ready and not live.is_draining:
            return PlainTextResponse("ready")
        return PlainTextResponse("draining" if live.is_draining else "starting", 503)

    app.get("/readyz", tags=["health"], summary="Whether requests are welcome")(is_ready)
    for path in ("/ping", "/health", "/v2/health/ready", os.environ.get("AIP_HEALTH_ROUTE", "")):
        if path:
            app.get(path, include_in_schema=False)(is_ready)
    app.get("/v2/health/live", include_in_schema=False)(is_alive)

    @app.get("/model", tags=["model"])
    async def model(request: Request) -> JSONResponse:
        """What answers: the question, the columns, how good it is, and the model card."""
        admitted(request, "predict")
        return JSONResponse(_told(live))

    @app.get("/metrics", tags=["health"])
    async def metrics(request: Request) -> Response:
        """What Prometheus reads."""
        admitted(request, "metrics")
        return Response(live.counters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/version", include_in_schema=False)
    async def version() -> PlainTextResponse:
        return PlainTextResponse(__version__)

    _add_open_inference(app, live)

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(FastAPI.openapi(app), live, settings, routes)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation has it
    return app


def _add_open_inference(app: FastAPI, live: Live) -> None:
    @app.get("/v2", include_in_schema=False)
    async def server() -> dict[str, Any]:
        return {"name": "mlwright", "version": __version__, "extensions": []}

    async def described() -> dict[str, Any]:
        scorer = live.scorer
        return {
            "name": scorer.name,
            "versions": [scorer.version],
            "platform": "onnx",
            "inputs": [{"name": c.name, "shape": [-1, 1], **_datatype(c)} for c in scorer.reader.columns],
            "outputs": [
                {"name": name, "shape": [-1, 1], "datatype": "BYTES" if "enum" in shape else "FP64"}
                for name, shape in shapes.record(scorer)["properties"].items()
                if name in shapes.record(scorer)["required"]
            ],
        }

    async def is_ready() -> JSONResponse:
        is_well = live.is_ready and not live.is_draining
        return JSONResponse({"name": live.scorer.name, "ready": is_well}, 200 if is_well else 503)

    base = f"/v2/models/{live.scorer.name}"
    for path in (base, f"{base}/versions/{{version}}"):
        app.get(path, include_in_schema=False)(described)
        app.get(f"{path}/ready", include_in_schema=False)(is_ready)


def _datatype(column: Any) -> dict[str, str]:
    return {"datatype": {"number": "FP64", "boolean": "BOOL"}.get(column.kind.value, "BYTES")}


def _told(live: Live) -> dict[str, Any]:
    scorer = live.scorer
    evidence = scorer.model.evidence
    return {
        "name": scorer.name,
        "version": scorer.version,
        "sha256": scorer.digest,
        "task": scorer.model.task.to_json(),
        "columns": [{"name": c.name, **shapes.cell(c)} for c in scorer.reader.columns],
        "example": shapes.example(scorer),
        "test": evidence.get("test"),
        "baseline": evidence.get("baseline"),
        "findings": [one for one in evidence.get("findings", []) if one.get("severity") != "note"],
        "card": scorer.model.card,
    }


def _openapi(
    base: dict[str, Any], live: Live, settings: Settings, routes: Mapping[str, tuple[str, Protocol]]
) -> dict[str, Any]:
    """Add the routes that score to what FastAPI knows of the others."""
    scorer = live.scorer
    described: dict[str, Any] = {}
    for path, (_, protocol) in routes.items():
        for operation in protocol.describe(scorer):
            described[path] = {"post": _operation(dict(operation), settings)}
    components = base.setdefault("components", {}).setdefault("schemas", {})
    components["Row"] = shapes.row(scorer, is_closed=settings.extra is Extra.REJECT)
    components["Answer"] = shapes.record(scorer)
    components["Problem"] = shapes.PROBLEM
    if settings.keys is not None:
        schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
        base["components"]["securitySchemes"] = schemes
        base["security"] = [{"bearer": []}]
    base["paths"] = {**described, **base["paths"]}
    return base


def _operation(operation: dict[str, Any], settings: Settings) -> dict[str, Any]:
    refusals = {**_REFUSALS, **(_KEY_REFUSALS if settings.keys else {})}
    problem = {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    headers = {
        name: {"schema": {"type": "string"}, "description": says}
        for name, says in {
            "X-Model-Version": "Which model answered.",
            "X-Request-ID": "As sent, or made.",
        }.items()
    }
    answers = {"application/json": {"schema": operation.pop("answers")}}
    found = {
        "200": {"description": "Answers, in the order of the rows.", "headers": headers, "content": answers}
    }
    found |= {status: {"description": says, **problem} for status, says in refusals.items()}
    return {"tags": ["answers"], **operation, "responses": found}
