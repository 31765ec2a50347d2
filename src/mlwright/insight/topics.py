"""Topics: what texts are about, in words for people, and whether other texts would say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.seeds import stream
from mlwright.insight.peaks import largest_peak
from mlwright.insight.words import one_form, telling_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Floats, Integers

_COUNTS = (4, 6, 8, 10, 12, 16)
"""How many topics are tried."""
_MOST_TEXTS, _MOST_WORDS = 12_000, 4_000
_FEWEST_TEXTS = 60
_FEWEST_WITH_WORD, _LARGEST_SHARE = 3, 0.3
_N_HALVES = 6
_N_TOP = 10
_N_LABEL, _N_EXAMPLES, _LONGEST_EXAMPLE = 5, 3, 160
_STABLE, _ALL_STABLE = 0.5, 0.3
"""Share of the ten first words that a topic of other texts must have as well, on average; and the mean of
that over all topics, between halves that share no text."""
_CLEAR = 1.2
"""How much more a text must be of its first topic than of its second."""
_ROUNDS = 120
_LONG = 8
"""Telling words of a text that is as good an example as a longer one; a single word is a poor one."""


@final
@dataclass(frozen=True, slots=True)
class Topic:
    """`words`, the weightiest first; `label` names it; `stability` in [0, 1]; `coherence` is an NPMI."""

    label: str
    words: tuple[str, ...]
    share: float
    stability: float
    is_stable: bool
    coherence: float
    examples: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "label": self.label,
            "words": list(self.words),
            "share": self.share,
            "stability": self.stability,
            "is_stable": self.is_stable,
            "coherence": self.coherence,
            "examples": list(self.examples),
        }


@final
@dataclass(frozen=True, slots=True)
class Topics:
    """The topics, the most frequent first, and that of each text: `of`, shape (n_texts,), -1 is none.

    `stabilities` says, for each number of topics that was tried, how stable they were.
    """

    topics: tuple[Topic, ...]
    of: Integers
    stabilities: dict[int, float]

    @property
    def is_stable(self) -> bool:
        """Whether other texts of this kind would give much the same topics."""
        return self.stabilities[len(self.topics)] >= _ALL_STABLE

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return {
            "topics": [topic.to_json() for topic in self.topics],
            "is_stable": self.is_stable,
            "share_without": float((self.of < 0).mean()) if len(self.of) else 1.0,
            "tried": {str(n): stability for n, stability in self.stabilities.items()},
        }


def find_topics(texts: Sequence[str], seed: int = 0) -> Topics | None:
    """Find topics in texts; None if too few texts share words.

    Words are weighted by how telling they are, and texts taken apart into few sets of words that add up
    (non-negative matrix factorization). Each number of topics is fitted to halves of the texts that share
    none, and `largest_peak` chooses. Equal texts count once.

    Source: Lee & Seung 1999; choice by stability: Greene, O'Callaghan & Cunningham 2014, "How many topics?";
    coherence: Bouma 2009 (normalized pointwise mutual information).
    """
    matrix, names, distinct, places = _weights(texts)
    if matrix is None:
        return None
    tried = [n for n in _COUNTS if n * 15 <= matrix.shape[0] and n * 5 <= matrix.shape[1]] or [2]
    halves = _halves(matrix.shape[0], seed)
    stabilities: dict[int, float] = {}
    fitted: dict[int, list[Floats]] = {}
    for n_topics in tried:
        parts = [_factors(matrix[half], n_topics, seed)[1] for half in halves]
        pairs = [_agreement(parts[i], parts[i + 1]) for i in range(0, len(parts), 2)]
        stabilities[n_topics] = float(np.mean([pair.mean() for pair in pairs]))
        fitted[n_topics] = parts
    n_topics = largest_peak(stabilities)
    shares, whole = _factors(matrix, n_topics, seed)
    stability = np.mean([_agreement(whole, half) for half in fitted[n_topics]], axis=0)
    owners = _owners(shares, matrix)
    found = owners[places]
    order = np.argsort(-np.bincount(found[found >= 0], minlength=n_topics), kind="stable")
    rank = np.argsort(order)
    topics = tuple(
        _topic(
            whole[t], shares[:, t], float((found == t).mean()), float(stability[t]), matrix, names, distinct
        )
        for t in order
    )
    return Topics(topics, np.where(found >= 0, rank[found], -1), stabilities)


def _weights(texts: Sequence[str]) -> tuple[Any, list[str], list[str], Integers]:
    """Return rows of unit length, (n_distinct, n_words), the words, the distinct texts, and which each is."""
    from scipy.sparse import csr_matrix, diags  # noqa: PLC0415 - heavy

    split = [telling_words(text) for text in texts]
    forms = one_form(split)
    keys = [" ".join(forms.get(word, word) for word in words) for words in split]
    distinct_keys, first, places = np.unique(
        np.array(keys, dtype=object).astype(str), return_index=True, return_inverse=True
    )
    documents = [Counter(key.split()) for key in distinct_keys.tolist()]
    counts = Counter(word for document in documents for word in document)
    most = _LARGEST_SHARE * len(documents)
    known = [w for w, n in counts.most_common() if _FEWEST_WITH_WORD <= n <= most][:_MOST_WORDS]
    if len(documents) < _FEWEST_TEXTS or len(known) < 2 * _N_TOP:
        return None, [], [], places
    number = {word: i for i, word in enumerate(known)}
    rows, columns, cells = [], [], []
    for row, document in enumerate(documents):
        for word, count in document.items():
            if word in number:
                rows.append(row)
                columns.append(number[word])
                cells.append(np.sqrt(count))
    matrix = csr_matrix((cells, (rows, columns)), shape=(len(documents), len(known)))
    frequent = np.array([counts[word] for word in known])
    matrix = (matrix @ diags(np.log(len(documents) / frequent))).tocsr()
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix = (diags(1.0 / np.maximum(norms, 1e-9)) @ matrix).tocsr()
    return matrix, known, [texts[i] for i in first.tolist()], places


def _halves(n_rows: int, seed: int) -> list[Integers]:
    """Draw pairs of halves that share no text, of at most half of what is fitted in the end."""
    found = []
    rng = stream(seed, "halves")
    for _ in range(_N_HALVES // 2):
        order = rng.permutation(n_rows)[:_MOST_TEXTS]
        found += [order[: len(order) // 2], order[len(order) // 2 :]]
    return found


def _factors(matrix: Any, n_topics: int, seed: int) -> tuple[Floats, Floats]:
    """Return how much each row is of each topic, and each topic of each word."""
    import warnings  # noqa: PLC0415 - as the next

    from sklearn.decomposition import NMF  # noqa: PLC0415 - heavy

    some = matrix
    if matrix.shape[0] > _MOST_TEXTS:
        some = matrix[np.sort(stream(seed, "topics").permutation(matrix.shape[0])[:_MOST_TEXTS])]
    model = NMF(n_topics, init="nndsvda", max_iter=_ROUNDS, tol=1e-3, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the last digits of a factor do not change its first words
        model.fit(some)
        shares = model.transform(matrix)
    return shares, model.components_


def _top(part: Floats) -> Integers:
    return np.argsort(-part, kind="stable")[:_N_TOP]


def _agreement(one: Floats, other: Floats) -> Floats:
    """Return, for each topic, the share of its first words that its best partner has as well."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - heavy

    tops = [[set(_top(part).tolist()) for part in parts] for parts in (one, other)]
    shared = np.array([[len(a & b) / _N_TOP for b in tops[1]] for a in tops[0]])
    rows, columns = linear_sum_assignment(-shared)
    found = np.zeros(len(one))
    found[rows] = shared[rows, columns]
    return found


