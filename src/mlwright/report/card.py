"""The model card: what the model is for, how good, how judged, what to watch, in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlwright.report import advice, leak_words, parts, promises, words
from mlwright.report.build import commands
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    interval_of,
    number,
    size,
    value_beside,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&])")


def model_card(evidence: Evidence) -> str:
    """Return the model card as Markdown; `info` and the artifact carry it."""
    verdict = words.verdict(evidence)
    sections = [
        f"# {_safe(words.question(evidence))}",
        f"**{verdict.title}.** {_safe(verdict.reason)}",
        _safe(words.headline(evidence)),
        "## What it means\n\n" + _bullets(words.meaning(evidence) or [words.gain_line(evidence)]),
        "## Scores on the sealed test\n\n" + _scores(evidence),
        "## How sure a single answer is\n\n"
        + _bullets([*promises.interval_lines(evidence), promises.error_line(evidence)]),
        *_decision(evidence),
        "## What drives it\n\n" + _bullets(_driver(item) for item in words.drivers(evidence, 10)),
        *_parts(evidence),
        "## How it was judged\n\n" + _bullets(_judged(evidence)),
        "## Things to watch\n\n" + _bullets(_finding(f) for f in dig(evidence, "findings", default=[])),
        "## Leaks\n\n" + _bullets([leak_words.leaks_line(evidence) or "None was found."]),
        "## What it reads\n\n" + _inputs(evidence),
        "## How to use it\n\n" + _usage(evidence),
        "## Provenance\n\n" + _provenance(evidence),
    ]
    return "\n\n".join(sections) + "\n"


def _decision(evidence: Evidence) -> list[str]:
    lines = advice.decision_lines(evidence)
    return ["## What to decide\n\n" + _bullets(lines)] if lines else []


def _safe(text: object) -> str:
    """Escape what Markdown or HTML would read as markup, and keep one line."""
    return _SPECIAL.sub(r"\\\1", brief(text, 400))


def _bullets(sentences: Iterable[str]) -> str:
    lines = [f"- {_safe(sentence)}" for sentence in sentences if sentence]
    return "\n".join(lines) or "- Nothing."


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head)]
    lines += [[_safe(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _scores(evidence: Evidence) -> str:
    test, base = dig(evidence, "test", default={}), dig(evidence, "baseline", default={})
    rows = [
        (
            words.metric_title(name),
            value_of(estimate),
            interval_of(estimate),
            value_beside(base.get(name), estimate),
        )
        for name, estimate in test.items()
    ]
    return _table(("Measure", "This model", "95 % interval", "Baseline"), rows)


def _judged(evidence: Evidence) -> tuple[str, ...]:
    return words.split_line(evidence), words.price_line(evidence), words.refit_line(evidence)


def _parts(evidence: Evidence) -> list[str]:
    """Write where the model is weak and how it treats groups, if that was looked at."""
    found = []
    line = parts.weak_line(evidence)
    if line:
        weak = [parts.weak_sentence(one) for one in parts.slices(evidence)]
        found.append("## Where it is weak\n\n" + _bullets([line, *weak]))
    told = [(one["column"], [one["use"], *one["says"]]) for one in parts.fairness(evidence)]
    return found + [f"## Groups by {_safe(column)}\n\n{_bullets(says)}" for column, says in told]


def _driver(item: Evidence) -> str:
    return f"{brief(item['column'])}: without it the score worsens by {estimate_text(item['drop'])}"


def _finding(finding: Evidence) -> str:
    about = f" ({finding['column']})" if finding.get("column") else ""
    return f"{finding.get('severity')}{about}: {finding.get('message')} {finding.get('remedy') or ''}".strip()


def _inputs(evidence: Evidence, most: int = 100) -> str:
    columns = [c for c in dig(evidence, "data", "columns", default=[]) if c.get("role") == "feature"]
    table = _table(("Column", "Holds"), [(c["name"], c["kind"]) for c in columns[:most]])
    more = len(columns) - most
    return f"{table}\n\nand {more} more." if more > 0 else table


def _usage(evidence: Evidence) -> str:
    return "```\n" + "\n".join(command.replace("`", "") for _, command in commands(evidence)[1:]) + "\n```"


def _provenance(evidence: Evidence) -> str:
    program = dig(evidence, "program", default={})
    facts = {
        "data": f"{dig(evidence, 'name')}, {number(dig(evidence, 'data', 'n_rows'))} rows",
        "data fingerprint": dig(evidence, "data", "fingerprint"),
        "program": f"{size(program.get('size_bytes'))}, sha256 {program.get('sha256')}",
        "created": dig(evidence, "created"),
        **dig(evidence, "environment", default={}),
    }
    return _bullets(f"{key}: {value}" for key, value in facts.items() if value is not None)
