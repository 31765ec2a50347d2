"""Tune a peer on the same split and with the same budget, and judge it as `mlwright train --test` judges.

    ENV/bin/pip install implicit cornac polars
    ENV/bin/python benchmarks/recommendation/peers.py DATA/movielens_100k 60 knn,als,bpr,ease

DATA/NAME holds train.parquet and test.parquet (user_id, item_id, rating or play_count, perhaps timestamp).
Each peer gets so many processor seconds of random search over its usual settings, chosen by nDCG@10 on the
later (without times: a random) fifth of each user, fitted again on all, and judged once: full ranking, what
was taken before hidden.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import polars as pl
import scipy.sparse as sp

warnings.simplefilter("ignore")
rng = np.random.default_rng(1)


class Task:
    """The split, as numbers."""

    def __init__(self, folder: Path) -> None:
        train, test = (pl.read_parquet(folder / f"{part}.parquet") for part in ("train", "test"))
        users, items = (np.unique(train[name].to_numpy()) for name in ("user_id", "item_id"))
        self.shape = len(users), len(items)
        self.u, self.i = np.searchsorted(users, train["user_id"]), np.searchsorted(items, train["item_id"])
        value = "rating" if "rating" in train.columns else "play_count"
        self.is_grade = value == "rating"
        self.r = train[value].to_numpy().astype(float)
        age = (
            -train["timestamp"].to_numpy()
            if "timestamp" in train.columns
            else np.random.default_rng(0).random(len(self.r))
        )
        order = np.lexsort((self.i, age, self.u))
        lengths = np.bincount(self.u)
        place = np.empty(len(age))
        place[order] = np.arange(len(age)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        self.is_late = place < np.maximum(1, np.round(0.2 * lengths))[self.u]
        self.liked = self.r >= 4 if self.is_grade else np.ones(len(age), bool)
        test = test.filter(pl.col("user_id").is_in(users.tolist()))
        if self.is_grade:
            test = test.filter(pl.col(value) >= 4)
        wanted = test["item_id"].to_numpy()
        at = np.clip(np.searchsorted(items, wanted), 0, len(items) - 1)
        self.test = np.searchsorted(users, test["user_id"]), np.where(items[at] == wanted, at, -1)

    def matrix(self, rows, kind):
        scale = self.r / self.r.max() if self.is_grade else np.log1p(self.r) / np.log1p(self.r.max())
        values = np.ones(len(self.r)) if kind == "plain" else scale
        return sp.csr_matrix((values[rows], (self.u[rows], self.i[rows])), shape=self.shape).astype(
            np.float32
        )


def ndcg(scores, seen, users, items):
    wanted: dict[int, set[int]] = {}
    for user, item in zip(users.tolist(), items.tolist(), strict=True):
        wanted.setdefault(user, set()).add(item)
    worth, found = 1 / np.log2(np.arange(2, 12)), []
    who = np.array(sorted(wanted))
    for lot in np.array_split(who, len(who) * seen.shape[1] // 8_000_000 + 1):
        table = np.array(scores(lot), dtype=np.float32)
        for user, line in zip(lot.tolist(), table, strict=True):
            line[seen.indices[seen.indptr[user] : seen.indptr[user + 1]]] = -np.inf
            top = np.argpartition(-line, 10)[:10]
            top = top[np.argsort(-line[top])]
            hits = np.array([item in wanted[user] for item in top.tolist()])
            found.append((hits * worth).sum() / worth[: min(10, len(wanted[user]))].sum())
    return np.array(found)


def als(given, factors, penalty, epochs, alpha):
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=factors, regularization=penalty, iterations=epochs, alpha=alpha, num_threads=1, random_state=0
    )
    model.fit(given, show_progress=False)
    return lambda users: model.user_factors[users] @ model.item_factors.T


def bpr(given, factors, rate, penalty, epochs):
    from implicit.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=factors,
        learning_rate=rate,
        regularization=penalty,
        iterations=epochs,
        num_threads=1,
        random_state=0,
    )
    model.fit(given, show_progress=False)
    return lambda users: model.user_factors[users] @ model.item_factors.T


def knn(given, name, n_near, more):
    from implicit import nearest_neighbours

    model = getattr(nearest_neighbours, name)(K=n_near, num_threads=1, **more)
    model.fit(given.astype(np.float64), show_progress=False)
    return lambda users: (given[users] @ model.similarity).toarray()


def ease(given, penalty, is_positive):
    import cornac

    cells = given.tocoo()
    rows = zip(cells.row.tolist(), cells.col.tolist(), cells.data.tolist(), strict=True)
    data = cornac.data.Dataset.from_uir(list(rows))
    model = cornac.models.EASE(lamb=penalty, posB=is_positive, verbose=False)
    model.fit(data)
    places = np.array([data.iid_map.get(item, -1) for item in range(given.shape[1])])

    def scores(users):
        found = np.zeros((len(users), given.shape[1]), np.float32)
        for row, user in enumerate(users.tolist()):
            scored = np.asarray(model.score(data.uid_map[user])).ravel()
            found[row, places >= 0] = scored[places[places >= 0]]
        return found

    return scores


def proposal(name):
    if name == "als":
        sizes = int(rng.choice([16, 32, 64, 128, 256])), float(10 ** rng.uniform(-2, 1.5))
        return als, (*sizes, int(rng.choice([10, 15, 25])), float(10 ** rng.uniform(-0.3, 1.6)))
    if name == "bpr":
        rates = float(10 ** rng.uniform(-2, -0.5)), float(10 ** rng.uniform(-3, -1))
        return bpr, (int(rng.choice([16, 32, 64, 128])), *rates, int(rng.choice([50, 100, 200, 300])))
    if name == "knn":
        sort = str(rng.choice(["BM25Recommender", "CosineRecommender", "TFIDFRecommender"]))
        more = {
            "K1": float(rng.choice([0.2, 1, 1.2, 2, 10, 100])),
            "B": float(rng.choice([0, 0.2, 0.5, 0.8])),
        }
        return knn, (sort, int(rng.choice([20, 50, 100, 200, 400, 1000])), more if sort[0] == "B" else {})
    return ease, (float(rng.choice([5, 10, 20, 50, 100, 200, 300, 500, 1000, 2000])), bool(rng.integers(2)))


def main() -> None:
    folder, budget, names = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3].split(",")
    task = Task(folder)
    early, everything = ~task.is_late, np.ones(len(task.r), bool)
    judging = task.is_late & task.liked
    for name in names:
        tried, start = [], time.process_time()
        while len(tried) < 60 and time.process_time() - start < budget:
            kind, (fit, settings) = str(rng.choice(["plain", "graded"])), proposal(name)
            try:
                values = ndcg(
                    fit(task.matrix(early, kind), *settings), task.matrix(early, "plain"),
                    task.u[judging], task.i[judging],
                )  # fmt: skip
            except Exception as error:  # noqa: BLE001 - a peer that fails is told, and the search goes on
                print(f"{name} {settings}: {error!r}"[:120], file=sys.stderr)
                values = np.zeros(1)
            tried.append((float(values.mean()), kind, fit, settings))
        spent = time.process_time() - start
        best = max(tried, key=lambda one: one[0])
        values = ndcg(
            best[2](task.matrix(everything, best[1]), *best[3]), task.matrix(everything, "plain"), *task.test
        )
        draws = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(1000)]
        low, high = np.quantile(draws, [0.025, 0.975])
        print(
            f"{folder.name} {name}: {values.mean():.4f} ({low:.4f} to {high:.4f}), {len(values)} users"
            f", {len(tried)} tried in {spent:.0f} s, {best[1]} {best[3]}",
            flush=True,
        )


if __name__ == "__main__":
    main()
