"""The memory limit: refused before work starts, kept while it goes on, told at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mlwright.core.errors import OutOfMemoryError
from mlwright.core.memory import resident_bytes
from mlwright.tuning.job import Outcome
from mlwright.workflow.memory import Memory, memory_watch
from mlwright.workflow.prepare import prepare
from mlwright.workflow.train import train

from .conftest import houses, only, options

ROWS = only(houses(), "size", "age", "area", "price")
HERE = resident_bytes(os.getpid())
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measures processes in /proc")


def test_what_cannot_fit_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    with path.open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(OutOfMemoryError, match=r"data of 1.0 GB needs about \d.* the limit is 2.0 GB"):
        train(str(path), "y", options(memory_limit_bytes=2 * 10**9))
    with pytest.raises(OutOfMemoryError, match="any data needs about"):
        train(ROWS, "price", options(memory_limit_bytes=10**8))


def test_the_number_of_workers_is_what_fits():
    prepared = prepare(ROWS, "price", options())
    here = resident_bytes(os.getpid())
    assert Memory(here + 100 * 10**9).n_workers(8, prepared)[0] == 8
    few, each = Memory(int((here + 9e8) / 0.9)).n_workers(8, prepared)
    assert few == 3
    assert 2e8 < each < 5e8
    with pytest.raises(OutOfMemoryError, match="160 rows of 3 columns"):
        Memory(here + 10**8).n_workers(8, prepared)


class FakeCrew:
    """Workers of known sizes."""

    def __init__(self, **sizes):
        self.sizes, self.ended = {int(name[1:]): size for name, size in sizes.items()}, []

    def resident(self):
        return self.sizes

    def end(self, pid):
        self.ended.append(pid)
        del self.sizes[pid]


def test_the_largest_worker_is_ended_when_memory_runs_short():
    memory = Memory(resident_bytes(os.getpid()) + 10**9)
    memory._crew = FakeCrew(_7=300_000_000, _8=900_000_000, _9=100_000_000)
    assert memory.look()
    assert memory._crew.ended == [8]
    assert not memory.look()
    assert memory.peak_bytes > memory.limit_bytes


def test_if_nobody_else_can_give_memory_back_the_work_ends_with_a_clear_error():
    cells = []

    def work():
        with memory_watch(resident_bytes(os.getpid()) + 600_000_000, None):
            for _ in range(100):
                cells.append(np.ones(2_500_000))
                time.sleep(0.02)

    with pytest.raises(OutOfMemoryError, match=r"this work needs about .* Raise --memory-limit"):
        work()
    assert len(cells) < 30, "the limit is kept"
    time.sleep(0.3)  # nothing comes afterwards


def test_a_lack_of_memory_anywhere_gives_the_same_error():
    with pytest.raises(OutOfMemoryError, match="Raise --memory-limit"), memory_watch(10**10, None):
        raise MemoryError


def test_if_only_the_baseline_lives_it_is_an_error():
    def trial(**given):
        return type("Trial", (), {"outcomes": {0: Outcome(number=0, seconds=0.0, **given)}})()

    dull, short = trial(), trial(error="MemoryError", is_chance=True)
    memory = Memory(10**9)
    for fine in ([dull], [dull, short, dull], [dull, trial(error="ValueError"), short]):
        memory.check_search(fine)
    with pytest.raises(OutOfMemoryError):
        memory.check_search([dull, short, short])


def test_the_evidence_tells_limit_and_peak_and_the_bytes_do_not_depend_on_it():
    limit = resident_bytes(os.getpid()) + 10**9
    timed = train(ROWS, "price", options(max_trials=None, time_limit_s=3.0, memory_limit_bytes=limit))
    budget = timed.evidence["budget"]
    assert budget["memory_limit_bytes"] == limit
    assert HERE / 2 < budget["memory_peak_bytes"] < limit
    limited, free = (train(ROWS, "price", options(memory_limit_bytes=given)) for given in (limit, None))
    assert limited.evidence["budget"]["memory_peak_bytes"] is None
    assert limited.program == free.program


def test_the_whole_tree_stays_below_the_limit(tmp_path):
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(20_000, 12)).round(4)
    target = (cells[:, 0] + rng.normal(size=20_000) > 0).astype(int)
    lines = [",".join([*(f"x{i}" for i in range(12)), "y"])]
    lines += [",".join([*map(str, row), str(y)]) for row, y in zip(cells.tolist(), target, strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    limit = 650_000_000
    command = [sys.executable, "-m", "mlwright", "train", "rows.csv", "-t", "y", "--max-trials", "2"]
    peak = 0
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [*command, "--memory-limit", "650MB", "-q", "-o", "m.mlw"], cwd=tmp_path, env=environment,
        stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        while process.poll() is None:
            peak = max(peak, sum(resident_bytes(pid) or 0 for pid in tree(process.pid)))
            time.sleep(0.02)
    assert process.returncode == 0
    assert 0 < peak < limit


def tree(pid):
    """Return the numbers of a process and of all below it."""
    found = [pid]
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return found
    for child in children:
        found += tree(int(child))
    return found
