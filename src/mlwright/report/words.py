"""Sentences from evidence, by rules: the question, the verdict, the score and how it came about.

No rule asks which kind of task or which metric it is: a sentence is written when the evidence holds
what it needs (a confusion matrix, a curve, residuals) and the language has words for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.evaluation import Direction
from mlwright.report import baseline, judged
from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    count,
    decimals_of,
    dig,
    estimate_text,
    has_interval,
    interval_of,
    is_number,
    listing,
    number,
    percent,
    seconds,
    size,
    size_of,
    value_beside,
    value_of,
)
from mlwright.report.language import say, say_some
from mlwright.report.measures import metric_title
from mlwright.report.text import Text, join
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Sequence


BY_THE_MODEL = "deciding for the likeliest"
"""The one alternative to the decisions that needs the model, too."""
_SMALL_GAIN = 0.05
"""Of the error of the baseline: who takes less off hardly helps."""


def question(evidence: Evidence) -> str:
    """Write the question that was asked of the data."""
    asked, user = dig(evidence, "task", "question"), judged.user_column(evidence)
    if user and judged.are_users(evidence):
        key = "question.next" if judged.is_later(evidence) else "question.other"
        return say(key, user=brief(user, 40), item=target_of(evidence, 40))
    if asked:
        return brief(asked, 120)
    target, labels = target_of(evidence), classes(evidence)
    if not labels:
        return say("question.value", target=target)
    if len(labels) <= 5:
        return say("question.classes", target=target, classes=listing(labels, "or"))
    return say("question.many", target=target, n=count(dig(evidence, "task", "classes")))


def target_of(evidence: Evidence, length: int = 60) -> str:
    """Return the name of the column that is predicted."""
    return brief(dig(evidence, "task", "target", default=say("question.target")), length)


def classes(evidence: Evidence) -> list[str]:
    """Return the labels, short enough for a sentence."""
    return [brief(label, 30) for label in dig(evidence, "task", "classes", default=[])]


def gain_sign(evidence: Evidence) -> int | None:
    """Return 1 if the model beats the baseline beyond chance, -1 if it loses, 0 if neither, else None."""
    return sign_of(dig(evidence, "gain"))


def sign_of(gain: Evidence | None) -> int | None:
    """Return whether a paired difference is better (1), worse (-1) or maybe chance (0); None if unknown."""
    if not gain or not has_interval(gain):
        return None
    flip = 1 if gain.get("direction") == Direction.MAX else -1
    ends = sorted((flip * float(gain["low"]), flip * float(gain["high"])))
    return 1 if ends[0] > 0 else -1 if ends[1] < 0 else 0


def open_errors(findings: Sequence[Evidence]) -> list[Evidence]:
    """Return the findings of severity "error" that nobody has acted on yet."""
    return [f for f in findings if f.get("severity") == "error" and f.get("action") != "dropped"]


def are_few(evidence: Evidence) -> bool:
    """Tell whether so few rows or users judged it that a score means little."""
    return any(one.get("rule") == "few_test_rows" for one in dig(evidence, "findings", default=[]))


def has_learned(evidence: Evidence) -> bool:
    """Tell whether anything but the baseline was learned when the search ended, be it incomplete."""
    is_bare = "selection" in evidence and evidence["selection"] is None
    return judged.are_users(evidence) or not is_bare or gain_sign(evidence) == 1


def best_rival(evidence: Evidence) -> Evidence | None:
    """Return what else one could do without the model that leaves it least to save; None without costs.

    Whoever asks what a model saves has a choice of dull rules: the best of them is what it is measured by.
    """
    against = dig(evidence, "decision", "against", default=[])
    found = [one for one in against if one["what"] != BY_THE_MODEL and is_number(one["per_row"].get("value"))]
    return min(found, key=lambda one: float(one["per_row"]["value"]), default=None)


def saves_sign(evidence: Evidence) -> int | None:
    """Return whether deciding by it saves (1), costs (-1) or neither, beyond chance (0); None: no costs."""
    rival = best_rival(evidence)
    return None if rival is None else sign_of({**rival["per_row"], "direction": Direction.MAX})


def is_seen(evidence: Evidence) -> bool:
    """Tell whether the gain shows in what people read: what is real may be worth nothing.

    It shows in the digits, and of values more of the error goes than anybody would overlook.
    """
    name = dig(evidence, "task", "metric", default="")
    test, base = dig(evidence, "test", name), dig(evidence, "baseline", name)
    if not test or not base:
        return True
    less = derived(evidence, "less_error")
    if not classes(evidence) and is_number(less) and less < _SMALL_GAIN:
        return False
    return str(value_of(test)) != str(value_beside(base, test))


def headline(evidence: Evidence) -> str:
    """Write the main result in one sentence; "" where nobody could be judged."""
    name = dig(evidence, "task", "metric", default="")
    test, base = dig(evidence, "test", name), dig(evidence, "baseline", name)
    if (judged.are_users(evidence) and not test) or not has_learned(evidence):
        return ""
    rules = [finding.get("rule") for finding in dig(evidence, "findings", default=[])]
    new = f"new_users_{judged.rule(evidence)}" if judged.are_users(evidence) else "new_rows"
    where = judged.counted("some_seen" if "test_seen" in rules else new, dig(evidence, "split", "n_test"))
    told = say("score.line", metric=metric_title(name), score=estimate_text(test), where=where)
    key = "score.beside_forecast" if baseline.forecast(evidence) else "score.beside"
    beside = say(key, base=value_beside(base, test), dull=baseline.beside(evidence)) if base else ""
    return Text([told, beside, "."])


def gain_line(evidence: Evidence) -> str:
    """Compare with the baseline in one sentence."""
    gain, sign = dig(evidence, "gain"), gain_sign(evidence)
    if not gain or sign is None or not is_number(gain.get("value")):
        return ""
    if not has_learned(evidence):
        return ""
    name = dig(evidence, "task", "metric", default="")
    title = metric_title(name)
    if sign == 0:
        places = decimals_of(dig(evidence, "test", name, default={}))
        value, low, high = (number(gain.get(key), places) for key in ("value", "low", "high"))
        span = say("marks.interval", low=low, high=high)
        return say("gain.chance", metric=title, gain=say("marks.estimate", value=value, interval=span))
    size = size_of(gain)
    told = say(
        "gain.better" if sign > 0 else "gain.worse",
        metric=title,
        size=value_of(size),
        interval=interval_of(size),
    )
    less = derived(evidence, "less_error") if sign > 0 else None
    return Text([told, say("gain.less_error", share=percent(less)) if less is not None else "", "."])


def drivers(evidence: Evidence, n: int = 3) -> list[Evidence]:
    """Return the columns that matter beyond chance, the strongest first."""
    found = [
        item
        for item in dig(evidence, "importance", default=[])
        if dig(item, "drop", "low", default=0) > 0 and is_number(item["drop"].get("value"))
    ]
    return sorted(found, key=lambda item: -float(item["drop"]["value"]))[:n]


def drivers_line(evidence: Evidence) -> str:
    """Name what matters most, and say what could not be measured in the time."""
    named = listing([brief(item["column"], 40) for item in drivers(evidence)])
    n_left = dig(evidence, "importance_left_out", default=0) or 0
    n_known = len(dig(evidence, "importance", default=[]))
    if not n_known:
        return say("drivers.no_time") if n_left else ""
    found = named if drivers(evidence) else say("drivers.none")
    if not n_left:
        return found
    return say("drivers.some", found=found, n=number(n_known), all=number(n_known + n_left))


def refit_line(evidence: Evidence) -> str:
    """Say whether the shipped program is the judged one."""
    refit = dig(evidence, "refit")
    if not refit:
        return say("refit.plain")
    why = written(refit, "why")
    told = say("refit.same")
    if refit.get("done"):
        told = say(f"refit.done_{judged.which(evidence)}", n=number(refit.get("n_rows")))
    return Text([told, *((" (", why, ")") if why else ()), "."])


def refit_lines(evidence: Evidence) -> list[str]:
    """Say whether the shipped program is the judged one, and what was averaged in it."""
    n_seeds = dig(evidence, "refit", "n_seeds")
    seeds = say("refit.seeds", n=number(n_seeds)) if is_number(n_seeds) and n_seeds > 1 else ""
    return [refit_line(evidence), seeds]


def split_line(evidence: Evidence) -> str:
    """Say how the test rows were chosen."""
    split, which = dig(evidence, "split", default={}), judged.which(evidence)
    learned = "plain_events" if judged.are_users(evidence) else "plain_rows"
    return say(
        f"split.line_{which}",
        learned=judged.counted(learned, split.get("n_train")),
        judged=judged.judges(evidence),
        how=judged.how(split.get("how")),
    )


def price_line(evidence: Evidence) -> str:
    """Say what a random split would have claimed; "" where it is the right one, or was not tried."""
    price = dig(evidence, "split", "price", default={})
    sign = sign_of(price.get("flattery"))
    if sign is None:
        return ""
    holes = {
        "metric": metric_title(price["metric"]),
        "random": estimate_text(price["random"]),
        "proper": estimate_text(price["proper"]),
    }
    last = price.get("last")
    if last:  # a split of users' histories
        return say(
            "split.flatters_lists" if sign > 0 else "split.same_lists", last=estimate_text(last), **holes
        )
    return say("split.flatters" if sign > 0 else "split.same", **holes)


def budget_line(evidence: Evidence) -> str:
    """Say what the search was allowed, what it took, and why it ended."""
    budget = dig(evidence, "budget", default={})
    limit, trials = budget.get("time_limit_s"), budget.get("max_trials")
    allowed = (
        say("budget.limit", limit=seconds(limit)) if limit
        else say_some("budget.trials", trials, n=number(trials)) if trials else ""
    )  # fmt: skip
    ended = written(budget, "ended")
    took = say("budget.took", time=seconds(budget.get("elapsed_s")))
    if not is_number(budget.get("elapsed_s")):
        took = say("budget.took_some")
    return Text([took, " " if allowed else "", allowed, *((": ", ended) if ended else ()), "."])


def memory_line(evidence: Evidence) -> str:
    """Say how much memory all processes held; "" where that was not watched."""
    peak, limit = (dig(evidence, "budget", f"memory_{what}_bytes") for what in ("peak", "limit"))
    if not is_number(peak):
        return ""
    if not is_number(limit):
        return say("budget.memory", peak=size(peak))
    return say("budget.memory_of", peak=size(peak), limit=size(limit))


def in_place_line(evidence: Evidence) -> str:
    """Compare with the model in place in one sentence; "" without one."""
    found = dig(evidence, "in_place", default={})
    if not found.get("difference"):
        return ""
    holes = {key: estimate_text(found.get(key)) for key in ("old", "new", "difference")}
    title = metric_title(found.get("metric", ""))
    return join(
        [say(f"in_place.{found.get('verdict', 'unknown')}"), say("in_place.line", metric=title, **holes)]
    )
