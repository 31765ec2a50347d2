"""The form of a recommender: what its page must know to ask and to draw. Nobody of the log is named in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.report.words import headline, question, verdict
from mlwright.serving.taste_shapes import example
from mlwright.serving.tastes import LONGEST, TAKEN, USUAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.serving.scorer import Scorer
    from mlwright.serving.tastes import Tastes

_MOST_ITEMS, _MOST_FILTERS, _MOST_VALUES, _MOST_OFFERED = 1_000, 200, 30, 100
_NAMES_SHARE = 0.9
"""From so many different cells on, a column of texts is taken for what items are called."""


def taste_form(scorer: Scorer) -> dict[str, Any]:
    """Return what the page shows: the question, how good the model is, popular items, and filters to try."""
    tastes, evidence = scorer.tastes, scorer.model.evidence
    judged, popular = verdict(evidence), tastes.popular(_MOST_ITEMS)
    names = _names(tastes)
    return {
        "name": scorer.name,
        "version": scorer.version,
        "question": str(question(evidence)),
        "headline": str(headline(evidence)),
        "verdict": {"tone": judged.tone, "title": str(judged.title), "reason": str(judged.reason)},
        "n_items": len(tastes.items),
        "n_users": len(tastes.memory.users),
        "k": {"usual": USUAL, "most": _MOST_OFFERED},
        "longest": LONGEST,
        "start": example(tastes)[TAKEN],
        "popular": [{"item": item, "called": names.get(item, "")} for item in popular],
        "can_filter": bool(tastes.memory.attributes),
        "filters": _filters(tastes.memory.attributes),
    }


def _names(tastes: Tastes) -> Mapping[str, str]:
    """Return what items are called, where a column of them seems to tell."""
    for cells in tastes.memory.attributes.values():
        is_text = sum(any(map(str.isalpha, cell)) for cell in cells) > _NAMES_SHARE * len(cells)
        if is_text and len(set(cells)) > _NAMES_SHARE * len(cells):
            return dict(zip(tastes.items, cells, strict=True))
    return {}


def _filters(attributes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return filters of columns with few values, to choose from."""
    found: list[str] = []
    for name, cells in attributes.items():
        values = sorted({part for cell in set(cells) for part in cell.split("|") if part})
        if len(values) <= _MOST_VALUES:
            found += [f"{name}={value}" for value in values]
    return found[:_MOST_FILTERS]
