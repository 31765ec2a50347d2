"""Networks: smooth truths are learned, rows weigh, the same seed gives the same numbers."""

from dataclasses import replace

import numpy as np
import pytest

from mlwright.core.learner import Limits, Matrix, Sample, Shape
from mlwright.core.shelves import LEARNERS
from mlwright.core.task import Link, answers
from mlwright.testing.lowered import lowered_scores


def configuration(link, n_rows=1_500, **changes):
    shape = Shape(n_rows=n_rows, n_dense=4, n_codes=0, n_terms=0, n_scores=1, link=link)
    found = LEARNERS.get("network").configurations(shape)
    one = next(one for one in found if one.name == "network")
    return replace(one, parameters={**one.parameters, "hidden": 32, "members": 2, **changes})


def sample(target, dense, n_classes=0, weights=None):
    return Sample(Matrix(dense), target.astype(np.float64), weights, n_classes)


def fit(link, train, valid, seed=0, rounds=None, **changes):
    limits = Limits(seed=seed, rounds=rounds)
    one = configuration(link, len(train.target), **changes)
    return LEARNERS.get("network").fit(one, train, valid, link, limits)


@pytest.fixture
def wave():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(1_500, 4)).astype(np.float32)
    return dense, np.sin(2 * dense[:, 0]) + dense[:, 1] * dense[:, 2]


def test_a_smooth_truth_is_learned(wave):
    dense, target = wave
    train, valid = sample(target[:1_000], dense[:1_000]), sample(target[1_000:], dense[1_000:])
    found = fit(Link.IDENTITY, train, valid, dropout=0.0, epochs=60)
    left = found.model.scores(valid.matrix)[:, 0] - valid.target
    assert np.mean(left**2) < 0.35 * np.var(valid.target)


def test_scale_and_offset_of_the_target_do_not_matter(wave):
    dense, target = wave
    one = fit(Link.IDENTITY, sample(target, dense), None, rounds=5)
    other = fit(Link.IDENTITY, sample(1e4 * target + 1e6, dense), None, rounds=5)
    plain, moved = one.model.scores(Matrix(dense)), other.model.scores(Matrix(dense))
    np.testing.assert_allclose(moved, 1e4 * plain + 1e6, rtol=1e-4)


def test_xor_is_learned_by_classes():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(1_200, 4)).astype(np.float32)
    target = ((dense[:, 0] > 0) != (dense[:, 1] > 0)).astype(float)
    for link, n_classes in ((Link.SIGMOID, 2), (Link.SOFTMAX, 3)):
        train = sample(target[:900], dense[:900], n_classes)
        valid = sample(target[900:], dense[900:], n_classes)
        found = fit(link, train, valid, dropout=0.0)
        given = found.model.scores(valid.matrix)
        assert found.model.is_answer
        np.testing.assert_allclose(given.sum(axis=1), 1.0, atol=1e-6)
        assert (given.argmax(axis=1) == valid.target).mean() > 0.85


def test_a_class_that_never_occurred_is_not_expected():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(600, 4)).astype(np.float32)
    target = rng.integers(0, 2, 600) * 2.0
    found = fit(Link.SOFTMAX, sample(target, dense, 3), None, rounds=2)
    assert found.model.scores(Matrix(dense))[:, 1].max() < 1e-6


def test_rows_without_weight_do_not_count(wave):
    dense, target = wave
    weights = np.where(np.arange(len(target)) < 750, 1.0, 0.0)
    spoiled = np.where(weights > 0, target, 50.0)
    found = fit(Link.IDENTITY, sample(spoiled, dense, weights=weights), None, rounds=20)
    assert np.abs(found.model.scores(Matrix(dense))).mean() < 10.0


def test_the_same_seed_gives_the_same_numbers(wave):
    dense, target = wave
    train = sample(target, dense)
    one, same, other = (fit(Link.IDENTITY, train, None, seed=s, rounds=2) for s in (1, 1, 2))
    rows = Matrix(dense)
    assert one.model.scores(rows).tobytes() == same.model.scores(rows).tobytes()
    assert one.model.scores(rows).tobytes() != other.model.scores(rows).tobytes()


