"""The run folder: one work, one training at a time, and nothing left that nobody asked for."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing

import numpy as np
import pytest

from mlwright.core.errors import UsageError
from mlwright.tuning.trial import Trial
from mlwright.workflow import fit as fit_module
from mlwright.workflow import run as run_module
from mlwright.workflow.fit import leave_all_to
from mlwright.workflow.run import open_run, remove_run
from mlwright.workflow.train import train

from .conftest import houses, only, options

ROWS = only(houses(), "size", "age", "area", "price")


def told_by(folder, rows=ROWS, **given):
    """Train; return the model and what was said that should stay readable."""
    told = []

    def listen(event):
        if event.is_lasting:
            told.append(f"{event.phase}: {event.message}")

    model = train(rows, "price", options(run=folder, refit="auto", **given), listen)
    return model, told


def entries(folder):
    with closing(sqlite3.connect(folder / "journal.sqlite")) as file:
        return [row[0] for row in file.execute("SELECT job FROM outcomes ORDER BY id")]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "houses.run"


def saved(model, path):
    model.save(path)
    return path.read_bytes()


def test_the_same_call_continues_says_so_and_gives_the_same_bytes(folder, tmp_path):
    first, told = told_by(folder)
    assert told == []
    done = entries(folder)
    assert len(done) == len(set(done)) > 8
    again, told = told_by(folder)
    assert told == [f"continuing: {len(done)} of the fits were already done"]
    assert entries(folder) == done
    without, told = told_by(None)
    assert told == []
    files = [saved(model, tmp_path / name) for model, name in ((first, "1"), (again, "2"), (without, "3"))]
    assert files[0] == files[1] == files[2]
    assert sorted(path.name for path in folder.iterdir()) == ["journal.sqlite", "lock", "run.json"]


@pytest.mark.parametrize(("what", "before", "now"), [("_is_in_haste", True, False), ("n_folds", 3, 2)])
def test_fits_on_other_features_or_folds_are_not_taken_for_these(
    what, before, now, folder, tmp_path, monkeypatch
):
    words = np.random.default_rng(0).choice(["warm", "wide", "old", "dark", "quiet", "new"], (len(ROWS), 4))
    rows = [{**row, "note": " ".join(line)} for row, line in zip(ROWS, words, strict=True)]
    monkeypatch.setattr(fit_module, what, lambda *given, **named: before)
    told_by(folder, rows)
    monkeypatch.setattr(fit_module, what, lambda *given, **named: now)
    resumed, _ = told_by(folder, rows)
    alone, _ = told_by(None, rows)
    assert saved(resumed, tmp_path / "1") == saved(alone, tmp_path / "2")


def test_a_larger_budget_goes_on_where_the_smaller_ended(folder):
    told_by(folder)
    before = entries(folder)
    told_by(folder, max_trials=2)
    after = entries(folder)
    assert after[: len(before)] == before
    assert len(set(after)) == len(after) > len(before)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"seed": 1}, "the seed was 0, is 1"), ({"rows": ROWS[:-1]}, "the rows to learn from changed")],
)
def test_other_work_is_refused_unless_the_folder_is_ours_to_empty(folder, given, says):
    told_by(folder)
    with pytest.raises(UsageError, match=says):
        told_by(folder, **given)
    _, told = told_by(folder, run_anew=True, **given)
    assert len(told) == 1
    assert says in told[0]
    assert told_by(folder, **given)[1][0].startswith("continuing")


def test_a_test_that_was_given_belongs_to_the_work(folder):
    told_by(folder, rows=ROWS[:120], test=ROWS[120:])
    with pytest.raises(UsageError, match="the rows to judge by changed"):
        told_by(folder, rows=ROWS[:120], test=ROWS[121:])


def test_another_version_of_a_library_is_other_work(folder, monkeypatch):
    told_by(folder)
    monkeypatch.setattr(run_module, "_versions", lambda: {"numpy": "0.1"})
    with pytest.raises(UsageError, match=r"version of numpy was .*, is 0\.1"):
        told_by(folder)


def test_a_folder_of_something_else_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.tex").write_text("years")
    with pytest.raises(UsageError, match=r"is not the folder of a run: it holds 'thesis.tex'"):
        told_by(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(UsageError, match="is a file"):
        told_by(tmp_path / "thesis.tex")


def test_facts_that_cannot_be_read_begin_anew_and_newer_ones_are_refused(folder):
    told_by(folder)
    facts = folder / "run.json"
    facts.write_text('{"format": 1, "ke')
    _, told = told_by(folder)
    assert len(told) == 1
    assert "cannot be read" in told[0]
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "format": 99}))
    with pytest.raises(UsageError, match="has format 99"):
        told_by(folder)
    told_by(folder, run_anew=True)
    assert told_by(folder)[1][0].startswith("continuing")


def test_nothing_is_left_where_nothing_was_begun(folder, tmp_path):
    with pytest.raises(UsageError):
        told_by(folder, metric="nonsense")
    assert not folder.exists()
    folder.mkdir()
    with pytest.raises(UsageError):
        told_by(folder, metric="nonsense")
    assert list(folder.iterdir()) == []


def test_two_trainings_at_once_in_one_folder_are_refused(folder):
    with open_run(options(run=folder)):
        with pytest.raises(UsageError, match=rf"Another training .* \(process {os.getpid()}\)"):
            told_by(folder)
        remove_run(folder)
        assert folder.exists(), "a run that goes on is not removed"
    told_by(folder)


def test_the_lock_dies_with_its_process(folder):
    code = (
        "import time; from mlwright.workflow.run import open_run; "
        "from mlwright.workflow.options import TrainOptions\n"
        f"with open_run(TrainOptions(run={str(folder)!r})):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=f"process {other.pid}"):
            told_by(folder)
        other.kill()
    told_by(folder)


def test_removing_takes_what_is_ours_and_nothing_else(folder):
    told_by(folder)
    (folder / "notes.txt").write_text("mine")
    remove_run(folder)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    (folder / "notes.txt").unlink()
    told_by(folder)
    remove_run(folder)
    assert not folder.exists()


def test_without_a_folder_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told_by(None)
    assert list(tmp_path.iterdir()) == []


def test_a_candidate_that_answers_alone_leaves_the_baseline_no_share():
    trials = [Trial(number, None, 2, weight=weight) for number, weight in enumerate((1.0, 0.0, 0.4))]
    leave_all_to(trials[1], trials)
    assert [trial.weight for trial in trials] == [0.0, 1.0, 0.0]
