"""A training that is killed goes on where it was, and ends with the bytes of one that nobody disturbed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mlwright as mw
from mlwright.core.errors import UsageError
from mlwright.core.shelves import RECOMMENDERS
from mlwright.testing.check_recommender import known_histories
from mlwright.testing.tastes import taste_log
from mlwright.tuning.journal import Journal
from mlwright.workflow.recommending import choose
from mlwright.workflow.recommending.judged import Exam
from mlwright.workflow.recommending.kept import Kept

pytestmark = pytest.mark.filterwarnings("ignore:On the sealed test")  # so few candidates are not to ship
SOURCE = str(Path(mw.__file__).parents[1])


def trained(folder, trials=8, log=None, **options):
    return mw.train(log or taste_log(), kind="recommendation", max_trials=trials, run=folder, **options)


def saved(model, path):
    model.save(path)
    return path.read_bytes()


def jobs(folder):
    with closing(sqlite3.connect(folder / "journal.sqlite")) as file:
        return [row[0] for row in file.execute("SELECT job FROM outcomes ORDER BY id")]


@pytest.fixture
def counted(monkeypatch):
    """Count the fits of all recommenders."""
    fits = []
    for name in RECOMMENDERS.names():
        kind = type(RECOMMENDERS.get(name))
        fit = kind.fit
        monkeypatch.setattr(kind, "fit", lambda *a, _fit=fit, _name=name: fits.append(_name) or _fit(*a))
    return fits


def test_what_was_done_is_not_done_again_and_gives_the_same_bytes(tmp_path, counted):
    whole = saved(mw.train(taste_log(), kind="recommendation", max_trials=8), tmp_path / "whole.mlw")
    n_fits = len(counted)
    counted.clear()
    assert saved(trained(tmp_path / "run"), tmp_path / "kept.mlw") == whole
    assert len(counted) == n_fits
    counted.clear()
    told = []
    again = trained(tmp_path / "run", listen=lambda event: told.append(event.message))
    assert saved(again, tmp_path / "again.mlw") == whole
    assert len(counted) <= 3, "only what other splits would have claimed is worked out again"
    assert any("of the fits were already done" in message for message in told)


def test_a_run_may_go_on_with_more_candidates(tmp_path, counted):
    trained(tmp_path / "run", 3)
    counted.clear()
    more = saved(trained(tmp_path / "run", 8), tmp_path / "more.mlw")
    n_more = len(counted)
    counted.clear()
    assert saved(trained(tmp_path / "new", 8), tmp_path / "new.mlw") == more
    assert n_more < len(counted)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 7}, "the seed was 0, is 7"),
        ({"items": {"item": ["item 1", "item 2"], "kind": ["a", "b"]}}, "what is known of the items changed"),
        ({"log": {**taste_log(), "rating": [1] * 720}}, "the events to learn from changed"),
    ],
)
def test_a_folder_of_other_work_is_refused(tmp_path, change, says):
    trained(tmp_path / "run", 2)
    with pytest.raises(UsageError, match=says):
        trained(tmp_path / "run", 2, **change)


def test_a_damaged_entry_is_done_again(tmp_path):
    first = saved(trained(tmp_path / "run", 3), tmp_path / "a.mlw")
    with closing(sqlite3.connect(tmp_path / "run" / "journal.sqlite", isolation_level=None)) as file:
        file.execute("UPDATE outcomes SET data = zeroblob(length(data)) WHERE id % 2")
    assert saved(trained(tmp_path / "run", 3), tmp_path / "b.mlw") == first


@pytest.mark.parametrize("name", RECOMMENDERS.names())
def test_every_recommender_comes_back_as_it_was(name, tmp_path, counted):
    if name == "sasrec":
        pytest.importorskip("torch", reason="the extra 'deep' is not installed")
    known, told = known_histories(), []
    settings = RECOMMENDERS.get(name).settings(known)[0]
    scores = []
    for _ in range(2):
        with closing(Journal(tmp_path / "journal.sqlite", tell=lambda *a: told.append(a))) as journal:
            scores.append(Kept(journal).fitted(name, settings, known).scores(known))
    np.testing.assert_array_equal(*scores)
    assert counted == [name]
    assert told == []


def test_an_entry_that_names_items_there_are_not_is_no_danger(tmp_path):
    known = known_histories()
    with closing(Journal(tmp_path / "journal.sqlite")) as journal:
        fitted = Kept(journal).fitted("last_item", {}, known)
    object.__setattr__(fitted, "others", fitted.others + 10**6)
    with pytest.raises(ValueError, match="indices"):
        fitted.scores(known)


def start(folder, *more):
    command = [
        sys.executable, "-m", "mlwright", "train", "log.csv", "--kind", "recommendation", "--max-trials", "6",
        *more,
    ]  # fmt: skip
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": SOURCE},
    )  # fmt: skip


def test_after_a_kill_the_same_command_ends_with_the_same_bytes(tmp_path):
    pl.DataFrame(taste_log()).write_csv(tmp_path / "log.csv")
    start(tmp_path, "-o", "whole.mlw").communicate()
    assert (tmp_path / "whole.mlw").exists()
    assert not (tmp_path / "whole.run").exists()
    process = start(tmp_path, "-o", "killed.mlw")
    for line in process.stderr:
        if "popularity: nDCG@10" in line or line.startswith("proving"):
            break
    process.kill()
    process.communicate()
    done = jobs(tmp_path / "killed.run")
    assert done
    said = start(tmp_path, "-o", "killed.mlw", "--run", "killed.run").communicate()[1]
    assert "already done" in said
    assert (tmp_path / "killed.mlw").read_bytes() == (tmp_path / "whole.mlw").read_bytes()
    after = jobs(tmp_path / "killed.run")
    assert after[: len(done)] == done
    assert len(after) == len(set(after)) > len(done), "nothing was done twice"


def test_the_time_that_is_expected_decides_from_how_many_events_candidates_learn(monkeypatch):
    monkeypatch.setattr(choose, "_FEWEST_EVENTS", 100)
    known = known_histories()
    exam = choose_exam(known)
    for left_s, most in ((1e9, len(known.items)), (1e-9, 100)):
        found = choose.events_in_time(known, exam, Clock(left_s), 1e9, 0)
        assert len(found.items) <= most
        assert (len(found.items) == len(known.items)) == (left_s > 1)
    assert len(choose.events_in_time(known, exam, Clock(np.inf), 300, 0).items) <= 300


class Clock:
    slowdown = 1.0

    def __init__(self, left_s):
        self.left_s = left_s


def choose_exam(known):
    return Exam(asked=known, starts=np.arange(known.n_users + 1), relevant=np.zeros(known.n_users, np.int64))
