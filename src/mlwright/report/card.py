"""The model card: what the model is for, how good, how judged, what to watch, in Markdown.

It begins with what Hugging Face reads: the kind of task, tags and the scores in the shape of a "model-index".
The licence is the owner's to add.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mlwright.report import advice, first, judged, leak_words, parts, plain, promises, words
from mlwright.report.commands import commands
from mlwright.report.concerns import concerns
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
from mlwright.report.language import ENGLISH, language, say, spoken, word
from mlwright.report.lists import lists, served
from mlwright.report.measures import metric_title
from mlwright.report.past import plainly
from mlwright.report.text import join
from mlwright.report.verdict import verdict
from mlwright.report.written import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~&])")

_NO_MARKUP = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}


def model_card(evidence: Evidence, language: str = ENGLISH) -> str:
    """Return the model card as Markdown with front matter; the artifact carries the English one."""
    with spoken(language):
        return _front(evidence) + _body(plainly(evidence))


def brief_card(evidence: Evidence, language: str = ENGLISH) -> str:
    """Return the first screen as Markdown: one page."""
    with spoken(language):
        evidence = plainly(evidence)
        title, told = behind(evidence)
        watched = [one.says for one in first.watch(evidence)]
        parts = [
            *_lead(evidence),
            *_section(say("page.good"), _bullets(first.how_good(evidence))),
            *_section(title, _bullets(told)),
            *_section(say("page.watch"), _bullets(watched)),
        ]
        return "\n\n".join(parts) + "\n"


def behind(evidence: Evidence, n: int = 3) -> tuple[str, list[str]]:
    """Return a title and sentences: whom a ranking serves, or which columns drive the answers."""
    if judged.are_users(evidence):
        return say("page.serves"), served(evidence)
    drivers = [_driver(item) for item in words.drivers(evidence, n)]
    if not drivers and not dig(evidence, "importance"):
        return say("page.drives"), [say("page.no_time")] if dig(evidence, "importance_left_out") else []
    return say("page.drives"), drivers or [say("page.no_driver")]


def _front(evidence: Evidence) -> str:
    """Return the front matter; every value is written as JSON, which YAML reads as it stands."""
    test, task = dig(evidence, "test", default={}), _task(evidence)
    results = [
        {"type": name, "name": metric_title(name), "value": float(dig(test, name, "value"))}
        for name in test
        if is_number(dig(test, name, "value"))
    ]
    name = str(dig(evidence, "task", "target", default="model"))
    data = {"type": "tabular", "name": str(dig(evidence, "name", default="data")), "split": "test"}
    lines: dict[str, object] = {
        "library_name": "mlwright",
        **({} if judged.are_users(evidence) else {"pipeline_tag": task}),
        "tags": ["mlwright", "onnx", task if judged.are_users(evidence) else "tabular"],
        "language": [language()],
        "metrics": [one["type"] for one in results],
        "model-index": [
            {"name": name, "results": [{"task": {"type": task}, "dataset": data, "metrics": results}]}
        ],
    }
    shown = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items())
    return f"---\n{shown.translate(_NO_MARKUP)}\n---\n\n"


def _task(evidence: Evidence) -> str:
    """Name the kind of task as Hugging Face does; it knows none of rankings for users."""
    if judged.are_users(evidence):
        return "recommendation"
    return "tabular-classification" if dig(evidence, "task", "classes") else "tabular-regression"


def _lead(evidence: Evidence) -> list[str]:
    found = verdict(evidence)
    told = [_safe(sentence) for sentence in (found.reason, words.headline(evidence)) if sentence]
    return [f"# {_safe(words.question(evidence))}", f"**{_safe(first.answer(evidence))}**", *told]


def _body(evidence: Evidence) -> str:
    name = brief(dig(evidence, "name", default=say("question.target")))
    sections = [
        *_lead(evidence),
        *_section(say("card.meant"), _bullets([say("card.meant_for", name=name)])),
        *_section(say("card.means"), _bullets(plain.meaning(evidence) or [words.gain_line(evidence)])),
        *_section(say("card.scores"), _scores(evidence)),
        *_section(say("card.sure"), _bullets(_promises(evidence))),
        *_section(say("card.decide"), _bullets(advice.decision_lines(evidence))),
        *_behind(evidence),
        *_parts(evidence),
        *_section(say("card.judged"), _bullets(_judged(evidence))),
        *_section(say("card.watch"), _bullets(_watch(evidence))),
        *_section(say("card.leaks"), _bullets(_leaks(evidence))),
        *_section(say("card.reads"), _inputs(evidence)),
        *_section(say("card.use"), _usage(evidence)),
        *_section(say("card.provenance"), _provenance(evidence)),
    ]
    return "\n\n".join(sections) + "\n"


def _section(title: str, content: str) -> list[str]:
    """Return a section, or nothing where there is nothing to say."""
    return [f"## {title}\n\n{content}"] if content else []


def _promises(evidence: Evidence) -> list[str]:
    return [*promises.interval_lines(evidence), promises.error_line(evidence)]


def _behind(evidence: Evidence) -> list[str]:
    if not judged.are_users(evidence):
        title, told = behind(evidence, 10)
        return _section(title, _bullets(told))
    found = lists(evidence)
    more = [*found["lines"], *served(evidence), found["more"], found["cold"]] if found else served(evidence)
    return _section(say("sections.lists"), _bullets(more))


def _watch(evidence: Evidence) -> list[str]:
    """Return all findings with their remedies, then what else the page warns of."""
    found = [_finding(one) for one in dig(evidence, "findings", default=[])]
    return found + [one.says for one in concerns(evidence)]


def _leaks(evidence: Evidence) -> list[str]:
    """Say what was found, if anybody looked."""
    if dig(evidence, "leaks") is None or judged.are_users(evidence):
        return []
    return [leak_words.leaks_line(evidence) or say("leaks.none")]


def _safe(text: object) -> str:
    """Escape what Markdown or HTML would read as markup, and keep one line."""
    return _SPECIAL.sub(r"\\\1", brief(text, 400))


def _bullets(sentences: Iterable[str]) -> str:
    return "\n".join(f"- {_safe(sentence)}" for sentence in sentences if sentence)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, "" without rows."""
    cells = [[_safe(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *cells] if cells else []
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _scores(evidence: Evidence) -> str:
    test, base = dig(evidence, "test", default={}), dig(evidence, "baseline", default={})
    rows = [
        (
            metric_title(name),
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
        found += _section(say("card.weak"), _bullets([line, *weak]))
    told = [(one["column"], [one["use"], *one["says"]]) for one in parts.fairness(evidence)]
    titles = [say("card.groups", column=_safe(column)) for column, _ in told]
    return found + [f"## {title}\n\n{_bullets(says)}" for title, (_, says) in zip(titles, told, strict=True)]


def _driver(item: Evidence) -> str:
    """Write a driver with its strength."""
    return say("card.driver", column=brief(item["column"]), drop=estimate_text(item["drop"]))


def _finding(finding: Evidence) -> str:
    severity = str(finding.get("severity"))
    about = f" ({finding['column']})" if finding.get("column") else ""
    told = join([written(finding, key) for key in ("message", "remedy")])
    return f"{word(f'severities.{severity}', severity)}{about}: {told}"


def _inputs(evidence: Evidence, most: int = 100) -> str:
    """Name what it reads: the features of a table, or the columns of a log and what each is used for."""
    are_users = judged.are_users(evidence)
    columns = [
        c
        for c in dig(evidence, "data", "columns", default=[])
        if (c.get("role") != "unused" if are_users else c.get("role") == "feature")
    ]
    heads = [say("data.column"), say("data.holds"), *([say("data.used_as")] if are_users else [])]
    rows = [
        (c["name"], word(f"data.kinds.{c['kind']}", str(c["kind"])), *([_use(c)] if are_users else []))
        for c in columns[:most]
    ]
    table = _table(heads, rows)
    more = len(columns) - most
    return f"{table}\n\n{say('card.more', n=number(more))}" if more > 0 else table


def _use(column: Evidence) -> str:
    return word(f"data.roles_users.{column.get('role')}", str(column.get("role")))


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
