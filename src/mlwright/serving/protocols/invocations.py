"""MLflow's and SageMaker's: frames as JSON in several layouts, CSV or JSON lines. Vertex AI sends one too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.task import OF_ROWS
from mlwright.serving import shapes
from mlwright.serving.cells import shown
from mlwright.serving.problems import Problem, unknown_type
from mlwright.serving.protocol import CSV, JSON, LINES, Asked, Protocol, Reply, Request, as_csv
from mlwright.serving.reader import LAYOUTS, decoded, decoded_lines, shape_problem
from mlwright.serving.wishes import NOTHING_MORE, wishes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.reader import Reader, Rows
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.wishes import Wishes


@final
class Invocations(Protocol):
    """`POST /invocations`: `{"predictions": [...]}` comes back; CSV or JSON lines to who accepts only that.

    `explain` and `level` stand in the query, as for `/predict`, or in MLflow's `params`.
    """

    routes: ClassVar[tuple[str, ...]] = ("/invocations",)
    links = OF_ROWS

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read one of the layouts."""
        wishes, echo = wishes_of(request.query), {"accept": request.accept}
        if request.content_type == CSV:
            rows = scorer.reader.texts(request.body)
        elif request.content_type == LINES:
            rows = scorer.reader.records(decoded_lines(request.body))
        elif request.content_type == JSON:
            body = decoded(request.body)
            rows = _rows(body, scorer.reader)
            wishes = _params(body) if "params" in body else wishes
        else:
            raise unknown_type(request.content_type, JSON, CSV, LINES)
        if request.accept == CSV and wishes != NOTHING_MORE:
            raise Problem(422, "query", "Reasons and intervals are written as JSON: accept application/json.")
        return Asked(rows, wishes, echo)

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write what `predict` writes, as records."""
        records = scorer.records(asked.rows, prediction, asked.wishes)
        accept = (asked.echo or {}).get("accept")
        if accept == CSV:
            return as_csv(records)
        if accept == LINES:
            return Reply(msgspec.json.Encoder().encode_lines(records), LINES)
        return Reply(msgspec.json.encode({"predictions": records}))

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """One operation."""
        row: Mapping[str, Any] = {"$ref": "#/components/schemas/Row"}
        rows = {"type": "array", "items": row, "minItems": 1}
        others: dict[str, Any] = dict.fromkeys(LAYOUTS, False)
        layouts = [
            {"type": "object", "required": [name], "properties": {**others, name: rows}}
            for name in ("dataframe_records", "instances", "inputs")
        ]
        answers = {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}
        return [
            {
                "summary": "Answer rows as MLflow, SageMaker and Vertex AI send them",
                "parameters": shapes.wishes(scorer),
                "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": layouts}}}},
                "answers": {
                    "type": "object", "required": ["predictions"], "properties": {"predictions": answers},
                },
            }
        ]  # fmt: skip


def _params(body: Mapping[str, Any]) -> Wishes:
    params = body["params"]
    if params is not None and not isinstance(params, dict):
        raise shape_problem("params is no object")
    return wishes_of(params)


def _rows(body: object, reader: Reader) -> Rows:
    """Read the one layout that is there."""
    found = [name for name in LAYOUTS if isinstance(body, dict) and name in body]
    if not isinstance(body, dict) or len(found) != 1:
        raise shape_problem(f"expected an object with one of {', '.join(LAYOUTS)}")
    content = body[found[0]]
    if found[0] == "dataframe_split":
        return _split(content, reader)
    if isinstance(content, dict):
        return _columns(content, reader)
    return reader.records(content)


def _split(content: object, reader: Reader) -> Rows:
    """Read `{"columns": [...], "data": [[...], ...]}`; an index is ignored."""
    names, lines = (content.get(key) for key in ("columns", "data")) if isinstance(content, dict) else (0, 0)
    if not isinstance(names, list) or not isinstance(lines, list):
        raise shape_problem("dataframe_split needs columns and data")
    if len(set(map(str, names))) != len(names):
        raise shape_problem("dataframe_split names a column twice")
    odd = next(
        (n for n, line in enumerate(lines, 1) if not isinstance(line, list) or len(line) != len(names)), 0
    )
    if odd:
        raise shape_problem(f"row {odd} of dataframe_split has not one cell for each of {len(names)} columns")
    cells = zip(*lines, strict=True) if lines else ([] for _ in names)
    return reader.table(dict(zip(map(str, names), map(list, cells), strict=True)), len(lines))


def _columns(content: dict[str, Any], reader: Reader) -> Rows:
    """Read cells by column, all equally many."""
    n_rows = -1
    for name, cells in content.items():
        if not isinstance(cells, list):
            raise shape_problem(f"column {name[:60]!r} is {shown(cells)}, expected an array of cells")
        if n_rows not in (-1, len(cells)):
            told = f"column {name[:60]!r} has {len(cells)} cells, those before it have {n_rows}"
            raise shape_problem(f"{told}: all must have as many")
        n_rows = len(cells)
    return reader.table(content, max(0, n_rows))
