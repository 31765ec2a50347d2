"""AutoGluon behind FastAPI: the predictor held in memory, a pydantic model, one path of each kind."""

import os

import pandas as pd
import pydantic
from autogluon.tabular import TabularPredictor
from fastapi import FastAPI

Row = pydantic.create_model("Row", **{f"f{n}": (float, ...) for n in range(15)})
predictor = TabularPredictor.load(os.environ["PREDICTOR"], verbosity=0)
predictor.persist()
app = FastAPI()


def score(row: Row) -> float:
    return float(predictor.predict_proba(pd.DataFrame([row.model_dump()]), as_multiclass=False).iloc[0])


@app.post("/threads")
def in_threads(row: Row) -> float:
    return score(row)


@app.post("/loop")
async def in_loop(row: Row) -> float:
    return score(row)
