"""Worlds: small deterministic tables of which the truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.dataset import Dataset
from mlwright.core.history import Memory
from mlwright.core.learner import Matrix, Sample, Shape
from mlwright.core.schema import NUMERIC, Column, Kind, Role, Schema
from mlwright.core.task import Link, answers

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats, Singles

N_CLASSES = {Link.IDENTITY: 0, Link.SIGMOID: 2, Link.SOFTMAX: 3}
"""Classes of the world for each link."""
NEVER_KNOWN = 4
"""The feature of a world that is missing in every row."""
_KINDS = {
    "size": Kind.NUMBER,
    "spend": Kind.NUMBER,
    "account": Kind.NUMBER,
    "is_new": Kind.BOOLEAN,
    "shop": Kind.CATEGORY,
    "city": Kind.STRING,
    "since": Kind.DATETIME,
    "note": Kind.TEXT,
    "history.shop.count": Kind.NUMBER,
    "history.shop.mean": Kind.NUMBER,
}
_ROLES = {"shop": Role.ENTITY, "history.shop.count": Role.HISTORY, "history.shop.mean": Role.HISTORY}
_REMEMBERED = [[0.0, np.nan], [9.0, 11.5], [4.0, 8.25]]
_WORDS = ("good", "bad", "late", "fast", "again", "never", "box", "blue", "größe", "東京")
_ODD_NUMBERS = (
    np.nan, 0.0, -0.0, 1.0, 1e300, -1e300, 1e-300, 3e38, -3e38, 16_777_217.0, 9_007_199_254_740_993.0,
)  # fmt: skip
_ODD_SECONDS = (
    np.nan, 0.0, -1.0, -86_400.0, -86_401.5, 951_782_399.0, 951_782_400.0, 951_868_800.0, -62_135_596_800.0,
    253_402_300_799.0, 1e13, -1e13, 1e300, -1e300, 4_107_542_400.0,
)  # fmt: skip
_ODD_TEXTS = (
    "", "never seen before", "a" * 300, "good " + "b" * 300, "äöü 你好", "\U0001f600 !", "e\u0301té",
    "0", "1.0", "good good good bad", "x", "good", "nan", "\u200d", "'\"\\", "bad,late;fast", "a b c d",
)  # fmt: skip


def table(seed: int = 0, n_rows: int = 240) -> Dataset:
    """Return typed rows with every kind of column and some missing cells in each, and a target of values.

    "size" and "is_new" are always there; "account" holds whole numbers that single precision cannot
    tell apart; the other columns lack a tenth of their cells. Of some shops something is remembered.
    """
    rng = np.random.default_rng(seed)
    words = [rng.choice(_WORDS, rng.integers(1, 6)).tolist() for _ in range(n_rows)]
    columns: dict[str, Array] = {
        "size": rng.normal(10.0, 3.0, n_rows),
        "spend": rng.lognormal(3.0, 1.0, n_rows).round(2),
        "account": 9.0e9 + rng.integers(0, 5_000, n_rows).astype(np.float64),
        "is_new": rng.integers(0, 2, n_rows).astype(np.float64),
        "shop": _strings(rng.choice(["north", "south", "Äst", "w e s t"], n_rows, p=[0.5, 0.3, 0.15, 0.05])),
        "city": _strings(f"city {number}" for number in rng.integers(0, 60, n_rows)),
        "since": (rng.integers(-20_000, 30_000, n_rows) * 86_400 + rng.integers(0, 86_400, n_rows)) * 1.0,
        "note": _strings(" ".join(one) for one in words),
        "history.shop.count": rng.integers(0, 9, n_rows).astype(np.float64),
        "history.shop.mean": rng.normal(10.0, 3.0, n_rows),
    }
    columns["history.shop.mean"][columns["history.shop.count"] == 0] = np.nan
    for name in ("spend", "account", "shop", "city", "since", "note", "history.shop.count"):
        columns[name][rng.random(n_rows) < 0.1] = np.nan if _KINDS[name] in NUMERIC else ""
    target = columns["size"] + 3.0 * (columns["shop"] == "north") + rng.normal(0.0, 1.0, n_rows)
    memories = (Memory("shop", tuple(_ROLES)[1:], ("north", "Äst"), np.array(_REMEMBERED, np.float32)),)
    return Dataset(schema=_schema(), columns=columns, n_rows=n_rows, target=target, memories=memories)


def odd_rows() -> dict[str, Array]:
    """Return rows of the same columns that hold what breaks translations.

    Missing and unseen cells, numbers of any size, dates before 1970 and of years that no calendar
    has, empty text, other scripts, words of 300 letters. Texts are folded as parsed cells are.
    """
    n_rows = len(_ODD_TEXTS)

    def cells(kind: Kind) -> Array:
        if kind not in NUMERIC:
            return _strings(_ODD_TEXTS)
        odd = _ODD_SECONDS if kind is Kind.DATETIME else _ODD_NUMBERS
        return np.resize(np.array(odd), n_rows)

    return {name: cells(kind) for name, kind in _KINDS.items()}


def no_columns(n_rows: int = 20) -> Dataset:
    """Return rows about which nothing is known."""
    return Dataset(schema=Schema(()), columns={}, n_rows=n_rows, target=np.arange(n_rows, dtype=np.float64))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Features that tell the target, and by how much: `best` are the answers of who knows the truth.

    Of the features one is always missing, one never varies and one lacks a fifth of its cells.
    """

    link: Link
    train: Sample
    valid: Sample
    best: Floats

    @property
    def shape(self) -> Shape:
        """What a learner may know before it proposes configurations."""
        matrix = self.train.matrix
        return Shape(
            n_rows=len(matrix.dense),
            n_dense=matrix.dense.shape[1],
            n_codes=0,
            n_terms=0 if matrix.terms is None else matrix.terms.shape[1],
            n_scores=max(1, self.n_scores),
            link=self.link,
        )

    @property
    def n_scores(self) -> int:
        """Raw scores per row."""
        return N_CLASSES[self.link] if self.link is Link.SOFTMAX else 1

    @property
    def n_answers(self) -> int:
        """Answers per row: probabilities, or the one value."""
        return max(1, N_CLASSES[self.link])


