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
from mlwright.core.library import bare
own = bare("lightgbm")
print([name for name in ("pandas", "sklearn", "pyarrow", "lightgbm") if name in sys.modules] == [])
print(bare("lightgbm") is own, own.callback.EarlyStopException.__name__)
import lightgbm as whole
print(whole is not own, whole.compat.SKLEARN_INSTALLED, own.compat.SKLEARN_INSTALLED)
print(fit(whole) == fit(own))
import pandas, sklearn
print(bare("lightgbm") is own)
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
from mlwright.core.library import bare
print(bare("lightgbm") is sys.modules["lightgbm"], bare("lightgbm").compat.SKLEARN_INSTALLED)
"""
    )
    assert told == ["True", "True"]
