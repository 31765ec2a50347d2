"""Histories in words: what a row was told of earlier rows, what was not used, and what that is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    has_interval,
    listing,
    seconds,
    value_beside,
)
from mlwright.report.language import known, say
from mlwright.report.measures import metric_title

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVERYTHING = "all"


def plainly(evidence: Evidence) -> Evidence:
    """Return the evidence with the columns of a history called as people would, where drivers are told."""
    columns = dig(evidence, "history", "columns", default=[])
    if not columns:
        return evidence
    names = {name: _called(name) for name in columns}

    def renamed(key: str) -> list[dict[str, Any]]:
        return [
            {**one, "column": names.get(one["column"], one["column"])}
            for one in dig(evidence, key, default=[])
        ]

    return {**evidence, **{key: renamed(key) for key in ("importance", "dependence")}}


def _called(name: str) -> str:
    """Return the name for people of "history.author.mean_5"."""
    entity, _, statistic = name.removeprefix("history.").rpartition(".")
    if not entity or not known(f"past.short.{statistic}"):
        return name
    of = say("past.all_rows") if entity == _EVERYTHING else brief(entity, 20)
    return str(say("past.called", what=say(f"past.short.{statistic}"), of=of))


def past(evidence: Evidence) -> dict[str, Any]:
    """Prepare the section on histories; nothing for models without."""
    found = dig(evidence, "history", default={})
    if not found:
        return {}
    test, remembered = dig(evidence, "test", default={}), found.get("remembered") or {}
    main = dig(evidence, "task", "metric", default="")
    return {
        "lines": [_told(found), _unused(found), _without(test.get(main), remembered.get(main), main)],
        "scores": [
            {
                "title": metric_title(name),
                "told": test[name],
                "remembered": remembered[name],
                "baseline": dig(evidence, "baseline", name),
            }
            for name in test
            if name in remembered
        ],
        "columns": _columns(evidence, found.get("columns") or []),
    }


def _told(found: Evidence) -> str:
    entities: Sequence[str] = found.get("entities") or []
    own = [say("past.of_one", column=brief(name, 40)) for name in entities if name != _EVERYTHING]
    whole = [say("past.of_all")] if _EVERYTHING in entities else []
    return say("past.told", of=listing([*own, *whole]))


def _unused(found: Evidence) -> str:
    """Say from when on a row was no longer heard."""
    delay = found.get("known_after_s")
    return say("past.later", delay=seconds(delay)) if delay else say("past.at_once")


def _without(told: Evidence | None, remembered: Evidence | None, name: str) -> str:
    if not told or not remembered or not has_interval(told):
        return ""
    holes = {
        "metric": metric_title(name),
        "told": estimate_text(told),
        "remembered": estimate_text(remembered),
    }
    return say("past.without", **holes)


def _columns(evidence: Evidence, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return each column with what it tells, and how much the score worsens without it."""
    drops = {item["column"]: item["drop"] for item in dig(evidence, "importance", default=[])}
    strongest = max(drops.values(), key=lambda drop: float(drop.get("value") or 0.0), default=None)
    found = [(name, drops.get(_called(name), drops.get(name))) for name in names]
    return [
        {"name": brief(name), "says": _says(name), "drop": value_beside(drop, strongest)}
        for name, drop in found
    ]


def _says(name: str) -> str:
    statistic = name.rpartition(".")[2]
    return say(f"past.columns.{statistic}") if known(f"past.columns.{statistic}") else ""
