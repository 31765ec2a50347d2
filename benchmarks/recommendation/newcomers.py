"""Judges answers to users whom the model never saw, by the first items that they took, against popularity.

    python benchmarks/recommendation/newcomers.py DATA/movielens_100k [--items 1,3,5,10] [--time-limit 60]

DATA/NAME holds train.parquet and test.parquet (user_id, item_id, rating or play_count, perhaps timestamp).
A fifth of the users is held out whole. Of each of them the first items of the training file (without times:
some at random) are the request; relevant is what they liked later, and in the test file. All items are
ranked, those of the request are hidden. nDCG@10 with 95 % intervals over users, beside the items that most
of the other users liked, and the paired difference.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import mlwright as mw

SHARE, LIKED = 0.2, 4
RNG = np.random.default_rng(20261122)


def main() -> None:
    """Print a line for each number of items in the request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", default="1,3,5,10")
    parser.add_argument("--time-limit", type=float, default=60.0)
    asked = parser.parse_args()
    train, test = (pl.read_parquet(asked.folder / f"{part}.parquet") for part in ("train", "test"))
    users = np.sort(train["user_id"].unique().to_numpy())
    new = pl.Series(RNG.choice(users, round(SHARE * len(users)), replace=False)).implode()
    others, theirs = train.filter(~pl.col("user_id").is_in(new)), train.filter(pl.col("user_id").is_in(new))
    model = mw.train(others, kind="recommendation", time_limit=asked.time_limit)
    popular = liked(others)["item_id"].value_counts(sort=True)["item_id"].to_list()
    if "timestamp" not in train.columns:
        theirs = theirs.with_columns(timestamp=pl.Series(RNG.random(len(theirs))))
    theirs = theirs.with_columns(place=pl.col("timestamp").rank("ordinal").over("user_id"))
    for n_items in map(int, asked.items.split(",")):
        request = theirs.filter(pl.col("place") <= n_items).select(train.columns)
        later = pl.concat(
            [
                liked(one).select("user_id", "item_id")
                for one in (theirs.filter(pl.col("place") > n_items), test)
            ]
        )
        wanted = {user: set(items) for user, items in later.group_by("user_id").agg("item_id").iter_rows()}
        taken = {user: set(items) for user, items in request.group_by("user_id").agg("item_id").iter_rows()}
        wanted = {user: found for user in taken if (found := wanted.get(user, set()) - taken[user])}
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder, "lists.parquet")
            mw.predict(model, request, place, top=10)
            lists = pl.read_parquet(place).sort("user_id", "rank").group_by("user_id", maintain_order=True)
            told = {str(user): items for user, items in lists.agg("item_id").iter_rows()}
        ours = np.array(
            [ndcg(list(map(str, told[str(user)])), set(map(str, one))) for user, one in wanted.items()]
        )
        usual = {user: [item for item in popular if item not in taken[user]][:10] for user in wanted}
        plain = np.array([ndcg(usual[user], one) for user, one in wanted.items()])
        values = {"ours": ours, "popular": plain, "difference": ours - plain}
        shown = "   ".join(f"{what} {interval(one)}" for what, one in values.items())
        print(f"{asked.folder.name}, {n_items} items, {len(wanted)} users: {shown}", flush=True)


def liked(rows: pl.DataFrame) -> pl.DataFrame:
    """Keep what was liked."""
    return rows.filter(pl.col("rating") >= LIKED) if "rating" in rows.columns else rows


def ndcg(offered: list, wanted: set) -> float:
    """Return the nDCG@10 of one list."""
    worth = 1 / np.log2(np.arange(2, 12))
    hits = np.array([item in wanted for item in offered[:10]])
    return float((hits * worth[: len(hits)]).sum() / worth[: min(10, len(wanted))].sum())


def interval(values: np.ndarray) -> str:
    """Return the mean with its interval."""
    draws = [values[RNG.integers(0, len(values), len(values))].mean() for _ in range(2_000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{values.mean():.4f} ({low:.4f} to {high:.4f})"


if __name__ == "__main__":
    main()
