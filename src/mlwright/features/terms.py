"""Sequences of words or of letters: which are frequent, and how often each stands in a text.

Counted on arrays of numbers: a loop over tokens, as vectorizers have it, takes ten times as long.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.core.arrays import Floats, Integers

_MOST_TEXTS = 50_000
_MOST_CHARACTERS = 100_000_000
"""So many texts of so many characters together, evenly drawn, tell which terms are frequent."""
_MOST_TOKENS = 50_000
"""Kinds of tokens that are told apart: four of them still fit into one 64-bit number."""
_CHUNK = 2_000_000
"""Characters that are counted at a time; a hundred bytes each."""


@final
@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of words or of letters, the shorter first: what a text is searched for."""

    terms: tuple[tuple[str, ...], ...]
    of_letters: bool

    def count(self, texts: Sequence[str]) -> Any:
        """Return how often each term stands in each text: sparse, shape (n_texts, n_terms), float32."""
        from scipy.sparse import csr_matrix, vstack  # noqa: PLC0415 - heavy, and not needed to serve

        alphabet = sorted({token for term in self.terms for token in term})
        number = {token: i for i, token in enumerate(alphabet)}
        by_length: dict[int, tuple[Integers, Integers]] = {}
        for length in sorted({len(term) for term in self.terms}):
            places = np.array([i for i, term in enumerate(self.terms) if len(term) == length])
            tokens = np.array([[number[token] for token in self.terms[i]] for i in places], np.int64)
            keys = _keys(tokens.T, len(alphabet))
            order = np.argsort(keys)
            by_length[length] = keys[order], places[order]
        parts = []
        for chunk in _chunks(texts):
            tokens, rows = _tokens(chunk, alphabet, of_letters=self.of_letters)
            found, columns = [], []
            for length, (keys, places) in by_length.items():
                there, at = _windows(tokens, rows, length, len(alphabet))
                spot = np.minimum(np.searchsorted(keys, there), len(keys) - 1)
                hit = keys[spot] == there
                found.append(at[hit])
                columns.append(places[spot[hit]])
            row, column = np.concatenate(found), np.concatenate(columns)
            shape = (len(chunk), len(self.terms))
            parts.append(csr_matrix((np.ones(len(row), np.float32), (row, column)), shape=shape))
        return vstack(parts, format="csr") if len(parts) > 1 else parts[0]


