"""Kills a training again and again, and compares what it ends with to the one that nobody disturbed.

python benchmarks/resume.py demo/data/adult_sample.csv income --kills 30
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import mlwright

MOMENTS = (
    ("reading", 0.5, 0.05), ("preparing", 0.3, 0.05), ("searching", 9.0, 0.6), ("refitting", 2.0, 0.15),
    ("proving", 0.5, 0.1), ("judging", 0.8, 0.05),
)  # fmt: skip
"""A kill comes after the first line of a phase, so many seconds later at most; and the share of such kills.

In this order, so that most kills meet a search that has got a little further than the one before.
"""
_MARK = "MLWRIGHT_BENCHMARK"
_SOURCE = str(Path(mlwright.__file__).parents[1])
_LONGEST_S = 600.0


@dataclass
class Attack:
    """One kill: when, what the journal held before and after, and who survived it."""

    phase: str
    delay_s: float
    known: int
    done: int
    n_left: int
    is_late: bool
    """The training ended before the kill."""


@dataclass
class Trainings:
    """Starts one command, with workers even for small data, in a place of its own."""

    home: Path
    arguments: tuple[str, ...]
    small_cells: int = 0

    def start(self, output: str, *more: str) -> subprocess.Popen[str]:
        """Start the command in a process group of its own."""
        code = (
            f"import mlwright.workflow.fit as fit; fit._SMALL_CELLS = {self.small_cells}; "
            "from mlwright.cli.app import main; main()"
        )
        (self.home / "tmp").mkdir(exist_ok=True)
        command = [sys.executable, "-c", code, "train", *self.arguments, "-o", output, *more]
        return subprocess.Popen(
            command, cwd=self.home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _SOURCE, "TMPDIR": str(self.home / "tmp"), _MARK: self.mark},
        )  # fmt: skip

    @property
    def mark(self) -> str:
        """Text in the environment of every process that belongs to these trainings."""
        return f"{_MARK}-{self.home}"

    def finish(self, output: str, *more: str) -> str:
        """Run to the end and return what was said."""
        process = self.start(output, *more)
        _, said = process.communicate(timeout=_LONGEST_S)
        if process.returncode not in (0, 1):  # 1: the model is a poor one
            raise SystemExit(said)
        return said

    def left(self) -> list[int]:
        """Return the processes of these trainings that are still alive."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = self.mark.encode() in (place / "environ").read_bytes()
                if is_ours and (place / "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                    found.append(int(place.name))
            except (OSError, IndexError):
                continue
        return found

    def attack(self, output: str, phase: str, delay_s: float, *more: str) -> Attack:
        """Start, kill the process group some time after a phase has begun, and look around."""
        run = self.home / "attacked.run"
        known = len(jobs(run))
        process = self.start(output, "--run", run.name, *more)
        for line in process.stderr or ():
            if line.startswith(phase):
                break
        time.sleep(delay_s)
        is_late = process.poll() is not None
        if not is_late:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        end = time.monotonic() + 2.0
        while self.left() and time.monotonic() < end:
            time.sleep(0.02)
        return Attack(phase, delay_s, known, len(jobs(run)), len(self.left()), is_late)


def moment_at(share: float) -> tuple[str, float]:
    """Return the moment of the kill when this share of the kills has been done."""
    for phase, most_s, part in MOMENTS:
        share -= part
        if share <= 0:
            return phase, most_s
    return MOMENTS[-1][:2]


def jobs(run: Path) -> list[str]:
    """Return the jobs in a journal, in the order in which they ended."""
    path = run / "journal.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as file:
        try:
            return [row[0] for row in file.execute("SELECT job FROM outcomes ORDER BY id")]
        except sqlite3.OperationalError:  # killed before there was a table
            return []


def members(path: Path) -> dict[str, bytes]:
    """Return the files in a model."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("target")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--max-trials", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix=f"resume-{uuid.uuid4().hex[:6]}-") as folder:
        given = (str(options.data.resolve()), "-t", options.target, "--max-trials", str(options.max_trials))
        trainings = Trainings(Path(folder), given)
        start = time.monotonic()
        trainings.finish("whole.mlw", "--run", "whole.run")
        print(
            f"uninterrupted: {time.monotonic() - start:.1f} s, {len(jobs(Path(folder) / 'whole.run'))} fits\n"
        )
        print("| kill | moment | fits known at the start | fits known after | processes left |")
        print("| --- | --- | --- | --- | --- |")
        number = 0
        while number < options.kills:
            phase, most_s = moment_at((number + 0.5) / options.kills)
            made = trainings.attack("attacked.mlw", phase, rng.uniform(0.0, most_s))
            number += not made.is_late
            moment = f"{made.phase} + {made.delay_s:.2f} s{' (had ended)' if made.is_late else ''}"
            print(f"| {number} | {moment} | {made.known} | {made.done} | {made.n_left} |", flush=True)
        said = trainings.finish("attacked.mlw", "--run", "attacked.run")
        print("\n" + next(line for line in said.splitlines() if line.startswith("continuing")))
        report(Path(folder), trainings)


def report(home: Path, trainings: Trainings) -> None:
    """Print how the two differ, which they should not."""
    whole, attacked = members(home / "whole.mlw"), members(home / "attacked.mlw")
    differing = [name for name in whole if whole[name] != attacked.get(name)]
    done = jobs(home / "attacked.run")
    print(f"members that differ: {differing or 'none'} of {len(whole)}")
    print(f"fits in the journal: {len(done)}; done twice: {len(done) - len(set(done))}")
    print(f"fits that the uninterrupted run did, too: {set(done) == set(jobs(home / 'whole.run'))}")
    # ONNX Runtime puts a file of its own there as soon as it is imported.
    left = [path.name for path in (home / "tmp").iterdir() if path.name != ".ses"]
    print(f"processes left: {len(trainings.left())}; files left in TMPDIR: {left or 'none'}")


if __name__ == "__main__":
    main()
