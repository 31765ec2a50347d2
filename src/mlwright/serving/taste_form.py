"""The form of a recommender: what its page must know to ask and to draw. Nobody of the log is named in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.report.verdict import verdict
from mlwright.report.words import headline, question
from mlwright.serving.taste_shapes import example
from mlwright.serving.tastes import LONGEST, TAKEN, USUAL
from mlwright.workflow.recommending.attributes import titles_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.recommender import Traits
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.tastes import Tastes

_MOST_ITEMS, _MOST_FILTERS, _MOST_VALUES, _MOST_OFFERED = 5_000, 200, 30, 100


def taste_form(scorer: Scorer) -> dict[str, Any]:
    """Return what the page shows: the question, how good the model is, popular items, and filters to try."""
    tastes, evidence = scorer.tastes, scorer.model.evidence
    judged, popular = verdict(evidence), tastes.popular(_MOST_ITEMS)
    names = dict(zip(tastes.items, titles_of(tastes.memory.attributes), strict=False))
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
        "popular": [{"item": item, "called": names.get(item) or ""} for item in popular],
        "can_filter": bool(tastes.memory.attributes),
        "filters": _filters(tastes.memory.attributes),
        "attributes": _asked(tastes) if tastes.reads_traits else [],
    }


def _asked(tastes: Tastes) -> list[dict[str, Any]]:
    """Describe what may be told of a user, as `form` describes columns: what the program has words for."""
    reader, traits = tastes.memory.reader, tastes.memory.histories.traits
    if reader is None or traits is None:
        return []
    found = []
    for name, reading in reader.readings.items():
        told: dict[str, Any] = {"name": name, "is_loose": True, "start": None}
        if reading.says == "tenths":
            found.append(told | {"kind": "number", **_range(reading.edges)})
        elif reading.says == "kinds":
            levels = [word.removeprefix(f"{name}=") for word in reader.words if word.startswith(f"{name}=")]
            found.append(
                told | {"kind": "category", "levels": levels, "are_all": not _are_lists(traits, name)}
            )
        else:
            found.append(told | {"kind": "string"})
    return found


def _range(edges: Sequence[float]) -> dict[str, Any]:
    """Return where most numbers lie. Of whole numbers few tenths end between two."""
    if 2 * sum(edge.is_integer() for edge in edges) < len(edges):
        return {"low": edges[0], "high": edges[-1], "is_integer": False}
    return {"low": math.floor(edges[0]), "high": math.ceil(edges[-1]), "is_integer": True}


def _are_lists(traits: Traits, name: str) -> bool:
    """Tell whether a column of kinds says several of somebody: then one choice is not enough."""
    is_of = np.array([word.startswith(f"{name}=") for word in traits.words], bool)
    users = np.repeat(np.arange(len(traits.starts) - 1), np.diff(traits.starts))[is_of[traits.codes]]
    return bool((np.diff(users) == 0).any())


def _filters(attributes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return filters of columns with few values, to choose from."""
    found: list[str] = []
    for name, cells in attributes.items():
        values = sorted({part for cell in set(cells) for part in cell.split("|") if part})
        if len(values) <= _MOST_VALUES:
            found += [f"{name}={value}" for value in values]
    return found[:_MOST_FILTERS]