def frequent_terms(
    texts: Sequence[str], lengths: tuple[int, int], least: int, most: int, *, of_letters: bool
) -> tuple[Terms, Floats]:
    """Return the terms that stand in the most texts, and in how many, shape (n_terms,).

    Parameters
    ----------
    lengths
        Tokens in the shortest and in the longest term.
    least
        Terms in fewer texts are left out.
    most
        So many terms at most.
    """
    n_characters = sum(map(len, texts))
    step = max(-(-len(texts) // _MOST_TEXTS), -(-n_characters // _MOST_CHARACTERS), 1)
    some = texts[::step]
    alphabet = _alphabet(some, of_letters=of_letters)
    found: list[tuple[Integers, Integers, int]] = []
    for length, (different, counts) in _documents(some, alphabet, lengths, of_letters=of_letters).items():
        enough = counts >= max(2, least // step)
        found.append((different[enough], counts[enough], length))
    counts = np.concatenate([counts for _, counts, _ in found])
    best = np.sort(np.argsort(-counts, kind="stable")[:most])
    terms: list[tuple[str, ...]] = []
    start = 0
    for keys, _, length in found:
        chosen = best[(best >= start) & (best < start + len(keys))] - start
        terms += [_spell(key, length, alphabet) for key in keys[chosen].tolist()]
        start += len(keys)
    return Terms(tuple(terms), of_letters), counts[best].astype(np.float64) * len(texts) / len(some)


def _documents(
    texts: Sequence[str], alphabet: list[str], lengths: tuple[int, int], *, of_letters: bool
) -> dict[int, tuple[Integers, Integers]]:
    """Return the different keys of each length, sorted, and in how many texts each stands."""
    parts: dict[int, list[tuple[Integers, Integers]]] = {n: [] for n in range(lengths[0], lengths[1] + 1)}
    for chunk in _chunks(texts):
        tokens, rows = _tokens(chunk, alphabet, of_letters=of_letters)
        for length, known in parts.items():
            known.append(_n_texts(*_windows(tokens, rows, length, len(alphabet))))
            # Each part is at least twice as large as the next, so that no key is sorted again too often.
            while len(known) > 1 and len(known[-2][0]) <= 2 * len(known[-1][0]):
                known.append(_merged(known.pop(), known.pop()))
    return {length: reduce(_merged, known) for length, known in parts.items()}


def _merged(one: tuple[Integers, Integers], other: tuple[Integers, Integers]) -> tuple[Integers, Integers]:
    """Add up what two lots of texts hold."""
    keys, counts = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return keys[starts], np.add.reduceat(counts, starts) if len(starts) else counts


def _n_texts(keys: Integers, at: Integers) -> tuple[Integers, Integers]:
    """Return the different keys, sorted, and in how many texts each stands. `at` is sorted."""
    order = np.argsort(keys, kind="stable")
    keys, at = keys[order], at[order]
    is_new = np.ones(len(keys), bool)
    is_new[1:] = keys[1:] != keys[:-1]
    is_pair = is_new.copy()
    is_pair[1:] |= at[1:] != at[:-1]
    starts = np.flatnonzero(is_new)
    if not len(starts):
        return keys, starts
    return keys[starts], np.add.reduceat(is_pair, starts, dtype=np.int64)


def _alphabet(texts: Sequence[str], *, of_letters: bool) -> list[str]:
    """Return the kinds of tokens, sorted; of very many, the most frequent."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text if of_letters else text.split(" "))
    if len(counts) > _MOST_TOKENS:
        kept = sorted(counts, key=lambda token: (-counts[token], token))[:_MOST_TOKENS]
        return sorted(kept)
    return sorted(counts)


def _tokens(texts: Sequence[str], alphabet: list[str], *, of_letters: bool) -> tuple[Integers, Integers]:
    """Return the numbers of all tokens, -1 for those not in the alphabet, and the text each stands in."""
    if of_letters:
        lengths = np.array([len(text) for text in texts], np.int64)
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        known = np.array([ord(letter) for letter in alphabet], np.uint32)
        spot = np.minimum(np.searchsorted(known, points), max(0, len(known) - 1))
        numbers = np.where(known[spot] == points, spot, -1) if len(known) else np.full(len(points), -1)
    else:
        place = {token: i for i, token in enumerate(alphabet)}
        split = [text.split(" ") for text in texts]
        lengths = np.array([len(tokens) for tokens in split], np.int64)
        numbers = np.array([place.get(token, -1) for tokens in split for token in tokens], np.int64)
    return numbers.astype(np.int64), np.repeat(np.arange(len(texts)), lengths)


def _windows(tokens: Integers, rows: Integers, length: int, n_tokens: int) -> tuple[Integers, Integers]:
    """Return the key of every sequence of known tokens within one text, and the text."""
    n = max(0, len(tokens) - length + 1)
    parts = [tokens[i : i + n] for i in range(length)]
    whole = rows[:n] == rows[length - 1 : length - 1 + n]
    for part in parts:
        whole &= part >= 0
    return _keys(np.array([part[whole] for part in parts]), n_tokens), rows[:n][whole]


def _keys(tokens: Integers, n_tokens: int) -> Integers:
    """Write sequences, shape (length, n_sequences), as one number each."""
    keys = np.zeros(tokens.shape[1], np.int64)
    for part in tokens:
        keys = keys * n_tokens + part
    return keys


def _spell(key: int, length: int, alphabet: list[str]) -> tuple[str, ...]:
    found = []
    for _ in range(length):
        key, number = divmod(key, len(alphabet))
        found.append(alphabet[number])
    return tuple(reversed(found))


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = n_tokens = 0
    for i, text in enumerate(texts):
        n_tokens += len(text)
        if n_tokens >= _CHUNK:
            yield texts[start : i + 1]
            start, n_tokens = i + 1, 0
    if start < len(texts) or not texts:
        yield texts[start:]