def world(link: Link, *, seed: int = 0, n_rows: int = 400, with_terms: bool = False) -> World:
    """Make a world for this link; half of the rows validate."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(n_rows, 6)).astype(np.float32)
    truth = 1.5 * dense[:, 0] - 2.0 * (dense[:, 1] > 0.3) + 0.8 * np.where(dense[:, 2] > 0, dense[:, 0], 0.0)
    dense[rng.random(n_rows) < 0.2, 3] = np.nan
    dense[:, NEVER_KNOWN], dense[:, 5] = np.nan, 7.0
    terms = _terms(rng, n_rows) if with_terms else None
    scores = 2.0 * truth[:, None].astype(np.float64)
    if link is Link.SOFTMAX:
        scores = np.column_stack([scores[:, 0], -scores[:, 0], 1.5 * dense[:, 2]])
    best = answers(link, scores)
    target = _draw(rng, best) if N_CLASSES[link] else scores[:, 0] + rng.normal(0.0, 0.3, n_rows)
    if not N_CLASSES[link]:
        offset, scale = target.mean(), target.std()
        target, best = (target - offset) / scale, (best - offset) / scale
    whole = Matrix(dense, terms)
    half = n_rows // 2
    rows = np.arange(n_rows)
    parts = [
        Sample(whole.take(part), target[part], None, N_CLASSES[link]) for part in (rows[:half], rows[half:])
    ]
    return World(link=link, train=parts[0], valid=parts[1], best=best[half:])


def odd_matrix(n_dense: int, n_terms: int = 0) -> Matrix:
    """Return features as no training row has them: all missing, infinite, huge, tiny."""
    cells = np.array([np.nan, np.inf, -np.inf, 3.3e38, -3.3e38, 0.0, 1e-38, 16_777_216.0], np.float32)
    dense: Singles = np.repeat(cells[:, None], n_dense, axis=1)
    terms: Any = None
    if n_terms:
        from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, only for text

        terms = csr_matrix((len(cells), n_terms), dtype=np.float32)
    return Matrix(dense, terms)


def rows_of(columns: Columns, rows: Array) -> dict[str, Array]:
    """Return the chosen rows of typed columns."""
    return {name: values[rows] for name, values in columns.items()}


def _terms(rng: np.random.Generator, n_rows: int) -> Any:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - heavy, only for text

    weights = rng.random((n_rows, 20)) * (rng.random((n_rows, 20)) < 0.2)
    return csr_matrix(weights.astype(np.float32))


def _draw(rng: np.random.Generator, shares: Floats) -> Floats:
    reach = shares.cumsum(axis=1)
    drawn: Floats = (rng.random(len(shares))[:, None] > reach[:, :-1]).sum(axis=1).astype(np.float64)
    return drawn


def _schema() -> Schema:
    columns = (
        Column(name=name, kind=kind, role=_ROLES.get(name, Role.FEATURE)) for name, kind in _KINDS.items()
    )
    return Schema(tuple(columns))


def _strings(values: Any) -> Array:
    return np.array(list(map(str, values)), dtype=object)
