"""The model card: what the model is for, how good, how judged, what to watch, in Markdown.

It begins with what Hugging Face reads: the kind of task, tags and the scores in the shape of a "model-index".
The licence is the owner's to add.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlwright.report import advice, first, leak_words, parts, promises, words
from mlwright.report.commands import commands
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    interval_of,
    is_number,
    number,
    size,
    value_beside,
    value_of,
)
from mlwright.report.language import ENGLISH, language, say, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&])")

_NO_MARKUP = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def model_card(evidence: Evidence, language: str = ENGLISH) -> str:
    """Return the model card as Markdown with front matter; the artifact carries the English one."""
    with spoken(language):
        return _front(evidence) + _body(evidence)


def brief_card(evidence: Evidence, language: str = ENGLISH) -> str:
    """Return the first screen as Markdown: one page."""
    with spoken(language):
        watched = [one.says for one in first.watch(evidence)]
        return (
            "\n\n".join(
                [
                    *_lead(evidence),
                    f"## {say('page.good')}\n\n" + _bullets(first.how_good(evidence)),
                    f"## {say('page.drives')}\n\n"
                    + _bullets(driver(item) for item in words.drivers(evidence)),
                    f"## {say('page.watch')}\n\n" + _bullets(watched),
                ]
            )
            + "\n"
        )


def _front(evidence: Evidence) -> str:
    """Return the front matter; every value is written as JSON, which YAML reads as it stands."""
    is_class = bool(dig(evidence, "task", "classes"))
    test = dig(evidence, "test", default={})
    task = "tabular-classification" if is_class else "tabular-regression"
    results = [
        {"type": name, "name": words.metric_title(name), "value": float(dig(test, name, "value"))}
        for name in test
        if is_number(dig(test, name, "value"))
    ]
    name = str(dig(evidence, "task", "target", default="model"))
    data = {"type": "tabular", "name": str(dig(evidence, "name", default="data")), "split": "test"}
    lines: dict[str, object] = {
        "library_name": "mlwright",
        "pipeline_tag": task,
        "tags": ["mlwright", "onnx", "tabular"],
        "language": [language()],
        "metrics": [one["type"] for one in results],
        "model-index": [
            {"name": name, "results": [{"task": {"type": task}, "dataset": data, "metrics": results}]}
        ],
    }
    shown = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items())
    return f"---\n{shown.translate(_NO_MARKUP)}\n---\n\n"


def _lead(evidence: Evidence) -> list[str]:
    verdict = words.verdict(evidence)
    return [
        f"# {_safe(words.question(evidence))}",
        f"**{_safe(first.answer(evidence))}**",
        _safe(verdict.reason),
        _safe(words.headline(evidence)),
    ]


def _body(evidence: Evidence) -> str:
    name = brief(dig(evidence, "name", default=say("question.target")))
    sections = [
        *_lead(evidence),
        _section("meant", _bullets([say("card.meant_for", name=name)])),
        _section("means", _bullets(words.meaning(evidence) or [words.gain_line(evidence)])),
        _section("scores", _scores(evidence)),
        _section("sure", _bullets([*promises.interval_lines(evidence), promises.error_line(evidence)])),
        *_decision(evidence),
        _section("drives", _bullets(driver(item) for item in words.drivers(evidence, 10))),
        *_parts(evidence),
        _section("judged", _bullets(_judged(evidence))),
        _section("watch", _bullets(_finding(f) for f in dig(evidence, "findings", default=[]))),
        _section("leaks", _bullets([leak_words.leaks_line(evidence) or say("card.no_leak")])),
        _section("reads", _inputs(evidence)),
        _section("use", _usage(evidence)),
        _section("provenance", _provenance(evidence)),
    ]
    return "\n\n".join(sections) + "\n"


def _section(key: str, content: str) -> str:
    return f"## {say(f'card.{key}')}\n\n{content}"


def _decision(evidence: Evidence) -> list[str]:
    lines = advice.decision_lines(evidence)
    return [_section("decide", _bullets(lines))] if lines else []


def _safe(text: object) -> str:
    """Escape what Markdown or HTML would read as markup, and keep one line."""
    return _SPECIAL.sub(r"\\\1", brief(text, 400))


def _bullets(sentences: Iterable[str]) -> str:
    lines = [f"- {_safe(sentence)}" for sentence in sentences if sentence]
    return "\n".join(lines) or f"- {say('card.nothing')}"


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
    head = [say(f"performance.{key}") for key in ("measure", "model", "interval", "baseline")]
    return _table(head, rows)


def _judged(evidence: Evidence) -> tuple[str, ...]:
    return words.split_line(evidence), words.price_line(evidence), words.refit_line(evidence)


def _parts(evidence: Evidence) -> list[str]:
    """Write where the model is weak and how it treats groups, if that was looked at."""
    found = []
    line = parts.weak_line(evidence)
    if line:
        weak = [parts.weak_sentence(one) for one in parts.slices(evidence)]
        found.append(_section("weak", _bullets([line, *weak])))
    told = [(one["column"], [one["use"], *one["says"]]) for one in parts.fairness(evidence)]
    titles = [say("card.groups", column=_safe(column)) for column, _ in told]
    return found + [f"## {title}\n\n{_bullets(says)}" for title, (_, says) in zip(titles, told, strict=True)]


def driver(item: Evidence) -> str:
    """Write a driver with its strength."""
    return say("card.driver", column=brief(item["column"]), drop=estimate_text(item["drop"]))


def _finding(finding: Evidence) -> str:
    about = f" ({finding['column']})" if finding.get("column") else ""
    return f"{finding.get('severity')}{about}: {finding.get('message')} {finding.get('remedy') or ''}".strip()


def _inputs(evidence: Evidence, most: int = 100) -> str:
    columns = [c for c in dig(evidence, "data", "columns", default=[]) if c.get("role") == "feature"]
    table = _table((say("data.column"), say("data.holds")), [(c["name"], c["kind"]) for c in columns[:most]])
    more = len(columns) - most
    return f"{table}\n\n{say('card.more', n=number(more))}" if more > 0 else table


def _usage(evidence: Evidence) -> str:
    return "```\n" + "\n".join(command.replace("`", "") for _, command in commands(evidence)[1:]) + "\n```"


def _provenance(evidence: Evidence) -> str:
    program = dig(evidence, "program", default={})
    facts = {
        "data": say("card.data", name=dig(evidence, "name"), n=number(dig(evidence, "data", "n_rows"))),
        "data fingerprint": dig(evidence, "data", "fingerprint"),
        "program": say("card.program", size=size(program.get("size_bytes")), sha256=program.get("sha256")),
        "created": dig(evidence, "created"),
        **dig(evidence, "environment", default={}),
    }
    return _bullets(f"{key}: {value}" for key, value in facts.items() if value is not None)
