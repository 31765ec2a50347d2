"""Why a row got its answer, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report.figures import Evidence, brief, listing, number, percent, points, shown
from mlwright.report.language import say, say_some
from mlwright.report.text import Text, join

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_NAMED = 6
_SMALLEST_SHARE = 0.05
"""A column that moved the answer by less, of what the strongest did, is not named."""


def why(told: Evidence, target: str) -> str:
    """Say what moved the answer, the strongest first.

    `told` holds "class" (None for a value), "answer", "base" and "columns" with "column", "value" and
    "amount", the strongest first. A plain string: it goes into JSON, where no place is known.
    """
    is_chance = told["class"] is not None
    show = _chance if is_chance else number
    what: str = brief(target, 40)
    if is_chance:
        what = say("why.chance", target=what, label=brief(told["class"], 30))
    lead = say("why.lead", what=what, answer=show(told["answer"]), base=show(told["base"]))
    named = _named(told["columns"])
    if not named:
        return str(join([lead, say("why.nothing")]))
    sentences: list[str] = [lead]
    for key, sign in (("up", 1), ("down", -1)):
        here = [item for item in named if item["amount"] * sign > 0]
        if here:
            columns = listing([_moved(item, is_chance=is_chance) for item in here])
            sentences.append(say(f"why.{key}", columns=columns))
    rest = sum(item["amount"] for item in told["columns"]) - sum(item["amount"] for item in named)
    n_rest = len(told["columns"]) - len(named)
    if n_rest:
        amount = _amount(rest, is_chance=is_chance)
        sentences.append(say_some("why.others", n_rest, n=str(n_rest), amount=amount))
    return str(join(sentences))


def _named(columns: Sequence[Evidence]) -> list[Evidence]:
    """Return the columns that moved it most, whichever way."""
    least = _SMALLEST_SHARE * abs(columns[0]["amount"]) if columns else 0.0
    return [item for item in columns if abs(item["amount"]) >= least and item["amount"] != 0][:_MOST_NAMED]


def _moved(item: Evidence, *, is_chance: bool) -> str:
    value = item["value"]
    held = (
        say("why.missing")
        if value is None
        else number(value)
        if isinstance(value, float)
        else brief(value, 40)
    )
    return Text(
        [brief(item["column"], 40), " = ", held, " (", _amount(item["amount"], is_chance=is_chance), ")"]
    )


def _amount(amount: float, *, is_chance: bool) -> str:
    if is_chance:
        return say("why.points", n=shown(f"{amount * 100:+.1f}", amount, 100).replace("-", "\N{MINUS SIGN}"))
    sign = "+" if amount >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{number(abs(float(f'{amount:.3g}')))}"


def _chance(share: float) -> str:
    return points(share) if 0.001 <= share <= 0.999 else percent(share)
