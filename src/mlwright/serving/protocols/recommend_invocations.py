"""Ways of MLflow, SageMaker and Vertex AI to ask for recommendations: frames and instances of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec

from mlwright.core.task import Link
from mlwright.serving.problems import unknown_type
from mlwright.serving.protocol import JSON, LINES, Asked, Protocol, Reply, Request
from mlwright.serving.protocols.recommend import check_query
from mlwright.serving.reader import decoded, shape_problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.scorer import Scorer

_LAYOUTS = ("dataframe_split", "dataframe_records", "instances", "inputs")


@final
class RecommendInvocations(Protocol):
    """`POST /invocations`: `{"predictions": [{"items": [...], "is_known": ...}, ...]}` comes back.

    What holds for all questions, such as `k`, may stand in MLflow's `params`. A cell that is null is as if it
    were not there, since frames have a cell for each column.
    """

    routes: ClassVar[tuple[str, ...]] = ("/invocations",)
    links = frozenset({Link.RANKING})

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read one of the layouts."""
        check_query(request, scorer)
        if request.content_type == LINES:
            questions: Any = [decoded(line) for line in request.body.splitlines() if line.strip()]
        elif request.content_type == JSON:
            questions = _questions(decoded(request.body))
        else:
            raise unknown_type(request.content_type, JSON, LINES)
        rows, wanted = scorer.tastes.read(questions)
        return Asked(rows, echo={"wanted": wanted, "accept": request.accept})

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write what is offered for each question."""
        echo = asked.echo or {}
        offers = scorer.tastes.offers(echo["wanted"], prediction)
        records = [offer.record() for offer in offers]
        if echo["accept"] == LINES:
            return Reply(msgspec.json.Encoder().encode_lines(records), LINES, offers=offers)
        return Reply(msgspec.json.encode({"predictions": records}), offers=offers)

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """One operation."""
        del scorer
        questions = {"type": "array", "items": {"$ref": "#/components/schemas/Row"}, "minItems": 1}
        others: dict[str, Any] = dict.fromkeys(_LAYOUTS, False)
        layouts = [
            {"type": "object", "required": [name], "properties": {**others, name: questions}}
            for name in ("instances", "dataframe_records", "inputs")
        ]
        answers = {"type": "array", "items": {"$ref": "#/components/schemas/Answer"}}
        return [
            {
                "summary": "Recommend as MLflow, SageMaker and Vertex AI ask",
                "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": layouts}}}},
                "answers": {
                    "type": "object", "required": ["predictions"], "properties": {"predictions": answers},
                },
            }
        ]  # fmt: skip


def _questions(body: object) -> Any:
    """Return the questions of the one layout that is there."""
    found = [name for name in _LAYOUTS if isinstance(body, dict) and name in body]
    if not isinstance(body, dict) or len(found) != 1:
        raise shape_problem(f"expected an object with one of {', '.join(_LAYOUTS)}")
    content, params = body[found[0]], body.get("params") or {}
    if not isinstance(params, dict):
        raise shape_problem("params is no object")
    if isinstance(content, dict):
        content = _split(content) if found[0] == "dataframe_split" else _by_column(content)
    if not isinstance(content, list):
        raise shape_problem(f"{found[0]} holds no questions")
    return [_question(one, params) for one in content]


def _question(one: object, params: Mapping[str, Any]) -> object:
    if not isinstance(one, dict):
        return one
    return {**params, **{name: cell for name, cell in one.items() if cell is not None}}


def _split(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read `{"columns": [...], "data": [[...], ...]}`; an index is ignored."""
    names, lines = content.get("columns"), content.get("data")
    if not isinstance(names, list) or not isinstance(lines, list):
        raise shape_problem("dataframe_split needs columns and data")
    if any(not isinstance(line, list) or len(line) != len(names) for line in lines):
        raise shape_problem(f"a row of dataframe_split has not one cell for each of {len(names)} columns")
    return [dict(zip(map(str, names), line, strict=True)) for line in lines]


def _by_column(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read cells by column, all equally many."""
    lengths = {len(cells) if isinstance(cells, list) else -1 for cells in content.values()}
    if len(lengths) != 1 or lengths == {-1}:
        raise shape_problem("expected an array of cells for each column, all of the same length")
    return [dict(zip(content, line, strict=True)) for line in zip(*content.values(), strict=True)]
