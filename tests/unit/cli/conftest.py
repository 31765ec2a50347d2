"""A workflow that answers at once, so that these tests see the command line alone."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner

from mlwright.cli.app import app
from mlwright.core.progress import Event


class FakeModel:
    def __init__(self, evidence):
        self.evidence = evidence
        self.memory = None

    def save(self, path):
        Path(path).write_bytes(b"model")


def _reasons(state, *_, **chosen):
    state.calls[-1] = (state.calls[-1][0], chosen)
    columns = [{"column": "contract", "value": "monthly", "amount": 0.3}]
    one = {"id": {"row": 7}, "class": "yes", "answer": 0.71, "base": 0.41, "columns": columns}
    return {"target": "churn", "rows": [{**one, "why": "The chance that churn is yes: 71.0 %."}]}


def _reasons_file(state, _model, _data, out, **chosen):
    state.calls[-1] = (state.calls[-1][0], chosen)
    Path(out).write_text("row\n7\n")
    return 1


@pytest.fixture
def workflow(monkeypatch, income):
    """Replace the workflow; `calls` records what it was asked, `error` is raised if set."""
    state = SimpleNamespace(calls=[], error=None, evidence=income, profile=None, told=[])

    def answer(name, result):
        def call(*args, **kwargs):
            state.calls.append((name, args))
            if state.error:
                raise state.error
            return result(*args, **kwargs)

        return call

    def train(_data, _target, _options, listen, _started):
        listen(Event(phase="search", message="leafwise trees", metric="roc_auc", best=0.9, left_s=12.0))
        return FakeModel(state.evidence)

    def predict(_model, _data, out, _wishes, listen):
        for event in state.told:
            listen(event)
        text = "row,prediction\n1,>50K\n"
        Path(out).write_text(text) if out else sys.stdout.write(text)
        return 1

    def scores(*_, **_history):
        share = {"value": 0.912, "low": 0.897, "high": 0.926, "direction": "max"}
        amount = {"per_row": {**share, "value": 3.25}, "total": share}
        return {
            "task": income["task"],
            "n_rows": 1500,
            "seen": 0.0,
            "metrics": income["test"],
            "calibration_error": share,
            "intervals": {"level": 0.9, "answers": "sets", "coverage": share, "size": share},
            "decision": {"cost": amount, "against": [{"what": "doing nothing", **amount}]},
        }

    def profile(*_):
        return state.profile or {
            "n_rows": 6000,
            "columns": income["data"]["columns"],
            "findings": income["findings"],
            "events": None,
        }

    fakes = {
        "mlwright.workflow.explain": {
            "explain": answer("explain", partial(_reasons, state)),
            "explain_file": answer("explain_file", partial(_reasons_file, state)),
        },
        "mlwright.workflow.verbs": {
            "train": answer("train", train),
            "evaluate": answer("evaluate", scores),
            "predict": answer("predict", predict),
        },
        "mlwright.workflow.profile": {"profile": answer("profile", profile)},
        "mlwright.artifact.load": {"load": answer("load", lambda _, **_options: FakeModel(state.evidence))},
    }
    for name, members in fakes.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return state


@pytest.fixture
def call(workflow, tmp_path, monkeypatch):
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))
