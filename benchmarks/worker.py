"""Trains one peer on one table, inside the peer's own environment. Started by compare.py, not by hand.

    python benchmarks/worker.py JOB.json

What was measured is written after every stage, so that a run that is killed still leaves a trace.
Predictions of the test rows are written beside it; who judges them is the process that started this.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
from adapter import Adapter, Question
from tables import Table, read_table

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).resolve().parent
RECORD, PREDICTIONS = "record.json", "predictions.npz"
N_WARM, N_CALLS, LATENCY_S = 5, 200, 10.0


@final
class Record:
    """What is known so far, on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.facts: dict[str, Any] = {}

    def enter(self, stage: str, **facts: Any) -> None:
        """Note facts and the stage that begins now."""
        self.facts |= {"stage": stage, **facts}
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.facts, default=str), encoding="utf-8")
        part.replace(self.path)


def main() -> None:
    """Run the job; leave at once afterwards, whatever threads the peer has left behind."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(job["folder"])
    record, peer = Record(folder / RECORD), None
    try:
        record.enter("read")
        table = read_table(job["entry"], Path(job["data"]))
        record.enter(
            "import", n_rows=len(table.train), n_test=len(table.test), n_columns=table.train.shape[1] - 1
        )
        start = time.perf_counter()
        peer = load_adapter(job["adapter"])(ask(job, table, folder))
        versions = {name: importlib.metadata.version(name) for name in job["shows"]}
        record.enter("fit", import_s=since(start), versions=versions)
        run(peer, table, record, folder)
    except BaseException as error:  # noqa: BLE001 - whatever a peer does is a result
        said = f"{type(error).__name__}: {error}"[:500]
        record.enter(record.facts.get("stage", "start"), error=said, traceback=traceback.format_exc()[-2000:])
    close = getattr(peer, "close", None)
    if close is not None:
        close()
    sys.stdout.flush()
    os._exit(0)


def ask(job: dict[str, Any], table: Table, folder: Path) -> Question:
    """Write down what the peer is told."""
    own = folder / "peer"
    own.mkdir()
    return Question(
        target=table.target,
        task=table.task,
        metric=job["entry"]["metric"],
        n_classes=table.n_classes,
        time_limit_s=job["time_limit_s"],
        seed=job["seed"],
        n_cores=job["n_cores"],
        folder=own,
        options=job["options"],
    )


def run(peer: Adapter, table: Table, record: Record, folder: Path) -> None:
    """Fit, answer the test rows, save, and time single rows; the last two may fail without harm."""
    train, questions = table.train.copy(), table.questions
    start = time.perf_counter()
    peer.fit(train)
    record.enter("predict", fit_s=since(start), notes=peer.notes)
    start = time.perf_counter()
    answers = peer.predict(questions.copy())
    predict_s = since(start)
    part = folder / f"part_{PREDICTIONS}"
    np.savez_compressed(part, prediction=answers, truth=table.test[table.target].to_numpy())
    part.replace(folder / PREDICTIONS)
    record.enter("save", predict_s=predict_s)
    try:
        record.enter("latency", model_mb=round(megabytes(peer.save()), 3))
    except Exception as error:  # noqa: BLE001 - a model that cannot be saved still has a score
        record.enter("latency", save_error=repr(error)[:300])
    try:
        record.enter("done", **latency(peer, questions))
    except Exception as error:  # noqa: BLE001 - nor does one that cannot answer a single row lose it
        record.enter("done", latency_error=repr(error)[:300])


def latency(peer: Adapter, questions: pd.DataFrame) -> dict[str, float]:
    """Time single rows, in milliseconds: frames of one row, or what `predict_row` takes where it is there."""
    if hasattr(peer, "prepare_serving"):
        peer.prepare_serving()
    answer = getattr(peer, "predict_row", peer.predict)
    places = [number % len(questions) for number in range(N_WARM + N_CALLS)]
    if hasattr(peer, "predict_row"):
        records = questions.astype(object).where(questions.notna(), None).to_dict("records")
        rows: list[Any] = [records[place] for place in places]
    else:
        rows = [questions.iloc[[place]] for place in places]
    for row in rows[:N_WARM]:
        answer(row)
    times, end = [], time.perf_counter() + LATENCY_S
    for row in rows[N_WARM:]:
        start = time.perf_counter()
        answer(row)
        times.append((time.perf_counter() - start) * 1e3)
        if time.perf_counter() > end:
            break
    p50, p99 = np.quantile(times, [0.5, 0.99])
    return {"row_p50_ms": round(float(p50), 3), "row_p99_ms": round(float(p99), 3), "n_calls": len(times)}


def load_adapter(name: str) -> type[Adapter]:
    """Load peers/NAME.py under a name that does not hide the package it speaks to."""
    spec = importlib.util.spec_from_file_location(f"peer_{name}", HERE / "peers" / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"no adapter is called {name}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that what it defines can be pickled
    spec.loader.exec_module(module)
    found: type[Adapter] = module.Peer
    return found


def megabytes(path: Path) -> float:
    """Return the size of a file, or of all files of a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.lstat().st_size for file in files if file.is_file() and not file.is_symlink()) / 1e6


def since(start: float) -> float:
    """Return the seconds since then."""
    return round(time.perf_counter() - start, 3)


if __name__ == "__main__":
    main()
