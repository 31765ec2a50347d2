"""What judges a model: rows or users, and by which rule they were set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.report.figures import Evidence, brief, dig, is_number, number
from mlwright.report.language import say, say_some, word
from mlwright.report.written import phrase

if TYPE_CHECKING:
    from mlwright.report.text import Text

_AS_GIVEN = ", as the file to judge by is"
_LATER = {
    "later in time": "time",
    "the later fifth of each user": "share",
    "the last of each user": "last",
}
"""Rules by which users are judged by what they did later."""
_ASIDE = "aside"
"""Users are judged by something that they did at any time."""


def are_users(evidence: Evidence) -> bool:
    """Tell whether users judge, by what they took, and not rows of a table."""
    return bool(dig(evidence, "split", "unit") == "users")


def which(evidence: Evidence) -> str:
    """Return "users" or "rows", the end of the keys of sentences that are said of both."""
    return "users" if are_users(evidence) else "rows"


def user_column(evidence: Evidence) -> str | None:
    """Return the name of the column of users, None if the evidence names none."""
    columns = dig(evidence, "data", "columns", default=[])
    return next((one["name"] for one in columns if one.get("role") == "id"), None)


def rule(evidence: Evidence) -> str:
    """Return by which rule the test was set aside.

    Of users it is "time", "share", "last" or "aside", of rows "random", "grouped", "in_time",
    "grouped_in_time", "given", or "" where nobody knows.
    """
    how = str(dig(evidence, "split", "how", default=""))
    if are_users(evidence):
        return _LATER.get(how.removesuffix(_AS_GIVEN), _ASIDE)
    if how == "given":
        return how
    parts = ["grouped"] * ("group" in how) + ["in_time"] * ("time" in how)
    return "_".join(parts) or ("random" if how.startswith(("random", "stratified")) else "")


def is_later(evidence: Evidence) -> bool:
    """Tell whether users are judged by what they did after what is known of them."""
    return rule(evidence) != _ASIDE


def when(evidence: Evidence) -> str:
    """Return "later" or "aside", the end of the keys of sentences about what users took."""
    return "later" if is_later(evidence) else _ASIDE


def how(told: object) -> str:
    """Say how rows or events were cut, in the language if it has words for it."""
    whole = brief(str(told or say("split.aside")).rstrip("."), 120)
    plain = whole.removesuffix(_AS_GIVEN)
    said = word(f"split.ways.{plain}", phrase(plain))
    return say("split.as_given", how=said) if plain != whole else said


def unit(evidence: Evidence, what: str) -> Text:
    """Name what the model is compared with, of rows or of users."""
    return say(f"unit.{what}_{which(evidence)}")


def are_drawn(evidence: Evidence) -> bool:
    """Tell whether not all users of the test judged, but some of them at random."""
    split = dig(evidence, "split", default={})
    n_all, n_some = split.get("n_test_users"), split.get("n_test")
    return is_number(n_all) and is_number(n_some) and n_all > n_some


def judges(evidence: Evidence) -> Text:
    """Say how many rows or users judge, and of how many they were drawn."""
    told = counted(f"plain_{which(evidence)}", dig(evidence, "split", "n_test"))
    if not are_drawn(evidence):
        return told
    return say("split.some_users", judged=told, all=number(dig(evidence, "split", "n_test_users")))


def counted(key: str, n: object) -> Text:
    """Write how many of something there are, with its name for one or for many."""
    return say_some(f"unit.{key}", float(n) if is_number(n) else 0.0, n=number(n))  # type: ignore[arg-type]
