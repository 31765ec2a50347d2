"""A tiny store, and shelves of learners that behave as told."""

from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

from mlwright.core.shelves import LEARNERS
from mlwright.core.step import Block
from mlwright.core.task import Link
from mlwright.tuning.store import Store


def make_store(n_rows=120, n_folds=2, seed=0):
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n_rows, 3)).astype(np.float32)
    codes = rng.integers(0, 5, (n_rows, 1)).astype(np.int32)
    target = dense[:, 0] + 0.5 * (codes[:, 0] == 2) + rng.normal(0.0, 0.1, n_rows)
    parts = np.array_split(rng.permutation(n_rows), n_folds)
    folds = tuple((np.setdiff1d(np.arange(n_rows), part), np.sort(part)) for part in parts)
    return Store(
        block=Block(dense=dense, codes=codes),
        code_sizes=(5,),
        target=(target - target.mean()) / target.std(),
        weights=None,
        folds=folds,
        link=Link.IDENTITY,
        n_classes=0,
    )


@pytest.fixture
def store_of():
    """Return the maker of stores, for other numbers of rows and folds."""
    return make_store


@pytest.fixture
def store():
    return make_store()


@pytest.fixture
def folder(store, tmp_path):
    store.save(tmp_path / "store")
    return tmp_path / "store"


LEARNER = """
import numpy as np
from typing import final
from mlwright.core.learner import Configuration, Fit, Learner
from mlwright.core.task import Link
from mlwright.learners.constant import Constant

@final
class Here(Learner):
    serves = frozenset({{Link.IDENTITY}})

    def configurations(self, shape):
        return [Configuration(name="{name}", order={order}, encodings=())]

    def fit(self, configuration, train, valid, link, limits):
        fit = Constant().fit(configuration, train, valid, link, limits)
{body}
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """Replace the shelf of learners: a call with name=body adds one, where `body` returns its fit."""
    package = tmp_path / "shelf_of_the_test"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(LEARNERS, "package", package.name)

    def put(**bodies):
        for order, (name, body) in enumerate(bodies.items()):
            text = LEARNER.format(name=name, order=order, body=textwrap.indent(body, " " * 8))
            (package / f"{name}.py").write_text(text)

    yield put
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]
