"""What was decided on the user's behalf, and why: each can be taken back with an option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlwright.core.said import Said, one_after_the_other, said
from mlwright.core.schema import Role
from mlwright.core.shelves import METRICS

if TYPE_CHECKING:
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared

Decision = dict[str, str]


def decisions(prepared: Prepared, fitted: Fitted, options: TrainOptions) -> list[Decision]:
    """Return the decisions in the order of the work: what, choice, why."""
    task = prepared.task
    asked = said("asked for")
    values = said("the target holds numbers; see --kind")
    if task.classes:
        values = said("the target holds {n} classes; see --kind", n=len(task.classes))
    found = [
        decision(said("kind of question"), Said(task.kind), asked if options.kind else values),
        decision(
            said("metric"),
            METRICS.get(task.metric).title,
            asked if options.metric else said("the usual one; see --metric"),
        ),
        decision(said("split"), Said(prepared.split.how), _why_split(prepared, options)),
    ]
    leaking = [leak["column"] for leak in prepared.leaks if leak["action"] == "dropped"]
    if leaking:
        why = said("they would not be known when a prediction is made; see the leaks, and --leaks")
        found.append(decision(said("leaks left out"), ", ".join(leaking), why))
    unused = [c.name for c in prepared.schema.role_of(Role.UNUSED) if c.name not in leaking]
    if unused:
        shown = ", ".join(unused[:8]) + (", …" if len(unused) > 8 else "")
        why = said("excluded, constant, or different in every row")
        found.append(decision(said("columns left out"), shown, why))
    blend = [trial for trial in fitted.search.trials if trial.weight > 0]
    blend.sort(key=lambda trial: -trial.weight)
    shares = [said("{name} {share:.0%}", name=one.configuration.name, share=one.weight) for one in blend]
    why = said("the lowest loss on rows that the candidates had not seen")
    found.append(decision(said("blend"), one_after_the_other(shares, ", "), why))
    found += fitted.decisions
    has_more = len(fitted.rows) > len(prepared.split.train)
    done = said("with the rows that calibrated") if has_more else said("no")
    found.append(decision(said("refit"), said("on all rows") if fitted.refitted else done, fitted.refit_why))
    return found


def _why_split(prepared: Prepared, options: TrainOptions) -> str:
    if options.test is not None:
        return said("the rows that judge were given with --test")
    named = [f"--{what}" for what in ("group", "time") if getattr(options, what)]
    if named:
        return said("asked for with {options}", options=", ".join(named))
    if prepared.train.times is not None:
        return said("the rows stand in the order of a date; see the finding")
    return said("no column of groups or times was named; see --group and --time")


def decision(what: str, choice: str, why: str) -> Decision:
    """Write a decision down."""
    return {"what": what, "choice": choice, "why": why}
