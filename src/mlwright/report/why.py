"""Why a row got its answer, in a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report.figures import Evidence, brief, listing, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_NAMED = 6
_SMALLEST_SHARE = 0.05
"""A column that moved the answer by less, of what the strongest did, is not named."""


def why(told: Evidence, target: str) -> str:
    """Say what moved the answer, the strongest first.

    `told` holds "class" (None for a value), "answer", "base" and "columns" with "column", "value" and
    "amount", the strongest first.
    """
    is_chance = told["class"] is not None
    show = _chance if is_chance else _value
    what = (
        f"The chance that {brief(target, 40)} is {brief(told['class'], 30)}"
        if is_chance
        else brief(target, 40)
    )
    unknown = f"Of a row that it knows nothing of it would say {show(told['base'])}."
    lead = f"{what}: {show(told['answer'])}. {unknown}"
    named = _named(told["columns"])
    sentences = [lead]
    for word, sign in (("Up", 1), ("Down", -1)):
        here = [item for item in named if item["amount"] * sign > 0]
        if here:
            sentences.append(f"{word}: {listing([_moved(item, is_chance=is_chance) for item in here])}.")
    if not named:
        return f"{lead} No column moved it."
    rest = sum(item["amount"] for item in told["columns"]) - sum(item["amount"] for item in named)
    n_rest = len(told["columns"]) - len(named)
    if n_rest:
        others = "The other column" if n_rest == 1 else f"The other {n_rest} columns together"
        sentences.append(f"{others}: {_amount(rest, is_chance=is_chance)}.")
    return " ".join(sentences)


def _named(columns: Sequence[Evidence]) -> list[Evidence]:
    """Return the columns that moved it most, whichever way."""
    least = _SMALLEST_SHARE * abs(columns[0]["amount"]) if columns else 0.0
    return [item for item in columns if abs(item["amount"]) >= least and item["amount"] != 0][:_MOST_NAMED]


def _moved(item: Evidence, *, is_chance: bool) -> str:
    value = item["value"]
    held = "missing" if value is None else number(value) if isinstance(value, float) else brief(value, 40)
    return f"{brief(item['column'], 40)} = {held} ({_amount(item['amount'], is_chance=is_chance)})"


def _amount(amount: float, *, is_chance: bool) -> str:
    if is_chance:
        return f"{amount * 100:+.1f} points".replace("-", "\N{MINUS SIGN}")
    sign = "+" if amount >= 0 else "\N{MINUS SIGN}"
    return f"{sign}{number(abs(float(f'{amount:.3g}')))}"


def _chance(share: float) -> str:
    return f"{share * 100:.1f} %" if 0.001 <= share <= 0.999 else percent(share)


def _value(value: float) -> str:
    return number(value)
