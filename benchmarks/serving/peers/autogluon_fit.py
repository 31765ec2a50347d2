"""AutoGluon: a LightGBM with as many trees and leaves as the others have; or what it trains in a minute."""

import sys

import pandas as pd
from autogluon.tabular import TabularPredictor

if __name__ == "__main__":
    source, folder, what = sys.argv[1:]
    rows = pd.read_parquet(source)
    trees = {"num_boost_round": 300, "learning_rate": 0.01, "num_leaves": 31, "min_data_in_leaf": 5}
    trees["ag.early_stop"] = 10_000
    predictor = TabularPredictor("y", path=folder, verbosity=1)
    if what == "trees":
        predictor.fit(rows, hyperparameters={"GBM": trees}, fit_weighted_ensemble=False)
    else:
        presets = "best_quality" if what == "best" else None
        predictor.fit(rows, time_limit=60, num_cpus=2, presets=presets)
    print(predictor.model_best, predictor.model_names())
