"""The journal: what has ended is known for good, what is damaged is done again."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.learner import Configuration, Limits, Matrix, Sample
from mlwright.core.level import Leveled, fit_on_level
from mlwright.core.shelves import LEARNERS
from mlwright.tuning.job import Job, Outcome
from mlwright.tuning.journal import Journal, _classes, identity
from mlwright.tuning.journaled import Journaled
from mlwright.tuning.plain import from_bytes, to_bytes
from mlwright.tuning.workers import open_crew


def job(number=0, fold=0, learner="linear", seed=1, **given):
    encodings = ("one_hot",) if learner == "linear" else ()
    configuration = Configuration(name=learner, order=0, learner=learner, encodings=encodings)
    return Job(number=number, configuration=configuration, fold=fold, limits=Limits(seed=seed), **given)


class Counting:
    """The crew of this process, counting what it is asked to do."""

    def __init__(self):
        self.inner, self.started = open_crew(0), []
        self.n_workers = 1

    @property
    def n_idle(self):
        return self.inner.n_idle

    def start(self, job, folder):
        self.started.append(job.number)
        self.inner.start(job, folder)

    def wait(self, timeout_s):
        return self.inner.wait(timeout_s)

    def abandon(self, but=()):
        self.inner.abandon(but)

    def stop(self):
        self.inner.stop()


def do(path, folder, *jobs, told=None, **given):
    """Run jobs with the journal at `path`; return the outcomes and the numbers of those that were run."""
    tell = (lambda *words: told.append(" ".join(words))) if told is not None else (lambda *_: None)
    with closing(Journal(path, tell=tell, **given)) as journal:
        behind = Counting()
        crew = Journaled(behind, journal)
        outcomes = []
        for one in jobs:
            crew.start(one, folder)
            outcomes.append(crew.wait(None))
    return outcomes, behind.started


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


def test_a_job_is_done_once_and_its_outcome_is_exact(path, folder):
    (first,), started = do(path, folder, job(3))
    assert started == [3]
    (again,), started = do(path, folder, job(8))
    assert started == []
    assert (again.number, again.seconds) == (8, first.seconds)
    np.testing.assert_array_equal(again.answers, first.answers)
    np.testing.assert_array_equal(again.fit.model.dense_weights, first.fit.model.dense_weights)
    np.testing.assert_array_equal(again.encoder.groups[0][0][1].values, first.encoder.groups[0][0][1].values)
    assert (
        again.fit.model.dense_weights.flags.f_contiguous == first.fit.model.dense_weights.flags.f_contiguous
    )


@pytest.mark.parametrize("learner", ["linear", "constant"])
def test_what_was_learned_on_a_level_is_kept_too(learner):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(200, 3)).astype(np.float32)
    matrix = Matrix(dense, None)
    sample = Sample(matrix, 3.0 * dense[:, 0].astype(float) + rng.normal(size=200))
    trial = job(learner=learner).configuration
    fit = fit_on_level(LEARNERS.get(learner), trial, (sample, None), (0,), Limits(seed=1))
    again = from_bytes(to_bytes(fit, _classes()), _classes())
    assert isinstance(again.model, Leveled)
    np.testing.assert_array_equal(again.model.scores(matrix), fit.model.scores(matrix))


def test_identity_is_all_that_a_fit_depends_on():
    here = job()
    others = [
        job(fold=1),
        job(seed=2),
        job(share=0.5),
        job(allowed_s=3.0),
        replace(here, limits=Limits(seed=1, rounds=7)),
        replace(here, limits=Limits(seed=1, haste=2.0)),
        replace(here, configuration=replace(here.configuration, parameters={"a": 1})),
        replace(here, configuration=replace(here.configuration, encodings=())),
    ]
    found = [identity(one, "train") for one in (here, *others)] + [identity(here, "everything")]
    assert len(set(found)) == len(found)
    assert identity(job(number=9), "train") == found[0]
    assert identity(job(allowed_s=9.0), "train") == identity(job(allowed_s=3.0), "train")
    assert identity(replace(here, limits=Limits(seed=1, deadline=5.0)), "train") == found[0]


def test_a_failure_is_known_but_a_lack_of_memory_is_tried_again(path, folder):
    broken = replace(job(1, learner="constant"), fold=99)
    (outcome,), _ = do(path, folder, broken)
    assert outcome.error
    (again,), started = do(path, folder, broken)
    assert started == []
    assert again.error == outcome.error
    with closing(Journal(path)) as journal:
        killed = Outcome(number=5, seconds=1.0, error="killed", is_chance=True)
        assert journal.record(job(5), "store", killed) is killed
        assert journal.find(job(5), "store") is None


def test_what_a_shorter_limit_cut_off_is_done_again_with_a_longer_one(path, folder):
    timed = job(1, allowed_s=5.0)
    (whole,), _ = do(path, folder, timed, time_limit_s=10.0)
    assert do(path, folder, timed, time_limit_s=60.0)[1] == [], "it was not cut off"
    path.unlink()
    cut = replace(whole, fit=replace(whole.fit, is_truncated=True))
    with closing(Journal(path, 10.0)) as journal:
        journal.record(timed, folder.name, cut)
    assert do(path, folder, timed, time_limit_s=10.0)[1] == []
    assert do(path, folder, timed, time_limit_s=60.0)[1] == [1]


def test_a_known_outcome_is_taken_before_anything_else_starts(path, folder):
    do(path, folder, job(1))
    with closing(Journal(path)) as journal:
        crew = Journaled(open_crew(0), journal)
        assert crew.n_idle == 1
        crew.start(job(2), folder)
        assert crew.n_idle == 0
        assert crew.wait(None).number == 2
        assert crew.n_idle == 1


def test_an_entry_that_was_changed_is_done_again(path, folder):
    do(path, folder, job(1), job(2, fold=1))
    with closing(sqlite3.connect(path)) as file:
        file.execute("UPDATE outcomes SET data = substr(data, 1, length(data) - 1) || x'00' WHERE id = 1")
        file.commit()
    told = []
    _, started = do(path, folder, job(1), job(2, fold=1), told=told)
    assert started == [1]
    assert told == ["journal it was damaged; the fits that are lost are done again"]


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_file_is_never_fatal(path, folder, seed):
    jobs = [job(number, fold=number % 2, seed=number) for number in range(12)]
    do(path, folder, *jobs)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        data = data[: int(rng.integers(0, len(data)))]
    else:
        for at in rng.integers(0, len(data), 1 if seed % 3 == 1 else 2_000):
            data[at] = int(rng.integers(256))
    path.write_bytes(data)
    told = []
    outcomes, started = do(path, folder, *jobs, told=told)
    assert not any(outcome.error for outcome in outcomes)
    assert told or not started or not data, "what is done again is said"
    assert do(path, folder, *jobs)[1] == [], "then the journal is whole again"


@pytest.mark.parametrize("tail", ["", "-wal"])
def test_garbage_instead_of_a_file_is_never_fatal(path, folder, tail):
    path.with_name(path.name + tail).write_bytes(b"\xff" * 10_000)
    assert do(path, folder, job(1))[1] == [1]
    assert do(path, folder, job(1))[1] == []


def test_what_can_still_be_read_of_a_short_file_is_kept(path, folder):
    jobs = [job(number, fold=number % 2, seed=number) for number in range(12)]
    do(path, folder, *jobs)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    _, started = do(path, folder, *jobs)
    assert 0 < len(started) < 12


def test_a_journal_that_cannot_be_written_ends_nothing(path, folder):
    told = []
    with closing(Journal(path, tell=lambda *words: told.append(" ".join(words)))) as journal:
        journal._file.execute("PRAGMA query_only = ON")
        crew = Journaled(open_crew(0), journal)
        for number in range(2):
            crew.start(job(number, fold=number), folder)
            assert not crew.wait(None).error
    assert len(told) == 1
    assert "cannot be written" in told[0]
