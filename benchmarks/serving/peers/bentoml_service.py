"""BentoML: an asynchronous service with a pydantic model, one worker, without an access log."""

import os

import bentoml
import lightgbm
import numpy as np
import pydantic

Row = pydantic.create_model("Row", **{f"f{n}": (float, ...) for n in range(15)})


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Scorer:
    """Answers a row."""

    def __init__(self) -> None:
        self.booster = lightgbm.Booster(model_file=os.environ["BOOSTER"])

    @bentoml.api
    async def predict(self, row: Row) -> float:
        """Return the probability of the second class."""
        return float(self.booster.predict(np.array([list(row.__dict__.values())]))[0])
