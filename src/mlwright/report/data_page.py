"""A data report, before any model: what a table holds, what is odd about it, and what to ask its owner."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from mlwright.report.events_page import events, options
from mlwright.report.figures import Evidence, brief, count, dig, listing, number, percent, usual
from mlwright.report.language import ENGLISH, say, say_some, spoken
from mlwright.report.leak_words import accused
from mlwright.report.page import FIRST_COLUMNS, MOST_COLUMNS
from mlwright.report.render import render
from mlwright.report.svg import WIDTH, Axis, drawing, line, note, tag, text
from mlwright.report.text import join
from mlwright.report.trace import traced
from mlwright.report.words import open_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_FINDINGS, _MOST_QUESTIONS, _MANY_EMPTY, _STRONG, _FEW_TOGETHER = 60, 10, 0.2, 0.05, 0.01
_SEVERITIES = ("error", "warning", "note")
_SPARK_WIDTH, _SPARK_HEIGHT = 120, 28


def build_data_report(profile: Evidence, data: str = "", language: str = ENGLISH) -> str:
    """Return the data report as HTML: one file that loads nothing.

    Parameters
    ----------
    profile
        What `profile --json` prints.
    data
        The data as they were given, for the commands to repeat.
    """
    with spoken(language):
        return render("data.html.j2", _page(traced(profile), data))


def _page(profile: Evidence, data: str) -> dict[str, Any]:
    columns = list(profile["columns"])
    findings = sorted(profile["findings"], key=lambda f: _SEVERITIES.index(f["severity"]))
    shapes, asked = dig(profile, "shapes", default={}), questions(profile)
    relations, drift = dig(profile, "relations", default=[]), dig(profile, "drift", default=[])
    told = events(profile)
    shown = {
        **dict.fromkeys(told, True),
        "relations": bool(relations),
        "odd": bool(dig(profile, "outliers") or dig(profile, "missing_together")),
        "drift": bool(drift),
        "columns": True,
        "findings": bool(findings),
    }
    target = profile.get("target")
    line = ["mlwright", "profile", str(data or profile.get("name") or "DATA")]
    line += [*(["--target", str(target)] if target else []), *options(profile)]
    return {
        "name": brief(profile.get("name") or say("question.target")),
        "target": target,
        "tone": _tone(profile),
        "headline": _headline(profile, asked),
        "lede": _lede(profile),
        "asked": asked,
        "sections": [key for key, is_there in shown.items() if is_there],
        "relations": _bars([(r["column"], r["strength"]) for r in relations], say("profile.explains")),
        "relations_title": _strongest(relations, target),
        "drift": [_drifted(one) for one in drift],
        "drift_line": _drift_line(profile),
        "outliers": [_outlier(one) for one in dig(profile, "outliers", default=[])],
        "together": [_together(one) for one in dig(profile, "missing_together", default=[])],
        "sparks": {name: _spark(shape) for name, shape in list(shapes.items())[:MOST_COLUMNS]},
        "columns": columns[:FIRST_COLUMNS],
        "rest": columns[FIRST_COLUMNS:MOST_COLUMNS],
        "findings": findings[:_MOST_FINDINGS],
        "events": told,
        "hint": _hint(profile),
        "commands": [shlex.join([*line, "--json"]), shlex.join(line)],
    }


def _hint(profile: Evidence) -> str:
    """Say how to see what texts are about, where there are texts and nobody asked."""
    texts = [column["name"] for column in profile["columns"] if column["kind"] == "text"]
    if dig(profile, "events") or not texts:
        return ""
    return say("events.hint", column=brief(texts[0], 40), option=shlex.join(["--text", str(texts[0])]))


def _tone(profile: Evidence) -> str:
    if open_errors(profile["findings"]):
        return "bad"
    return "unsure" if any(f["severity"] == "warning" for f in profile["findings"]) else "good"


def _headline(profile: Evidence, asked: Sequence[str]) -> str:
    if _tone(profile) == "bad":
        return say("profile.not_ready")
    return say_some("profile.ask", len(asked), n=str(len(asked))) if asked else say("profile.ready")


def _lede(profile: Evidence) -> str:
    holes = {"n": number(profile["n_rows"]), "columns": count(profile["columns"])}
    size = say("profile.size", name=brief(profile.get("name") or say("question.target")), **holes)
    counts = [(key, sum(f["severity"] == key for f in profile["findings"])) for key in ("error", "warning")]
    told = [say_some(f"profile.counts.{key}", n, n=str(n)) for key, n in counts if n]
    return join([size, say("profile.found", found=listing(told)) if told else say("profile.nothing")])


def questions(profile: Evidence) -> list[str]:
    """Return what to ask the owner of the data, what matters most first."""
    asks: list[str] = []
    for ask in (_leaks, _repeated, _empty, _emptied_together, _far, _moved, _alike):
        asks += list(ask(profile))[:3]
    return asks[:_MOST_QUESTIONS]


def _leaks(profile: Evidence) -> Iterator[str]:
    for leak in accused(profile):
        yield say("ask.when", column=brief(leak["column"], 40))


def _repeated(profile: Evidence) -> Iterator[str]:
    found = dig(profile, "duplicates", default={})
    if found.get("n"):
        yield say_some("ask.repeated", found["n"], n=number(found["n"]), share=percent(found["share"]))


def _empty(profile: Evidence) -> Iterator[str]:
    columns = [c for c in profile["columns"] if (c.get("missing_share") or 0) >= _MANY_EMPTY]
    for column in sorted(columns, key=lambda c: -float(c["missing_share"])):
        yield say("ask.empty", column=brief(column["name"], 40), share=percent(column["missing_share"]))


def _emptied_together(profile: Evidence) -> Iterator[str]:
    for one in dig(profile, "missing_together", default=[])[:1]:
        if one["share"] >= _FEW_TOGETHER:
            names = listing([brief(name, 40) for name in one["columns"][:4]])
            yield say("ask.together", columns=names, share=percent(one["share"]))


def _far(profile: Evidence) -> Iterator[str]:
    for one in dig(profile, "outliers", default=[])[:2]:
        yield say("ask.far", column=brief(one["column"], 40), far=number(one["farthest"]), **_usual(one))


def _moved(profile: Evidence) -> Iterator[str]:
    for one in dig(profile, "drift", default=[])[:2]:
        yield say("ask.moved", told=_drifted(one)["says"])


def _alike(profile: Evidence) -> Iterator[str]:
    for column in profile["columns"]:
        if column["kind"] == "constant":
            yield say("ask.constant", column=brief(column["name"], 40))


def _usual(one: Evidence) -> dict[str, str]:
    return {"low": number(one["usual_low"]), "high": number(one["usual_high"])}


def _outlier(one: Evidence) -> str:
    far = number(one["farthest"])
    return say(
        "profile.outlier",
        column=brief(one["column"], 40),
        share=percent(one["share"], 1),
        far=far,
        **_usual(one),
    )


def _together(one: Evidence) -> str:
    names = listing([brief(name, 40) for name in one["columns"][:6]])
    return say("profile.together", columns=names, share=percent(one["share"]))


def _drifted(one: Evidence) -> dict[str, Any]:
    column = brief(one["column"], 40)
    if "level" in one:
        level = brief(one["level"], 30) or say("why.missing")
        ends = {"first": percent(one["first"]), "last": percent(one["last"])}
        says = say("profile.level_moved", column=column, level=level, **ends)
    else:
        says = say(
            "profile.number_moved",
            column=column,
            first=usual(one["first"], [one["last"]]),
            last=usual(one["last"], [one["first"]]),
        )
    return {"says": says, "distance": one["distance"]}


def _drift_line(profile: Evidence) -> str:
    time = profile.get("time")
    return say("profile.by_time", column=brief(time, 40)) if time else say("profile.by_order")


def _strongest(relations: Sequence[Evidence], target: object) -> str:
    if not relations:
        return ""
    key = "profile.strongest" if relations[0]["strength"] >= _STRONG else "profile.weak"
    return say(key, column=brief(relations[0]["column"], 40), target=brief(target, 40))


def _bars(rows: Sequence[tuple[str, float]], axis: str) -> Markup:
    if not rows:
        return Markup("")
    scale, height, parts = (
        Axis.around([0.0, *(float(v) for _, v in rows)], 16, WIDTH - 16),
        34 * len(rows) + 42,
        [],
    )
    for tick in scale.ticks():
        x = scale.at(tick)
        parts += [line(x, 4, x, height - 36, "grid"), text(x, height - 21, percent(tick), "tick", "middle")]
    for i, (name, share) in enumerate(rows):
        y, end = 34 * i + 22, scale.at(share)
        told = note(f"{name}: {percent(share)}")
        parts.append(tag("rect", told, x=16, y=y, width=max(end - 16, 1), height=8, rx=2, class_="bar"))
        parts += [
            text(16, y - 5, brief(name, 40), "name"),
            text(WIDTH - 16, y - 5, percent(share), "value", "end"),
        ]
    parts.append(text(WIDTH / 2, height - 4, axis, "axis", "middle"))
    words = ", ".join(f"{brief(name, 40)} {percent(share)}" for name, share in rows[:5])
    return drawing(axis, say("charts.strongest", columns=words), height, *parts)


def _spark(shape: Evidence) -> Markup:
    """Draw the shape of a column in a line of the table: bars of a number, shares of the levels."""
    bars, levels = shape.get("bars") or [], shape.get("levels") or []
    heights = [float(bar["n"]) for bar in bars] or [float(one["share"]) for one in levels]
    if not heights or not max(heights):
        return Markup("")
    told = [
        f"{say('data.range', low=number(b['low']), high=number(b['high']))}: {number(b['n'])}" for b in bars
    ]
    told = told or [f"{brief(one['level'], 30)}: {percent(one['share'])}" for one in levels]
    width, most, parts = _SPARK_WIDTH / len(heights), max(heights), []
    for i, (height, words) in enumerate(zip(heights, told, strict=True)):
        high = max(height / most * _SPARK_HEIGHT, 0.8)
        place = {"x": i * width, "y": _SPARK_HEIGHT - high, "width": max(width - 1.5, 1), "height": high}
        parts.append(tag("rect", note(words), **place, class_="bar" if bars else "bar level"))
    label = say("profile.spark", first=told[0])
    box = f"0 0 {_SPARK_WIDTH} {_SPARK_HEIGHT}"
    return tag("svg", *parts, viewBox=box, role="img", aria_label=str(label), class_="spark")
