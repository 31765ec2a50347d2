"""The form: what a page must know of a model to ask for one row and to draw the answer. No row is in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from mlwright.core.errors import UsageError
from mlwright.core.schema import Column, Kind
from mlwright.evaluation.conformal import USUAL_LEVEL
from mlwright.report.figures import dig, is_number
from mlwright.report.verdict import verdict
from mlwright.report.words import headline, question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.artifact.model import Model
    from mlwright.core.task import Label
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

_DAY_S = 86_400
_USUAL = ("0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95")
"""Shares of the training rows below a number, as the profile names them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_LEVELS = 1_000
_LETTERS, _N_WORDS = 4, 5
"""Of the made-up text of an example: shorter words tell nothing, and five are enough to be a text."""


def form(scorer: Scorer, settings: Settings) -> dict[str, Any]:
    """Return what the page shows: the question, how good the model is, and its columns, weightiest first."""
    model = scorer.model
    evidence, judged = model.evidence, verdict(model.evidence)
    return {
        "name": scorer.name,
        "version": scorer.version,
        "question": str(question(evidence)),
        "target": model.task.target,
        "classes": [
            {"label": label, "text": _text(label), "key": f"probability_{label}"}
            for label in model.task.classes
        ],
        "level": _level(model),
        "headline": str(headline(evidence)),
        "verdict": {"tone": judged.tone, "title": str(judged.title), "reason": str(judged.reason)},
        "prediction": _quantiles(model.profile.get("prediction"), ("0.0", *_USUAL, "1.0")),
        "max_rows": settings.max_rows,
        "max_body_bytes": settings.max_body_bytes,
        "columns": _columns(scorer),
    }


def example(scorer: Scorer) -> dict[str, Any]:
    """Return a row as somebody might send it: the middle of each number, the most usual level."""
    known = dig(scorer.model.profile, "columns", default={})
    return {
        column.name: _spelled(column, _column(column, known.get(column.name) or {}, scorer.words))
        for column in scorer.reader.columns
    }


def _spelled(column: Column, told: Mapping[str, Any]) -> Any:
    """Write where a row starts as JSON has it, dates as training wrote them."""
    start = told["start"]
    if column.kind is Kind.DATETIME and start is not None:
        moment = datetime.fromisoformat(start)
        if column.date_format:
            return moment.strftime(column.date_format)
        return start[:10] if told["is_day"] else start
    return "…" if start is None and column.kind in (Kind.STRING, Kind.TEXT) else start


def _columns(scorer: Scorer) -> list[dict[str, Any]]:
    """Describe the columns: those without which the score worsens most come first."""
    model = scorer.model
    drops = {
        item.get("column"): dig(item, "drop", "value")
        for item in dig(model.evidence, "importance", default=[])
    }
    known = dig(model.profile, "columns", default={})
    columns = [
        {**_column(column, known.get(column.name) or {}, scorer.words), "drop": drops.get(column.name)}
        for column in scorer.reader.columns
    ]
    return sorted(columns, key=lambda one: -one["drop"] if is_number(one["drop"]) else 0.0)


def _column(column: Column, profile: Mapping[str, Any], words: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Describe one column: what it holds, what was seen in training, and what a row may start with.

    Names, codes and sentences may be somebody's: none is shown. A text starts with words of many texts.
    """
    told: dict[str, Any] = {
        "name": column.name,
        "kind": column.kind.value,
        "is_never_missing": column.missing_share == 0.0,
        "start": None,
    }
    if column.kind is Kind.NUMBER:
        return told | _number(column, profile)
    if column.kind is Kind.DATETIME:
        return told | _moment(column, profile)
    if column.kind is Kind.BOOLEAN:
        mean = dig(profile, "mean", default=0.0)
        return told | {"start": is_number(mean) and mean >= 0.5, "usual": mean}
    if column.kind is Kind.CATEGORY:
        return told | _category(column, profile)
    if column.kind is not Kind.TEXT:
        return told
    usual = [word for word in words.get(column.name, ()) if len(word) >= _LETTERS][:_N_WORDS]
    return told | {"start": " ".join(usual) or None}


def _number(column: Column, profile: Mapping[str, Any]) -> dict[str, Any]:
    usual = _quantiles(profile, _USUAL)
    middle = usual.get("0.5")
    if middle is None and is_number(column.low) and is_number(column.high):
        middle = (column.low + column.high) / 2  # type: ignore[operator]  # both are numbers
    if middle is not None and column.is_integer:
        middle = round(middle)
    ends = {"low": column.low, "high": column.high, "is_integer": column.is_integer}
    return {**ends, "start": middle, "usual": list(usual.values())}


def _moment(column: Column, profile: Mapping[str, Any]) -> dict[str, Any]:
    usual = _quantiles(profile, _USUAL)
    seen = [*usual.values(), *(end for end in (column.low, column.high) if is_number(end))]
    return {
        "low": _iso(column.low),
        "high": _iso(column.high),
        "start": _iso(usual.get("0.5", column.low)),
        "usual": [_iso(value) for value in usual.values()],
        "is_day": all(moment % _DAY_S == 0 for moment in seen),  # type: ignore[operator]  # numbers
        "format": column.date_format,
    }


def _category(column: Column, profile: Mapping[str, Any]) -> dict[str, Any]:
    shares = {level: share for level, share in dig(profile, "levels", default={}).items() if is_number(share)}
    levels = list(column.levels[:_MOST_LEVELS])
    usual = [[level, share] for level, share in shares.items() if level in levels]
    return {
        "levels": levels,
        "are_all": column.n_unique <= len(levels),
        "start": usual[0][0] if usual else next(iter(levels), None),
        "usual": usual,
    }


def _quantiles(profile: Mapping[str, Any] | None, shares: tuple[str, ...]) -> dict[str, float]:
    known = dig(profile or {}, "quantiles", default={})
    return {share: known[share] for share in shares if is_number(known.get(share))}


def _iso(moment: float | None) -> str | None:
    """Write seconds since 1970 as ISO 8601 in UTC, to the second; None if there is no such date."""
    if not is_number(moment):
        return None
    try:
        return (_EPOCH + timedelta(seconds=round(moment or 0))).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return None


def _level(model: Model) -> float | None:
    """Return the level that intervals or sets are asked for; None if the model has none that high."""
    try:
        conformal = model.conformal
        conformal.quantile(USUAL_LEVEL)
    except UsageError:
        return None
    return USUAL_LEVEL


def _text(label: Label) -> str:
    return label if isinstance(label, str) else json.dumps(label)
