"""A comparison of two models as a page: the verdict, what changed, where, and why."""

from __future__ import annotations

import re
import shlex
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from mlwright.report import charts
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    is_number,
    listing,
    number,
    shown,
    two_digits,
)
from mlwright.report.language import ENGLISH, say, spoken
from mlwright.report.measures import metric_title
from mlwright.report.render import render
from mlwright.report.text import join, sentence
from mlwright.report.trace import traced
from mlwright.report.written import named, written

if TYPE_CHECKING:
    from collections.abc import Sequence

_MACHINE = re.compile(r"-?\d+\.\d+(e[+-]?\d+)?")
_TONES = {"ship": "good", "do_not_ship": "bad"}


def build_comparison(found: Evidence, names: tuple[str, str, str], language: str = ENGLISH) -> str:
    """Return the comparison as HTML: one file that loads nothing.

    Parameters
    ----------
    found
        What `compare --json` prints, with "changes".
    names
        Of the old model, the new one and the data, for the command to repeat.
    """
    with spoken(language):
        return render("compare.html.j2", _page(traced(found), names))


def _page(found: Evidence, names: tuple[str, str, str]) -> dict[str, Any]:
    title = metric_title(found["metric"])
    told = {key: estimate_text(found[key]) for key in ("old", "new", "difference")}
    rows = [(say("compared.new"), found["new"]), (say("compared.old"), found["old"])]
    return {
        "names": [brief(PurePath(name).name, 60) for name in names],
        "tone": _TONES.get(found["verdict"], "unsure"),
        "answer": say(f"compared.{found['verdict']}"),
        "why": sentence(written(found, "why")),
        "line": say("compared.line", metric=title, n=number(found["n_rows"]), **told),
        "needed": say("compared.needed", n=two_digits(found["n_needed"])) if found["n_needed"] else "",
        "picture": charts.comparison(rows, title),
        "picture_title": _better(title, found["new"]),
        "command": shlex.join(["mlwright", "compare", *names, "--json"]),
        **told_changes(found.get("changes") or {}),
    }


def told_changes(changes: Evidence) -> dict[str, Any]:
    """Return what changed in words: "changed", "where", "inputs", "examples"; empty if not known."""
    if not changes:
        return {"changed": "", "where": [], "inputs": "", "examples": []}
    return {
        "changed": _changed(changes),
        "where": [{**one, "group": named(one, "group")} for one in changes["where"]],
        "inputs": _inputs(dig(changes, "inputs", default={})),
        "examples": [
            {
                "row": row["row"],
                **{key: _answer(row[key]) for key in ("truth", "old", "new")},
                "why": join([_moved(one, is_class=not changes["is_value"]) for one in row["why"]], "; "),
            }
            for row in changes.get("rows", [])
        ],
    }


def _better(title: str, estimate: Evidence) -> str:
    """Name the measure, and which way is better."""
    return say("compared.higher" if estimate.get("direction") == "max" else "compared.lower", metric=title)


def _changed(changes: Evidence) -> str:
    if not changes["n_changed"]:
        return say("compared.none_changed")
    holes = {
        "n": number(changes["n_rows"]),
        "better": number(changes["n_better"]),
        "worse": number(changes["n_worse"]),
    }
    if changes["is_value"]:
        return say("compared.numbers", middle=number(changes["middle"]), **holes)
    return say("compared.rows", changed=number(changes["n_changed"]), **holes)


def _inputs(inputs: dict[str, Sequence[str]]) -> str:
    if not inputs:
        return ""
    if not inputs["old"] and not inputs["new"]:
        return say("compared.same_inputs")
    told = {
        key: listing([brief(name, 40) for name in names[:8]]) if names else say("compared.none")
        for key, names in inputs.items()
    }
    return say("compared.inputs", **told)


def _answer(value: object) -> str:
    return number(value) if is_number(value) else brief(value, 40)


def _cell(value: object) -> str:
    """Write a cell; a number that was written by a machine, such as "1.0", as people write it."""
    told = str(value)
    return number(float(told)) if _MACHINE.fullmatch(told) else brief(value, 30)


def _moved(one: Evidence, *, is_class: bool) -> str:
    value = say("why.missing") if one.get("value") is None else _cell(one["value"])
    amount = number(one["amount"])
    if is_class:
        amount = say("why.points", n=shown(f"{100 * one['amount']:+.1f}", one["amount"], 100))
    return say("compared.moved_by", column=brief(one["column"], 40), value=value, amount=amount)
