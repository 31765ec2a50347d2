"""Events in a data report: what people write about, who does what, and what becomes more."""

from __future__ import annotations

from typing import Any

from mlwright.report.figures import Evidence, brief, dig, listing, number, percent
from mlwright.report.language import say, say_some, word

_N_WORDS, _N_EXAMPLES, _N_MORE, _MOST_TRENDS, _LONGEST = 8, 3, 5, 10, 200
PARTS = ("topics", "segments", "with", "trends", "spread")
"""Sections of the page, in their order."""


def events(profile: Evidence) -> dict[str, Any]:
    """Prepare the sections on events: by name, what each holds; none where no column of events was named."""
    found = dig(profile, "events", default={})
    if not found:
        return {}
    makers = (_topics, _segments, _who_with_what, _trends, _spread)
    made = {part: make(found) for part, make in zip(PARTS, makers, strict=True)}
    return {part: one for part, one in made.items() if one}


def options(profile: Evidence) -> list[str]:
    """Return the options that name the columns of events, as they are typed."""
    roles = dig(profile, "events", "roles", default={})
    return [word for role, column in roles.items() if column for word in (f"--{role}", str(column))]


def _topics(found: Evidence) -> dict[str, Any]:
    topics = found.get("topics")
    if topics is None:
        return {"none": say("events.no_topics")} if found["roles"].get("text") else {}
    n_unstable = sum(not one["is_stable"] for one in topics["topics"])
    doubt = say_some("events.unstable", n_unstable, n=str(n_unstable)) if n_unstable else ""
    return {
        "none": "",
        "doubt": doubt if topics["is_stable"] else say("events.topics_unstable"),
        "without": say("events.without", share=percent(topics["share_without"])),
        "rows": [
            {
                "words": listed(one["words"][:_N_WORDS]),
                "share": one["share"],
                "stable": _stable(one),
                "is_stable": one["is_stable"],
                "examples": [brief(text, _LONGEST) for text in one["examples"][:_N_EXAMPLES]],
            }
            for one in topics["topics"]
        ],
    }


def _stable(one: Evidence) -> str:
    return say(f"events.{'is' if one['is_stable'] else 'not'}_stable", share=percent(one["stability"]))


def _segments(found: Evidence) -> dict[str, Any]:
    segments = found.get("segments")
    if segments is None:
        return {"none": say("events.no_segments")} if found["roles"].get("user") else {}
    key = "events.segments_stable" if segments["is_stable"] else "events.segments_unstable"
    rows = [
        {
            "label": brief(one["label"], 80),
            "n_users": one["n_users"],
            "share": one["share_of_users"],
            "events": one["share_of_events"],
            "more": listed(
                say("events.times", name=brief(item["name"], 50), n=number(item["lift"], 1))
                for item in one["more_than_usual"][:_N_MORE]
            ),
        }
        for one in segments["segments"]
    ]
    return {"none": "", "line": say(key, n=number(segments["stability"])), "rows": rows}


def _who_with_what(found: Evidence) -> dict[str, Any]:
    cells = found.get("who_with_what")
    if cells is None:
        return {}
    rows = zip(cells["segments"], cells["shares"], strict=True)
    return {
        "topics": [_short(label) for label in cells["topics"]],
        "rows": [{"label": _short(label), "shares": shares} for label, shares in rows],
    }


def _trends(found: Evidence) -> dict[str, Any]:
    trends = found.get("trends")
    if trends is None:
        return {}
    moving = [one for one in trends["things"] if one["direction"] != "steady"]
    moving.sort(key=lambda one: -abs(one["late"] - one["early"]))
    line = say(
        "events.trends_line",
        period=word(f"events.period.{trends['period']}", str(trends["period"])),
        first=str(trends["periods"][0]),
        last=str(trends["periods"][-1]),
    )
    rows = [
        {
            "name": brief(one["name"], 80),
            "early": percent(one["early"], 1),
            "late": percent(one["late"], 1),
            "goes": word(f"events.goes.{one['direction']}", str(one["direction"])),
        }
        for one in moving[:_MOST_TRENDS]
    ]
    return {"line": line, "rows": rows, "none": "" if rows else say("events.no_trends")}


def _spread(found: Evidence) -> dict[str, Any]:
    lines = []
    for what in ("users", "items"):
        one = found.get(what)
        if one:
            middle = one["events_each"]["0.5"]
            each = say_some("events.each", middle, n=number(middle))
            share = percent(one["share_of_top_tenth"])
            lines.append(say(f"events.spread_{what}", n=number(one["n"]), each=each, share=share))
    most = dig(found, "items", "most", default=[])[:_N_MORE]
    if most:
        named = (
            say("events.counted", name=brief(one["name"], 50), n=number(one["n_events"])) for one in most
        )
        lines.append(say("events.most", items=listing(list(named))))
    return {"lines": lines} if lines else {}


def listed(words: Any) -> str:
    """Write words side by side; what comes from texts of strangers is escaped where it is shown."""
    return ", ".join(map(str, words))


def _short(label: str) -> str:
    return brief(", ".join(label.split(", ")[:2]), 40)
