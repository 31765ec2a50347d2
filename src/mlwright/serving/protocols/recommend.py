"""Recommendations: the best items for a user who is known, or for a history in the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, final

import msgspec
import numpy as np

from mlwright.core.dataset import Lines
from mlwright.core.errors import UsageError
from mlwright.core.task import Link
from mlwright.data.cells import text_of
from mlwright.ranking.matrix import best
from mlwright.ranking.words import clear, written, written_strengths
from mlwright.serving.problems import Problem, unknown_type
from mlwright.serving.protocol import JSON, Asked, Protocol, Reply, Request
from mlwright.serving.reader import Rows, decoded, shape_problem
from mlwright.workflow.recommending.attributes import matching
from mlwright.workflow.recommending.judged import HIDDEN_SCORE
from mlwright.workflow.recommending.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.prediction import Prediction
    from mlwright.serving.scorer import Scorer

_KEYS = ("user", "history", "k", "filter", "allow_seen")
_MOST, _USUAL, _LONGEST = 1_000, 10, 10_000


@final
@dataclass(frozen=True, slots=True)
class _Known:
    """What the model of one version knows of users."""

    version: str
    memory: Memory
    places: Mapping[str, int]


@final
class Recommend(Protocol):
    """`POST /recommend` with `{"user": ...}` or `{"history": [...]}`, and `k`, `filter`, `allow_seen`."""

    routes: ClassVar[tuple[str, ...]] = ("/recommend",)
    links = frozenset({Link.RANKING})

    def __init__(self) -> None:
        self._known: _Known | None = None

    def read(self, request: Request, scorer: Scorer) -> Asked:
        """Read whose taste is asked for, and for what."""
        if request.content_type != JSON:
            raise unknown_type(request.content_type, JSON)
        body = decoded(request.body)
        if not isinstance(body, dict) or ("user" in body) == ("history" in body):
            raise shape_problem('expected an object with either "user" or "history"')
        odd = next((key for key in body if key not in _KEYS), None)
        if odd is not None:
            raise shape_problem(f"there is no {odd[:30]!r} here; there are {', '.join(_KEYS)}")
        known = self._of(scorer)
        items, strengths = (
            _history(body["history"], known) if "history" in body else _user(body["user"], known, scorer)
        )
        is_known = any(item in scorer.classes for item in items)
        hidden = "" if _truth(body) else written(items)
        row = (written(items), written_strengths(strengths), hidden)
        echo = {"k": _count(body), "allowed": _allowed(body, known), "is_known": is_known}
        return Asked(Rows(Lines((row,)), 1, is_single=True), echo=echo)

    def write(self, asked: Asked, prediction: Prediction, scorer: Scorer) -> Reply:
        """Write the best items, the first one first."""
        wanted = asked.echo or {}
        scores = prediction.scores.astype(np.float32)
        if wanted["allowed"] is not None:
            scores = np.where(wanted["allowed"], scores, HIDDEN_SCORE)
        places = best(scores, wanted["k"])[0]
        chosen = [place for place in places.tolist() if scores[0, place] > HIDDEN_SCORE / 2]
        items = [
            {"item": scorer.model.task.classes[place], "rank": rank, "score": float(scores[0, place])}
            for rank, place in enumerate(chosen, start=1)
        ]
        return Reply(msgspec.json.encode({"items": items, "is_known": wanted["is_known"]}))

    def describe(self, scorer: Scorer) -> Sequence[Mapping[str, Any]]:
        """One operation."""
        text = {"type": "string"}
        taken = {
            "type": "object",
            "required": ["item"],
            "properties": {"item": text, "rating": {"type": "number"}},
        }
        more = {
            "k": {"type": "integer", "minimum": 1, "maximum": _MOST},
            "filter": text,
            "allow_seen": {"type": "boolean"},
        }
        asked = [
            {
                "type": "object",
                "required": [name],
                "properties": {name: shape, **more},
                "additionalProperties": False,
            }
            for name, shape in (
                ("user", {"type": ["string", "integer"]}),
                ("history", {"type": "array", "maxItems": _LONGEST, "items": {"oneOf": [text, taken]}}),
            )
        ]
        item = {
            "type": "object",
            "properties": {"item": text, "rank": {"type": "integer"}, "score": {"type": "number"}},
        }
        answer = {
            "type": "object",
            "required": ["items", "is_known"],
            "properties": {"items": {"type": "array", "items": item}, "is_known": {"type": "boolean"}},
        }
        del scorer
        return [
            {
                "summary": "Recommend items to a user, or for a history",
                "requestBody": {"required": True, "content": {JSON: {"schema": {"oneOf": asked}}}},
                "answers": answer,
            }
        ]

    def _of(self, scorer: Scorer) -> _Known:
        """Read what the model knows of users, once for each model."""
        if self._known is None or self._known.version != scorer.version:
            memory = Memory.from_bytes(scorer.model.memory, len(scorer.model.task.classes))
            places = {name: place for place, name in enumerate(memory.users)}
            self._known = _Known(scorer.version, memory, places)
        return self._known


def _user(user: object, known: _Known, scorer: Scorer) -> tuple[list[str], list[float]]:
    """Look a user up; of one whom nobody knows the history is empty."""
    if not isinstance(user, str | int | float) or isinstance(user, bool):
        raise shape_problem("user is no text and no number")
    place = known.places.get(clear(text_of(user)))
    if place is None:
        return [], []
    histories = known.memory.histories
    at = slice(int(histories.starts[place]), int(histories.starts[place + 1]))
    items = [str(scorer.model.task.classes[item]) for item in histories.items[at].tolist()]
    return items, histories.strengths[at].tolist()


def _history(given: object, known: _Known) -> tuple[list[str], list[float]]:
    """Read items, the latest first; an item that comes again counts where it came first."""
    if not isinstance(given, list) or len(given) > _LONGEST:
        raise shape_problem(f"history is no array of at most {_LONGEST:,} items")
    found: dict[str, float] = {}
    for one in given:
        item, rating = (one.get("item"), one.get("rating")) if isinstance(one, dict) else (one, None)
        is_item = isinstance(item, str | int | float) and not isinstance(item, bool)
        is_rating = rating is None or (isinstance(rating, int | float) and not isinstance(rating, bool))
        if not is_item or not is_rating:
            raise shape_problem("history holds what is no item: write texts, or objects with item and rating")
        values = None if rating is None else np.array([float(rating)])
        found.setdefault(clear(text_of(item)), float(known.memory.scale.strengths(values, 1)[0]))
    found.pop("", None)
    return list(found), list(found.values())


def _count(body: Mapping[str, Any]) -> int:
    k = body.get("k", _USUAL)
    if type(k) is not int or not 1 <= k <= _MOST:
        raise shape_problem(f"k is no whole number from 1 to {_MOST:,}")
    return k


def _truth(body: Mapping[str, Any]) -> bool:
    value = body.get("allow_seen", False)
    if type(value) is not bool:
        raise shape_problem("allow_seen is neither true nor false")
    return value


def _allowed(body: Mapping[str, Any], known: _Known) -> Any:
    wanted = body.get("filter")
    if wanted is None:
        return None
    if not isinstance(wanted, str):
        raise shape_problem("filter is no text")
    memory = known.memory
    try:
        return matching(wanted, memory.attributes, memory.histories.n_items)
    except UsageError as error:
        raise Problem(422, "query", str(error)) from error
