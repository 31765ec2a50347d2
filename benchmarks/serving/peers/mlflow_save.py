"""MLflow: save the booster as its own format, with a signature, as a user would."""

import sys

import lightgbm
import mlflow
import numpy as np
import pandas as pd

if __name__ == "__main__":
    source, rows, folder = sys.argv[1:]
    booster = lightgbm.Booster(model_file=source)
    asked = np.load(rows)
    example = pd.DataFrame(asked[:5], columns=[f"f{n}" for n in range(asked.shape[1])])
    signature = mlflow.models.infer_signature(example, booster.predict(example))
    mlflow.lightgbm.save_model(booster, folder, signature=signature)
