"""A service is put together here, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlwright.artifact.container import read_file
from mlwright.artifact.load import load_bytes
from mlwright.core.errors import MissingDependencyError
from mlwright.core.registry import Registry

try:
    from mlwright.serving.counters import Counters
    from mlwright.serving.desk import Desk
    from mlwright.serving.face import make_face
    from mlwright.serving.gate import Gate
    from mlwright.serving.hot import Hot
    from mlwright.serving.live import Live
    from mlwright.serving.prediction_log import PredictionLog, check_log, features_of
    from mlwright.serving.protocol import TRY, Protocol
    from mlwright.serving.scorer import Scorer
except ModuleNotFoundError as error:
    raise MissingDependencyError.install("A service", str(error.name), "serve") from error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.serving.settings import Settings

PROTOCOLS: Registry[Protocol] = Registry(
    "mlwright.serving.protocols", "mlwright.serving.protocol.Protocol", "protocol"
)
_WARM_ROWS = 20


def open_scorer(path: str | Path, settings: Settings) -> Scorer:
    """Load a model, which checks it and its golden rows, and warm it up."""
    place = Path(path)
    scorer = make_scorer(place, read_file(place), settings)
    if settings.log is not None:
        check_log(settings.log, scorer)
    return scorer


def make_scorer(place: Path, data: bytes, settings: Settings) -> Scorer:
    """Open a model of which the bytes were read once, so that its version is that of what answers."""
    model = load_bytes(place, data, require_signed=settings.require_signed)
    scorer = Scorer(model, data, place.stem, settings)
    rows = scorer.reader.records([{column.name: None for column in scorer.reader.columns}])
    for _ in range(_WARM_ROWS):
        scorer.records(rows, scorer.answer(rows))
    if scorer.ranks:
        _ = scorer.tastes  # read now, beside what answers, and not with the first request
    return scorer


def make_service(
    scorer: Scorer,
    settings: Settings,
    folder: Path | None = None,
    name: str = "0",
    *,
    is_local: bool = False,
) -> tuple[Hot, Live]:
    """Return the ASGI application, and its state: ready, since its model is.

    `folder` is where several processes of one service count, each under its `name`, and share allowances.
    `is_local`: it is known to listen at this machine alone, so that browsers must call it so.
    """
    routes = _routes(scorer)
    counters = Counters(scorer, [route for route, _ in routes.values()], folder, name)
    live, gate = Live(scorer, counters), Gate(settings, counters, folder, is_local=is_local)
    desk = Desk(live, gate, settings, routes)
    app = Hot(desk, make_face(desk, gate))
    if settings.log is not None:
        live.log = PredictionLog(settings.log, features_of(settings.log, scorer), counters)
    live.is_ready = True
    return app, live


def exchange(desk: Desk, scorer: Scorer) -> None:
    """Let another model answer from the next request on; those under way keep theirs. Call it on the loop."""
    desk.routes, desk.live.scorer = _routes(scorer), scorer
    desk.live.counters.follow(scorer)


def _routes(scorer: Scorer) -> Mapping[str, tuple[str, Protocol]]:
    """Return for each path the route as counters name it, and the protocol."""
    found = {}
    for name in PROTOCOLS.names():
        protocol = PROTOCOLS.get(name)
        if scorer.model.task.link not in protocol.links:
            continue
        for route in protocol.routes:
            path = route.replace("{model}", scorer.name).replace("{version}", scorer.version)
            found[path] = (route, protocol)
    if "/predict" in found:
        found[TRY] = (TRY, found["/predict"][1])
    vertex = os.environ.get("AIP_PREDICT_ROUTE", "")
    if vertex:
        found[vertex] = (vertex, found["/invocations"][1])
    return found
