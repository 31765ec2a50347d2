"""Counting sequences of tokens, against a loop."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest

from mlwright.features import terms
from mlwright.features.terms import Terms, frequent_terms

RNG = np.random.default_rng(4)
WORDS = ["ab", "abc", "b", "größe", "東京", "\U0001f600", "x", "yy"]
TEXTS = [" ".join(RNG.choice(WORDS, RNG.integers(0, 9))) for _ in range(200)]


def sequences(text, lengths, *, of_letters):
    tokens = list(text) if of_letters else text.split(" ")
    return [
        tuple(tokens[i : i + n])
        for n in range(lengths[0], lengths[1] + 1)
        for i in range(len(tokens) - n + 1)
    ]


@pytest.mark.parametrize("of_letters", [True, False])
def test_frequent_terms_are_those_of_a_loop(of_letters):
    lengths = (3, 4) if of_letters else (1, 2)
    found, documents = frequent_terms(TEXTS, lengths, 3, 10_000, of_letters=of_letters)
    expected = Counter(
        term for text in TEXTS for term in set(sequences(text, lengths, of_letters=of_letters))
    )
    assert dict(zip(found.terms, documents, strict=True)) == {
        term: n for term, n in expected.items() if n >= 3
    }


@pytest.mark.parametrize("of_letters", [True, False])
@pytest.mark.parametrize("chunk", [1, 100])
def test_frequent_terms_are_the_same_in_chunks_of_any_size(of_letters, chunk, monkeypatch):
    lengths = (3, 4) if of_letters else (1, 2)
    known, expected = frequent_terms(TEXTS, lengths, 3, 60, of_letters=of_letters)
    monkeypatch.setattr(terms, "_CHUNK", chunk)
    found, documents = frequent_terms(TEXTS, lengths, 3, 60, of_letters=of_letters)
    assert found == known
    assert documents.tolist() == expected.tolist()


def test_memory_is_that_of_a_chunk_of_the_texts(monkeypatch):
    monkeypatch.setattr(terms, "_CHUNK", 20_000)
    texts = TEXTS * 100
    n_characters = sum(map(len, texts))
    tracemalloc.start()
    try:
        frequent_terms(texts, (3, 4), 3, 1_000, of_letters=True)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < 20 * n_characters  # all at once take 97 bytes a character


def test_of_very_long_texts_fewer_tell_which_terms_are_frequent(monkeypatch):
    half, halves = frequent_terms(TEXTS[::2], (1, 2), 2, 50, of_letters=False)
    monkeypatch.setattr(terms, "_MOST_CHARACTERS", (sum(map(len, TEXTS)) + 1) // 2)
    found, documents = frequent_terms(TEXTS, (1, 2), 2, 50, of_letters=False)
    assert found == half
    assert documents == pytest.approx(halves * len(TEXTS) / len(TEXTS[::2]))


def test_the_most_frequent_are_kept():
    every, documents = frequent_terms(TEXTS, (3, 4), 2, 10_000, of_letters=True)
    some, counts = frequent_terms(TEXTS, (3, 4), 2, 20, of_letters=True)
    assert len(some.terms) == 20
    assert sorted(counts) == sorted(documents)[-20:]
    assert set(some.terms) < set(every.terms)


@pytest.mark.parametrize("of_letters", [True, False])
@pytest.mark.parametrize("chunk", [1, 50, 10_000])
def test_counts_are_those_of_a_loop_in_chunks_of_any_size(of_letters, chunk, monkeypatch):
    monkeypatch.setattr(terms, "_CHUNK", chunk)
    lengths = (3, 4) if of_letters else (1, 2)
    found, _ = frequent_terms(TEXTS[:100], lengths, 3, 50, of_letters=of_letters)
    counts = Terms(found.terms, of_letters).count([*TEXTS, "", "never seen \x00"]).toarray()
    for row, text in enumerate([*TEXTS, "", "never seen \x00"]):
        expected = Counter(sequences(text, lengths, of_letters=of_letters))
        assert counts[row].tolist() == [expected[term] for term in found.terms]


def test_very_many_kinds_of_tokens_leave_the_rare_ones_out(monkeypatch):
    monkeypatch.setattr(terms, "_MOST_TOKENS", 2)
    found, _ = frequent_terms(["a b", "a b c", "a c d"], (1, 2), 2, 10, of_letters=False)
    assert found.terms == (("a",), ("b",), ("a", "b"))
