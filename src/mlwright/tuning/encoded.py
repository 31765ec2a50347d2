"""Encoded rows: categories turned into numbers for one fold, kept while other candidates want the same."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.seeds import seed_for
from mlwright.features.encoder import Encoder, fit_training

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers
    from mlwright.core.learner import Matrix
    from mlwright.tuning.job import Job
    from mlwright.tuning.store import Store

_MOST_BYTES = 200_000_000

Encoded = tuple[Encoder, "Matrix", "Matrix | None"]
"""The encoder with the rows to learn from and those to be watched, if any."""


@final
class EncodedRows:
    """Remembers what was encoded last, up to a number of bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Encoded] = OrderedDict()

    def get(self, store: Store, job: Job, train: Integers, valid: Integers | None) -> Encoded:
        """Return the encoded rows of a job, fitted on its training rows alone."""
        configuration = job.configuration
        blind = configuration.ignores_trend
        key = (job.fold, job.share, configuration.features)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        block = store.rows(train, ignores_trend=blind)
        target = np.asarray(store.target[train])
        # The same for every candidate, so that members of a blend share their features in the program.
        seed = encoding_seed(store.seed, job.fold, job.share)
        encoder, matrix = fit_training(configuration, block, store.code_sizes, target, store.n_classes, seed)
        watched = None if valid is None else encoder.transform(store.rows(valid, ignores_trend=blind))
        self._keep(key, (encoder, matrix, watched))
        return encoder, matrix, watched

    def _keep(self, key: tuple[object, ...], encoded: Encoded) -> None:
        if _n_bytes(encoded) > _MOST_BYTES // 2:
            return
        self._kept[key] = encoded
        while sum(_n_bytes(one) for one in self._kept.values()) > _MOST_BYTES:
            self._kept.popitem(last=False)


def encoding_seed(seed: int, fold: int, share: float) -> int:
    """Return the seed with which the rows of a job are encoded."""
    return seed_for(seed, "encoding", fold, share)


def _n_bytes(encoded: Encoded) -> int:
    _, matrix, watched = encoded
    return matrix.dense.nbytes + (0 if watched is None else watched.dense.nbytes)
