"""Tastes: whose taste a request asks a recommender for, and what is offered to it.

A question is an object with a "user", a "history" or an "item" that others are to go with, and "k", "filter",
"allow_seen"; "attributes" say what else is known of the user. It becomes the row that the program reads; of
the scores that come out, the best are offered.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, final

import msgspec
import numpy as np

from mlwright.core.dataset import Lines, Typed
from mlwright.core.errors import DataError, UsageError
from mlwright.data.cells import text_of
from mlwright.ranking.matrix import best
from mlwright.ranking.words import HIDDEN, HISTORY, STRENGTHS, TRAITS, clear, written, written_strengths
from mlwright.serving.cells import shown
from mlwright.serving.problems import Problem
from mlwright.serving.reader import Rows, shape_problem
from mlwright.serving.settings import Extra
from mlwright.workflow.recommending.attributes import matching, written_cell
from mlwright.workflow.recommending.judged import HIDDEN_SCORE
from mlwright.workflow.recommending.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.arrays import Array
    from mlwright.core.prediction import Prediction
    from mlwright.serving.settings import Settings

USER, TAKEN, ITEM, K, FILTER, ALLOW_SEEN = "user", "history", "item", "k", "filter", "allow_seen"
TOLD = "attributes"
ABOUT = (USER, TAKEN, ITEM)
"""Of these a question has one, or none where attributes tell about somebody new."""
KEYS = (*ABOUT, TOLD, K, FILTER, ALLOW_SEEN)
MOST, USUAL, LONGEST, LONGEST_FILTER = 1_000, 10, 10_000, 1_000
"""Items that may be offered at once, those that are unless told, items of a history, letters of a filter."""
LONGEST_TEXT = 100_000
"""Letters of one attribute of a user."""
_EITHER = '"user", "history" or "item"'
_NO_NUMBER = f"no number from {-sys.float_info.max:g} to {sys.float_info.max:g}"
_MOST_SCORES = 8_000_000
"""Of one request: 64 MB while they are sorted."""
_FEW = 16
"""Questions that are answered in one piece."""
_MOST_FILTERS = 32
"""So many are kept: to read one takes a look at each item."""


@final
class Wanted(msgspec.Struct, frozen=True):
    """What one question asks for. `user` or `history` is None; `allowed` has shape (n_items,), or is None."""

    user: str | None
    history: list[str] | None
    n_taken: int
    k: int
    allowed: Any
    is_known: bool


@final
class Offer(msgspec.Struct, frozen=True):
    """What was offered for one question, the best first."""

    wanted: Wanted
    items: list[str]
    scores: list[float]

    def record(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        ranked = zip(self.items, range(1, len(self.items) + 1), self.scores, strict=True)
        items = [{"item": item, "rank": rank, "score": score} for item, rank, score in ranked]
        return {"items": items, "is_known": self.wanted.is_known}


@final
class Tastes:
    """What a recommender knows of users and items, beside its program. Safe to use from several threads."""

    def __init__(self, model: Model, settings: Settings) -> None:
        self.items = [str(item) for item in model.task.classes]
        self.memory = Memory.from_bytes(model.memory, len(self.items))
        self._catalog = frozenset(self.items)
        self._places = {name: place for place, name in enumerate(self.memory.users)}
        self._filters: dict[str, Array] = {}
        self._rejects_extra = settings.extra is Extra.REJECT
        self._most = min(settings.max_rows, max(1, _MOST_SCORES // max(1, len(self.items))))
        self.reads_traits = TRAITS in model.runtime.columns
        self._full = float(self.memory.scale.strengths(None, 1)[0])

    def popular(self, n_most: int) -> list[str]:
        """Return the items that most users took, the most popular first."""
        counts = np.bincount(self.memory.histories.items, minlength=len(self.items))
        return [self.items[place] for place in np.argsort(-counts, kind="stable")[:n_most].tolist()]

    def read(self, questions: object) -> tuple[Rows, list[Wanted]]:
        """Read several questions; raise Problem, naming the first that cannot be used."""
        if not isinstance(questions, list) or not questions:
            raise shape_problem(f"found {shown(questions)}, expected an array of questions, each an object")
        if len(questions) > self._most:
            came = f"{len(questions):,} questions came at once"
            detail = f"{came}; of {len(self.items):,} items {self._most:,} may. Send several requests."
            raise Problem(413, "rows", detail)
        read = []
        for number, question in enumerate(questions, 1):
            try:
                read.append(self._read(question))
            except Problem as problem:
                detail, terse = f"Row {number}: {problem.detail}", f"Row {number}: {problem.terse}"
                raise Problem(problem.status, problem.reason, detail, terse=terse, row=number) from problem
        return _rows([row for row, _ in read]), [wanted for _, wanted in read]

    def read_one(self, question: object) -> tuple[Rows, list[Wanted]]:
        """Read a single question; raise Problem if it cannot be used."""
        row, wanted = self._read(question)
        return Rows(Lines((row,)), 1, is_single=True), [wanted]

    def offers(self, wanted: Sequence[Wanted], prediction: Prediction) -> list[Offer]:
        """Choose the best items of each row of scores."""
        return [self._offer(one, prediction.scores[at]) for at, one in enumerate(wanted)]

    def _offer(self, wanted: Wanted, scores: Array) -> Offer:
        if wanted.allowed is not None:
            scores = np.where(wanted.allowed, scores, HIDDEN_SCORE)
        places = best(scores[None, :], wanted.k)[0]
        chosen = scores[places]
        n_there = int((chosen > HIDDEN_SCORE / 2).sum())  # what is hidden comes last
        items = [self.items[place] for place in places[:n_there].tolist()]
        return Offer(wanted, items, chosen[:n_there].tolist())

    def _read(self, question: object) -> tuple[tuple[str, ...], Wanted]:
        if not isinstance(question, dict):
            raise shape_problem(f"found {shown(question)}, expected an object with {_EITHER}")
        about = [key for key in ABOUT if key in question]
        if len(about) != 1 and not (TOLD in question and not about):
            found = ", ".join(about or [str(key)[:30] for key in list(question)[:5]])
            raise shape_problem(f"expected one of {_EITHER}, found {found or 'none'}")
        odd = next((key for key in question if key not in KEYS), None) if self._rejects_extra else None
        if odd is not None:
            raise shape_problem(f"there is no {odd[:30]!r} here; there are {', '.join(KEYS)}")
        user, history = None, None
        if ITEM in question:
            items, strengths = self._history([question[ITEM]])
            history = items
        elif TAKEN in question:
            items, strengths = self._history(question[TAKEN])
            history = items
        elif USER in question:
            user, items, strengths = self._user(question[USER])
        else:
            items, strengths = [], []
        told = self._told(question, user)
        hidden = "" if _truth(question, usual=self.memory.allows_seen) else written(items)
        wanted = Wanted(
            user,
            history,
            len(items),
            _count(question),
            self._allowed(question.get(FILTER)),
            bool(told) or not self._catalog.isdisjoint(items),
        )
        row = (written(items), written_strengths(strengths), hidden)
        return (*row, written(told)) if self.reads_traits else row, wanted

    def _told(self, question: dict[str, Any], user: str | None) -> list[str]:
        """Return the words of what is known of the user besides items, as far as the program reads them."""
        if TOLD not in question:
            place, traits = self._places.get(user or ""), self.memory.histories.traits
            return [] if place is None or traits is None else traits.said(place)
        given, reader = question[TOLD], self.memory.reader
        if not isinstance(given, dict):
            raise shape_problem(f"attributes is {shown(given)}, expected an object")
        if reader is None:
            raise shape_problem("the model knows nothing of users but items; train with --users FILE")
        odd = next((name for name in given if name not in reader.readings), None)
        if odd is not None:
            known = ", ".join(list(reader.readings)[:20])
            raise shape_problem(f"users have no {odd[:30]!r} in attributes; they have {known}")
        for name, cell in given.items():
            if not _is_cell(cell):
                expected = "a text, a number or an array of them"
                raise shape_problem(f"{name} in attributes is {shown(cell)}, expected {expected}")
        try:
            words = reader.said({name: written_cell(cell) for name, cell in given.items()})
        except DataError as error:
            raise Problem(422, "query", str(error)) from error
        return words if self.reads_traits else []

    def _user(self, user: object) -> tuple[str, list[str], list[float]]:
        """Look a user up; of one whom nobody knows the history is empty."""
        if not isinstance(user, str | int | float) or isinstance(user, bool):
            raise shape_problem(f"user is {shown(user)}, expected a text or a number")
        name = clear(text_of(user))
        place = self._places.get(name)
        if place is None:
            return name, [], []
        histories = self.memory.histories
        at = slice(int(histories.starts[place]), int(histories.starts[place + 1]))
        items = [self.items[item] for item in histories.items[at].tolist()]
        return name, items, histories.strengths[at].tolist()

    def _history(self, given: object) -> tuple[list[str], list[float]]:
        """Read items, the latest first; an item that comes again counts where it came first."""
        if not isinstance(given, list):
            raise shape_problem(f"history is {shown(given)}, expected an array of items")
        if len(given) > LONGEST:
            raise shape_problem(f"history holds {len(given):,} items; at most {LONGEST:,} may come")
        found: dict[str, float | None] = {}
        for number, one in enumerate(given, 1):
            item, rating = (one.get("item"), one.get("rating")) if isinstance(one, dict) else (one, None)
            if not isinstance(item, str | int | float) or isinstance(item, bool):
                raise shape_problem(
                    f"item {number} of history is {shown(item)}; write texts, or objects with item and rating"
                )
            if rating is not None and not _is_number(rating):
                raise shape_problem(
                    f"the rating of item {number} of history is {shown(rating)}, {_NO_NUMBER}"
                )
            found.setdefault(clear(text_of(item)), rating)
        found.pop("", None)
        strengths = [self._full if rating is None else self._strength(rating) for rating in found.values()]
        return list(found), strengths

    def _strength(self, rating: float) -> float:
        return float(self.memory.scale.strengths(np.array([float(rating)]), 1)[0])

    def _allowed(self, wanted: object) -> Array | None:
        """Return which items a filter lets through; None if there is no filter."""
        if wanted is None:
            return None
        if not isinstance(wanted, str):
            raise shape_problem(f"filter is {shown(wanted)}, expected a text such as genre=drama")
        if len(wanted) > LONGEST_FILTER:
            detail = f"filter holds {len(wanted):,} letters; at most {LONGEST_FILTER:,} may come."
            raise Problem(422, "query", detail)
        found = self._filters.get(wanted)
        if found is None:
            try:
                found = matching(wanted, self.memory.attributes, len(self.items))
            except UsageError as error:
                raise Problem(422, "query", str(error)) from error
            if len(self._filters) >= _MOST_FILTERS:
                self._filters = {}
            self._filters[wanted] = found
        return found


def _rows(rows: list[tuple[str, ...]]) -> Rows:
    """Hand few rows over line by line, and more by columns, which are answered some at a time."""
    if len(rows) <= _FEW:
        return Rows(Lines(rows), len(rows))
    names = (HISTORY, STRENGTHS, HIDDEN, TRAITS)[: len(rows[0])]
    cells = zip(names, zip(*rows, strict=True), strict=True)
    return Rows(Typed({name: np.array(column, dtype=object) for name, column in cells}), len(rows))


def _is_cell(cell: object) -> bool:
    """Tell whether it says something of a user: a text, a number, several of them, or nothing."""
    several = cell if isinstance(cell, list) else [cell]
    are_plain = all(
        isinstance(one, str | int | float | None) and not isinstance(one, bool) for one in several
    )
    return are_plain and sum(len(str(one)) for one in several) <= LONGEST_TEXT


def _is_number(rating: object) -> bool:
    """Tell whether it is a number that a double can hold; JSON has whole numbers of any length."""
    if not isinstance(rating, int | float) or isinstance(rating, bool):
        return False
    return abs(rating) <= sys.float_info.max


def _count(question: dict[str, Any]) -> int:
    k = question.get(K, USUAL)
    if type(k) is not int or not 1 <= k <= MOST:
        raise shape_problem(f"k is {shown(k)}, expected a whole number from 1 to {MOST:,}")
    return k


def _truth(question: dict[str, Any], *, usual: bool) -> bool:
    value = question.get(ALLOW_SEEN, usual)
    if type(value) is not bool:
        raise shape_problem(f"allow_seen is {shown(value)}, expected true or false")
    return value
