"""Words and letter sequences of text, weighted by how telling they are; a few dense themes for trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.graph import MICROSOFT
from mlwright.core.schema import Kind
from mlwright.core.step import Block, FittedStep, Hasty, Layout, Lowered, Step
from mlwright.features.terms import Terms, frequent_terms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlwright.core.arrays import Columns, Singles
    from mlwright.core.dataset import Dataset
    from mlwright.core.graph import Graph

_MAX_TERMS = 6_000
"""Of each sort (words, letters) and column, the most frequent."""
_N_THEMES = 24
_MOST_ROWS = 20_000
"""Themes are found in about so many rows, evenly drawn."""
_SMALLEST_THEME = 0.01
"""Of the size of the first; smaller ones are mostly rounding errors, which scaling would blow up."""
_SMALLEST_PART = 0.001
"""Of the largest of a theme. Smaller ones are mostly rounding errors, too; without them a row that has no
part in a theme is exactly 0 everywhere, not above in training and below in the program."""
_WORDS, _LETTERS = (1, 2), (3, 4)
"""Lengths of the sequences."""


@final
@dataclass(frozen=True)
class _Bag:
    """The terms of one sort in one column, with their weights (inverse document frequencies)."""

    column: str
    of_letters: bool
    terms: tuple[tuple[str, ...], ...]
    weights: Singles

    def transform(self, texts: Sequence[str]) -> Any:
        """Return sparse weights of unit length, shape (n_rows, n_terms)."""
        from scipy.sparse import diags  # noqa: PLC0415 - heavy, and not needed to serve

        counts = Terms(self.terms, self.of_letters).count(texts)
        counts.data = np.sqrt(counts.data)
        weighted = (counts @ diags(self.weights)).tocsr().astype(np.float32)
        squares = weighted.multiply(weighted).sum(axis=1)
        norms = np.maximum(np.sqrt(np.asarray(squares).ravel()), np.float32(1e-6))
        return (diags(1.0 / norms) @ weighted).tocsr().astype(np.float32)

    def lower(self, graph: Graph, text: str) -> str:
        """Count the terms in the program. The cell holds words that are separated by one space."""
        how = {"tokenexp": "."} if self.of_letters else {"separators": [" "]}
        flat = graph.add("Reshape", text, graph.constant([-1], np.int64))
        tokens = graph.add("Tokenizer", flat, domain=MICROSOFT, mark=0, mincharnum=1, pad_value="\x01", **how)
        by_length = _LETTERS if self.of_letters else _WORDS
        starts = [0] * (by_length[0] - 1)
        pool: list[str] = []
        for length in range(by_length[0], by_length[1] + 1):
            starts.append(len(pool))
            pool.extend(token for term in self.terms if len(term) == length for token in term)
        counts = graph.add(
            "TfIdfVectorizer",
            tokens,
            mode="TF",
            min_gram_length=by_length[0],
            max_gram_length=by_length[1],
            max_skip_count=0,
            ngram_counts=starts,
            ngram_indexes=list(range(len(self.terms))),
            pool_strings=pool,
        )
        weighted = graph.add("Mul", graph.add("Sqrt", counts), graph.constant(self.weights[None, :]))
        norms = graph.add("ReduceL2", weighted, graph.constant([1], np.int64), keepdims=1)
        return graph.add("Div", weighted, graph.add("Max", norms, graph.constant(1e-6)))


@final
@dataclass(frozen=True)
class _Texts(FittedStep):
    bags: tuple[_Bag, ...]
    themes: Singles

    @property
    def layout(self) -> Layout:
        reads, n_themes = tuple(dict.fromkeys(bag.column for bag in self.bags)), self.themes.shape[1]
        themes = tuple(f"text.theme_{i + 1}" for i in range(n_themes))
        return Layout(
            reads=reads,
            dense=themes,
            rounded=themes,
            n_terms=len(self.themes),
            owners=(reads,) * n_themes,
            term_owners=tuple((bag.column,) for bag in self.bags for _ in bag.terms),
        )

    def transform(self, columns: Columns) -> Block:
        from scipy.sparse import hstack  # noqa: PLC0415 - heavy, and not needed to serve

        terms = hstack([bag.transform(columns[bag.column].tolist()) for bag in self.bags], format="csr")
        return Block(dense=np.asarray(terms @ self.themes, dtype=np.float32), terms=terms)

    def lower(self, graph: Graph, inputs: Mapping[str, str]) -> Lowered:
        parts = [bag.lower(graph, inputs[bag.column]) for bag in self.bags]
        terms = graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
        return Lowered(dense=graph.add("MatMul", terms, graph.constant(self.themes)), terms=terms)


@final
class Text(Hasty):
    """Bags of words and of letter sequences, and their main themes.

    Source: Salton & Buckley 1988 (weights; the square root replaces the logarithm of the counts);
    Deerwester et al. 1990 (themes by truncated singular value decomposition).

    Parameters
    ----------
    letters
        Whether to count sequences of letters, too; words are always counted.
    """

    def __init__(self, *, letters: bool = True) -> None:
        self._sorts = (False, True) if letters else (False,)

    def in_haste(self) -> Step:
        """Return what counts words alone, which takes half of the time or less."""
        return Text(letters=False)

    def fit(self, dataset: Dataset, seed: int) -> FittedStep | None:
        """Choose the terms of each text column and find the themes of all."""
        bags = []
        for column in dataset.schema.features:
            if column.kind not in (Kind.TEXT, Kind.STRING):
                continue
            texts = dataset.columns[column.name].tolist()
            for of_letters in self._sorts:
                bag = _fit_bag(column.name, texts, of_letters=of_letters)
                if bag is not None:
                    bags.append(bag)
        if not bags:
            return None
        step = max(1, dataset.n_rows // _MOST_ROWS)
        some = {bag.column: dataset.columns[bag.column][::step].tolist() for bag in bags}
        themes = _find_themes([bag.transform(some[bag.column]) for bag in bags], seed)
        return _Texts(tuple(bags), themes)


def _fit_bag(column: str, texts: list[str], *, of_letters: bool) -> _Bag | None:
    known = [text for text in texts if text]
    least = 2 if len(known) < 1_000 else max(3, len(known) // 5_000)
    lengths = _LETTERS if of_letters else _WORDS
    found, documents = frequent_terms(known, lengths, least, _MAX_TERMS, of_letters=of_letters)
    if not found.terms:
        return None
    weights = np.log((1.0 + len(known)) / (1.0 + documents)) + 1.0
    return _Bag(column, of_letters, found.terms, weights.astype(np.float32))


def _find_themes(parts: list[Any], seed: int) -> Singles:
    from scipy.sparse import hstack  # noqa: PLC0415 - heavy, training only
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 - heavy, training only
    from threadpoolctl import threadpool_limits  # noqa: PLC0415 - not needed to serve

    terms = hstack(parts, format="csr")
    n_themes = max(1, min(_N_THEMES, min(terms.shape) - 1))
    with threadpool_limits(1):  # several threads would add in another order
        _, sizes, directions = randomized_svd(terms, n_themes, n_iter=4, random_state=seed)
    directions = directions[sizes >= _SMALLEST_THEME * sizes[0]]
    parts_of_each = np.abs(directions)
    directions[parts_of_each < _SMALLEST_PART * parts_of_each.max(axis=1, keepdims=True)] = 0.0
    return np.ascontiguousarray(directions.T, dtype=np.float32)