def test_the_rows_that_judge_have_no_say_in_the_training(wave):
    dense, target = wave
    train, valid = sample(target[:1_000], dense[:1_000]), sample(target[1_000:], dense[1_000:])
    judged, alone = fit(Link.IDENTITY, train, valid), fit(Link.IDENTITY, train, None, rounds=30)
    assert judged.rounds == alone.rounds == 30
    rows = Matrix(dense)
    assert judged.model.scores(rows).tobytes() == alone.model.scores(rows).tobytes()


def test_fewer_rounds_are_a_shorter_schedule(wave):
    dense, target = wave
    found = fit(Link.IDENTITY, sample(target, dense), None, rounds=3)
    shorter = fit(Link.IDENTITY, sample(target, dense), None, epochs=3)
    assert found.rounds == shorter.rounds == 3
    rows = Matrix(dense)
    assert found.model.scores(rows).tobytes() == shorter.model.scores(rows).tobytes()


def test_noisy_data_may_have_a_short_schedule():
    shape = Shape(n_rows=5_000, n_dense=4, n_codes=0, n_terms=0, n_scores=1, link=Link.SIGMOID)
    found = {one.name: one.parameters["epochs"] for one in LEARNERS.get("network").configurations(shape)}
    plain = {"network", "network, short", "network, combined", "network, short, combined"}
    assert set(found) == {*plain, "network, pieces", "network, pieces, short"}
    short = {epochs for name, epochs in found.items() if "short" in name}
    assert short == {12}
    assert found["network"] == found["network, pieces"] > 12


def test_constant_empty_and_huge_columns_do_no_harm():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(400, 4)).astype(np.float32)
    dense[:, 0], dense[:, 1] = 7.0, np.nan
    dense[:, 2] *= np.float32(1e30)
    target = (dense[:, 3] > 0).astype(float)
    found = fit(Link.SIGMOID, sample(target, dense, 2), None, rounds=3)
    assert np.isfinite(answers(Link.IDENTITY, found.model.scores(Matrix(dense)))).all()


def test_pieces_let_a_network_bend_where_the_rows_are():
    rng = np.random.default_rng(0)
    dense = np.exp(2 * rng.normal(size=(1_200, 4))).astype(np.float32)  # most rows in a corner, some far out
    target = np.sin(2 * np.log(dense[:, 0]))
    train, valid = sample(target[:900], dense[:900]), sample(target[900:], dense[900:])
    left = {}
    for pieces in (0, 16):
        found = fit(Link.IDENTITY, train, valid, rounds=30, pieces=pieces, dropout=0.1)
        left[pieces] = float(np.mean((found.model.scores(valid.matrix)[:, 0] - valid.target) ** 2))
    assert left[16] < 0.5 * left[0]


def test_a_program_with_pieces_gives_the_same_numbers():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(600, 4)).astype(np.float32)
    dense[:, 1] = rng.integers(0, 3, 600)
    dense[::7, 2] = np.nan
    dense[:, 3] = np.float32(1e-20) * np.exp(3 * dense[:, 0])
    model = fit(Link.IDENTITY, sample(dense[:, 0], dense), None, rounds=2, pieces=12).model
    odd = np.repeat(np.array([[np.nan], [np.inf], [-np.inf], [3e38], [-3e38], [0.0]], np.float32), 4, axis=1)
    for rows in (dense, odd):
        given = lowered_scores(model, Matrix(rows))
        np.testing.assert_allclose(given, model.scores(Matrix(rows)), rtol=1e-5, atol=1e-6)
        assert np.isfinite(given).all()


def test_wide_tables_have_fewer_pieces_or_none():
    found = {}
    for n_dense in (4, 100, 400):
        shape = Shape(n_rows=5_000, n_dense=n_dense, n_codes=0, n_terms=0, n_scores=1, link=Link.IDENTITY)
        ones = LEARNERS.get("network").configurations(shape)
        found[n_dense] = {one.name: one.parameters["pieces"] for one in ones if one.parameters["pieces"]}
    assert found == {
        4: {"network, pieces": 12, "network, pieces, combined": 6}, 100: {"network, pieces": 6}, 400: {},
    }  # fmt: skip
