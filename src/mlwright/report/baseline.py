"""What the model is compared with: nothing at all, a naive forecast, or a naive ranking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlwright.report import judged
from mlwright.report.figures import Evidence, brief, dig, listing
from mlwright.report.language import known, say, word
from mlwright.report.written import named

if TYPE_CHECKING:
    from mlwright.report.text import Text


def forecast(evidence: Evidence) -> Evidence | None:
    """Return the naive forecast that is to be beaten; None where it is a model that ignores every column."""
    found = dig(evidence, "baseline_rule")
    return found if isinstance(found, Mapping) and found.get("says") else None


def dull(evidence: Evidence) -> Text:
    """Name the baseline within a sentence: a forecast with the columns that tell series apart."""
    rule = forecast(evidence)
    if rule is None:
        return judged.unit(evidence, "dull")
    series = [brief(name, 40) for name in rule.get("series") or []]
    told = named(rule, "says", 80)
    return say("unit.dull_series", rule=told, series=listing(series)) if series else told


def in_verdict(evidence: Evidence) -> Text:
    """Name the baseline where the model is no better, as far as the evidence tells it."""
    name = dig(evidence, "task", "naive")
    if judged.are_users(evidence) and name:
        naive = word(f"lists.naive.{name}", brief(name, 40).replace("_", " "))
        return say("unit.dull_named", naive=naive)
    is_named = judged.are_users(evidence) or forecast(evidence)
    return dull(evidence) if is_named else say("unit.dull")


def beside(evidence: Evidence) -> Text:
    """Name the baseline in a picture, or where it was named in full before."""
    rule = forecast(evidence)
    return judged.unit(evidence, "beside") if rule is None else named(rule, "says", 80)


def key(evidence: Evidence, usual: str, of_forecast: str) -> str:
    """Return the key of a sentence that names the baseline: a forecast has its own, if there is one."""
    return of_forecast if forecast(evidence) and known(of_forecast) else usual
