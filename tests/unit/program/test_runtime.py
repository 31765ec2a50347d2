"""The runtime keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mlwright as mw
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


@pytest.fixture(scope="module")
def of_texts():
    """A program that counts words."""
    rng = np.random.default_rng(0)
    words = [f"word{number}" for number in range(60)]
    notes = [" ".join(rng.choice(words, 8)) for _ in range(200)]
    rows = {"note": notes, "y": ["yes" if "word7" in note.split() else "no" for note in notes]}
    return Program(mw.train(rows, "y", max_trials=1, refit="no").program)


def test_long_texts_are_taken_few_at_once_and_get_the_same_answers(of_texts, monkeypatch):
    letters = np.full(700, 40)
    letters[[3, 300, 650]] = 20_000, 9_000, 2_500_000
    texts = [("word7 rings the bell twice " * (n // 27 + 1))[:n] for n in letters]
    columns = {"note": np.array(texts, object)}
    sizes, whole = [], Program._run

    def run(self, feeds):
        sizes.append(len(next(iter(feeds.values()))))
        return whole(self, feeds)

    monkeypatch.setattr(Program, "_run", run)
    found = of_texts.run(columns, n_threads=1)
    assert sum(sizes) == 700
    starts = np.cumsum([0, *sizes])
    for start, size in zip(starts[:-1], sizes, strict=True):
        assert size <= of_texts.chunk_rows
        assert size == 1 or size * letters[start : start + size].max() <= 2_000_000
    assert 1 in sizes
    some = [3, 4, 300, 649, 650, 651]
    alone = [of_texts.run({"note": columns["note"][[row]]}) for row in some]
    np.testing.assert_array_equal(found.scores[some], np.concatenate([one.scores for one in alone]))


@pytest.mark.parametrize(
    ("raised", "known", "says"),
    [(RuntimeError, ArtifactError, "answer: RuntimeError$"), (MemoryError, MemoryError, "^$")],
)
def test_an_error_without_words_is_called_by_its_name_and_want_of_memory_is_no_fault_of_the_program(
    raised, known, says, of_texts, monkeypatch
):
    def fail(*_):
        raise raised

    monkeypatch.setattr(Program, "_answers", fail)
    with pytest.raises(known, match=says):
        of_texts.run_lines([["word7"]])
