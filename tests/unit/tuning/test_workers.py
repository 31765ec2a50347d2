"""Workers: what happens to jobs when processes die, are given up, or end."""

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlwright.core.learner import Configuration, Limits
from mlwright.tuning.job import Job
from mlwright.tuning.line import Line
from mlwright.tuning.workers import open_crew, receive, send

PATIENCE_S = 60.0


def job(number, fold=0, learner="constant"):
    configuration = Configuration(name=learner, order=0, learner=learner, encodings=())
    return Job(number=number, configuration=configuration, fold=fold, limits=Limits(seed=1))


@pytest.fixture
def crew():
    crew = open_crew(1)
    yield crew
    crew.stop()


def test_a_worker_gives_what_this_process_gives(crew, folder):
    alone = open_crew(0)
    for one in (alone, crew):
        one.start(job(3), folder)
    here, there = alone.wait(None), crew.wait(PATIENCE_S)
    assert here.number == there.number == 3
    assert not here.error
    assert not there.error
    np.testing.assert_array_equal(here.answers, there.answers)


def test_a_killed_worker_fails_its_job_and_the_crew_goes_on(crew, folder):
    crew.start(job(1), folder)
    os.kill(crew._workers[0].pid, signal.SIGKILL)
    outcome = crew.wait(PATIENCE_S)
    assert outcome.number == 1
    assert "killed, perhaps for memory" in outcome.error
    assert crew.n_idle == 1
    crew.start(job(2), folder)
    outcome = crew.wait(PATIENCE_S)
    assert (outcome.number, outcome.error) == (2, "")


def test_a_worker_that_died_while_idle_costs_one_job_at_most(crew, folder):
    os.kill(crew._workers[0].pid, signal.SIGKILL)
    crew._workers[0].wait()
    crew.start(job(1), folder)
    assert crew.wait(PATIENCE_S).number == 1
    crew.start(job(2), folder)
    assert crew.wait(PATIENCE_S).error == ""


def test_a_failing_fit_is_an_outcome_with_its_error(crew, folder):
    crew.start(job(1, learner="no such learner"), folder)
    outcome = crew.wait(PATIENCE_S)
    assert outcome.error.startswith("UnknownNameError: No learner is called 'no such learner'")
    assert outcome.fit is None


def test_after_abandoning_the_crew_takes_new_jobs(crew, folder):
    crew.start(job(1), folder)
    crew.abandon()
    assert crew.wait(PATIENCE_S).error
    crew.start(job(2), folder)
    assert crew.wait(PATIENCE_S).error == ""


def test_a_worker_that_is_given_up_gets_no_job_even_if_it_had_just_finished(crew, folder):
    crew.start(job(1), folder)
    end = time.monotonic() + PATIENCE_S
    while crew._ended.empty() and time.monotonic() < end:
        time.sleep(0.01)
    crew.abandon()
    assert crew.wait(PATIENCE_S).error
    crew.start(job(2), folder)
    outcome = crew.wait(PATIENCE_S)
    assert (outcome.number, outcome.error) == (2, "")


def test_jobs_that_are_named_are_not_given_up(folder):
    crew = open_crew(2)
    try:
        for number in (1, 2):
            crew.start(job(number), folder)
        crew.abandon(but={2})
        outcomes = {one.number: one for one in (crew.wait(PATIENCE_S), crew.wait(PATIENCE_S))}
    finally:
        crew.stop()
    assert outcomes[1].error
    assert outcomes[2].error == ""


def test_jobs_that_others_left_behind_do_not_hold_up_a_line(folder, shelf_of_workers, monkeypatch):
    shelf_of_workers(stuck="import time\ntime.sleep(600)", modest="return fit")
    monkeypatch.setattr("mlwright.tuning.line._PATIENCE_S", 0.1)
    crew = open_crew(2)
    try:
        for number in (1, 2):
            crew.start(job(number, learner="stuck"), folder)
        line = Line(crew)
        for number in (3, 4, 5):
            line.add(job(number, learner="modest"), folder)
        assert line.drain(time.monotonic() + PATIENCE_S / 2)
    finally:
        crew.stop()
    assert {number: one.error for number, one in line.outcomes.items()} == {3: "", 4: "", 5: ""}


def test_alone_forgets_what_it_abandons(folder):
    crew = open_crew(0)
    crew.start(job(1), folder)
    crew.abandon(but={1})
    assert crew.n_idle == 0
    crew.abandon()
    assert crew.n_idle == 1
    assert crew.wait(None) is None


def test_waiting_ends_in_time(crew):
    start = time.monotonic()
    assert crew.wait(0.05) is None
    assert time.monotonic() - start < 1.0


