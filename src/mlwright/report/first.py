"""The first screen: the answer in one line, how good that is, what drives it and what to watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.evaluation import Direction
from mlwright.core.schema import Kind, Role
from mlwright.report import advice, baseline, charts, judged, leak_words, lists, plain, words
from mlwright.report.concerns import Watched, concerns
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    has_interval,
    in_hundred,
    is_number,
    size_of,
    some_of,
    value_beside,
    value_of,
)
from mlwright.report.language import known, say
from mlwright.report.measures import metric_title
from mlwright.report.text import Text, join
from mlwright.report.verdict import doubt, verdict
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

MOST_WATCHED = 3
_MOST_NAMED = 3
"""Columns of which the same is said."""
_TOLD_ELSEWHERE = frozenset({
    "not_better_than_baseline", "not_better_than_in_place", "weak_slice", "coverage", "costs_more",
    "level_moved", "interrupted",
})  # fmt: skip
"""Findings that the headline or a concern says better."""
_ENDS, _DAY = ("latest_train_time", "earliest_test_time", "latest_test_time"), 10
_METHOD = "time_order"
"""A finding that says how it was judged, which is to be confirmed and no danger."""


def answer(evidence: Evidence) -> str:
    """Write the answer as a headline: whether it ships, and why in the units that people care about."""
    refused = _refused(evidence)
    if refused:
        return refused
    worth, found = next(_worth(evidence)), doubt(evidence)
    if found is not None:
        return found.says("answer", worth=worth)
    return join([say("answer.ships_order" if plain.is_order(evidence) else "answer.ships"), worth])


def _refused(evidence: Evidence) -> str:
    """Say why it does not ship; "" if nothing speaks against it."""
    sign, dull = words.gain_sign(evidence), baseline.dull(evidence)
    if sign is None:
        return say("answer.unsure")
    if not words.has_learned(evidence):
        return say("answer.nothing_learned")
    if sign < 1:
        return say("answer.worse" if sign < 0 else "answer.useless", dull=dull)
    errors = words.open_errors(dig(evidence, "findings", default=[]))
    return _error(evidence, errors[0], dull) if errors else ""


def _error(evidence: Evidence, finding: Evidence, dull: str) -> str:
    """Say what must be dealt with first."""
    rule, column, rival = str(finding.get("rule")), finding.get("column"), words.best_rival(evidence)
    if known(f"answer.errors.{rule}"):
        against = advice.rival(rival["what"]) if rival is not None else dull
        return say(f"answer.errors.{rule}", column=brief(column or "", 40), dull=dull, against=against)
    return say("answer.error_in", column=brief(column, 40)) if column else say("answer.error")


def _worth(evidence: Evidence) -> Iterator[str]:
    """Yield ways to say what it is worth, the best that the evidence allows first."""
    saved = _saved(evidence)
    if saved:
        yield saved
    name = main_plain(evidence)
    if name:
        yield _plainly(evidence, name)
    yield say("answer.better", dull=baseline.dull(evidence))


def _saved(evidence: Evidence) -> str:
    rival = words.best_rival(evidence)
    if rival is None or words.saves_sign(evidence) != 1:
        return ""
    return say("answer.saves", amount=value_of(rival["per_row"]), against=advice.rival(rival["what"]))


def main_plain(evidence: Evidence) -> str:
    """Return the first metric in counts or units that shows that the model gains, "" if none does.

    One that a dull answer can drive up alone, as always saying yes finds all, shows nothing and has no words.
    """
    told = (name for name in plain.plain_metrics(evidence) if known(f"answer.plain.{name}"))
    return next((name for name in told if _is_gain(evidence, name)), "")


def _is_gain(evidence: Evidence, name: str) -> bool:
    """Tell whether the metric shows a gain: beyond chance, and in the digits that people read."""
    test, base = dig(evidence, "test", name, default={}), dig(evidence, "baseline", name, default={})
    if not (has_interval(test) and is_number(base.get("value"))):
        return False
    shown, other = (
        (in_hundred(test["value"]), in_hundred(base["value"])) if plain.is_share(evidence)
        else (value_of(test), value_beside(base, test))
    )  # fmt: skip
    if str(shown) == str(other):
        return False
    if name == dig(evidence, "task", "metric", default="") and words.gain_sign(evidence) is not None:
        return words.gain_sign(evidence) == 1  # paired: it knows more than both intervals
    is_max = test.get("direction") == Direction.MAX
    return bool(test["low"] > base["value"] if is_max else test["high"] < base["value"])


def _plainly(evidence: Evidence, name: str) -> str:
    test, base = dig(evidence, "test", name, default={}), dig(evidence, "baseline", name, default={})
    is_share = plain.is_share(evidence)
    holes = {
        "n": in_hundred(test.get("value")) if is_share else value_of(test),
        "base": in_hundred(base.get("value")) if is_share else value_beside(base, test),
        "label": plain.label_of(evidence),
        "target": words.target_of(evidence, 40),
        "took": lists.took(evidence),
        "dull": baseline.beside(evidence),
    }
    return say(baseline.key(evidence, f"answer.plain.{name}", f"answer.plain_forecast.{name}"), **holes)


def how_good(evidence: Evidence) -> list[str]:
    """Say how good it is, against the baseline and the model in place: money first, else counts."""
    money = _money(evidence)
    found = [line for line in (*money, words.in_place_line(evidence), *plain.meaning(evidence)) if line][:5]
    return found if found or dig(evidence, "test") else [verdict(evidence).reason]


def _money(evidence: Evidence) -> list[str]:
    return [_costs(one) for one in advice.by_strength(evidence)[:2]]


def _costs(one: Evidence) -> str:
    saved, against = one["per_row"], advice.rival(one["what"])
    if not saved["value"]:
        return say("good.same", against=against)
    key = "good.saves" if saved["value"] > 0 else "good.costs"
    told = say(key, amount=estimate_text(size_of(saved)), against=against)
    is_chance = words.sign_of({**saved, "direction": Direction.MAX}) == 0
    return join([told, say("good.chance")]) if is_chance else told


def watch(evidence: Evidence) -> list[Watched]:
    """Return the three things to watch, the gravest first; never a thing that is no concern."""
    suspects = {leak["column"] for leak in leak_words.accused(evidence)}
    others = [one for one in dig(evidence, "findings", default=[]) if one.get("column") not in suspects]
    leaks = [Watched(severity, "leaks", says) for severity, says in leak_words.sorts(evidence)]
    found = [one for one in leaks if one.severity == "error"]
    found += _told(words.open_errors(others))
    found += [one for one in leaks if one.severity == "warning"]
    found += _told([one for one in others if one.get("severity") == "warning" and one.get("rule") != _METHOD])
    more = concerns(evidence)
    found += [one for one in more if one.severity == "warning"]
    found += [one for one in leaks if one.severity == "note"]
    found += [one for one in more if one.severity == "note"]
    found += _told([one for one in others if one.get("rule") == _METHOD])
    found += _told([one for one in others if one.get("severity") == "note" and one.get("action") == "kept"])
    seen: list[Watched] = []
    for one in found:
        if one.says and one.says not in [other.says for other in seen]:
            seen.append(one)
    return seen[:MOST_WATCHED]


def _told(findings: Sequence[Evidence]) -> list[Watched]:
    """Tell of each rule once: of its first finding, and of what other columns it was found, too."""
    by_rule: dict[str, list[Evidence]] = {}
    for finding in findings:
        by_rule.setdefault(str(finding.get("rule")), []).append(finding)
    found = []
    for rule, (one, *others) in by_rule.items():
        if rule in _TOLD_ELSEWHERE:
            continue
        column = one.get("column")
        about = f"{brief(column, 40)}: " if column else ""
        more = [brief(other["column"], 40) for other in others if other.get("column")]
        also = say("watch.also", columns=some_of(more, _MOST_NAMED)) if more else ""
        says = Text([about, written(one, "message", 240), also])
        found.append(Watched(str(one.get("severity")), "limits", says))
    return found


def effect(evidence: Evidence, column: str) -> str:
    """Say what the answer does along a column; else, or where that tells little, what is lost without it.

    Moments of the past are no property of time, and a mean that hardly moves may hide that others decide.
    """
    from mlwright.report.dependence import is_flat, says_of  # noqa: PLC0415 - drawings are not needed before

    for item in dig(evidence, "dependence", default=[]):
        if item["column"] == column and item.get("kind") != Kind.DATETIME and not is_flat(item):
            return says_of(evidence, item)
    importance = dig(evidence, "importance", default=[])
    if len(importance) == 1 and not dig(evidence, "importance_left_out"):
        return say("drivers.only")
    drop: Evidence | None = next((one["drop"] for one in importance if one["column"] == column), None)
    metric = metric_title(dig(evidence, "task", "metric", default=""))
    return say("drivers.without", metric=metric, drop=estimate_text(drop))


def lede(evidence: Evidence) -> Text:
    """Say on what the answer rests: the rows, the score, the comparison, and when those rows are from."""
    told = [verdict(evidence).reason, words.headline(evidence), _when(evidence)]
    return join([sentence for sentence in told if sentence])


def _when(evidence: Evidence) -> str:
    """Say from when the rows are that judge, if they come later than those to learn from; else ""."""
    columns = dig(evidence, "data", "columns", default=[])
    kinds = [column.get("kind") for column in columns if column.get("role") == Role.TIME]
    ends = [dig(evidence, "split", "proof", key) for key in _ENDS]
    if judged.are_users(evidence) or kinds != [Kind.DATETIME] or not all(ends):
        return ""
    learned, first, last = (brief(str(end)[:_DAY], _DAY) for end in ends)
    return say("score.when", learned=learned, first=first, last=last) if learned <= first else ""


def picture(evidence: Evidence) -> tuple[str, Markup]:
    """Return the title and the drawing of the first screen: money, else cases, else the score."""
    against = advice.by_strength(evidence)
    if against:
        title: str = say("compare.saved")
        return title, charts.comparison(
            [(advice.rival(one["what"]), one["per_row"]) for one in against], title, say("compare.per_case")
        )
    told, name = plain.plain_metrics(evidence), dig(evidence, "task", "metric", default="")
    name = main_plain(evidence) or (told[0] if told and name not in told else name)
    rows = [
        (say("compare.model"), plain.score(evidence, name)),
        (baseline.beside(evidence), dig(evidence, "baseline", name)),
    ]
    found = dig(evidence, "in_place", default={})
    if found.get("metric") == name and found.get("old"):
        rows.append((say("compare.old"), found["old"]))
    key, label = f"compare.titles.{name}", plain.label_of(evidence)
    title = metric_title(name)
    if known(key):
        title = say(key, label=label, target=words.target_of(evidence, 40))
    is_count = plain.is_share(evidence) and name in told
    if is_count:
        return title, charts.hundred(rows, title)
    return title, charts.comparison(rows, title, words.target_of(evidence, 40))
