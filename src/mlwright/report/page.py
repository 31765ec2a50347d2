"""What a report shows, gathered from the evidence: the first screen, then a section for each question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlwright.report import (
    advice,
    baseline,
    charts,
    first,
    judged,
    leak_words,
    parts,
    plain,
    promises,
    words,
)  # fmt: skip
from mlwright.report.commands import Names, commands, sources
from mlwright.report.compare_page import told_changes
from mlwright.report.dependence import dependence
from mlwright.report.derive import MOST_MIXED, derived
from mlwright.report.figures import Evidence, brief, count, dig, is_number, number, percent
from mlwright.report.language import known, language, say, say_some, word
from mlwright.report.lists import lists, served
from mlwright.report.measures import metric_says, metric_title
from mlwright.report.past import past
from mlwright.report.verdict import verdict
from mlwright.report.worth import learning_points, learning_title, worth
from mlwright.report.written import are_all_said, named, written

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_COLUMNS, FIRST_COLUMNS = 1_000, 40
_MOST_CANDIDATES, _FIRST_CANDIDATES, _MOST_FINDINGS, _MOST_CLASSES, _MOST_LEAKS = 60, 10, 60, 12, 200
_MOST_DECISIONS, _FIRST_FINDINGS = 60, 15
_SEVERITIES = ("error", "warning", "note")


def page(evidence: Evidence, names: Names) -> dict[str, Any]:
    """Return everything that the template shows; `evidence` knows its places."""
    shown = {
        "evidence": evidence,
        "name": brief(dig(evidence, "name", default=say("question.target"))),
        "first": _first(evidence),
        "data": _data(evidence),
        "split": _split(evidence),
        "leaks": _leaks(evidence),
        "candidates": _candidates(evidence),
        "performance": _performance(evidence),
        "lists": lists(evidence),
        "calibration": _calibration(evidence),
        "value": _value(evidence),
        "past": past(evidence),
        "slices": _slices(evidence),
        "explanations": _explanations(evidence),
        "limits": _limits(evidence),
        "again": _again(evidence, names),
        "glossary": _glossary(evidence),
        "checks": sources(evidence, names.model),
        "language": language(),
        "is_mixed": not are_all_said(_sentences(evidence)),
    }
    order = ("performance", "lists", "calibration", "value", "explanations", "past", "slices", "data",
             "leaks", "split", "candidates", "limits", "again", "glossary")  # fmt: skip
    return {**shown, "sections": [key for key in order if shown[key]]}


def _sentences(evidence: Evidence) -> list[tuple[Evidence, str]]:
    """Return what training wrote, where, with the key of the sentence."""
    keys = {"findings": ("message", "remedy"), "decisions": ("what", "why"), "leaks": ("message", "why")}
    return [
        (one, key) for name, told in keys.items() for one in dig(evidence, name, default=[]) for key in told
    ]


def _first(evidence: Evidence) -> dict[str, Any]:
    title, picture = first.picture(evidence)
    return {
        "question": words.question(evidence),
        "verdict": verdict(evidence),
        "answer": first.answer(evidence),
        "lede": first.lede(evidence),
        "good": first.how_good(evidence),
        "gain": words.gain_line(evidence),
        "picture": picture,
        "picture_title": title,
        "drivers": [
            {**item, "effect": first.effect(evidence, item["column"])} for item in words.drivers(evidence)
        ],
        "of_users": judged.are_users(evidence),
        "is_measured": bool(dig(evidence, "importance")),
        "served": served(evidence),
        "watch": first.watch(evidence),
    }


def _data(evidence: Evidence) -> dict[str, Any]:
    columns = list(dig(evidence, "data", "columns", default=[]))
    if not columns and not dig(evidence, "data", "n_rows"):
        return {}
    if len(columns) > FIRST_COLUMNS:
        rank = {item["column"]: i for i, item in enumerate(dig(evidence, "importance", default=[]))}
        columns.sort(key=lambda c: (c.get("role") != "target", rank.get(c["name"], len(rank))))
    n_rows, used = dig(evidence, "data", "n_rows"), dig(evidence, "data", "n_rows_used")
    return {
        "n_rows": n_rows,
        "used": _used(evidence) if used is not None and used != n_rows else "",
        "n_columns": count(dig(evidence, "data", "columns", default=[])),
        "columns": columns[:FIRST_COLUMNS],
        "of_users": judged.are_users(evidence),
        "rest": columns[FIRST_COLUMNS:MOST_COLUMNS],
        "n_left": max(len(columns) - MOST_COLUMNS, 0),
        "fingerprint": str(dig(evidence, "data", "fingerprint", default=""))[:16],
    }


def _used(evidence: Evidence) -> str:
    n_used = number(dig(evidence, "data", "n_rows_used"))
    return say(f"data.used_{judged.which(evidence)}", n=n_used, target=words.target_of(evidence))


def _split(evidence: Evidence) -> dict[str, Any]:
    if not dig(evidence, "split"):
        return {}
    folds = dig(evidence, "split", "folds", default={})
    return {
        "lines": [words.split_line(evidence), words.price_line(evidence), *words.refit_lines(evidence)],
        "proves": say("split.spans" if judged.are_users(evidence) else "split.proof"),
        "proof": {
            word(f"split.proofs.{key}", str(key).removeprefix("n_").replace("_", " ")): value
            for key, value in dig(evidence, "split", "proof", default={}).items()
            if value is not None
        },
        "folds": say_some(
            "split.folds", folds.get("n", 0), n=number(folds.get("n")), how=judged.how(folds.get("how"))
        )
        if folds
        else "",
    }


def _leaks(evidence: Evidence) -> dict[str, Any]:
    """Prepare the columns that were accused; what was cleared stays in the evidence."""
    if "leaks" not in evidence or judged.are_users(evidence):
        return {}  # it was not looked for any
    found = [
        {
            **{key: written(leak, key) for key in ("title", "says", "message", "why")},
            "column": leak["column"],
            "verdict": word(f"leaks.verdicts.{leak.get('verdict')}", str(leak.get("verdict"))),
            "with_it": dig(leak, "evidence", "with"),
            "without": leak.get("honest"),
            "remedy": leak_words.leak_remedy(leak),
        }
        for leak in leak_words.accused(evidence)
    ][:_MOST_LEAKS]
    metrics = {dig(leak, "evidence", "metric", default="") for leak in leak_words.accused(evidence)}
    return {
        "line": leak_words.leaks_line(evidence) if found else say("leaks.none"),
        "found": found,
        "metric": metric_title(metrics.pop()) if metrics else "",
    }


def _candidates(evidence: Evidence) -> dict[str, Any]:
    found = dig(evidence, "leaderboard", default=[])
    if not found:
        return {}
    measure = metric_title(dig(evidence, "learning_curve", "measure", default="loss"))
    return {
        "lines": [
            words.budget_line(evidence),
            words.memory_line(evidence),
            say("candidates.steer"),
            _loss_line(evidence),
            promises.contract_line(evidence),
        ],
        "shown": found[:_FIRST_CANDIDATES],
        "rest": found[_FIRST_CANDIDATES:_MOST_CANDIDATES],
        "n_all": count(found),
        "n_left": max(len(found) - _MOST_CANDIDATES, 0),
        "worth": worth(evidence),
        "learning": charts.comparison(learning_points(evidence), measure),
        "learning_title": learning_title(evidence),
        "ledger": charts.ledger(evidence),
        "ledger_title": charts.ledger_title(evidence),
        "decisions": [
            {"what": written(one, "what"), "choice": named(one, "choice", 160), "why": written(one, "why")}
            for one in list(dig(evidence, "decisions", default=[]))[:_MOST_DECISIONS]
        ],
    }


def _loss_line(evidence: Evidence) -> str:
    """Say what the scores of candidates are; those of recommenders have other names in each run."""
    if judged.are_users(evidence):
        return ""
    return say("candidates.loss_classes" if words.classes(evidence) else "candidates.loss_value")


def _performance(evidence: Evidence) -> dict[str, Any]:
    main = dig(evidence, "task", "metric", default="")
    test, base = dig(evidence, "test", default={}), dig(evidence, "baseline", default={})
    if not test:
        return {}
    roc, bins = dig(evidence, "roc", default=[]), dig(evidence, "residuals", "bins", default=[])
    label = (words.classes(evidence) or [""])[-1]
    ranked = dig(evidence, "test", "roc_auc", "value", default=derived(evidence, "ranked"))
    roc_title, residual_title = say("charts.ranks", share=percent(ranked)), say("charts.residuals")
    return {
        "line": say(f"performance.line_{judged.which(evidence)}"),
        "scores": [
            {
                "title": plain.of_class(evidence, name), "says": metric_says(name), "is_main": name == main,
                "model": plain.told(evidence, name), "baseline": base.get(name),
            }
            for name in sorted((name for name in test if test[name]), key=lambda name: name != main)
        ],
        "roc": charts.curve(roc, roc_title, (say("charts.false_alarms"), say("charts.found", label=label))),
        "roc_title": roc_title,
        "residuals": charts.agreement(
            [{"observed": b.get("true"), **b} for b in bins],
            residual_title,
            (say("charts.said"), say("charts.true")),
            shares=False,
        ),
        "residuals_title": residual_title,
        "confusion": _confusion(evidence),
        "in_place": {
            "line": words.in_place_line(evidence),
            **told_changes(dig(evidence, "in_place", "changes", default={})),
        },
    }  # fmt: skip


def _confusion(evidence: Evidence) -> dict[str, Any]:
    """Prepare the table of answers against truths; with many classes, the most frequent mix-ups."""
    counts, shares = dig(evidence, "confusion", "counts"), derived(evidence, "confusion", "shares")
    if not counts or not shares:
        return {}
    labels = [brief(label, 24) for label in dig(evidence, "confusion", "classes")]
    mixed = derived(evidence, "confusion", "mixed")
    rows = [
        [
            {"n": n, "share": share, "is_right": i == j}
            for j, (n, share) in enumerate(zip(row, across, strict=True))
        ]
        for i, (row, across) in enumerate(zip(counts, shares, strict=True))
    ]
    title = say("charts.no_mistake")
    if mixed:
        title = say(
            "charts.mistake", answer=brief(mixed[0]["answer"], 24), truth=brief(mixed[0]["truth"], 24)
        )
    return {
        "labels": labels,
        "rows": rows if len(labels) <= _MOST_CLASSES else [],
        "mixed": mixed,
        "says": say(_confusion_says(len(labels), len(mixed or []))),
        "title": title,
    }


def _confusion_says(n_classes: int, n_mixed: int) -> str:
    if n_classes <= _MOST_CLASSES:
        return "performance.confusion"
    return "performance.mixed" if n_mixed == MOST_MIXED else "performance.mixed_all"


def _calibration(evidence: Evidence) -> dict[str, Any]:
    points, ranges = dig(evidence, "calibration", default=[]), dig(evidence, "intervals", default={})
    lines = promises.interval_lines(evidence)
    if not points and not lines:
        return {}
    labels = words.classes(evidence)
    said = say("charts.said_chance", label=labels[-1]) if len(labels) == 2 else say("charts.said_answer")
    title = promises.trust_title(evidence)
    return {
        "title": say("sections.calibration" if points else "sections.ranges"),
        "error": promises.error_line(evidence),
        "picture": charts.agreement(points, title, (said, say("charts.happened")), shares=True),
        "picture_title": title,
        "lines": lines,
        "levels": ranges.get("levels") or [],
        "level": ranges.get("level"),
        "size": say("calibration.labels" if ranges.get("answers") == "sets" else "calibration.width"),
        "usual": ranges.get("size"),
        "rows": promises.slice_rows(evidence),
    }


def _value(evidence: Evidence) -> dict[str, Any]:
    lines = advice.decision_lines(evidence)
    if not lines:
        return {}
    return {"lines": lines, "decide": dig(evidence, "decision"), "costs": advice.costs(evidence)}


def _slices(evidence: Evidence) -> dict[str, Any]:
    found = {
        "line": parts.weak_line(evidence),
        "weak": parts.slices(evidence),
        "groups": parts.groups(evidence),
        "fairness": parts.fairness(evidence),
    }
    return found if any(found.values()) else {}


def _explanations(evidence: Evidence) -> dict[str, Any]:
    importance, n_left = dig(evidence, "importance", default=[]), dig(evidence, "importance_left_out")
    if not importance and n_left == 0:
        return {}  # there is no column to shuffle
    strongest = words.drivers(evidence, 1)
    title = (
        say("charts.driver", column=brief(strongest[0]["column"], 40)) if strongest else say("page.no_driver")
    )
    return {
        "picture": charts.importance(importance),
        "picture_title": title,
        "n_measured": count(importance),
        "n_left": n_left,
        "goes": dependence(evidence),
    }


def _limits(evidence: Evidence) -> dict[str, Any]:
    found = dig(evidence, "findings", default=[])
    rank = {severity: i for i, severity in enumerate(_SEVERITIES)}
    ordered = sorted(found, key=lambda f: rank.get(f.get("severity"), len(rank)))
    return {
        "lines": _limit_lines(evidence),
        "findings": ordered[:_FIRST_FINDINGS],
        "rest": ordered[_FIRST_FINDINGS:_MOST_FINDINGS],
        "n_shown": number(min(len(found), _MOST_FINDINGS)),
        "n_all": count(found),
        "is_cut": len(found) > _MOST_FINDINGS,
    }


def _limit_lines(evidence: Evidence) -> list[str]:
    n_test, rule = dig(evidence, "split", "n_test"), judged.rule(evidence)
    lines: list[str] = [
        say("limits.world", name=brief(dig(evidence, "name", default=say("question.target"))))
    ]
    if judged.are_users(evidence):
        how = judged.how(dig(evidence, "split", "how"))
        lines += [say(f"limits.lists_{judged.when(evidence)}", how=how), say("limits.offered")]
    else:
        lines += [*([say(f"limits.{rule}")] if rule else []), say("limits.causes")]
        lines += [say("limits.inputs")] if "in_time" in rule else []
        lines += [say_some("limits.few", n_test, n=number(n_test))] if is_number(n_test) else []
    return lines + ([say("limits.refit")] if dig(evidence, "refit", "done") else [])


def _again(evidence: Evidence, names: Names) -> dict[str, Any]:
    program, refit = dig(evidence, "program", default={}), dig(evidence, "refit", default={})
    judged = refit.get("judged_program")
    return {
        "commands": commands(evidence, names),
        "by_time": not dig(evidence, "budget", "max_trials"),
        "program": program,
        "judged": str(judged)[:16] if judged and judged != refit.get("shipped_program") else "",
        "environment": dig(evidence, "environment", default={}),
    }


def _glossary(evidence: Evidence) -> list[tuple[str, str]]:
    answers = dig(evidence, "intervals", "answers") if dig(evidence, "intervals", "mode") else None
    terms: Sequence[str] = [
        "baseline", "test", "interval",
        *([] if not answers else ["sets" if answers == "sets" else "ranges"]),
        "chance", "fold", "candidate", "program", "fingerprint", "finding",
    ]  # fmt: skip
    measures = [(metric_title(name), metric_says(name)) for name in dig(evidence, "test", default={})]
    told = [pair for pair in measures if pair[1]]
    return [*told, *((say(f"glossary.{term}"), _explained(evidence, term)) for term in terms)]


def _explained(evidence: Evidence, term: str) -> str:
    of_users, of_forecast = (f"glossary.{term}_{what}_says" for what in ("users", "forecast"))
    if judged.are_users(evidence) and known(of_users):
        return say(of_users)
    if baseline.forecast(evidence) and known(of_forecast):
        return say(of_forecast, dull=baseline.dull(evidence))
    return say(f"glossary.{term}_says")
