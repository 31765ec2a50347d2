"""AutoGluon behind FastAPI: the predictor held in memory, a pydantic model, one path of each kind."""

import json
import os
from pathlib import Path

import pandas as pd
import pydantic
from autogluon.tabular import TabularPredictor
from fastapi import FastAPI

with Path(os.environ["ROWS"]).open() as rows:
    first = json.loads(next(rows))
kinds = {name: str if isinstance(cell, str) else float for name, cell in first.items()}
Row = pydantic.create_model("Row", **{name: (kind | None, ...) for name, kind in kinds.items()})
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
