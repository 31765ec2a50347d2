"""What to watch that no finding tells: one rule for each sort of concern."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.core.evaluation import Direction
from mlwright.core.schema import Role
from mlwright.report import baseline, judged, lists, parts, plain, promises, words
from mlwright.report.derive import SELDOM, derived
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
    some_of,
)
from mlwright.report.language import known, say, say_some
from mlwright.report.measures import metric_title

if TYPE_CHECKING:
    from collections.abc import Callable

_WRONG_CHANCES = 0.05
_FEW_FOUND = 0.5
_FEW_TEST_ROWS = 100
_FEW_OF_CLASS, _FEWEST_OF_CLASS = 100, 30
"""Test rows of the rarer class: worth a word, and a warning."""
_FEWEST_MISSED = 10
"""Test rows of classes of many that are seldom found."""
_ONE_WAY = 0.2
"""Of the mean error: from so much on it is worth a word that answers miss in one direction."""
_FAR_APART = 1.25
"""How many times as far from perfect the folds are as the test, or the test as the folds."""
_OF_PEOPLE = frozenset({
    "sex", "gender", "male", "female", "race", "racetxt", "black", "white", "asian", "hisp", "hispanic",
    "ethnicity", "ethnic", "religion", "nationality", "foreign", "disability", "disabled", "pregnant", "age",
    "dob", "birth", "birthday", "birthdate", "seniorcitizen", "geschlecht", "nationalität", "behinderung",
    "alter", "geburtsdatum",
})  # fmt: skip
_WORD, _MOST_NAMED = re.compile(r"[^\W\d_]+"), 4
"""Words in names of columns that tell what somebody is, not what somebody does."""
_MOST_OF_PEOPLE = 10
_OFTEN, _MUCH = 0.02, 0.05


@final
@dataclass(frozen=True, slots=True)
class Watched:
    """One thing to watch: how bad it is, in which section more is told, and the sentence."""

    severity: str
    place: str
    says: str


def concerns(evidence: Evidence) -> list[Watched]:
    """Return what to watch that no finding tells."""
    return [one for rule in _CONCERNS for one in rule(evidence)]


def _uncalibrated(evidence: Evidence) -> list[Watched]:
    error = dig(evidence, "calibration_error", default={})
    if not is_number(error.get("low")) or error["low"] <= _WRONG_CHANCES:
        return []
    return [Watched("warning", "calibration", say("watch.chances", n=hundredths(error["value"])))]


def _weak(evidence: Evidence) -> list[Watched]:
    """Warn of a part in which it is worse; of classes, it may know that these cases are harder."""
    found = []
    for one in dig(evidence, "slices", default=[])[:1]:
        knows = dig(evidence, "task", "classes") and not one.get("is_surprised")
        told = say("watch.harder" if knows else "watch.weak", told=parts.weak_sentence(one))
        found += [Watched("note" if knows else "warning", "slices", told)]
    return found


def _unfair(evidence: Evidence) -> list[Watched]:
    found = []
    for one in parts.fairness(evidence):
        gap = next((sentence for sentence, is_sure in one["told"] if is_sure), "")
        found += [Watched("warning", "slices", gap)] if gap else []
    return found[:1]


def _reads_people(evidence: Evidence) -> list[Watched]:
    """Warn of columns by whose names laws may protect people, if nobody asked to compare their groups."""
    compared = {one.get("column") for one in dig(evidence, "fairness", default=[])}
    columns = [one for one in dig(evidence, "data", "columns", default=[]) if one.get("role") == Role.FEATURE]
    named = [str(one["name"]) for one in columns if one["name"] not in compared]
    found = [name for name in named if _OF_PEOPLE & {*_WORD.findall(name.lower())}]
    if not found:
        return []
    told = say("watch.reads_people", columns=some_of([brief(name, 30) for name in found], _MOST_OF_PEOPLE))
    return [Watched("warning", "slices", told)]


def _few_of_class(evidence: Evidence) -> list[Watched]:
    """Warn of two classes of which one is so rare in the test that what is said of it is hardly known."""
    true = derived(evidence, "confusion", "true", default=[])
    if len(true) != 2 or min(true) >= _FEW_OF_CLASS:
        return []
    severity = "warning" if min(true) < _FEWEST_OF_CLASS else "note"
    label = brief(dig(evidence, "confusion", "classes")[true.index(min(true))], 30)
    holes = {"target": words.target_of(evidence, 40), "label": label}
    return [
        Watched(
            severity, "performance", say_some("watch.few_of_class", min(true), n=number(min(true)), **holes)
        )
    ]


def _never_said(evidence: Evidence) -> list[Watched]:
    return [Watched("warning", "performance", told) for told in plain.never(evidence, "watch")]


def _rarely_found(evidence: Evidence) -> list[Watched]:
    recall = next((name for name in plain.plain_metrics(evidence) if known(f"watch.few.{name}")), "")
    share = plain.score(evidence, recall).get("value") if recall else None
    if share is None or not is_number(share) or share >= _FEW_FOUND:
        return []
    told = say(
        f"watch.few.{recall}",
        target=words.target_of(evidence, 40),
        label=plain.label_of(evidence),
        n=estimate_in_hundred(plain.score(evidence, recall)),
    )
    return [Watched("warning" if share < SELDOM else "note", "performance", told)]


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
    is_empty = promises.is_mostly_empty(evidence, part)
    key = "watch.held_where.empty" if is_empty else f"watch.held_where.{_sort(evidence)}"
    says = say(key, rows=promises.slice_name(part), **holes)
    return [Watched("note" if is_empty else "warning", "calibration", says)]


def _sort(evidence: Evidence) -> str:
    return promises.sort_of(dig(evidence, "intervals", default={}))


def _usual_is_better(evidence: Evidence) -> list[Watched]:
    """Warn of answers that are right less often than the most usual one: only their order is worth it."""
    test, base = (dig(evidence, which, "accuracy", default={}) for which in ("test", "baseline"))
    if not (has_interval(test) and is_number(base.get("value"))) or test["high"] >= base["value"]:
        return []
    holes = {"n": in_hundred(test["value"]), "base": in_hundred(base["value"])}
    return [Watched("warning", "performance", say("watch.usual_is_better", **holes))]


def _missed_class(evidence: Evidence) -> list[Watched]:
    """Tell of many classes those that are seldom found, if they have rows enough to tell."""
    found = derived(evidence, "confusion", "seldom", default={})
    if not found or found["all"] < _FEWEST_MISSED:
        return []
    labels = [brief(label, 30) for label in found["classes"]]
    told = say(
        "watch.missed",
        target=words.target_of(evidence, 40),
        label=some_of(labels, _MOST_NAMED, "or"),
        n=number(found["found"]),
        all=number(found["all"]),
    )
    return [Watched("warning" if found["all"] >= _FEWEST_OF_CLASS else "note", "performance", told)]


def _one_way(evidence: Evidence) -> list[Watched]:
    """Warn of values that are too low on average, or too high, though not by nearly all of their error."""
    bias, mean_error = dig(evidence, "residuals", "bias", default={}), dig(evidence, "test", "mae", "value")
    if not has_interval(bias) or bias["low"] <= 0 <= bias["high"] or not is_number(mean_error):
        return []
    if abs(bias["value"]) < _ONE_WAY * mean_error:
        return []
    key = "watch.too_low" if bias["value"] > 0 else "watch.too_high"
    return [Watched("warning", "performance", say(key, size=estimate_text(size_of(bias))))]


def _loses(evidence: Evidence) -> list[Watched]:
    """Warn of a measure of values in which the baseline is better, though not in the main one."""
    test, base = (dig(evidence, which, default={}) for which in ("test", "baseline"))
    if words.classes(evidence) or judged.are_users(evidence) or words.gain_sign(evidence) != 1:
        return []
    for name in test:
        one, other = test[name] or {}, base.get(name) or {}
        if not (has_interval(one) and has_interval(other)):
            continue
        is_high_good = one.get("direction") == Direction.MAX
        if one["high"] < other["low"] if is_high_good else one["low"] > other["high"]:
            holes = {
                "value": estimate_text(one),
                "base": estimate_text(other),
                "dull": baseline.dull(evidence),
            }
            return [Watched("warning", "performance", say("watch.loses", metric=metric_title(name), **holes))]
    return []


def _folds_differ(evidence: Evidence) -> list[Watched]:
    """Warn of folds that say something else than the test, beyond chance: the score depends on the rows."""
    test = dig(evidence, "test", dig(evidence, "task", "metric", default=""), default={})
    folds = dig(evidence, "selection", "corrected", default={})
    if not (has_interval(test) and has_interval(folds)):
        return []
    perfect = 1.0 if test.get("direction") == Direction.MAX else 0.0
    far = {name: abs(perfect - one["value"]) for name, one in (("folds", folds), ("test", test))}
    if folds["low"] <= test["high"] and test["low"] <= folds["high"]:
        return []
    if far["folds"] > _FAR_APART * far["test"]:
        key = "watch.folds_worse"
    elif far["test"] > _FAR_APART * far["folds"]:
        key = "watch.folds_better"
    else:
        return []
    holes = {"folds": estimate_text(folds), "test": estimate_text(test)}
    told = say(key, metric=metric_title(dig(evidence, "task", "metric", default="")), **holes)
    return [Watched("warning", "candidates", told)]


def _too_wide(evidence: Evidence) -> list[Watched]:
    """Note a level at which ranges hold far more than asked: narrower ones would do."""
    return [Watched("note", "calibration", told) for told in promises.wide_lines(evidence)]


def _more_rows(evidence: Evidence) -> list[Watched]:
    low, value, high = (derived(evidence, "further", key) for key in ("low", "value", "high"))
    if not is_number(low) or low <= _OFTEN or value < _MUCH:
        return []
    told = say("watch.more_rows", share=percent(value), low=percent(low), high=percent(high))
    return [Watched("note", "candidates", told)]


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
    told = [
        ("warning", lists.unknown(evidence)),
        ("note", lists.newcomers(evidence)),
        ("note", lists.later(evidence)),
        ("note", lists.popular(evidence)),
    ]
    return [Watched(severity, "lists", says) for severity, says in told if says]


def _world(_: Evidence) -> list[Watched]:
    return [Watched("note", "limits", say("watch.world"))]


_CONCERNS: tuple[Callable[[Evidence], list[Watched]], ...] = (
    _few_rows, _few_of_class, _never_said, _rarely_found, _missed_class, _usual_is_better, _loses,
    _folds_differ, _one_way, _uncalibrated, _coverage, _uneven, _unfair, _reads_people, _weak, _flattering,
    _too_wide, _one_driver, _more_rows, _lists, _world,
)  # fmt: skip
