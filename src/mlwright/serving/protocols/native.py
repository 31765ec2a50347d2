"""Our own: one row as an object, or rows as an array; CSV and Arrow streams for many."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.errors import MlwrightError
from mlwright.core.task import OF_ROWS
from mlwright.data.read import read as read_cells
from mlwright.serving import shapes
from mlwright.serving.arrow import check_cells, n_rows_of
from mlwright.serving.problems import Problem, unknown_type
from mlwright.serving.protocol import ARROW, CSV, JSON, Asked, Protocol, Reply, Request, as_csv
from mlwright.serving.wishes import NOTHING_MORE, wishes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.reader import Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.wishes import Wishes

_encode = msgspec.json.Encoder().encode


@final
class Native(Protocol):
    """`POST /predict`, with `?explain=true` and `?level=0.9` for more than the answer."""

    routes: ClassVar[tuple[str, ...]] = ("/predict",)
    links = OF_ROWS

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read JSON, CSV or an Arrow stream."""
        wishes = wishes_of(request.query)
        if request.content_type == JSON:
            return Asked(scorer.reader.rows(request.body), wishes, _wanted(request, wishes))
        if request.content_type == CSV:
            return Asked(scorer.reader.texts(request.body), wishes, _wanted(request, wishes))
        if request.content_type == ARROW:
            return Asked(_arrow(request.body, scorer), wishes, {"content_type": ARROW})
        raise unknown_type(request.content_type, JSON, CSV, ARROW)

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write JSON; for rows of Arrow an Arrow stream."""
        records = scorer.records(asked.rows, prediction, asked.wishes)
        if asked.echo is not None:
            return as_csv(records) if asked.echo["content_type"] == CSV else Reply(_stream(records), ARROW)
        return Reply(_encode(records[0] if asked.rows.is_single else records))

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """One operation."""
        one, answer = {"$ref": "#/components/schemas/Row"}, {"$ref": "#/components/schemas/Answer"}
        rows = {"type": "array", "items": one, "minItems": 1}
        return [
            {
                "summary": "Answer one row, or several",
                "parameters": shapes.wishes(scorer),
                "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": [one, rows]}}}},
                "answers": {"oneOf": [answer, {"type": "array", "items": answer}]},
            }
        ]


def _wanted(request: Request, wishes: Wishes) -> Mapping[str, str] | None:
    """Return what the client accepts, if that is CSV alone; reasons and sets do not fit into its cells."""
    if request.accept != CSV:
        return None
    if wishes != NOTHING_MORE:
        raise Problem(422, "query", "Reasons and intervals are written as JSON: accept application/json.")
    return {"content_type": CSV}


def _arrow(body: bytes, scorer: Scorer) -> Rows:
    """Read an Arrow stream through polars, which is imported for it."""
    try:
        import polars as pl  # noqa: PLC0415 - heavy, and most services never see an Arrow stream
    except ModuleNotFoundError:
        detail = "This service reads no Arrow streams, as polars is not installed. Send JSON or CSV."
        raise Problem(415, "content_type", detail) from None
    reader = scorer.reader
    try:
        reader.check_count(n_rows_of(body, reader.max_body_bytes))
        frame = pl.read_ipc_stream(io.BytesIO(body))
        check_cells(frame, reader.max_body_bytes)
        raw = read_cells(frame)
    except _unreadable(pl) as error:
        told = f": {error}" if type(error) is ValueError else ""
        detail = f"The body is no Arrow stream that can be read{told}."
        raise Problem(400, "arrow", detail, terse="The body cannot be read as an Arrow stream.") from error
    return reader.cells(raw.columns, raw.n_rows)


def _unreadable(pl: Any) -> tuple[type[BaseException], ...]:
    """Return what polars raises for a broken stream; its panics are no Exception."""
    known = pl.exceptions
    return known.PolarsError, known.PanicException, MlwrightError, OSError, ValueError


def _stream(records: list[dict[str, Any]]) -> bytes:
    import polars as pl  # noqa: PLC0415 - as above

    for record in records:
        if "explanation" in record:  # whose cells are of several types, which no column can be
            record["explanation"] = _encode(record["explanation"]).decode()
    out = io.BytesIO()
    pl.DataFrame(records, infer_schema_length=None).write_ipc_stream(out)
    return out.getvalue()
