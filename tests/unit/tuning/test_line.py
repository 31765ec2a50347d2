"""The line: first come first served, and nothing lost."""

import time

from mlwright.core.learner import Configuration, Limits
from mlwright.tuning.job import Job, Outcome
from mlwright.tuning.line import Line
from mlwright.tuning.workers import open_crew


def job(number):
    configuration = Configuration(name="constant", order=0, learner="constant", encodings=())
    return Job(number=number, configuration=configuration, fold=number % 2, limits=Limits())


def test_every_job_comes_back_once(folder):
    line = Line(open_crew(0))
    for number in range(5):
        line.add(job(number), folder)
    assert line.drain(None)
    assert list(line.outcomes) == [0, 1, 2, 3, 4]
    assert not any(outcome.error for outcome in line.outcomes.values())


class LateCrew:
    """Somebody else's job is still running, and the second of ours never ends."""

    n_workers = 1

    def __init__(self):
        self.started = []
        self._ends = [99, 1]

    @property
    def n_idle(self):
        return 2 - len(self.started)

    def start(self, job, _folder):
        self.started.append(job.number)

    def wait(self, timeout_s):
        if self._ends:
            return Outcome(number=self._ends.pop(0), seconds=0.0)
        time.sleep(timeout_s)
        return None


def test_late_jobs_of_others_are_ignored_and_the_deadline_is_kept(tmp_path):
    line = Line(LateCrew())
    line.add(job(1), tmp_path)
    line.add(job(2), tmp_path)
    start = time.monotonic()
    assert not line.drain(start + 0.1)
    assert 0.1 <= time.monotonic() - start < 1.0
    assert list(line.outcomes) == [1]


def test_a_line_without_jobs_is_done(folder):
    assert Line(open_crew(0)).drain(None)
