"""What was decided on the user's behalf, and why: each can be taken back with an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.schema import Role

if TYPE_CHECKING:
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

Decision = dict[str, str]


def decisions(prepared: Prepared, fitted: Fitted, options: TrainOptions) -> list[Decision]:
    """Return the decisions in the order of the work: what, choice, why."""
    task = prepared.task
    asked = "asked for"
    n_classes = len(task.classes)
    values = f"the target holds {n_classes} classes" if n_classes else "the target holds numbers"
    found = [
        _decision("kind of question", task.kind, asked if options.kind else f"{values}; see --kind"),
        _decision("metric", task.metric, asked if options.metric else "the usual one; see --metric"),
        _decision("split", prepared.split.how, _why_split(prepared, options)),
    ]
    leaking = [leak["column"] for leak in prepared.leaks if leak["action"] == "dropped"]
    if leaking:
        why = "they would not be known when a prediction is made; see the leaks, and --leaks"
        found.append(_decision("leaks left out", ", ".join(leaking), why))
    unused = [c.name for c in prepared.schema.role_of(Role.UNUSED) if c.name not in leaking]
    if unused:
        shown = ", ".join(unused[:8]) + (", …" if len(unused) > 8 else "")
        found.append(_decision("columns left out", shown, "excluded, constant, or different in every row"))
    blend = [trial for trial in fitted.search.trials if trial.weight > 0]
    blend.sort(key=lambda trial: -trial.weight)
    parts = ", ".join(f"{trial.configuration.name} {trial.weight:.0%}" for trial in blend)
    found.append(_decision("blend", parts, "the lowest loss on rows that the candidates had not seen"))
    found += fitted.decisions
    has_more = len(fitted.rows) > len(prepared.split.train)
    done = "on all rows" if fitted.refitted else "with the rows that calibrated" if has_more else "no"
    found.append(_decision("refit", done, fitted.refit_why))
    return found


def _why_split(prepared: Prepared, options: TrainOptions) -> str:
    if options.test is not None:
        return "the rows that judge were given with --test"
    named = [f"--{what}" for what in ("group", "time") if getattr(options, what)]
    if named:
        return f"asked for with {' and '.join(named)}"
    if prepared.train.times is not None:
        return "the rows stand in the order of a date; see the finding"
    return "no column of groups or times was named; see --group and --time"


def _decision(what: str, choice: str, why: str) -> Decision:
    return {"what": what, "choice": choice, "why": why}
