"""Asks a real MLflow whether what `export --to mlflow` wrote answers as the model, loaded and served.

    python -m venv ENV && ENV/bin/pip install mlflow .
    ENV/bin/python benchmarks/mlflow_folder.py MODEL DATA [--rows 5000]

Prints for `mlflow.pyfunc.load_model` and for `mlflow models serve` over HTTP how many rows were compared and
whether every answer is the model's own, bit for bit.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pandas as pd

import mlwright as mw
from mlwright.artifact.answers import named_answers

_N_SERVED = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=5_000)
    asked = parser.parse_args()
    import mlflow.pyfunc  # noqa: PLC0415 - of another environment

    model = mw.load(asked.model)
    read = pd.read_parquet if asked.data.suffix == ".parquet" else pd.read_csv
    frame = read(asked.data).head(asked.rows)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "exported"
        mw.export(model, "mlflow", place)
        loaded = mlflow.pyfunc.load_model(str(place))
        print(f"load_model: {len(frame):,} rows, {_verdict(model, frame, loaded.predict(frame))}")
        example = json.loads((place / "input_example.json").read_text(encoding="utf-8"))
        rows = pd.DataFrame(example["data"], columns=example["columns"])
        print(f"input example: {len(rows)} rows, {_verdict(model, rows, loaded.predict(rows))}")
        few = frame[list(model.inputs)].head(_N_SERVED)
        answers = pd.DataFrame(_served(place, few))
        print(f"models serve: {len(few):,} rows, {_verdict(model, few, answers)}")


def _verdict(model: Any, frame: pd.DataFrame, found: pd.DataFrame) -> str:
    expected = pd.DataFrame(named_answers(model, model.answer(frame)))
    is_same = list(found.columns) == list(expected.columns) and all(
        found[name].tolist() == expected[name].tolist() for name in expected.columns
    )
    return "every answer equal" if is_same else f"DIFFERENT:\n{found.head()}\n{expected.head()}"


def _served(place: Path, frame: pd.DataFrame) -> Any:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", place, "-p", str(port)]
    command += ["--env-manager", "local", "--host", "127.0.0.1"]
    body = f'{{"dataframe_split": {frame.to_json(orient="split", index=False, double_precision=15)}}}'
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it starts uvicorn by its name
    environment = {**os.environ, "PATH": path}
    service = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
    )
    try:
        return _asked(f"http://127.0.0.1:{port}/invocations", body.encode())["predictions"]
    finally:
        os.killpg(service.pid, signal.SIGTERM)
        service.wait()


def _asked(address: str, body: bytes, patience_s: float = 90.0) -> Any:
    end = time.monotonic() + patience_s
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})  # noqa: S310 - http
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(error.read().decode()) from error
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


if __name__ == "__main__":
    main()
