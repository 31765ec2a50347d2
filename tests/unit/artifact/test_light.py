"""Serving needs numpy and ONNX Runtime alone: what trains a model is not loaded to use it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import mlwright as mw

TRAINING_ONLY = (
    "sklearn",
    "scipy",
    "lightgbm",
    "polars",
    "pandas",
    "pyarrow",
    "onnx",
    "jinja2",
    "typer",
    "rich",
)
SERVE = f"""
import sys
import mlwright as mw

model = mw.load(sys.argv[1])
row = {{"size": 3.5, "color": "red", "when": "2024-05-01", "note": "please ring the bell", "flag": True}}
assert model.predict(row).shape == (1,)
assert model.predict([row, row]).shape == (2,)
assert model.predict({{name: [cell] * 3 for name, cell in row.items()}}).shape == (3,)
assert abs(model.explain(row).amounts.sum()) > 0
print([name for name in {TRAINING_ONLY!r} if name in sys.modules])
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    numbers = range(60)
    rows = {
        "size": [n / 7 for n in numbers],
        "color": [("red", "green", "blue")[n % 3] for n in numbers],
        "when": [f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}" for n in numbers],
        "note": [f"please {('ring', 'use')[n % 2]} the bell {n} times now" for n in numbers],
        "flag": [n % 4 > 1 for n in numbers],
        "y": [3.0 * (n % 3) + n / 20 for n in numbers],
    }
    path = tmp_path_factory.mktemp("light") / "model.mlw"
    model = mw.train(rows, "y", max_trials=1, refit="no")
    assert {model.schema[name].kind for name in model.inputs} >= {"number", "category", "datetime", "text"}
    model.save(path)
    return path


def test_a_model_is_loaded_and_answers_without_what_trained_it(path):
    done = subprocess.run([sys.executable, "-c", SERVE, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
