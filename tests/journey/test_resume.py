"""Nothing is lost: killed again and again, the same command ends with the same bytes.

`benchmarks/resume.py` holds the tools, and does the same for longer.
"""

from __future__ import annotations

import csv
import random
import runpy
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.journey,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]
TOOLS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "resume.py"))
KILLS = (("searching", 0.3), ("searching", 0.9), ("refitting", 0.1), ("proving", 0.05))


@pytest.mark.parametrize("small_cells", [200_000, 0], ids=["in this process", "with workers"])
def test_a_training_that_is_killed_ends_with_the_same_bytes_and_repeats_nothing(tmp_path, small_cells):
    rng = random.Random(small_cells)  # noqa: S311 - no secret
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["size", "color", "price"])
        for _ in range(300):
            size, color = rng.gauss(0, 1), rng.choice(["red", "blue"])
            table.writerow([f"{size:.3f}", color, f"{2 * size + (color == 'red') + rng.gauss(0, 0.5):.3f}"])
    arguments = ("rows.csv", "-t", "price", "--max-trials", "3", "--refit", "yes")
    trainings = TOOLS["Trainings"](tmp_path, arguments, small_cells)
    trainings.finish("whole.mlw")
    assert not (tmp_path / "whole.run").exists(), "the default folder goes when the model is written"
    for phase, most_s in KILLS:
        made = trainings.attack("attacked.mlw", phase, rng.uniform(0, most_s))
        assert not made.is_late
        assert made.n_left == 0, "a worker has outlived the command"
        assert made.done >= made.known
    said = trainings.finish("attacked.mlw", "--run", "attacked.run")
    assert f"continuing: {made.done} of the fits were already done" in said
    assert TOOLS["members"](tmp_path / "attacked.mlw") == TOOLS["members"](tmp_path / "whole.mlw")
    done = TOOLS["jobs"](tmp_path / "attacked.run")
    assert len(done) == len(set(done)) > 8
    assert trainings.left() == []
    # ONNX Runtime puts a file of its own there as soon as it is imported.
    assert [path.name for path in (tmp_path / "tmp").iterdir() if path.name != ".ses"] == []


def test_after_a_kill_the_same_command_continues_without_being_told_where(tmp_path):
    rows = ["x,y", *(f"{n * 37 % 101},{n * 37 % 101 * 3 + n % 5}" for n in range(200))]
    (tmp_path / "rows.csv").write_text("\n".join(rows))
    trainings = TOOLS["Trainings"](tmp_path, ("rows.csv", "-t", "y", "--max-trials", "2"), 200_000)
    process = trainings.start("m.mlw")
    for line in process.stderr:
        if line.startswith("refitting"):
            break
    process.kill()
    process.communicate()
    assert (tmp_path / "m.run" / "run.json").exists()
    assert "continuing: " in trainings.finish("m.mlw")
    assert not (tmp_path / "m.run").exists()
    assert "continuing: " not in trainings.finish("m.mlw")
