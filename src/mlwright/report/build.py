"""From evidence to one self-contained page that a non-engineer can read and an engineer can check."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from mlwright.report import advice, charts, leak_words, parts, promises, words
from mlwright.report.dependence import dependence
from mlwright.report.figures import Evidence, brief, dig, is_number, percent
from mlwright.report.render import render
from mlwright.report.worth import learning_points, learning_title, worth

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_COLUMNS, _MOST_CANDIDATES, _MOST_FINDINGS, _MOST_CLASSES = 200, 60, 60, 12
_SEVERITIES = ("error", "warning", "note")


@final
@dataclass(frozen=True, slots=True)
class Names:
    """What the commands of a report name: the model file, and the data as they were given."""

    model: str = "MODEL.mlw"
    data: str = ""


def build_report(evidence: Evidence, names: Names | None = None) -> str:
    """Return the report as HTML: one file, no network, no scripts, at most a few hundred kilobytes.

    Parameters
    ----------
    evidence
        The mapping that `evidence.json` holds; see `docs/reference/evidence.md`. Absent parts are
        left out of the page.
    names
        Of files, for the commands to repeat; without, of a model of any name.
    """
    return render({**_page(evidence), "commands": commands(evidence, names)})


def write_report(evidence: Evidence, path: str | Path, names: Names | None = None) -> Path:
    """Write the report so that a reader finds the old file or the new one, never half of one."""
    place = Path(path)
    handle, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(build_report(evidence, names))
        Path(draft).chmod(0o644)
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return place


def commands(evidence: Evidence, names: Names | None = None) -> list[tuple[str, str]]:
    """Return what to type to make, judge, inspect and use this model again, each with its purpose."""
    given = names or Names()
    name, model = given.data or dig(evidence, "name", default="data.csv"), given.model
    task, budget = dig(evidence, "task", default={}), dig(evidence, "budget", default={})
    train = ["mlwright", "train", name, "--target", str(task.get("target") or "TARGET")]
    if task.get("metric"):
        train += ["--metric", task["metric"]]
    if budget.get("max_trials"):
        train += ["--max-trials", str(budget["max_trials"])]
    elif is_number(budget.get("time_limit_s")):
        train += ["--time-limit", f"{budget['time_limit_s']:g}s"]
    for option, values in dig(evidence, "options", default={}).items():
        for value in values:
            train += [f"--{option}", str(value)]
    train += ["--seed", str(dig(evidence, "environment", "seed", default=0)), "-o", model]
    return [
        ("Train it again", shlex.join(train)),
        ("Judge it on other rows", shlex.join(["mlwright", "evaluate", model, "labeled.csv"])),
        ("All numbers of this report", shlex.join(["mlwright", "info", model, "--json"])),
        ("Use it", shlex.join(["mlwright", "predict", model, "new.csv", "-o", "answers.csv"])),
        *_with_intervals(evidence, model),
    ]


def _with_intervals(evidence: Evidence, model: str) -> list[tuple[str, str]]:
    found = dig(evidence, "intervals", default={})
    if not found.get("mode"):
        return []
    level = f"{found['level']:g}"
    line = ["mlwright", "predict", model, "new.csv", "--intervals", level, "-o", "answers.csv"]
    return [(f"With {found['answers']} that hold the truth", shlex.join(line))]


def _page(evidence: Evidence) -> dict[str, Any]:
    name = dig(evidence, "task", "metric", default="")
    return {
        "evidence": evidence,
        "name": dig(evidence, "name", default="the data"),
        "question": words.question(evidence),
        "verdict": words.verdict(evidence),
        "headline": words.headline(evidence),
        "gain_line": words.gain_line(evidence),
        "meaning": words.meaning(evidence),
        "metric": {"title": words.metric_title(name), "says": words.metric_says(name)},
        "test": dig(evidence, "test", name),
        "baseline": dig(evidence, "baseline", name),
        "drivers": words.drivers(evidence),
        "findings": _findings(evidence),
        "n_findings": len(dig(evidence, "findings", default=[])),
        "split_line": words.split_line(evidence),
        "price_line": words.price_line(evidence),
        "refit_line": words.refit_line(evidence),
        "budget_line": words.budget_line(evidence),
        "contract_line": promises.contract_line(evidence),
        "scores": _scores(evidence),
        "leaks": _leaks(evidence),
        "leaks_line": leak_words.leaks_line(evidence),
        "leaks_metric": _leaks_metric(evidence),
        "decision_lines": advice.decision_lines(evidence),
        "error_line": promises.error_line(evidence),
        "interval_lines": promises.interval_lines(evidence),
        "interval_slices": promises.slice_rows(evidence),
        "columns": dig(evidence, "data", "columns", default=[])[:_MOST_COLUMNS],
        "n_columns": len(dig(evidence, "data", "columns", default=[])),
        "proof": dig(evidence, "split", "proof", default={}),
        "candidates": dig(evidence, "leaderboard", default=[])[:_MOST_CANDIDATES],
        "n_candidates": len(dig(evidence, "leaderboard", default=[])),
        "worth": worth(evidence),
        "confusion": _confusion(evidence),
        "dependence": dependence(evidence),
        "weak_line": parts.weak_line(evidence),
        "slices": parts.slices(evidence),
        "groups": parts.groups(evidence),
        "fairness": parts.fairness(evidence),
        "charts": _charts(evidence),
    }


def _findings(evidence: Evidence) -> list[Evidence]:
    """Order by severity and keep the page short; `info --json` has them all."""
    found = dig(evidence, "findings", default=[])
    rank = {severity: i for i, severity in enumerate(_SEVERITIES)}
    return sorted(found, key=lambda f: rank.get(f.get("severity"), len(rank)))[:_MOST_FINDINGS]


def _leaks(evidence: Evidence) -> list[dict[str, Any]]:
    """Prepare the columns that were accused; what was cleared stays in `info --json`."""
    return [
        {
            "column": leak["column"],
            **{key: leak.get(key) or "" for key in ("title", "says", "message", "verdict", "why")},
            "with_it": dig(leak, "evidence", "with"),
            "without": leak.get("honest"),
            "remedy": leak_words.leak_remedy(leak),
        }
        for leak in leak_words.accused(evidence)
    ][:_MOST_COLUMNS]


def _leaks_metric(evidence: Evidence) -> str:
    names = {dig(leak, "evidence", "metric", default="") for leak in leak_words.accused(evidence)}
    return words.metric_title(names.pop()) if names else ""


def _scores(evidence: Evidence) -> list[dict[str, Any]]:
    main = dig(evidence, "task", "metric", default="")
    test, base = dig(evidence, "test", default={}), dig(evidence, "baseline", default={})
    ordered = sorted((name for name in test if test[name]), key=lambda name: name != main)
    return [
        {
            "title": words.metric_title(name),
            "says": words.metric_says(name),
            "is_main": name == main,
            "model": test[name],
            "baseline": base.get(name),
        }
        for name in ordered
    ]


def _confusion(evidence: Evidence) -> dict[str, Any] | None:
    """Prepare the table of answers against truths; with many classes, the most frequent mix-ups."""
    counts, classes = (dig(evidence, "confusion", key, default=[]) for key in ("counts", "classes"))
    if len(classes) != len(counts) or not sum(map(sum, counts)):
        return None
    labels = [brief(label, 24) for label in classes]
    mixed = [
        {"truth": labels[i], "answer": labels[j], "n": n, "share": n / sum(row)}
        for i, row in enumerate(counts)
        for j, n in enumerate(row)
        if i != j and n
    ]
    mixed.sort(key=lambda item: -item["n"])
    return {
        "labels": labels,
        "rows": _heat(counts) if len(labels) <= _MOST_CLASSES else [],
        "mixed": mixed[:10],
        "title": _confusion_title(mixed),
    }


def _heat(counts: Sequence[Sequence[int]]) -> list[list[dict[str, Any]]]:
    return [
        [{"n": n, "share": n / (sum(row) or 1), "is_right": i == j} for j, n in enumerate(row)]
        for i, row in enumerate(counts)
    ]


def _confusion_title(mixed: Sequence[dict[str, Any]]) -> str:
    if not mixed:
        return "No mistakes on the test rows"
    worst = mixed[0]
    return f"The most frequent mistake: {worst['answer']} where {worst['truth']} is true"


def _charts(evidence: Evidence) -> dict[str, Any]:
    name = dig(evidence, "task", "metric", default="")
    rows = [("this model", dig(evidence, "test", name)), ("baseline", dig(evidence, "baseline", name))]
    calibration = dig(evidence, "calibration", default=[])
    bins = [{"observed": b.get("true"), **b} for b in dig(evidence, "residuals", "bins", default=[])]
    roc = dig(evidence, "roc", default=[])
    classes = dig(evidence, "task", "classes", default=[])
    label = brief(classes[-1], 20) if classes else "yes"
    said = (f"said: chance of {label}" if len(classes) == 2 else "said: chance of the answer", "happened")
    return {
        "comparison": charts.comparison(rows, words.metric_title(name)),
        "importance": charts.importance(dig(evidence, "importance", default=[])),
        "calibration": charts.agreement(calibration, _calibration_title(calibration), said, shares=True),
        "calibration_title": _calibration_title(calibration),
        "residuals": charts.agreement(
            bins, "What it said, and what was true", ("said", "true"), shares=False
        ),
        "roc": charts.curve(roc, _roc_title(roc), ("false alarms", f"{label} found")),
        "roc_title": _roc_title(roc),
        "learning": charts.comparison(
            learning_points(evidence),
            words.metric_title(dig(evidence, "learning_curve", "measure", default="loss")),
        ),
        "learning_title": learning_title(evidence),
        "ledger": charts.ledger(dig(evidence, "ledger", default=[])),
    }


def _calibration_title(points: Sequence[Evidence]) -> str:
    gap = words.calibration_gap(points)
    if gap is None:
        return ""
    if gap <= 0.03:
        return "Its chances can be taken at their word"
    return f"Its chances are off by {gap * 100:.0f} points on average"


def _roc_title(points: Sequence[Evidence]) -> str:
    area = words.area_under(points)
    return "" if area is None else f"{percent(area)} of pairs are put in the right order"
