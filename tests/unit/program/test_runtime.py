"""The runtime keeps to itself."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

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