def _owners(shares: Floats, matrix: Any) -> Integers:
    """Return the topic of each row, -1 where none stands out or no word is known."""
    ordered = np.sort(shares, axis=1)
    first, second = ordered[:, -1], ordered[:, -2]
    is_clear = (first > 0) & (first >= _CLEAR * second) & (np.diff(matrix.indptr) > 0)
    return np.where(is_clear, shares.argmax(axis=1), -1)


def _topic(
    part: Floats,
    shares: Floats,
    share: float,
    stability: float,
    matrix: Any,
    names: list[str],
    distinct: list[str],
) -> Topic:
    top = _top(part)
    words = tuple(names[i] for i in top)
    return Topic(
        label=", ".join(words[:_N_LABEL]),
        words=words,
        share=share,
        stability=stability,
        is_stable=stability >= _STABLE,
        coherence=_coherence(matrix[:, top]),
        examples=_examples(shares * np.sqrt(np.minimum(np.diff(matrix.indptr), _LONG)), distinct),
    )


def _coherence(used: Any) -> float:
    """Return the mean normalized pointwise mutual information of the words, in [-1, 1]."""
    is_there = (used > 0).astype(np.float64).toarray()
    n_rows = len(is_there)
    both = is_there.T @ is_there / n_rows
    alone = np.diag(both)
    found = []
    for i in range(len(alone)):
        for j in range(i):
            joint = both[i, j]
            found.append(np.log(joint / (alone[i] * alone[j])) / -np.log(joint) if joint > 0 else -1.0)
    return float(np.mean(found))


def _examples(shares: Floats, distinct: list[str]) -> tuple[str, ...]:
    """Return texts that are most of this topic, no two that begin alike."""
    found: dict[str, str] = {}
    for row in np.argsort(-shares, kind="stable")[: 10 * _N_EXAMPLES].tolist():
        text = " ".join(distinct[row].split())
        shown = text if len(text) <= _LONGEST_EXAMPLE else text[: _LONGEST_EXAMPLE - 1].rstrip() + "…"
        found.setdefault(" ".join(telling_words(text)[:4]), shown)
        if len(found) == _N_EXAMPLES:
            break
    return tuple(found.values())
