"""Every combination on the shelf keeps the contract."""

from contextlib import closing

import numpy as np
import pytest

from mlwright.core.learner import Configuration, Limits
from mlwright.core.shelves import COMBINATIONS
from mlwright.core.step import Block
from mlwright.features.bins import Bins
from mlwright.features.combine import fit_combined
from mlwright.features.encoder import Encoder
from mlwright.testing.check_combination import check_combination
from mlwright.tuning.job import Job, Outcome
from mlwright.tuning.journal import Journal


@pytest.mark.parametrize("name", COMBINATIONS.names())
def test_a_combination_keeps_the_contract(name):
    check_combination(COMBINATIONS.get(name))


@pytest.mark.parametrize("name", COMBINATIONS.names())
def test_what_was_fitted_survives_the_journal(name, tmp_path):
    rng = np.random.default_rng(0)
    block = Block(
        dense=rng.normal(size=(80, 3)).astype(np.float32), codes=rng.integers(0, 4, (80, 2)).astype(np.int32)
    )
    block.dense[:, 2] = np.round(block.dense[:, 2])
    bins = Bins.fit(block.dense)
    candidates = COMBINATIONS.get(name).propose([0, 1], [0, 1, 2], (4, 4, *bins.sizes))
    combined, _ = fit_combined((bins, {name: candidates}), block, (4, 4), rng.normal(size=80), 0, seed=1)
    before = Encoder((), (4, 4), combined)
    job = Job(number=1, configuration=Configuration(name="any", order=1), fold=0, limits=Limits())
    told = []
    with closing(Journal(tmp_path / "journal.sqlite", tell=lambda *words: told.append(words))) as journal:
        journal.record(job, "train", Outcome(number=1, seconds=1.0, encoder=before))
        after = journal.find(job, "train").encoder
    assert told == []
    np.testing.assert_array_equal(after.transform(block).dense, before.transform(block).dense)
