"""Scores mlwright beside words and letters with a tuned linear model, on the catalog's own split.

    python benchmarks/text.py DATA --only hate_speech_tweets,sms_spam [--time-limit 60] [--processes 2]

DATA is a folder in the catalog format. Both see the same training rows and are judged on the same test
rows by log loss (of values: by RMSE), with 95 % intervals over test rows, and by the paired difference. The
other side is what a careful person writes first: TF-IDF of words (1 to 2), of letters within words (2 to 5),
or of both, sublinear, and a logistic regression. Five-fold cross-validation chooses its strength, and which
of the three.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before anything loads the libraries

import numpy as np  # noqa: E402 - after the environment is set
import pandas as pd  # noqa: E402
from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import StratifiedKFold, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline, make_union  # noqa: E402
from tables import read_catalog  # noqa: E402

import mlwright as mw  # noqa: E402

STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
N_RESAMPLES = 2_000


def main() -> None:
    """Print one line per table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="hate_speech_tweets,sms_spam")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--without-linear", action="store_true", help="mlwright alone")
    asked = parser.parse_args()
    catalog = read_catalog(asked.data)
    for name in asked.only.split(","):
        compare(catalog[name], asked)


def compare(entry: dict[str, Any], asked: argparse.Namespace) -> None:
    """Train both on one table and print what each loses on its test rows."""
    folder, target = asked.data / entry["name"], entry["target"]
    train, test = (pd.read_parquet(folder / entry["files"][part]) for part in ("train", "test"))
    leaky = entry.get("leaky_columns") or []
    train, test = train.drop(columns=leaky), test.drop(columns=leaky)
    is_value = entry["task"] == "regression"
    model = mw.train(
        train,
        target=target,
        metric="rmse" if is_value else "log_loss",
        time=entry["split"].get("time_column"),
        time_limit=asked.time_limit,
    )
    if is_value:
        truth = test[target].to_numpy()
        show(entry["name"], "mlwright", (truth - model.predict(test)) ** 2, is_root=True)
        return
    classes = sorted(train[target].unique())
    own = losses(model.predict_proba(test), [str(name) for name in model.classes_], test[target])
    show(entry["name"], "mlwright", own)
    if asked.without_linear:
        return
    text = entry["text_columns"][0]
    given, chosen = tuned_linear(train[text], train[target], test[text], asked.processes)
    other = losses(given, [str(name) for name in classes], test[target])
    show(entry["name"], chosen, other)
    show(entry["name"], "difference", own - other)


def tuned_linear(
    texts: pd.Series, labels: pd.Series, new: pd.Series, processes: int
) -> tuple[np.ndarray, str]:
    """Return the probabilities of the vectorizer and the strength that cross-validation likes best."""
    words = {"sublinear_tf": True, "min_df": 2, "ngram_range": (1, 2), "strip_accents": "unicode"}
    letters = {"sublinear_tf": True, "min_df": 2, "ngram_range": (2, 5), "analyzer": "char_wb"}
    ways = {
        "words": lambda: TfidfVectorizer(**words),
        "letters": lambda: TfidfVectorizer(**letters),
        "words and letters": lambda: make_union(TfidfVectorizer(**words), TfidfVectorizer(**letters)),
    }
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    scored = []
    for name, make in ways.items():
        matrix = make().fit_transform(texts)  # the terms are chosen without labels; folds choose the strength
        for strength in STRENGTHS:
            linear = LogisticRegression(C=strength, max_iter=500)
            each = cross_val_score(linear, matrix, labels, cv=folds, scoring="neg_log_loss", n_jobs=processes)
            scored.append((-each.mean(), name, strength))
    _, name, strength = min(scored)
    fitted = make_pipeline(ways[name](), LogisticRegression(C=strength, max_iter=1_000)).fit(texts, labels)
    return fitted.predict_proba(new), f"TF-IDF of {name}, C = {strength:g}"


def losses(given: np.ndarray, classes: list[str], truth: pd.Series) -> np.ndarray:
    """Return the log loss of each row."""
    places = {name: number for number, name in enumerate(classes)}
    at = truth.astype(str).map(places).to_numpy()
    return -np.log(np.clip(given[np.arange(len(at)), at], 1e-7, 1.0))


def show(table: str, what: str, losses: np.ndarray, *, is_root: bool = False) -> None:
    """Print a mean (or its root) with a 95 % interval over rows."""
    rng = np.random.default_rng(0)
    drawn = losses[rng.integers(0, len(losses), (N_RESAMPLES, len(losses)))].mean(axis=1)
    ends = np.quantile(drawn, [0.025, 0.975])
    value, (low, high) = (np.sqrt(losses.mean()), np.sqrt(ends)) if is_root else (losses.mean(), ends)
    print(f"{table:20s} {what:45s} {value:.4f} ({low:.4f} to {high:.4f})", flush=True)


if __name__ == "__main__":
    main()
