"""Sentences about leaks: which columns gave the answer away, and what that means for the score."""

from __future__ import annotations

from mlwright.report.figures import Evidence, brief, dig, some_of
from mlwright.report.language import say, say_some
from mlwright.report.text import Text, join

_MOST_NAMED = 6
_WHOLE = frozenset({"near_perfect", "target_copy"})
"""Charges that a column tells nearly all."""


def accused(evidence: Evidence) -> list[Evidence]:
    """Return the leaks that are about a column and were not cleared, in their order."""
    leaks = dig(evidence, "leaks", default=[])
    return [leak for leak in leaks if leak.get("column") and leak.get("verdict") in ("drop", "warn")]


def whole_answer(evidence: Evidence) -> str:
    """Name the first column in doubt that gives nearly the whole answer alone; "" if none does."""
    doubtful = [leak for leak in accused(evidence) if leak.get("verdict") == "warn"]
    found = [leak for leak in doubtful if _WHOLE & {*_charges(leak)}]
    return brief(found[0]["column"], 40) if found else ""


def _charges(leak: Evidence) -> list[str]:
    return [str(charge) for charge in dig(leak, "charges", default=[])]


def leaks_line(evidence: Evidence) -> str:
    """Say for everyone what was found, and what was done about it."""
    order = ("note", "error", "warning")
    return join(says for _, says in sorted(sorts(evidence), key=lambda one: order.index(one[0])))


def sorts(evidence: Evidence) -> list[tuple[str, Text]]:
    """Return a sentence for each sort of leak that there is, with how bad it is that it is there."""
    found = accused(evidence)
    dropped = [leak for leak in found if leak.get("action") == "dropped"]
    proven = [leak for leak in found if leak.get("verdict") == "drop" and leak not in dropped]
    doubtful = [leak for leak in found if leak.get("verdict") == "warn"]
    told = (("note", "dropped", dropped), ("error", "proven", proven), ("warning", "doubtful", doubtful))
    return [
        (severity, say_some(f"leaks.{key}", len(leaks), columns=_named(leaks)))
        for severity, key, leaks in told
        if leaks
    ]


def leak_remedy(leak: Evidence) -> str:
    """Say how to take the decision back, or how to act on the doubt."""
    name = brief(leak.get("column"), 40)
    return say("leaks.right" if leak.get("action") == "dropped" else "leaks.act", column=name)


def _named(leaks: list[Evidence]) -> str:
    names = [brief(leak["column"], 40) for leak in leaks]
    return some_of(names, _MOST_NAMED)
