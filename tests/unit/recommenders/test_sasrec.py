"""Attention over histories: it learns an order, and its program answers as PyTorch does."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mlwright.core.errors import MissingDependencyError
from mlwright.core.recommender import Histories
from mlwright.recommenders import sasrec
from mlwright.recommenders.sasrec import Sasrec
from mlwright.testing.check_recommender import known_histories, program_of
from mlwright.workflow.recommending.program import build

N_USERS, N_ITEMS, N_EACH = 200, 30, 12
SETTINGS = {"reach": 1.0, "dropout": 0.1}
BETWEEN = "\x1f"


def needs_torch():
    return pytest.importorskip("torch", reason="the extra 'deep' is not installed")


def histories(lists, n_items=N_ITEMS):
    """Return what users took, the latest first."""
    return Histories(
        starts=np.cumsum([0, *map(len, lists)]),
        items=np.array([item for one in lists for item in one], np.int64),
        strengths=np.ones(sum(map(len, lists)), np.float32),
        n_items=n_items,
        times=-np.concatenate([np.arange(len(one), dtype=np.float64) for one in lists]),
    )


def in_circles():
    """Return a log whose users begin anywhere and take one item after the other: only the order tells."""
    rng = np.random.default_rng(0)
    begins = rng.integers(0, N_ITEMS, N_USERS)
    return histories([[int(begin + at) % N_ITEMS for at in range(N_EACH)][::-1] for begin in begins])


@pytest.fixture(scope="module")
def fitted():
    needs_torch()
    return Sasrec().fit(in_circles(), SETTINGS)


@pytest.fixture(scope="module")
def program(fitted):
    blend, task = program_of(fitted, N_ITEMS)
    return build(blend, task, in_circles(), seed=0).program


def line(*items):
    return (BETWEEN.join(items), BETWEEN.join("1" for _ in items), "")


def names(*items):
    return [f"item {item}" for item in items]


def next_of(scores):
    return (scores.argmax(axis=1) - np.arange(len(scores))) % N_ITEMS


def test_what_comes_next_is_learned_from_the_order(fitted):
    asked = histories([[(item - at) % N_ITEMS for at in range(5)] for item in range(N_ITEMS)])
    assert np.mean(next_of(fitted.scores(asked)) == 1) > 0.8


def test_one_item_is_enough(fitted):
    found = next_of(fitted.scores(histories([[item] for item in range(N_ITEMS)])))
    assert np.mean(found == 1) > 0.8


def test_who_took_nothing_gets_finite_scores_that_add_up(fitted):
    scores = fitted.scores(histories([[], [3]]))
    assert np.isfinite(scores).all()
    np.testing.assert_allclose(np.square(scores).sum(axis=1), 1.0, rtol=1e-5)


def test_arrays_score_as_pytorch_does():
    torch = needs_torch()
    known = in_circles()
    with sasrec._repeatable(torch, is_large=False) as device:
        net = sasrec.train(torch, known, SETTINGS, device)
    asked = histories([[], [4], [3, 2, 1], [*range(20)], [*range(N_ITEMS)] * 3])
    codes = torch.tensor(sasrec.latest(asked, 50, N_ITEMS))
    with torch.no_grad():
        last = net.vectors(torch, codes, torch.zeros((5, 1), dtype=torch.int64), 0.0)[:, 0]
        expected = (last @ net.items[:-1].T + net.usual).softmax(-1).sqrt().numpy()
    np.testing.assert_allclose(net.plain(N_ITEMS).scores(asked), expected, atol=2e-6)


def test_a_row_is_answered_alike_whatever_stands_beside_it(program):
    rng = np.random.default_rng(1)
    rows = [line(*names(*rng.permutation(N_ITEMS)[:length])) for length in (0, 1, 2, 7, 30)]
    rows += [line(*names(*rng.integers(0, N_ITEMS, 400))), line("nobody knows", *names(3, 2))]
    together = program.run_lines(rows).scores
    assert np.isfinite(together).all()
    for number, row in enumerate(rows):
        assert np.array_equal(program.run_lines([row]).scores[0], together[number])


def test_unknown_items_count_for_nothing(program):
    known, behind, before, nothing, unknown = program.run_lines(
        [line(*names(5, 4)), line(*names(5, 4), "?"), line("?", *names(5, 4)), line(), line("?")]
    ).scores
    assert np.array_equal(known, behind)
    assert np.array_equal(nothing, unknown)
    assert known.argmax() == 6
    assert (before.argmax() - 5) % N_ITEMS <= 3


@pytest.fixture
def of_many(monkeypatch):
    monkeypatch.setattr(sasrec, "_MANY_ITEMS", 10)
    monkeypatch.setattr(sasrec, "_N_DRAWN", 15)


def test_of_many_items_some_are_drawn_to_compare_with(of_many):
    needs_torch()
    fitted = Sasrec().fit(in_circles(), SETTINGS)
    found = next_of(fitted.scores(histories([[item] for item in range(N_ITEMS)])))
    assert np.mean(found == 1) > 0.8


def test_the_rarest_of_very_many_items_score_nothing(monkeypatch):
    needs_torch()
    monkeypatch.setattr(sasrec, "_HEAD", 20)
    monkeypatch.setattr(sasrec, "_FEWEST_STEPS", 2)
    fitted = Sasrec().fit(in_circles(), SETTINGS)
    asked = histories([[25], [3, 25], [3]])
    scores = fitted.scores(asked)
    assert scores.shape == (3, N_ITEMS)
    assert not scores[:, 20:].any()
    assert (scores[:, :20] > 0).all()
    blend, task = program_of(fitted, N_ITEMS)
    build(blend, task, asked, seed=0)


def test_pytorch_is_left_as_it_was():
    torch = needs_torch()
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), torch.get_rng_state()
    with sasrec._repeatable(torch, is_large=False):
        torch.rand(3)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before[:2]
    assert torch.equal(torch.get_rng_state(), before[2])


def test_nothing_is_proposed_without_times_or_with_few_users(monkeypatch):
    monkeypatch.setattr(sasrec, "find_spec", lambda name: object())
    known = known_histories()
    assert Sasrec().settings(known)
    assert not Sasrec().settings(known.take(np.arange(5)))
    from dataclasses import replace

    assert not Sasrec().settings(replace(known, times=None))


def test_without_pytorch_nothing_is_proposed_and_who_asks_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(sasrec, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not Sasrec().settings(known_histories())
    with pytest.raises(MissingDependencyError, match=r"pip install 'mlwright\[deep\]'"):
        Sasrec().fit(known_histories(), SETTINGS)
