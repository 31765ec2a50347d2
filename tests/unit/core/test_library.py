"""LightGBM without what takes long to import, in nobody's way."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


FIT = """
import numpy as np
def fit(library):
    rng = np.random.default_rng(0)
    cells = rng.normal(size=(200, 3))
    data = library.Dataset(cells, cells[:, 0])
    booster = library.train({"verbosity": -1, "num_threads": 1, "deterministic": True}, data, 5)
    return booster.model_to_string()
"""


def test_the_copy_knows_arrays_alone_and_learns_the_same():
    told = run(
        FIT
        + """
import sys
from mlwright.core.library import lightgbm
bare = lightgbm()
print([name for name in ("pandas", "sklearn", "pyarrow", "lightgbm") if name in sys.modules] == [])
print(lightgbm() is bare, bare.callback.EarlyStopException.__name__)
import lightgbm as whole
print(whole is not bare, whole.compat.SKLEARN_INSTALLED, bare.compat.SKLEARN_INSTALLED)
print(fit(whole) == fit(bare))
import pandas, sklearn
print(lightgbm() is bare)
"""
    )
    assert told == ["True", "True", "EarlyStopException", "True", "True", "False", "True", "True"]


@pytest.mark.parametrize(
    "before",
    [
        "import lightgbm as known",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
    ],
)
def test_it_is_whole_where_somebody_has_it_or_may_be_importing(before):
    told = run(
        f"{before}\n"
        """
import sys
from mlwright.core.library import lightgbm
print(lightgbm() is sys.modules["lightgbm"], lightgbm().compat.SKLEARN_INSTALLED)
"""
    )
    assert told == ["True", "True"]
