"""Sentences about decisions: on what to act, what it saves, and what wrong costs would lose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlwright.report.derive import derived
from mlwright.report.figures import (
    NONE,
    Evidence,
    brief,
    dig,
    has_width,
    interval_of,
    is_number,
    number,
    points,
    size_of,
    value_of,
)
from mlwright.report.language import say, word
from mlwright.report.text import join
from mlwright.report.words import best_rival, sign_of
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_CLASSES = 12
_TODAY = "today's rule"


def decision_lines(evidence: Evidence) -> list[str]:
    """Say what is decided and what that saves, against every alternative; nothing without costs."""
    found = dig(evidence, "decision", default={})
    if not found:
        return []
    against = [_against(one) for one in by_strength(evidence)[1:]]
    why = say("advice.because", why=written(found, "why")) if found.get("why") else ""
    lines = [advice(evidence), why, *against, _capacity(evidence, found), _sensitivity(found)]
    return [line for line in lines if line]


def advice(evidence: Evidence) -> str:
    """Write the policy with what it saves in one sentence; "" without costs."""
    found = dig(evidence, "decision", default={})
    counts: Sequence[Evidence] = found.get("counts") or []
    against = by_strength(evidence)
    if not counts or not against:
        return ""
    saved = against[0]
    amount = dig(saved, "per_row", "value", default=0.0)
    return say(
        "advice.saves" if amount > 0 else "advice.costs" if amount else "advice.same",
        who=_who(found),
        amount=_amount(saved["per_row"]),
        against=rival(saved["what"]),
        total=value_of(size_of(saved["total"])) if saved.get("total") else NONE,
    )


def by_strength(evidence: Evidence) -> list[Evidence]:
    """Return what else one could do: the best that needs no model, today's rule, the others."""
    best = best_rival(evidence)
    others = [one for one in dig(evidence, "decision", "against", default=[]) if one is not best]
    others.sort(key=lambda one: one["what"] != _TODAY)
    return [one for one in (best, *others) if one is not None and is_number(one["per_row"].get("value"))]


def costs(evidence: Evidence) -> dict[str, Any]:
    """Return what each decision costs by the truth, and what multiplies that; nothing for many classes."""
    found = dig(evidence, "decision", default={})
    classes = [brief(label, 30) for label in found.get("classes") or []]
    if not found.get("costs") or not classes or len(classes) > _MOST_CLASSES:
        return {}
    stakes = found.get("stakes")
    return {
        "heads": [say("value.decided", label=label) for label in classes],
        "rows": [{"truth": label, "costs": row} for label, row in zip(classes, found["costs"], strict=True)],
        "stakes": say("value.stakes", column=brief(stakes, 40)) if stakes else "",
    }


def called_cost(name: str) -> str:
    """Return what a cost is called, in the language if it has a word for it."""
    return word(f"places.{name}", brief(name, 40))


def rival(what: str) -> str:
    """Return what a decision is compared with, in the language if it has a word for it."""
    return word(f"rivals.{re.sub(r'[^a-z]+', '_', what)}", brief(what, 60))


def _who(found: Evidence) -> str:
    counts, n_rows = found["counts"], number(found.get("n_rows"))
    if len(counts) != 2:
        each = [say("advice.as", n=number(one["n"]), label=brief(one["decision"], 30)) for one in counts[:6]]
        return say("advice.least", parts=join(each, ", "), n=n_rows)
    holes = {"label": brief(counts[1]["decision"], 30), "n": number(counts[1]["n"]), "all": n_rows}
    if is_number(found.get("threshold")):
        return say("advice.above", **holes, threshold=points(found["threshold"]))
    return say("advice.where", **holes)


def _amount(estimate: Evidence) -> str:
    """Write the size of an amount and its interval, turned round if it is below zero."""
    estimate = size_of(estimate)
    if not has_width(estimate):
        return value_of(estimate)
    return say("advice.amount", value=value_of(estimate), interval=interval_of(estimate))


def _against(one: Evidence) -> str:
    saved = one["per_row"]
    if not is_number(saved.get("value")):
        return ""
    holes = {"what": rival(one["what"]), "amount": _amount(saved)}
    if sign_of({**saved, "direction": "max"}) == 0:
        return say("advice.against_chance" if saved["value"] else "advice.against_same", **holes)
    return say("advice.against_saves" if saved["value"] > 0 else "advice.against_costs", **holes)


def _capacity(evidence: Evidence, found: Evidence) -> str:
    capacity = found.get("capacity")
    if not capacity:
        return ""
    asked = brief(capacity.get("asked"), 20)
    most = asked
    if not asked.endswith("%"):
        most = say("advice.rows", n=asked, share=points(capacity.get("share")))
    if not capacity["is_kept"]:
        return say("advice.capacity_lost", most=most)
    through = derived(evidence, "through", default=capacity.get("share"))
    return say("advice.capacity", most=most, share=points(through))


def _sensitivity(found: Evidence) -> str:
    """Name the wrong cost that would lose most."""
    worlds = [one for one in found.get("sensitivity") or [] if is_number(dig(one, "lost", "value"))]
    if not worlds:
        return ""
    worst = max(worlds, key=lambda one: float(one["lost"]["value"]))
    if worst["lost"]["value"] <= 0:
        return say("advice.robust")
    size = say("advice.half" if worst["factor"] < 1 else "advice.twice")
    return say("advice.wrong", cost=called_cost(worst["cost"]), size=size, amount=_amount(worst["lost"]))
