"""Who is compared (versus.py): how each is made ready and started, what it is asked, where its answer stands.

All have one worker, one thread for the trees, uvloop, and no access log where that is an option; MLflow,
BentoML and AutoGluon's uvicorn have httptools, too, whether they bring it or not. What they count for their
own metrics stays as they have it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).parent / "peers"
Row = dict[str, Any]


def _object(row: Row) -> Any:
    return row


def _probability(told: Any) -> float:
    """Return that of the second class, of whatever name."""
    return float([told[name] for name in told if name.startswith("probability_")][1])


@dataclass(frozen=True, kw_only=True)
class Rival:
    """One way to serve the model.

    `ready` makes files in a folder of its own (environment, what trees.py wrote, folder), `command` starts
    the service (environment, folder, port), `variables` go with it.
    """

    environment: str
    packages: tuple[str, ...]
    settings: str
    path: str
    body: Callable[[Row], Any]
    answer: Callable[[Any], float]
    command: Callable[[Path, Path, int], list[str]]
    ready: Callable[[Path, Path, Path], None] = lambda _environment, _model, _folder: None
    variables: Callable[[Path, Path, int], dict[str, str]] = lambda _model, _folder, _port: {}
    same_trees: bool = True


def _python(environment: Path, *command: object) -> None:
    subprocess.run([environment / "bin" / "python", *map(str, command)], check=True, env=quietly())


def quietly() -> dict[str, str]:
    told = {"MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "true", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **told}


def _mlflow_ready(environment: Path, model: Path, folder: Path) -> None:
    if not (folder / "model").exists():
        _python(
            environment,
            *(_HERE / "mlflow_save.py", model / "booster.txt", model / "rows.jsonl", folder / "model"),
        )


def _mlserver_ready(_environment: Path, model: Path, folder: Path) -> None:
    settings = {"debug": False, "parallel_workers": 0, "host": "127.0.0.1"}
    (folder / "settings.json").write_text(json.dumps(settings))
    told = {
        "name": "trees",
        "implementation": "mlserver_lightgbm.LightGBMModel",
        "parameters": {"uri": str(model / "booster.txt"), "version": "1"},
    }
    (folder / "model-settings.json").write_text(json.dumps(told))


def _autogluon_ready(environment: Path, model: Path, folder: Path) -> None:
    for what in ("trees", "default", "best") if (model / "booster.txt").exists() else ("default", "best"):
        if not (folder / what).exists():
            _python(environment, _HERE / "autogluon_fit.py", model / "train.parquet", folder / what, what)


def _autogluon(path: str, settings: str, what: str = "trees") -> Rival:
    return Rival(
        environment="autogluon",
        packages=("autogluon.tabular", "fastapi", "uvicorn"),
        settings=settings,
        path=path,
        body=_object,
        answer=float,
        ready=_autogluon_ready,
        command=lambda environment, _, port: [
            str(environment / "bin/uvicorn"),
            "autogluon_app:app",
            *("--app-dir", str(_HERE), "--port", str(port), "--no-access-log"),
        ],
        variables=lambda model, folder, _: {
            "PREDICTOR": str(folder / what),
            "ROWS": str(model / "rows.jsonl"),
        },
        same_trees=False,
    )


def _mlserver(environment: str, how: str) -> Rival:
    return Rival(
        environment=environment,
        packages=("mlserver", "mlserver-lightgbm", "lightgbm", "uvicorn", "httptools"),
        settings=f"`mlserver start` {how}, its LightGBM, `parallel_workers: 0`, `debug: false`, one tensor",
        path="/v2/models/trees/infer",
        body=lambda row: {
            "inputs": [
                {"name": "rows", "shape": [1, len(row)], "datatype": "FP64", "data": list(row.values())}
            ]
        },
        answer=lambda told: told["outputs"][0]["data"][0],
        ready=_mlserver_ready,
        command=lambda place, folder, _: [str(place / "bin/mlserver"), "start", str(folder)],
        variables=lambda _, __, port: {
            "MLSERVER_HTTP_PORT": str(port),
            "MLSERVER_GRPC_PORT": str(port + 1),
            "MLSERVER_METRICS_PORT": str(port + 2),
        },
    )


RIVALS = {
    "mlwright": Rival(
        environment="",
        packages=("mlwright", "onnxruntime", "uvicorn"),
        settings="`mlwright serve model.mlw`",
        path="/predict",
        body=_object,
        answer=_probability,
        command=lambda _, folder, port: [
            *(sys.executable, "-m", "mlwright", "serve"),
            *(str(folder.parent / "model.mlw"), "--port", str(port)),
        ],
    ),
    "nothing": Rival(
        environment="",
        packages=("uvicorn",),
        settings="uvicorn and a fixed answer: what the machine and the server take by themselves",
        path="/predict",
        body=_object,
        answer=float,
        same_trees=False,
        command=lambda _, __, port: [
            *(sys.executable, "-m", "uvicorn", "nothing:app", "--app-dir", str(_HERE), "--port", str(port)),
            *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--lifespan", "off"),
        ],
    ),
    "MLflow": Rival(
        environment="mlflow",
        packages=("mlflow", "lightgbm", "uvicorn"),
        settings="`mlflow models serve -w 1 --env-manager local`, `dataframe_split`",
        path="/invocations",
        body=lambda row: {"dataframe_split": {"columns": list(row), "data": [list(row.values())]}},
        answer=lambda told: told["predictions"][0],
        ready=_mlflow_ready,
        command=lambda environment, folder, port: [
            *(str(environment / "bin/mlflow"), "models", "serve", "-m", str(folder / "model")),
            *("-p", str(port), "-w", "1", "--env-manager", "local"),
        ],
        variables=lambda _, __, ___: {"UVICORN_ACCESS_LOG": "false"},
    ),
    "BentoML": Rival(
        environment="bentoml",
        packages=("bentoml", "lightgbm", "uvicorn"),
        settings="`bentoml serve`, `async` API, `workers=1`, pydantic",
        path="/predict",
        body=lambda row: {"row": _object(row)},
        answer=float,
        command=lambda environment, _, port: [
            *(str(environment / "bin/bentoml"), "serve", "bentoml_service:Scorer"),
            *("--working-dir", str(_HERE), "--host", "127.0.0.1", "--port", str(port)),
        ],
        variables=lambda model, folder, _: {
            "BOOSTER": str(model / "booster.txt"),
            "BENTOML_HOME": str(folder),
        },
    ),
    "MLServer": _mlserver("mlserver", "as it is installed"),
    "MLServer, httptools added": _mlserver("mlserver-httptools", "with httptools, which it does not bring"),
    "AutoGluon, async def": _autogluon(
        "/loop", "FastAPI, `persist()`, one LightGBM of 300 trees, in the loop"
    ),
    "AutoGluon, def": _autogluon("/threads", "the same, in FastAPI's threads"),
    "AutoGluon, its default, async def": _autogluon("/loop", "what 60 s of its default fit gave", "default"),
    "AutoGluon, its default, def": _autogluon("/threads", "the same, in FastAPI's threads", "default"),
    "AutoGluon, best_quality, async def": _autogluon(
        "/loop", 'what 60 s of `presets="best_quality"` gave', "best"
    ),
}
