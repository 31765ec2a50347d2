"""What to type to make, judge, inspect and use a model again, and to look up every number of its report."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import final

from mlwright.report import judged
from mlwright.report.figures import Evidence, dig, is_number, number
from mlwright.report.language import say
from mlwright.report.written import phrase

SOURCES = {
    "data": ("/data",),
    "split": ("/split", "/refit"),
    "leaks": ("/leaks",),
    "candidates": (
        "/leaderboard",
        "/selection",
        "/learning_curve",
        "/ledger",
        "/budget",
        "/contract",
        "/decisions",
    ),
    "lists": ("/ranking",),
    "performance": (
        "/test",
        "/baseline",
        "/gain",
        "/confusion",
        "/rarer_class",
        "/first_tenth",
        "/roc",
        "/residuals",
        "/in_place",
    ),
    "calibration": ("/calibration", "/calibration_error", "/intervals"),
    "value": ("/decision",),
    "slices": ("/slices", "/slice_search", "/groups", "/fairness"),
    "explanations": ("/importance", "/dependence"),
    "past": ("/history",),
    "limits": ("/findings",),
    "again": ("/program", "/environment"),
}
"""Where in the evidence the numbers of a section stand."""


@final
@dataclass(frozen=True, slots=True)
class Names:
    """What the commands of a report name: the model file, and the data as they were given."""

    model: str = "MODEL.mlw"
    data: str = ""


def commands(evidence: Evidence, names: Names | None = None) -> list[tuple[str, str]]:
    """Return what to type, each with its purpose."""
    model = (names or Names()).model
    metric = dig(evidence, "task", "metric", default="")
    return [
        (say("again.train"), _train(evidence, names or Names())),
        *_same_test(evidence, model),
        _evaluate(evidence, model),
        (say("again.all"), shlex.join(["mlwright", "report", model, "--to", "json"])),
        (say("again.one"), look_up_command(model, f"/test/{metric}")),
        (say("again.use"), _use(evidence, model)),
        *_with_intervals(evidence, model),
        *_with_history(evidence, model),
        (say("again.live"), shlex.join(["mlwright", "report", model, "--live"])),
    ]


def look_up_command(model: str, at: str) -> str:
    """Return what prints the part of the evidence at a place."""
    return shlex.join(["mlwright", "report", model, "--at", at])


def sources(evidence: Evidence, model: str) -> dict[str, list[str]]:
    """Return for each section the commands that print its numbers; of parts that the evidence has."""
    return {
        section: [look_up_command(model, at) for at in places if dig(evidence, at[1:])]
        for section, places in SOURCES.items()
    }


_FLAGS = ("allow-seen",)
"""Options that take no value."""


def _train(evidence: Evidence, names: Names) -> str:
    name = names.data or dig(evidence, "name", default="data.csv")
    task, budget = dig(evidence, "task", default={}), dig(evidence, "budget", default={})
    train = ["mlwright", "train", name, *_asked(evidence)]
    if task.get("metric") and not _is_usual(evidence):
        train += ["--metric", task["metric"]]
    if budget.get("max_trials"):
        train += ["--max-trials", f"{budget['max_trials']:.0f}"]
    elif is_number(budget.get("time_limit_s")):
        train += ["--time-limit", f"{float(budget['time_limit_s']):g}s"]
    for option, values in dig(evidence, "options", default={}).items():
        for value in values:
            train += [f"--{option}", *([] if option in _FLAGS else [str(value)])]
    seed = dig(evidence, "environment", "seed", default=0)
    return shlex.join(
        [*train, "--seed", f"{float(seed):.0f}" if is_number(seed) else str(seed), "-o", names.model]
    )


def _is_usual(evidence: Evidence) -> bool:
    """Tell whether nobody asked for the metric: who does so leaves another decision in the evidence."""
    told = [one for one in dig(evidence, "decisions", default=[]) if one.get("what") == "metric"]
    return any(str(one.get("why")).startswith("the usual one") for one in told)


def _asked(evidence: Evidence) -> list[str]:
    """Name the columns that make the question: the target, or who takes and what is taken."""
    target = str(dig(evidence, "task", "target") or "TARGET")
    if not judged.are_users(evidence):
        return ["--target", target]
    user = judged.user_column(evidence)
    told = {"user": [user] if user else [], "item": [target]}
    given = dig(evidence, "options", default={})
    return [word for role, names in told.items() if role not in given for word in (f"--{role}", *names)]


def _use(evidence: Evidence, model: str) -> str:
    rows = ["--top", "10"] if judged.are_users(evidence) else ["new.csv"]
    return shlex.join(["mlwright", "predict", model, *rows, "-o", "answers.csv"])


def _same_test(evidence: Evidence, model: str) -> list[tuple[str, str]]:
    """Where the judged program ships and its test was a file, the scores can be had once more."""
    test = dig(evidence, "options", "test", default=[])
    if not test or dig(evidence, "refit", "done"):
        return []
    says = say("again.same_test")
    if judged.are_drawn(evidence):
        n_all, n_some = (dig(evidence, "split", key) for key in ("n_test_users", "n_test"))
        says = say("again.whole_test", all=judged.counted("plain_users", n_all), judged=number(n_some))
    return [(says, shlex.join(["mlwright", "evaluate", model, str(test[0])]))]


def _evaluate(evidence: Evidence, model: str) -> tuple[str, str]:
    says, data = say("again.evaluate"), "labeled.csv"
    if judged.are_users(evidence):
        says, data = say("again.evaluate_users"), "events.csv"
    return says, shlex.join(["mlwright", "evaluate", model, data])


def _with_history(evidence: Evidence, model: str) -> list[tuple[str, str]]:
    if not dig(evidence, "history"):
        return []
    line = ["mlwright", "predict", model, "new.csv", "--history", "events.csv", "-o", "answers.csv"]
    return [(say("again.history"), shlex.join(line))]


def _with_intervals(evidence: Evidence, model: str) -> list[tuple[str, str]]:
    found = dig(evidence, "intervals", default={})
    if not found.get("mode"):
        return []
    level = f"{float(found['level']):g}"
    line = ["mlwright", "predict", model, "new.csv", "--intervals", level, "-o", "answers.csv"]
    return [(say("again.ranges", answers=phrase(found["answers"])), shlex.join(line))]
