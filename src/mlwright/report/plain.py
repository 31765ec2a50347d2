"""What a score means in practice: cases out of a hundred, or the distance in the unit of the target.

Of two classes the rarer is told of, whichever it is: to find what nearly always happens is no art.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report import baseline, judged
from mlwright.report.derive import derived
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_in_hundred,
    estimate_text,
    has_interval,
    in_hundred,
    is_number,
    number,
    points,
    two_digits,
    value_beside,
)
from mlwright.report.language import keys_below, known, say
from mlwright.report.lists import took
from mlwright.report.measures import metric_title
from mlwright.report.words import classes, target_of

if TYPE_CHECKING:
    from mlwright.report.text import Text

_OF_ANSWERS = ("precision", "recall")
"""What counts how often one answer is right: where it is never given, there is nothing to count."""
_OF_A_CLASS = (*_OF_ANSWERS, "f1", "average_precision")
_FEWEST_SAID = 10
"""Answers of a class, below which a share of right ones among them tells nothing."""


def meaning(evidence: Evidence) -> list[str]:
    """Say what the model's quality means in practice, a few sentences, best first."""
    found = [line for name in plain_metrics(evidence) if (line := plain(evidence, name))]
    return [*found, *never(evidence, "says"), *_first_tenth(evidence), *_misses(evidence)]


def never(evidence: Evidence, which: str) -> list[str]:
    """Say, if so, that one of two classes is never answered, or too seldom to tell a share."""
    said = derived(evidence, "confusion", "said", default=[])
    at = 0 if _is_first_rarer(evidence) else 1
    if len(said) != 2 or said[at] >= _FEWEST_SAID:
        return []
    told = say(
        f"never.{which}" if not said[at] else f"never.seldom_{which}",
        target=target_of(evidence, 40),
        label=brief(dig(evidence, "confusion", "classes")[at], 30),
        n=number(said[at]),
        judged=judged.counted("plain_rows", dig(evidence, "split", "n_test")),
    )
    return [told]


def is_order(evidence: Evidence) -> bool:
    """Tell whether the order of cases is what is good, not the answers: of two classes, without costs.

    So it is where one class is hardly ever answered, or where always giving the other is right as often.
    """
    if dig(evidence, "decision") or _shape(evidence) != "two":
        return False
    test, base = (dig(evidence, which, "accuracy", default={}) for which in ("test", "baseline"))
    are_known = has_interval(test) and is_number(base.get("value"))
    return bool(never(evidence, "says")) or (are_known and test["low"] <= base["value"])


def plain_metrics(evidence: Evidence) -> list[str]:
    """Return the metrics of the test that can be told in counts or in the target's unit."""
    untold = _OF_ANSWERS if never(evidence, "says") else ()
    return [
        name
        for name in keys_below(f"plain.{_shape(evidence)}")
        if is_number(score(evidence, name).get("value")) and known(f"plain.{_shape(evidence)}.{name}")
        if name not in untold
    ]


def plain(evidence: Evidence, name: str) -> Text:
    """Write what a metric means: cases out of a hundred, or the distance in the target's unit."""
    test, base = score(evidence, name), dig(evidence, "baseline", name, default={})
    are_counts = is_share(evidence)
    holes = {
        "n": estimate_in_hundred(test) if are_counts else estimate_text(test),
        "base": in_hundred(base.get("value")) if are_counts else value_beside(base, test),
        "label": label_of(evidence),
        "target": target_of(evidence, 40),
        "took": took(evidence),
        "dull": baseline.beside(evidence),
    }
    start = f"plain.{_shape(evidence)}"
    return say(baseline.key(evidence, f"{start}.{name}", f"{start}_forecast.{name}"), **holes)


def score(evidence: Evidence, name: str) -> Evidence:
    """Return the estimate of a metric; what counts answers of a class counts those of the one told of."""
    of_answers: Evidence = dig(evidence, "rarer_class", name, default={}) if name in _OF_ANSWERS else {}
    found: Evidence = of_answers or dig(evidence, "test", name, default={})
    return found


def of_class(evidence: Evidence, name: str) -> str:
    """Return the title of a metric, with the class whose answers it counts: of two the second, else all."""
    title, labels = metric_title(name), classes(evidence)
    if name not in _OF_A_CLASS or not labels:
        return title
    if len(labels) == 2:
        return say("performance.of_class", metric=title, label=labels[1])
    return say("performance.of_classes", metric=title)


def told(evidence: Evidence, name: str) -> Evidence:
    """Return the estimate of a metric; nothing where it counts answers that are never given."""
    said = derived(evidence, "confusion", "said", default=[])
    is_empty = name == "precision" and len(said) == 2 and not said[1]
    found: Evidence = {} if is_empty else dig(evidence, "test", name, default={})
    return found


def label_of(evidence: Evidence) -> str:
    """Return the label of the class that is told of: the rarer of two."""
    return (classes(evidence) or [""])[0 if _is_first_rarer(evidence) else -1]


def is_share(evidence: Evidence) -> bool:
    """Tell whether plain metrics are counts out of a hundred, not distances in the target's unit."""
    return _shape(evidence) != "value"


def _is_first_rarer(evidence: Evidence) -> bool:
    return bool(dig(evidence, "rarer_class"))


def _shape(evidence: Evidence) -> str:
    if judged.are_users(evidence):
        return "lists"
    n_classes = len(dig(evidence, "task", "classes", default=[]))
    return "value" if not n_classes else "two" if n_classes == 2 else "many"


def _first_tenth(evidence: Evidence) -> list[str]:
    """Say what an order of cases is worth to whoever can look at some of them only."""
    found = dig(evidence, "first_tenth", default={})
    if not found or not is_order(evidence):
        return []
    told = say(
        "order.first_tenth",
        found=estimate_in_hundred(found["recall"]),
        target=target_of(evidence, 40),
        label=brief(found["class"], 30),
        right=points(found["precision"]["value"]),
        base=points(found["share"]),
    )
    return [told]


def _misses(evidence: Evidence) -> list[str]:
    quantiles = dig(evidence, "residuals", "quantiles", default={})
    sentences: list[str] = []
    for low, high, often in (("0.25", "0.75", "half"), ("0.05", "0.95", "nine")):
        if is_number(quantiles.get(low)) and is_number(quantiles.get(high)):
            ends = {"low": _beside(quantiles[low]), "high": _beside(quantiles[high])}
            sentences.append(say(f"misses.{often}", **ends))
    return sentences


def _beside(residual: float) -> str:
    return say("misses.below" if residual < 0 else "misses.above", size=two_digits(residual))
