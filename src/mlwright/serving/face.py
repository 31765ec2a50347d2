"""The face: what FastAPI does well, where microseconds do not count: health, the model, counters, OpenAPI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from msgspec.json import encode

from mlwright import __version__
from mlwright.serving import shapes, taste_shapes
from mlwright.serving.form import example, form
from mlwright.serving.openapi import complete
from mlwright.serving.problems import Problem
from mlwright.serving.protocol import JSON, PROBLEM
from mlwright.serving.site import add_site
from mlwright.serving.taste_form import taste_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlwright.serving.desk import Desk
    from mlwright.serving.gate import Gate
    from mlwright.serving.live import Live
    from mlwright.serving.scorer import Scorer

    Admit = Callable[[Request, str], None]


def make_face(desk: Desk, gate: Gate) -> FastAPI:
    """Return the application for all routes that do not score."""
    app = FastAPI(
        title="mlwright",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would send clients wherever their Host header says
    )

    def admit(request: Request, scope: str) -> None:
        gate.admit(dict(request.scope["headers"]), scope)

    _add_problems(app, desk)
    _add_health(app, desk.live)
    _add_model(app, desk.live, admit)
    _add_open_inference(app, desk.live, admit)
    _add_description(app, desk, admit)
    _add_page(app, desk, admit)
    return app


def _add_problems(app: FastAPI, desk: Desk) -> None:
    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        desk.live.counters.rejected(problem.reason)
        headers = {"www-authenticate": "Bearer"} if problem.status == 401 else {}
        body = problem.document(request.state.request_id, is_terse=desk.settings.is_terse)
        return Response(body, problem.status, headers, PROBLEM)

    @app.exception_handler(404)
    async def nothing_here(request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/v2/"):
            desk.live.counters.rejected("route")
            scorer = desk.live.scorer
            detail = f"Nothing is here; the model is {scorer.name!r}, version {scorer.version}."
            if scorer.ranks:
                detail += (
                    " It recommends, which this protocol cannot say: POST to /recommend or /invocations."
                )
            return JSONResponse({"error": detail}, 404)
        how = "questions to /recommend" if desk.live.scorer.ranks else "rows to /predict"
        detail = f"Nothing is here. POST {how}; /openapi.json lists what else there is."
        return await refused(request, Problem(404, "route", detail))

    @app.exception_handler(405)
    async def not_so(request: Request, error: Any) -> Response:
        answer = await refused(request, Problem(405, "method", "This method is not allowed here."))
        answer.headers.update(getattr(error, "headers", None) or {})
        return answer


def _add_health(app: FastAPI, live: Live) -> None:
    given: dict[str, Any] = {
        "tags": ["health"],
        "response_class": PlainTextResponse,
        "openapi_extra": {"security": []},  # who looks after a service has no key
    }

    @app.get("/livez", summary="Whether the process is well", **given)
    async def is_alive() -> PlainTextResponse:
        return PlainTextResponse("alive")

    async def is_ready() -> Response:
        if live.is_ready and not live.is_draining:
            return PlainTextResponse("ready")
        return PlainTextResponse("draining" if live.is_draining else "starting", 503)

    unready: dict[int | str, dict[str, Any]] = {503: {"description": "Not yet, or no longer."}}
    app.get("/readyz", summary="Whether requests are welcome", responses=unready, **given)(is_ready)
    for path in ("/ping", "/health", os.environ.get("AIP_HEALTH_ROUTE", "")):
        if path:
            app.get(path, summary="The same, as others call it", responses=unready, **given)(is_ready)


def _add_model(app: FastAPI, live: Live, admit: Admit) -> None:
    @app.get("/model", tags=["model"], summary="What answers: the question, the columns, how good it is")
    async def model(request: Request) -> JSONResponse:
        admit(request, "predict")
        return JSONResponse(_told(live))

    says = "Counters, as Prometheus reads them"

    @app.get("/metrics", tags=["health"], summary=says, response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        admit(request, "metrics")
        return Response(live.counters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/version", include_in_schema=False)
    async def version() -> PlainTextResponse:
        return PlainTextResponse(__version__)


def _add_open_inference(app: FastAPI, live: Live, admit: Admit) -> None:
    unready: dict[int | str, dict[str, Any]] = {503: {"description": "Not yet, or no longer."}}
    health: dict[str, Any] = {"tags": ["health"], "openapi_extra": {"security": []}}

    @app.get("/v2", summary="What answers the Open Inference Protocol", **{**health, "tags": ["model"]})
    async def server() -> dict[str, Any]:
        return {"name": "mlwright", "version": __version__, "extensions": []}

    @app.get("/v2/health/live", summary="Whether the process is well", **health)
    async def lives() -> dict[str, bool]:
        return {"live": True}

    @app.get("/v2/health/ready", summary="Whether requests are welcome", responses=unready, **health)
    async def takes_requests() -> JSONResponse:
        is_well = live.is_ready and not live.is_draining
        return JSONResponse({"ready": is_well}, 200 if is_well else 503)

    def check(request: Request) -> None:
        if request.path_params.get("version", live.scorer.version) != live.scorer.version:
            raise HTTPException(404)

    async def described(request: Request) -> dict[str, Any]:
        admit(request, "predict")
        check(request)
        if live.scorer.ranks:
            raise HTTPException(404)
        scorer = live.scorer
        return {
            "name": scorer.name,
            "versions": [scorer.version],
            "platform": "onnx",
            "inputs": [{"name": c.name, "shape": [-1, 1], **_datatype(c)} for c in scorer.reader.columns],
            "outputs": [
                {"name": name, "shape": [-1, 1], "datatype": kind}
                for name, kind in shapes.datatypes(scorer).items()
            ],
        }

    async def is_ready(request: Request) -> JSONResponse:
        check(request)
        is_well = live.is_ready and not live.is_draining
        return JSONResponse({"name": live.scorer.name, "ready": is_well}, 200 if is_well else 503)

    base = f"/v2/models/{live.scorer.name}"
    for path in (base, f"{base}/versions/{{version}}"):
        is_told = path == base  # of a version it is the same
        says = "The tensors that the model reads and writes"
        app.get(path, summary=says, tags=["model"], include_in_schema=is_told)(described)
        says = "Whether the model answers"
        app.get(f"{path}/ready", summary=says, include_in_schema=is_told, responses=unready, **health)(
            is_ready
        )


def _add_description(app: FastAPI, desk: Desk, admit: Admit) -> None:
    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        admit(request, "predict")
        return JSONResponse(complete(app.openapi(), desk))


def _add_page(app: FastAPI, desk: Desk, admit: Admit) -> None:
    kept: tuple[Scorer | None, bytes] = (None, b"")  # to find it takes a look at each item

    @app.get("/form", include_in_schema=False)
    async def asked(request: Request) -> Response:
        nonlocal kept
        admit(request, "predict")
        scorer = desk.live.scorer
        if kept[0] is not scorer:
            kept = scorer, encode(taste_form(scorer) if scorer.ranks else form(scorer, desk.settings))
        return Response(kept[1], media_type=JSON)

    add_site(app, "recommend.html" if desk.live.scorer.ranks else "index.html")


def _datatype(column: Any) -> dict[str, str]:
    return {"datatype": {"number": "FP64", "boolean": "BOOL"}.get(column.kind.value, "BYTES")}


def _asked_rows(scorer: Scorer) -> dict[str, Any]:
    return {
        "task": scorer.model.task.to_json(),
        "columns": [{"name": c.name, **shapes.cell(c)} for c in scorer.reader.columns],
        "example": example(scorer),
    }


def _asked_tastes(scorer: Scorer) -> dict[str, Any]:
    """Tell what a recommender is asked, and how much it knows; not the whole catalog."""
    tastes = scorer.tastes
    return {
        "task": {name: value for name, value in scorer.model.task.to_json().items() if name != "classes"},
        "route": "/recommend",
        "question": taste_shapes.question(tastes)["properties"],
        "example": taste_shapes.example(tastes),
        "n_items": len(tastes.items),
        "n_users": len(tastes.memory.users),
        "attributes": list(tastes.memory.attributes),
        "user_attributes": [] if tastes.memory.reader is None else list(tastes.memory.reader.readings),
    }


def _told(live: Live) -> dict[str, Any]:
    scorer = live.scorer
    evidence = scorer.model.evidence
    return {
        "name": scorer.name,
        "version": scorer.version,
        "sha256": scorer.digest,
        **(_asked_tastes(scorer) if scorer.ranks else _asked_rows(scorer)),
        "test": evidence.get("test"),
        "baseline": evidence.get("baseline"),
        "findings": [one for one in evidence.get("findings", []) if one.get("severity") != "note"],
        "card": scorer.model.card,
    }
