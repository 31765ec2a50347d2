"""Texts with signs that control a device: they are no words, as one of them fills up texts in the program."""

from __future__ import annotations

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.schema import Column, Kind
from mlwright.data.parse import parse_column

WORDS = ["\x01", "\x02", "\x7f", "\x85", "alpha", "beta", "gamma"]


def test_they_stand_between_words_as_spaces_do():
    (cell,) = parse_column(Column(name="t", kind=Kind.TEXT), ["Alpha\x01beta \x00\x1f(gamma)\x7f\x85!"])
    assert cell == "alpha beta ( gamma ) !"


@pytest.mark.filterwarnings("ignore:On the sealed test")
def test_a_model_of_texts_full_of_them_is_proven_and_a_row_alone_gets_the_same_answer():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, int(rng.integers(3, 40)))) for _ in range(300)]
    model = mw.train({"t": texts, "y": [text.count("\x01") > 2 for text in texts]}, "y", max_trials=2)
    together = model.predict_proba({"t": texts[:20]})
    alone = np.vstack([model.predict_proba({"t": [text]}) for text in texts[:20]])
    assert np.array_equal(together, alone)
