"""Results in the terminal: the answer in words first, then the facts."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from mlwright.cli.console import stdout, table
from mlwright.report import advice, baseline, plain, promises, words
from mlwright.report.figures import (
    Evidence,
    brief,
    dig,
    estimate_text,
    interval_of,
    listing,
    number,
    percent,
    size,
    value_beside,
    value_of,
)
from mlwright.report.measures import metric_title
from mlwright.report.verdict import verdict

_TONES = {"good": ("✓", "green"), "unsure": ("?", "yellow"), "bad": ("✕", "red")}
_SEVERITIES = {"error": "red", "warning": "yellow", "note": "cyan"}


def show_training(evidence: Evidence, model: Path, report: Path | None) -> None:
    """Print what came out of a training, in a dozen lines."""
    console = stdout()
    console.print()
    console.print(Text(words.question(evidence), style="bold"))
    console.print(verdict_line(evidence))
    console.print()
    console.print(Text(words.headline(evidence)))
    console.print(Text(words.gain_line(evidence), style="dim"))
    for sentence in plain.meaning(evidence)[:2]:
        console.print(Text(sentence, style="dim"))
    console.print()
    facts = [
        ("drivers", words.drivers_line(evidence)),
        ("shipped", words.refit_line(evidence)),
        ("sure", promises.held_line(evidence)),
        ("decide", advice.advice(evidence)),
        ("findings", _counted(dig(evidence, "findings", default=[]))),
        ("model", f"{model} ({size(model.stat().st_size if model.exists() else None)})"),
        ("report", str(report) if report else "none was asked for"),
        ("use it", shlex.join(["mlwright", "predict", str(model), "new.csv", "-o", "answers.csv"])),
        ("serve it", shlex.join(["mlwright", "serve", str(model)])),
    ]
    for name, value in facts:
        if value:
            console.print(Text.assemble((f"{name:<10}", "dim"), value))
    pressing = [f for f in dig(evidence, "findings", default=[]) if f["severity"] != "note"]
    if pressing:
        console.print()
        show_findings(pressing)


def show_scores(scores: Mapping[str, Any]) -> None:
    """Print the scores of `evaluate`."""
    console, grid = stdout(), table("measure", "score>", "95 % interval>", "better is")
    better = {"max": "higher", "min": "lower"}
    for name, estimate, wanted in _judged(scores):
        told = wanted or better.get(estimate["direction"], "")
        grid.add_row(name, value_of(estimate), interval_of(estimate), told)
    console.print(Text(_judges(scores), style="dim"))
    console.print(grid)
    if scores["seen"]:
        shown = (
            f"The model has learned from {percent(scores['seen'])} of these rows, so the scores are too good."
        )
        console.print(Text.assemble(("warning  ", _SEVERITIES["warning"]), shown))


def _judges(scores: Mapping[str, Any]) -> str:
    """Say how many judged: rows, or users, of very many some at random."""
    n_judges, n_users = scores["n_rows"], scores.get("n_users")
    if n_users is None:
        return f"{number(n_judges)} rows"
    return f"{number(n_judges)} {f'of {number(n_users)} users, at random' if n_judges < n_users else 'users'}"


def _judged(scores: Mapping[str, Any]) -> list[tuple[str, Evidence, str]]:
    """List what was measured: its name, the estimate, and what is best if that is no matter of direction."""
    found = [(metric_title(name), estimate, "") for name, estimate in scores["metrics"].items()]
    if scores["calibration_error"]:
        found.append(("Calibration error", scores["calibration_error"], ""))
    if held := scores["intervals"]:
        level = percent(held["level"])
        found.append((f"Truths in {level} {held['answers']}", held["coverage"], f"near {level}"))
    if decided := scores["decision"]:
        found.append(("Cost of decisions, a row", decided["cost"]["per_row"], ""))
        found += [(f"Saved against {one['what']}", one["per_row"], "") for one in decided["against"]]
    return found


_ANSWERS = {
    "ship": ("good", "Ship the new model"),
    "do_not_ship": ("bad", "Do not ship the new model"),
    "not_enough_data": ("unsure", "Not enough data to tell"),
}


def show_comparison(found: Mapping[str, Any]) -> None:
    """Print the verdict of `compare`, then the scores."""
    console, grid = stdout(), table("model", "score>", "95 % interval>")
    tone, title = _ANSWERS[found["verdict"]]
    mark, color = _TONES[tone]
    console.print(Text.assemble((f"{mark} {title}. ", f"bold {color}"), f"{_sentence(found['why'])}"))
    for name in ("old", "new"):
        grid.add_row(name, value_of(found[name]), interval_of(found[name]))
    grid.add_row("new - old", value_of(found["difference"]), interval_of(found["difference"]))
    better = {"max": "higher", "min": "lower"}[found["difference"]["direction"]]
    title = f"{metric_title(found['metric'])} on {number(found['n_rows'])} rows, {better} is better"
    console.print(Text(title, style="dim"))
    console.print(grid)
    if found["n_needed"]:
        console.print(Text(f"About {number(found['n_needed'])} rows would tell.", style="dim"))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def show_profile(profile: Mapping[str, Any]) -> None:
    """Print the columns and what was noticed."""
    console, columns = stdout(), profile["columns"]
    console.print(Text(f"{number(profile['n_rows'])} rows, {number(len(columns))} columns", style="bold"))
    show_columns(columns)
    show_findings(profile["findings"])


def show_columns(columns: Sequence[Evidence]) -> None:
    """Print one line for each column."""
    grid = table("column", "holds", "used as", "empty>", "different>", "values")
    for column in columns:
        grid.add_row(
            Text(brief(column["name"], 40)),
            str(column["kind"]),
            str(column["role"]),
            percent(column.get("missing_share")),
            number(column.get("n_unique")),
            Text(_values(column)),
        )
    stdout().print(grid)


def show_findings(findings: Sequence[Evidence]) -> None:
    """Print what was noticed, the worst first."""
    console = stdout()
    if not findings:
        console.print(Text("Nothing was found that needs attention.", style="dim"))
    for finding in sorted(findings, key=lambda f: list(_SEVERITIES).index(f["severity"])):
        about = f"{finding['column']}: " if finding.get("column") else ""
        remedy = f" {finding['remedy']}" if finding.get("remedy") else ""
        label = (f"{finding['severity']:<9}", _SEVERITIES[finding["severity"]])
        console.print(Text.assemble(label, (about, "bold"), finding["message"], (remedy, "dim")))


def show_model(evidence: Evidence, path: Path) -> None:
    """Print what a model is, how good, what it reads and where it comes from."""
    console, program = stdout(), dig(evidence, "program", default={})
    console.print(Text(words.question(evidence), style="bold"))
    console.print(verdict_line(evidence))
    console.print()
    grid = table("measure", "sealed test>", "95 % interval>", "baseline>")
    for name, estimate in dig(evidence, "test", default={}).items():
        base = dig(evidence, "baseline", name)
        grid.add_row(
            metric_title(name), value_of(estimate), interval_of(estimate), value_beside(base, estimate)
        )
    console.print(grid)
    console.print()
    show_columns([c for c in dig(evidence, "data", "columns", default=[]) if c.get("role") != "unused"])
    console.print()
    made = ", ".join(f"{key} {value}" for key, value in dig(evidence, "environment", default={}).items())
    facts = [
        ("baseline", baseline.dull(evidence)),
        ("drivers", listing([estimate_of(item) for item in words.drivers(evidence, 5)])),
        ("shipped", words.refit_line(evidence)),
        ("program", f"{size(program.get('size_bytes'))}, {_parts(program)}, sha256 {program.get('sha256')}"),
        ("data", f"{dig(evidence, 'name')}, {words.split_line(evidence)}"),
        ("made", ", ".join(filter(None, [dig(evidence, "created"), made]))),
        ("file", f"{path} ({size(path.stat().st_size if path.exists() else None)})"),
    ]
    for name, value in facts:
        console.print(Text.assemble((f"{name:<10}", "dim"), str(value)))
    console.print()
    show_findings(dig(evidence, "findings", default=[]))


def estimate_of(item: Evidence) -> str:
    """Write a driver with its strength."""
    return f"{brief(item['column'], 40)} {estimate_text(item['drop'])}"


def verdict_line(evidence: Evidence) -> Text:
    """Write the verdict with its mark."""
    found = verdict(evidence)
    mark, color = _TONES[found.tone]
    return Text.assemble((f"{mark} {found.title}. ", f"bold {color}"), found.reason)


def _parts(program: Evidence) -> str:
    return f"{number(program.get('n_members'))} members, {number(program.get('n_trees'))} trees"


def _counted(findings: Sequence[Evidence]) -> str:
    counts = [(s, sum(1 for f in findings if f.get("severity") == s)) for s in _SEVERITIES]
    return listing([f"{n} {s}{'s' if n > 1 else ''}" for s, n in counts if n] or ["none"])


def _values(column: Evidence) -> str:
    if column.get("levels"):
        return brief(", ".join(str(level) for level in column["levels"]), 40)
    if column.get("low") is None or column["kind"] == "datetime":
        return ""
    low, high = column["low"], column["high"]
    if all(float(end).is_integer() and 0 <= end < 10_000 for end in (low, high)):
        return f"{low:.0f} to {high:.0f}"  # years have no thousands mark
    return f"{number(low)} to {number(high)}"
