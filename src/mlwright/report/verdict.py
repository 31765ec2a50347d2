"""The verdict: whether to use the model, and what keeps one that beats the baseline from a plain yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mlwright.report import advice, baseline, judged, leak_words, words
from mlwright.report.figures import Evidence, brief, dig, is_number
from mlwright.report.language import say
from mlwright.report.text import Text
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_CHANCES = ("log_loss", "brier")
"""What is the lower, the nearer chances are to what happens: an order of cases may be good without it."""
_RELATIVES, _INTERRUPTED = "group_like", "interrupted"
"""Findings that leave the score in doubt."""


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model should be used. `tone` is "good", "unsure" or "bad"."""

    tone: str
    title: str
    reason: str


@final
@dataclass(frozen=True, slots=True)
class Doubt:
    """What keeps a model that beats the baseline from a plain yes; `holes` are of its sentences."""

    name: str
    holes: dict[str, Any]

    def says(self, which: str, **more: object) -> Text:
        """Write its "title", its "reason" or its "answer", which tells `worth`, what the model is worth."""
        return say(f"doubt.{self.name}.{which}", **self.holes, **more)


def verdict(evidence: Evidence) -> Verdict:
    """Say whether this model should be used, and why."""
    sign, errors = words.gain_sign(evidence), words.open_errors(dig(evidence, "findings", default=[]))
    where = judged.counted(f"sealed_{judged.which(evidence)}", dig(evidence, "split", "n_test"))
    if sign is None:
        told = [written(finding, "message") for finding in errors]
        return Verdict("unsure", say("verdict.unsure"), next(filter(None, told), say("verdict.no_baseline")))
    if not words.has_learned(evidence):
        return Verdict("bad", say("verdict.bad"), say("verdict.nothing_learned"))
    if sign < 1:
        dull = baseline.in_verdict(evidence)
        reason = say("verdict.worse" if sign < 0 else "verdict.no_better", where=where, dull=dull)
        return Verdict("bad", say("verdict.bad"), reason)
    if errors:
        column = errors[0].get("column")
        about = f"{brief(column, 40)}: " if column else ""
        reason = say("verdict.but", problem=Text([about, written(errors[0], "message")]))
        return Verdict("bad", say("verdict.not_yet"), reason)
    found = doubt(evidence)
    if found is not None:
        return Verdict("unsure", found.says("title"), found.says("reason", where=where))
    beats = "verdict.beats_forecast" if baseline.forecast(evidence) else "verdict.beats"
    return Verdict("good", say("verdict.good"), say(beats, where=where, dull=baseline.dull(evidence)))


def doubt(evidence: Evidence) -> Doubt | None:
    """Return the gravest doubt about a model that beats the baseline; None if there is none."""
    return next((one for rule in _DOUBTS if (one := rule(evidence)) is not None), None)


def _hardly(evidence: Evidence) -> Doubt | None:
    return None if words.is_seen(evidence) else Doubt("hardly", {"dull": baseline.dull(evidence)})


def _doubtful(evidence: Evidence) -> Doubt | None:
    column = leak_words.whole_answer(evidence)
    return Doubt("doubtful", {"column": column}) if column else None


def _no_saving(evidence: Evidence) -> Doubt | None:
    rival = words.best_rival(evidence)
    if rival is None or words.saves_sign(evidence) != 0:
        return None
    return Doubt("no_saving", {"against": advice.rival(rival["what"])})


def _untold(evidence: Evidence) -> Doubt | None:
    return Doubt("untold", {}) if dig(evidence, "in_place", "verdict") == "not_enough_data" else None


def _few(evidence: Evidence) -> Doubt | None:
    if not words.are_few(evidence):
        return None
    n_judged = judged.counted(f"plain_{judged.which(evidence)}", dig(evidence, "split", "n_test"))
    return Doubt("few", {"judged": n_judged})


def _relatives(evidence: Evidence) -> Doubt | None:
    """Doubt a score for which rows of one thing, a player or a query, stood on both sides of the split."""
    found = _warned(evidence, _RELATIVES)
    return Doubt("relatives", {"column": brief(found["column"], 40)}) if found else None


def _order_alone(evidence: Evidence) -> Doubt | None:
    """Doubt chances that are farther from what happens than always the same one: only their order is good."""
    pairs = [
        (dig(evidence, "test", name, "value"), dig(evidence, "baseline", name, "value"))
        for name in _OF_CHANCES
    ]
    known = [(mine, dull) for mine, dull in pairs if is_number(mine) and is_number(dull)]
    is_so = known and all(mine > dull for mine, dull in known)
    return Doubt("order", {}) if is_so and not judged.are_users(evidence) else None


def _interrupted(evidence: Evidence) -> Doubt | None:
    return Doubt("interrupted", {}) if _warned(evidence, _INTERRUPTED) else None


def _warned(evidence: Evidence, rule: str) -> Evidence | None:
    found = (one for one in dig(evidence, "findings", default=[]) if one.get("severity") == "warning")
    return next((one for one in found if one.get("rule") == rule), None)


_DOUBTS: tuple[Callable[[Evidence], Doubt | None], ...] = (
    _hardly, _doubtful, _no_saving, _untold, _few, _relatives, _order_alone, _interrupted,
)  # fmt: skip
