"""Training: data and a question in; a proven model with its evidence out."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mlwright.artifact.golden import make_golden
from mlwright.artifact.load import load
from mlwright.artifact.model import Model
from mlwright.artifact.profile import make_profile
from mlwright.core.budget import Budget
from mlwright.core.errors import UsageError
from mlwright.core.interrupt import ending_is_near
from mlwright.core.progress import Event, Listener, silence
from mlwright.core.said import spelled
from mlwright.report.card import model_card
from mlwright.workflow.compare import check_in_place
from mlwright.workflow.fit import fit
from mlwright.workflow.judge import judge
from mlwright.workflow.leaks import without_leaks
from mlwright.workflow.measure import broken, fulfilment
from mlwright.workflow.memory import memory_watch
from mlwright.workflow.prepare import prepare
from mlwright.workflow.run import open_run
from mlwright.workflow.seen import what_is_learned

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers
    from mlwright.workflow.finish import Fitted
    from mlwright.workflow.options import TrainOptions
    from mlwright.workflow.prepare import Prepared


def train(
    data: object,
    target: str,
    options: TrainOptions,
    listen: Listener = silence,
    started: float | None = None,
) -> Model:
    """Do the whole job, within the budget, which counts from `started` (`time.monotonic()`) or from now.

    Raises
    ------
    DataError, UsageError
        The data, the target or an option cannot be used; nothing was written.
    ProofError
        The compiled program differs from the trained model; nothing ships.
    """
    began = time.monotonic() if started is None else started
    budget = Budget(time_limit_s=options.limit_s, max_trials=options.max_trials, started=began)
    with open_run(options) as run, memory_watch(options.memory_limit_bytes, data) as memory:
        with budget.phase("read and understand", is_busy=True):
            listen(Event(phase="reading", message="reading and understanding the data"))
            old = _in_place(options.baseline)
            prepared = prepare(data, target, options)
            if old is not None:
                check_in_place(old, prepared)
        with budget.phase("leaks", is_busy=True):
            listen(Event(phase="reading", message="looking for columns that give the answer away"))
            prepared = without_leaks(prepared, options, budget)
        fitted = fit(prepared, options, budget, listen, run, memory)
        with ending_is_near():
            listen(Event(phase="judging", message="opening the sealed test"))
            evidence = judge(prepared, fitted, options, budget, old)
            model = _wrap(prepared, fitted, evidence, options, budget)
    if memory is not None and options.max_trials is None:
        evidence["budget"]["memory_peak_bytes"] = memory.peak_bytes
    return model


def _in_place(baseline: object | None) -> Model | None:
    if baseline is None or isinstance(baseline, Model):
        return baseline
    if isinstance(baseline, str | Path):
        return load(baseline)
    message = f"The baseline is a model or the path of one, not {type(baseline).__name__}."
    raise UsageError(message)


def _wrap(
    prepared: Prepared, fitted: Fitted, evidence: dict[str, Any], options: TrainOptions, budget: Budget
) -> Model:
    shipped = fitted.refitted or fitted.judged
    rows = prepared.take(fitted.rows)
    reads = tuple(prepared.schema[name] for name in shipped.program.columns)
    sample = rows.take(_every(rows.n_rows, 5_000))
    with budget.phase("profile"):
        learned = what_is_learned(rows, prepared.train, prepared.test, shipped.program.columns)
        profile = make_profile(reads, sample.columns, shipped.program.run(sample.columns), learned)
        golden = make_golden(shipped.program, rows.columns, options.seed)
    if options.max_trials is None:  # in work units nothing may depend on the clock
        evidence["ledger"] = [{"phase": name, "seconds": round(s, 3)} for name, s in budget.ledger]
        evidence["budget"]["elapsed_s"] = round(budget.elapsed_s, 3)
    else:
        for row in evidence["leaderboard"]:
            row["fit_s"] = None
    contents: dict[str, Any] = {
        "program": shipped.data,
        "runtime": shipped.program,
        "evidence": evidence,
        "profile": profile,
        "golden": golden,
        "intervals": None if fitted.conformal is None else fitted.conformal.to_json(),
        "card": model_card(evidence),
        "facts": {
            "created": evidence["created"],
            "environment": evidence["environment"],
            "fingerprint": prepared.fingerprint,
        },
    }
    model = Model(prepared.task, prepared.schema, contents)
    if options.has_contract:
        evidence["contract"] = spelled(fulfilment(model, contents, rows.columns, options))
        evidence["findings"] += [finding.to_json() for finding in broken(evidence["contract"])]
        contents["card"] = model.card = model_card(evidence)
    return model


def _every(n_rows: int, most: int) -> Integers:
    return np.arange(0, n_rows, max(1, math.ceil(n_rows / most)))
