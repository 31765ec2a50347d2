"""The runtime keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlwright.core.errors import ArtifactError
from mlwright.program.runtime import Program

MODEL = Path(__file__).parents[2] / "fixtures" / "models" / "format_1.mlw"


def test_loading_a_model_leaves_nothing_in_the_home_folder(tmp_path):
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    code = "import os, sys, mlwright; mlwright.load(sys.argv[1]); print(os.environ['ORT_DISABLE_TELEMETRY'])"
    kept = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    ran = subprocess.run(
        [sys.executable, "-c", code, str(MODEL)], env=kept | home, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "1"
    assert list(tmp_path.rglob("*")) == []


def test_no_rows_get_no_answers_though_words_are_counted(built):
    columns = {
        name: np.empty(0, object if is_text else float)
        for name, is_text in zip(built.program.columns, built.program.reads_text, strict=True)
    }
    for found in (built.program.run(columns), built.program.run_lines([])):
        assert (found.scores.shape, found.labels.shape) == ((0, 2), (0,))


def test_long_texts_are_taken_few_at_once_and_get_the_same_answers(built, monkeypatch):
    letters = np.full(700, 40)
    letters[[3, 300, 650]] = 20_000, 9_000, 3_000_000
    texts = [("please ring the bell twice " * (n // 27 + 1))[:n] for n in letters]
    columns = {
        "size": np.linspace(-2.0, 2.0, 700),
        "color": np.array(["red", "green"] * 350, object),
        "note": np.array(texts, object),
    }
    sizes = []
    whole = Program._run
    monkeypatch.setattr(
        Program,
        "_run",
        lambda self, feeds: sizes.append(len(next(iter(feeds.values())))) or whole(self, feeds),
    )
    found = built.program.run({name: columns[name] for name in built.program.columns}, n_threads=1)
    assert sum(sizes) == 700
    assert max(sizes) <= built.program.chunk_rows
    start = 0
    for size in sizes:
        rows = letters[start : start + size]
        assert size == 1 or size * rows.max() <= 2_000_000
        start += size
    alone = [
        built.program.run({name: columns[name][[row]] for name in built.program.columns})
        for row in (3, 4, 300, 649, 650)
    ]
    np.testing.assert_array_equal(
        found.scores[[3, 4, 300, 649, 650]], np.concatenate([one.scores for one in alone])
    )


def test_an_error_without_words_is_called_by_its_name(built, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(Program, "_answers", fail)
    with pytest.raises(ArtifactError, match=r"cannot answer: RuntimeError"):
        built.program.run_lines([["red", "please", 1.0]])


def test_memory_that_is_used_up_is_no_fault_of_the_program(built, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(Program, "_answers", fail)
    with pytest.raises(MemoryError):
        built.program.run_lines([["red", "please", 1.0]])
