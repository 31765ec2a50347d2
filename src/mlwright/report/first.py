"""The first screen: the answer in one line, how good that is, what drives it and what to watch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.core.evaluation import Direction
from mlwright.report import advice, charts, judged, leak_words, lists, parts, promises, words
from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_in_hundred,
    estimate_text,
    has_interval,
    hundredths,
    in_hundred,
    is_number,
    number,
    percent,
    points,
    size_of,
    value_beside,
    value_of,
)
from mlwright.report.language import known, say, say_some
from mlwright.report.measures import metric_title
from mlwright.report.text import Text, join
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markupsafe import Markup

MOST_WATCHED = 3
_WRONG_CHANCES = 0.05
_FEW_FOUND = 0.5
_FEW_TEST_ROWS = 100
_FEWEST_OF_CLASS, _SELDOM = 30, 0.25
"""Test rows of a class, of which so few are found that it is worth a word."""
_OFTEN = 0.02
_TOLD_ELSEWHERE = frozenset(
    {"not_better_than_baseline", "not_better_than_in_place", "weak_slice", "coverage", "costs_more"}
)
"""Findings that the headline or a concern says better."""


@final
@dataclass(frozen=True, slots=True)
class Watched:
    """One thing to watch: how bad it is, in which section more is told, and the sentence."""

    severity: str
    place: str
    says: str


def answer(evidence: Evidence) -> str:
    """Write the answer as a headline: whether it ships, and why in the units that people care about."""
    refused = _refused(evidence)
    if refused:
        return refused
    if not words.is_seen(evidence):
        return say("answer.hardly", dull=judged.unit(evidence, "dull"))
    rival = words.best_rival(evidence)
    if rival is not None and words.saves_sign(evidence) == 0:
        return say("answer.no_saving", against=advice.rival(rival["what"]))
    if dig(evidence, "in_place", "verdict") == "not_enough_data":
        return say("answer.untold")
    n_judged = judged.counted(f"plain_{judged.which(evidence)}", dig(evidence, "split", "n_test"))
    begins = say("answer.perhaps", judged=n_judged) if words.are_few(evidence) else say("answer.ships")
    return join([begins, next(_worth(evidence))])


def _refused(evidence: Evidence) -> str:
    """Say why it does not ship; "" if nothing speaks against it."""
    sign, dull = words.gain_sign(evidence), judged.unit(evidence, "dull")
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
    yield say("answer.better", dull=judged.unit(evidence, "dull"))


def _saved(evidence: Evidence) -> str:
    rival = words.best_rival(evidence)
    if rival is None or words.saves_sign(evidence) != 1:
        return ""
    return say("answer.saves", amount=value_of(rival["per_row"]), against=advice.rival(rival["what"]))


def main_plain(evidence: Evidence) -> str:
    """Return the first metric in counts or units that shows that the model gains, "" if none does."""
    return next((name for name in words.plain_metrics(evidence) if _is_gain(evidence, name)), "")


def _is_gain(evidence: Evidence, name: str) -> bool:
    """Tell whether the metric shows a gain: in its interval, and in the digits that people read."""
    test, base = dig(evidence, "test", name, default={}), dig(evidence, "baseline", name, default={})
    if not (has_interval(test) and is_number(base.get("value"))):
        return False
    shown, other = (
        (in_hundred(test["value"]), in_hundred(base["value"])) if words.is_share(evidence)
        else (value_of(test), value_beside(base, test))
    )  # fmt: skip
    is_max = test.get("direction") == Direction.MAX
    return str(shown) != str(other) and (
        test["low"] > base["value"] if is_max else test["high"] < base["value"]
    )


def _plainly(evidence: Evidence, name: str) -> str:
    test, base = dig(evidence, "test", name, default={}), dig(evidence, "baseline", name, default={})
    is_share = words.is_share(evidence)
    holes = {
        "n": in_hundred(test.get("value")) if is_share else value_of(test),
        "base": in_hundred(base.get("value")) if is_share else value_beside(base, test),
        "label": (words.classes(evidence) or [""])[-1],
        "target": words.target_of(evidence, 40),
        "took": lists.took(evidence),
    }
    return say(f"answer.plain.{name}", **holes)


def how_good(evidence: Evidence) -> list[str]:
    """Say how good it is, against the baseline and the model in place: money first, else counts."""
    money = _money(evidence)
    found = [line for line in (*money, words.in_place_line(evidence), *words.meaning(evidence)) if line][:5]
    return found if found or dig(evidence, "test") else [words.verdict(evidence).reason]


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
    found += [_told(one) for one in words.open_errors(others)]
    found += [one for one in leaks if one.severity == "warning"]
    found += [_told(one) for one in others if one.get("severity") == "warning"]
    found = [one for one in found if one.says]
    more = concerns(evidence)
    found += [one for one in more if one.severity == "warning"]
    found += [one for one in leaks if one.severity == "note"]
    found += [one for one in more if one.severity == "note"]
    found += [_told(one) for one in others if one.get("severity") == "note" and one.get("action") == "kept"]
    seen: list[Watched] = []
    for one in found:
        if one.says and one.says not in [other.says for other in seen]:
            seen.append(one)
    return seen[:MOST_WATCHED]


def concerns(evidence: Evidence) -> list[Watched]:
    """Return what to watch that no finding tells."""
    return [one for rule in _CONCERNS for one in rule(evidence)]


def _told(finding: Evidence) -> Watched:
    column, rule = finding.get("column"), str(finding.get("rule"))
    if rule in _TOLD_ELSEWHERE:
        return Watched("", "", "")
    about = f"{brief(column, 40)}: " if column else ""
    says = Text([about, written(finding, "message", 240)])
    return Watched(str(finding.get("severity")), "limits", says)


def _uncalibrated(evidence: Evidence) -> list[Watched]:
    error = dig(evidence, "calibration_error", default={})
    if not is_number(error.get("low")) or error["low"] <= _WRONG_CHANCES:
        return []
    return [Watched("warning", "calibration", say("watch.chances", n=hundredths(error["value"])))]


def _weak(evidence: Evidence) -> list[Watched]:
    return [
        Watched("warning", "slices", say("watch.weak", told=parts.weak_sentence(one)))
        for one in dig(evidence, "slices", default=[])[:1]
    ]


def _unfair(evidence: Evidence) -> list[Watched]:
    found = []
    for one in parts.fairness(evidence):
        gap = next((sentence for sentence, is_sure in one["told"] if is_sure), "")
        found += [Watched("warning", "slices", gap)] if gap else []
    return found[:1]


def _rarely_found(evidence: Evidence) -> list[Watched]:
    recall = next((name for name in words.plain_metrics(evidence) if known(f"watch.few.{name}")), "")
    share = dig(evidence, "test", recall, "value") if recall else None
    if share is None or not is_number(share) or share >= _FEW_FOUND:
        return []
    told = say(
        f"watch.few.{recall}",
        target=words.target_of(evidence, 40),
        label=words.classes(evidence)[-1],
        n=estimate_in_hundred(dig(evidence, "test", recall)),
    )
    return [Watched("note", "performance", told)]


def _few_rows(evidence: Evidence) -> list[Watched]:
    n_test = dig(evidence, "split", "n_test")
    if not is_number(n_test) or not 0 < n_test < _FEW_TEST_ROWS or words.are_few(evidence):
        return []  # or a finding says so
    few = judged.counted(f"plain_{judged.which(evidence)}", n_test)
    return [Watched("warning", "split", say_some("watch.few_rows", n_test, judged=few))]


def _flattering(evidence: Evidence) -> list[Watched]:
    price = dig(evidence, "split", "price", default={})
    if words.sign_of(price.get("flattery")) != 1:
        return []
    key = f"watch.drift_{judged.rule(evidence)}"
    return [Watched("note", "split", say(key if known(key) else f"watch.drift_{judged.which(evidence)}"))]


def _coverage(evidence: Evidence) -> list[Watched]:
    held = dig(evidence, "intervals", "coverage", default={})
    level = dig(evidence, "intervals", "level")
    if not is_number(held.get("high")) or not is_number(level) or held["high"] >= level - _OFTEN:
        return []
    says = say(f"watch.held.{_sort(evidence)}", n=points(held["value"]), level=percent(level))
    return [Watched("warning", "calibration", says)]


def _uneven(evidence: Evidence) -> list[Watched]:
    """Warn of a part in which intervals or sets hold far less than asked, though they do on average."""
    part, level = promises.broken_part(evidence), dig(evidence, "intervals", "level")
    if part is None or _coverage(evidence):
        return []
    holes = {"n": points(part["coverage"]["value"]), "all": number(part["n"]), "level": percent(level)}
    says = say(f"watch.held_where.{_sort(evidence)}", rows=promises.slice_name(part), **holes)
    return [Watched("warning", "calibration", says)]


def _sort(evidence: Evidence) -> str:
    return promises.sort_of(dig(evidence, "intervals", default={}))


def _missed_class(evidence: Evidence) -> list[Watched]:
    """Note the class of many that is found least, if it is seldom found and frequent enough to tell."""
    counts = dig(evidence, "confusion", "counts", default=[])
    shares = derived(evidence, "confusion", "shares", default=[])
    if len(counts) < 3:
        return []
    found = [
        (float(shares[i][i]), i)
        for i, row in enumerate(counts)
        if sum(row) >= _FEWEST_OF_CLASS and shares[i][i] < _SELDOM
    ]
    if not found:
        return []
    at = min(found)[1]
    label = brief(dig(evidence, "confusion", "classes")[at], 30)
    told = say(
        "watch.missed", target=words.target_of(evidence, 40), label=label, n=in_hundred(shares[at][at])
    )
    return [Watched("note", "performance", told)]


def _more_rows(evidence: Evidence) -> list[Watched]:
    low = derived(evidence, "further", "low")
    if not is_number(low) or low <= _OFTEN:
        return []
    return [
        Watched(
            "note", "candidates", say("watch.more_rows", share=percent(derived(evidence, "further", "value")))
        )
    ]


def _one_driver(evidence: Evidence) -> list[Watched]:
    """Note a single column that carries the answer: if it breaks, everything does."""
    found = words.drivers(evidence, 2)
    if words.gain_sign(evidence) != 1:
        return []  # there is nothing to lean
    if len(dig(evidence, "importance", default=[])) == 1 and not dig(evidence, "importance_left_out"):
        return []  # there is no other
    if not found or (len(found) > 1 and found[0]["drop"]["value"] < 3 * found[1]["drop"]["value"]):
        return []
    return [Watched("note", "explanations", say("watch.one_driver", column=brief(found[0]["column"], 40)))]


def _lists(evidence: Evidence) -> list[Watched]:
    told = [("warning", lists.unknown(evidence)), ("note", lists.popular(evidence))]
    return [Watched(severity, "lists", says) for severity, says in told if says]


def _world(_: Evidence) -> list[Watched]:
    return [Watched("note", "limits", say("watch.world"))]


_CONCERNS: tuple[Callable[[Evidence], list[Watched]], ...] = (
    _few_rows, _uncalibrated, _coverage, _uneven, _unfair, _weak, _flattering, _rarely_found, _missed_class,
    _one_driver, _more_rows, _lists, _world,
)  # fmt: skip


def effect(evidence: Evidence, column: str) -> str:
    """Say what the answer does along a column, "" if that was not followed."""
    from mlwright.report.dependence import says_of  # noqa: PLC0415 - drawings are not needed before

    for item in dig(evidence, "dependence", default=[]):
        if item["column"] == column:
            return says_of(evidence, item)
    return ""


def lede(evidence: Evidence) -> Text:
    """Say on what the answer rests: the rows, the score, the comparison."""
    return join([words.verdict(evidence).reason, words.headline(evidence)])


def picture(evidence: Evidence) -> tuple[str, Markup]:
    """Return the title and the drawing of the first screen: money, else cases, else the score."""
    against = advice.by_strength(evidence)
    if against:
        title: str = say("compare.saved")
        return title, charts.comparison(
            [(advice.rival(one["what"]), one["per_row"]) for one in against], title, say("compare.per_case")
        )
    plain = words.plain_metrics(evidence)
    name = main_plain(evidence) or (plain[0] if plain else dig(evidence, "task", "metric", default=""))
    rows = [
        (say("compare.model"), dig(evidence, "test", name)),
        (judged.unit(evidence, "beside"), dig(evidence, "baseline", name)),
    ]
    found = dig(evidence, "in_place", default={})
    if found.get("metric") == name and found.get("old"):
        rows.append((say("compare.old"), found["old"]))
    key, label = f"compare.titles.{name}", (words.classes(evidence) or [""])[-1]
    title = metric_title(name)
    if known(key):
        title = say(key, label=label, target=words.target_of(evidence, 40))
    is_count = words.is_share(evidence) and name in plain
    if is_count:
        return title, charts.hundred(rows, title)
    return title, charts.comparison(rows, title, words.target_of(evidence, 40))
