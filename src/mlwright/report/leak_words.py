"""Sentences about leaks: which columns gave the answer away, and what that means for the score."""

from __future__ import annotations

from mlwright.report.figures import Evidence, brief, dig, listing

_MOST_NAMED = 6


def accused(evidence: Evidence) -> list[Evidence]:
    """Return the leaks that are about a column and were not cleared, in their order."""
    leaks = dig(evidence, "leaks", default=[])
    return [leak for leak in leaks if leak.get("column") and leak.get("verdict") in ("drop", "warn")]


def leaks_line(evidence: Evidence) -> str:
    """Say for everyone what was found, and what was done about it."""
    found = accused(evidence)
    dropped = [leak for leak in found if leak.get("action") == "dropped"]
    proven = [leak for leak in found if leak.get("verdict") == "drop" and leak not in dropped]
    doubtful = [leak for leak in found if leak.get("verdict") == "warn"]
    sentences = []
    if dropped:
        sentences.append(
            f"{_named(dropped)} would not be known when a prediction is made, so the model does not read "
            f"{'it' if len(dropped) == 1 else 'them'}. Scores with such columns look good and fail in use."
        )
    if proven:
        sentences.append(
            f"{_named(proven)} give{'s' * (len(proven) == 1)} the answer away and "
            f"{'is' if len(proven) == 1 else 'are'} used all the same, as asked for: unless someone knows "
            "that this is right, the score means nothing."
        )
    if doubtful:
        sentences.append(
            f"Ask someone who knows the data when {_named(doubtful)} "
            f"{'is' if len(doubtful) == 1 else 'are'} filled in: if not before the answer is known, the "
            "score is too good."
        )
    return " ".join(sentences)


def leak_remedy(leak: Evidence) -> str:
    """Say how to take the decision back, or how to act on the doubt."""
    name = brief(leak.get("column"), 40)
    if leak.get("action") == "dropped":
        return f"Nothing, if that is right. Known beforehand after all? --vouch {name}"
    return f"Leave it out with --exclude {name}, or answer for it with --vouch {name}"


def _named(leaks: list[Evidence]) -> str:
    names = [brief(leak["column"], 40) for leak in leaks]
    more = len(names) - _MOST_NAMED
    return listing(names[:_MOST_NAMED] + ([f"{more} more"] if more > 0 else []))
