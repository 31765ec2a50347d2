"""Encoder: categories to numbers, fitted on the rows that train a model and on no others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from mlwright.core.learner import Matrix
from mlwright.core.shelves import ENCODINGS
from mlwright.features.combine import Combined, Owners, choose, fit_combined
from mlwright.features.inner import inner_folds
from mlwright.features.words import Words, choose_words

if TYPE_CHECKING:
    from mlwright.core.arrays import Codes, Floats, Integers, Singles
    from mlwright.core.graph import Graph
    from mlwright.core.learner import Configuration
    from mlwright.core.step import Block, Encoding, Table


@final
@dataclass(frozen=True)
class Encoder:
    """Fitted tables: (code column, its table), grouped by encoding; features combined of others; words.

    Encoded columns follow the dense ones, then combined features, then words. `sizes` counts the
    codes per column; `codes_at` says which encoded columns hold the codes themselves.
    """

    groups: tuple[tuple[tuple[int, Table], ...], ...]
    sizes: tuple[int, ...] = ()
    combined: Combined | None = None
    words: Words | None = None
    codes_at: tuple[int, ...] = ()

    @classmethod
    def fit(
        cls, names: tuple[str, ...], codes: Codes, sizes: tuple[int, ...], target: Floats, n_classes: int
    ) -> Encoder:
        """Fit the named encodings on every code column."""
        groups, n_before = [], 0
        codes_at: list[int] = []
        for name in names:
            encoding = ENCODINGS.get(name)
            group = _fit_group(encoding, codes, sizes, target, n_classes)
            width = sum(table.values.shape[1] for _, table in group)
            if encoding.is_code:
                codes_at += range(n_before, n_before + width)
            groups.append(group)
            n_before += width
        return cls(tuple(groups), sizes, codes_at=tuple(codes_at))

    def transform(self, block: Block) -> Matrix:
        """Put the encoded categories beside the dense features."""
        parts = [_encode(group, block.codes) for group in self.groups]
        if self.combined is not None:
            parts.append(self.combined.transform(block, self.sizes))
        if self.words is not None:
            parts.append(self.words.transform(block.terms))
        return _beside(block, parts, self.codes_at)

    def owners(self, dense: Owners, codes: Owners, terms: Owners = ()) -> Owners:
        """Return the raw columns that each column of the matrix is made of, given those of the block."""
        encoded = [
            codes[column] for group in self.groups for column, table in group
            for _ in range(table.values.shape[1])
        ]  # fmt: skip
        combined = () if self.combined is None else self.combined.owners(dense, codes)
        words = () if self.words is None else self.words.owners(terms)
        return (*dense, *encoded, *combined, *words)

    def lower(self, graph: Graph, dense: str, codes: str, terms: str = "") -> str:
        """Write the look-ups into the program and return the name of all features."""
        parts = [dense] if dense else []
        for group in self.groups:
            parts.extend(_lower_group(graph, group, codes))
        if self.combined is not None:
            parts.extend(self.combined.lower(graph, dense, codes))
        if self.words is not None:
            parts.append(self.words.lower(graph, terms))
        if not parts:
            return ""
        return graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def fit_training(
    wanted: Configuration,
    block: Block,
    sizes: tuple[int, ...],
    target: Floats,
    n_classes: int,
    seed: int,
) -> tuple[Encoder, Matrix]:
    """Fit the encoder that a candidate wants and encode its own training rows, out of fold where needed.

    Were a row encoded with its own target, the learner would trust the encoding too much. Features combined
    of others and words are added as many as are wanted, if there are any worth it.
    """
    names = wanted.encodings
    codes, dense = block.codes, block.dense
    assert codes is not None  # noqa: S101 - a recipe always gives codes, if with no columns
    assert dense is not None  # noqa: S101 - a recipe always gives dense features
    encoder = Encoder.fit(names, codes, sizes, target, n_classes)
    folds = list(inner_folds(dense, codes, seed))
    parts = []
    for name, group in zip(names, encoder.groups, strict=True):
        encoding = ENCODINGS.get(name)
        encoded = _encode(group, codes)
        if encoding.uses_target and group:
            for inside, outside in folds:
                other = _fit_group(encoding, codes[outside], sizes, target[outside], n_classes)
                encoded[inside] = _encode(other, codes[inside])
        parts.append(encoded)
    matrix = _beside(block, parts, encoder.codes_at)
    if wanted.n_combined:
        chosen = choose(block, sizes, matrix.dense, target, n_classes, wanted.n_combined, seed)
        if chosen is not None:
            combined, features = fit_combined(chosen, block, sizes, target, n_classes, seed)
            encoder, parts = replace(encoder, combined=combined), [*parts, features]
    if wanted.n_words:
        words = choose_words(block.terms, matrix.dense, target, n_classes, wanted.n_words, seed)
        if words is not None:
            encoder, parts = replace(encoder, words=words), [*parts, words.transform(block.terms)]
    return encoder, _beside(block, parts, encoder.codes_at)


def _fit_group(
    encoding: Encoding, codes: Codes, sizes: tuple[int, ...], target: Floats, n_classes: int
) -> tuple[tuple[int, Table], ...]:
    found = []
    for column, size in enumerate(sizes):
        table = encoding.fit(codes[:, column], size, target, n_classes)
        if table is not None:
            found.append((column, table))
    # Tables of equal width stand together: the program reads them with one look-up.
    return tuple(sorted(found, key=lambda pair: pair[1].values.shape[1]))


def _encode(group: tuple[tuple[int, Table], ...], codes: Codes | None) -> Singles:
    assert codes is not None  # noqa: S101 - as above
    if not group:
        return np.empty((len(codes), 0), np.float32)
    return np.hstack([table.transform(codes[:, column]) for column, table in group])


def _beside(block: Block, encoded: list[Singles], codes_at: tuple[int, ...]) -> Matrix:
    assert block.dense is not None  # noqa: S101 - a recipe always gives dense features
    categories = tuple(block.dense.shape[1] + number for number in codes_at)
    dense = np.ascontiguousarray(np.hstack([block.dense, *encoded]))
    return Matrix(dense, block.terms, categories, n_numbers=block.dense.shape[1])


def _lower_group(graph: Graph, group: tuple[tuple[int, Table], ...], codes: str) -> list[str]:
    parts = []
    for width in sorted({table.values.shape[1] for _, table in group}):
        members = [(column, table) for column, table in group if table.values.shape[1] == width]
        starts = np.cumsum([0, *(len(table.values) for _, table in members[:-1])])
        columns: Integers = np.array([column for column, _ in members])
        chosen = graph.add("Gather", codes, graph.constant(columns, np.int64), axis=1)
        rows = graph.add("Add", chosen, graph.constant(starts[None, :], np.int64))
        table = graph.constant(np.vstack([table.values for _, table in members]))
        found = graph.add("Gather", table, rows, axis=0)
        shape = graph.constant([-1, width * len(members)], np.int64)
        parts.append(graph.add("Reshape", found, shape))
    return parts
