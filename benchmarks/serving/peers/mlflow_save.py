"""MLflow: save the booster as its own format, with a signature, as a user would."""

import sys

import lightgbm
import mlflow
import pandas as pd

if __name__ == "__main__":
    source, rows, folder = sys.argv[1:]
    booster = lightgbm.Booster(model_file=source)
    example = pd.read_json(rows, lines=True)[:5]
    signature = mlflow.models.infer_signature(example, booster.predict(example))
    mlflow.lightgbm.save_model(booster, folder, signature=signature)