def test_stopping_leaves_no_process(folder):
    crew = open_crew(2)
    crew.start(job(1), folder)
    crew.stop()
    for worker in crew._workers:
        assert worker.poll() is not None
        with pytest.raises(ProcessLookupError):
            os.kill(worker.pid, 0)


def test_a_message_that_breaks_off_is_an_end_and_not_a_crash():
    whole = io.BytesIO()
    send(whole, {"answer": list(range(1000))})
    for length in (3, 8, 20, len(whole.getvalue()) - 1):
        with pytest.raises(EOFError):
            receive(io.BytesIO(whole.getvalue()[:length]))
    assert receive(io.BytesIO(whole.getvalue()))["answer"][-1] == 999


def test_jobs_and_outcomes_travel_whole(folder):
    crew = open_crew(0)
    crew.start(job(1), folder)
    outcome = crew.wait(None)
    again = pickle.loads(pickle.dumps(outcome))  # noqa: S301
    np.testing.assert_array_equal(again.answers, outcome.answers)


PARENT = """
import sys, time
from pathlib import Path
from mlwright.core.learner import Configuration, Limits
from mlwright.core.shelves import LEARNERS
from mlwright.tuning.job import Job
from mlwright.tuning.workers import open_crew

crew = open_crew(1)
configuration = Configuration(name="slow", order=0, learner="slow", encodings=())
crew.start(Job(number=1, configuration=configuration, fold=0, limits=Limits()), Path(sys.argv[1]))
while not Path(sys.argv[2]).exists():
    time.sleep(0.01)
print(crew._workers[0].pid, flush=True)
time.sleep(60)
"""
SITE = "from mlwright.core.shelves import LEARNERS\nLEARNERS.package = 'shelf_of_the_test'\n"


@pytest.fixture
def shelf_of_workers(shelf, tmp_path, monkeypatch):
    """Replace the shelf of learners in processes that are started, too."""
    (tmp_path / "sitecustomize.py").write_text(SITE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return shelf


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a library may hold the interpreter for longer")
@pytest.mark.parametrize(
    "work", ["time.sleep(60)", "pow(3, 10**9)"], ids=["sleeping", "holding the interpreter"]
)
def test_a_worker_dies_with_its_parent_in_the_middle_of_a_fit(work, folder, tmp_path, shelf_of_workers):
    started = tmp_path / "started"
    shelf_of_workers(slow=f"import time\nopen({str(started)!r}, 'w').close()\n{work}")
    command = [sys.executable, "-c", PARENT, str(folder), str(started)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        worker = int(parent.stdout.readline())
        parent.kill()
    end = time.monotonic() + 5.0
    while time.monotonic() < end and is_alive(worker):
        time.sleep(0.01)
    assert not is_alive(worker)


def is_alive(pid):
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not refuse memory")
def test_a_worker_that_asks_for_too_much_memory_fails_its_job_alone(folder, shelf_of_workers):
    shelf_of_workers(greedy="cells = np.ones(10**9)\nreturn fit", modest="return fit")
    crew = open_crew(1, 600_000_000)
    try:
        crew.start(job(1, learner="greedy"), folder)
        outcome = crew.wait(PATIENCE_S)
        assert "MemoryError" in outcome.error
        assert outcome.is_chance
        crew.start(job(2, learner="modest"), folder)
        assert crew.wait(PATIENCE_S).error == ""
    finally:
        crew.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="measures processes in /proc")
def test_a_worker_that_is_ended_for_its_size_is_not_replaced_unless_it_was_the_last(folder, shelf_of_workers):
    shelf_of_workers(slow="import time\ntime.sleep(60)", modest="return fit")
    crew = open_crew(2)
    try:
        for number, left in ((1, 1), (2, 1)):
            crew.start(job(number, learner="slow"), folder)
            busy = next(w for w, one in zip(crew._workers, crew._jobs, strict=True) if one is not None)
            deadline = time.monotonic() + PATIENCE_S
            while crew.resident()[busy.pid] < 1_000_000:  # a process that has only just begun holds less
                assert time.monotonic() < deadline
                time.sleep(0.01)
            crew.end(busy.pid)
            outcome = crew.wait(PATIENCE_S)
            assert outcome.number == number
            assert outcome.error.startswith("Ended for memory")
            assert outcome.is_chance
            assert (crew.n_workers, crew.n_idle, len(crew.resident())) == (left, left, left)
        crew.start(job(3, learner="modest"), folder)
        assert crew.wait(PATIENCE_S).error == ""
    finally:
        crew.stop()
