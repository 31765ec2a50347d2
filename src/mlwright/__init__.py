"""mlwright: data and a question in; a system in production, with its evidence, out.

    import mlwright as mw

    model = mw.train("telco.csv", target="Churn", time_limit="60s")
    model.predict(frame)
    model.save("churn.mlw")
    mw.load("churn.mlw").predict({"tenure": 3, ...})

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.artifact.model import Model
    from mlwright.core.errors import MlwrightError
    from mlwright.core.progress import Listener
    from mlwright.workflow.family import Ranking
    from mlwright.workflow.options import TrainArguments

__version__ = "0.1.0"
__all__ = [
    "MlwrightError",
    "compare",
    "evaluate",
    "export",
    "history",
    "load",
    "predict",
    "profile",
    "sign",
    "train",
    "write_report",
]


def train(
    data: object,
    target: str | None = None,
    *,
    listen: Listener | None = None,
    **options: Unpack[TrainArguments],
) -> Model:
    """Train a model and prove it.

    Parameters
    ----------
    data
        A path, a glob, or a frame (pandas, polars, Arrow, a dict of columns, a list of dicts).
    target, listen
        The column to predict, None to recommend; called with an event whenever something happens.
    options
        `time_limit` (seconds, or text such as "10m"; default "60s"), `metric`, `seed`, `kind`, `id`,
        `group`, `time`, `weight`, `exclude` (names of columns), `slice` and `sensitive` (columns by whose
        groups the test is told apart), `test` (data that judges the model),
        `baseline` (the model in place or its path: is the new one better?),
        `leaks` ("drop", "warn", "keep": what to do about columns that give the answer away), `vouch` (columns
        that are known when a prediction is made, whatever they give away),
        `refit` ("auto", "yes", "no"), `latency` ("fast", "balanced", "best"), `intervals` ("approximate",
        "certified": holds rows back so that prediction intervals and sets keep their level), `max_trials`
        (counts work instead of time: same seed, same bytes), `cost` (what mistakes cost: "fn=500,fp=20",
        a mapping, or the path of a cost matrix), `capacity` (200, "5%": how many rows may be acted on),
        `stakes`, `today` (columns: the money at risk in a row, what was decided so far), `history` (columns
        of entities, or "all", whose earlier outcomes tell about a row), `known_after` (when they are known),
        `run` (a folder: killed at any instant, the same call goes on there and repeats no finished fit),
        `memory_limit` (bytes, or "4GB": of all processes), `max_latency` (seconds, or "1ms": of an answer),
        `max_size` (bytes, or "5MB"). To recommend: `user`, `item`, `rating`, `items`, `users`, `allow_seen`.

    Raises
    ------
    MlwrightError
        The data or an option cannot be used; the message says what to do.

    Warns
    -----
    UserWarning
        A finding of severity error: the model should not be used as it is.

    Examples
    --------
    >>> import mlwright as mw
    >>> rows = {"size": list(range(50)), "price": [3 * n for n in range(50)]}
    >>> model = mw.train(rows, "price", max_trials=1)
    >>> model.predict({"size": 20}).shape
    (1,)
    """
    started = time.monotonic()  # what is imported from here on takes a part of the time
    from mlwright.core.progress import silence
    from mlwright.workflow.options import from_arguments
    from mlwright.workflow.verbs import train as run

    model = run(data, target, from_arguments(options), listen or silence, started)
    for finding in (each for each in model.evidence["findings"] if each["severity"] == "error"):
        about = f"{finding['column']}: " if finding["column"] else ""
        warnings.warn(f"{about}{finding['message']} {finding['remedy']}", stacklevel=2)
    return model


def load(path: str | Path, *, require_signed: str | Path | None = None) -> Model:
    """Open a model file; raise ArtifactError if it is damaged, hostile or too new.

    With `require_signed`, the path of a public key, also if its owner has not signed these bytes; the
    environment variable MLWRIGHT_REQUIRE_SIGNED does the same for every load.
    """
    from mlwright.artifact.load import load as run

    return run(path, require_signed=require_signed)


def sign(path: str | Path, key: str | Path) -> Path:
    """Sign a model file with a private key (PEM, P-256) and return the path of the signature beside it.

    Raises UsageError if the key cannot be used or the signature not be written.
    """
    from mlwright.artifact.signature import sign as run

    return run(path, key)


def predict(
    model: Model,
    data: object,
    path: str | Path,
    *,
    intervals: float | None = None,
    capacity: int | None = None,
    history: object | None = None,
    **wishes: Unpack[Ranking],
) -> int:
    """Answer every row of files or a frame into a file, and return how many there were.

    Unlike `model.predict`, which returns an array, it holds some rows at a time in memory, so files may
    be larger than that. The ending of `path` says the format: .csv, .parquet, .jsonl or .feather; it is
    written whole or not at all. `intervals` is the level of intervals or sets to add, `capacity` how many
    rows may be acted on. `history` are events (a table, or a list of them) that tell about the rows, for a
    model that was trained with it.

    A recommender takes users, a log of what they took, or None (all users that it knows); `wishes` are
    `top` (how many items for each), `allow_seen` and `filter` ("genre=drama").
    """
    from mlwright.workflow.family import Wishes
    from mlwright.workflow.verbs import predict as run

    asked = Wishes(intervals=intervals, capacity=capacity, history=history, **wishes)
    return run(model, data, path, asked)


def evaluate(model: Model, data: object, *, history: object | None = None) -> dict[str, Any]:
    """Score a model on labeled rows: every metric of its kind, each with a 95 % interval.

    `history` are events (a table, or a list of them) that tell about the rows, for a model that was
    trained with it; without them it answers from memory.
    """
    from mlwright.workflow.verbs import evaluate as run

    return run(model, data, history=history)


def history(model: Model, data: object, events: object) -> dict[str, Any]:
    """Return the columns that tell what events knew, at the time of each row, of the past: arrays by name.

    Beside the other cells of the rows they are what a service wants to be asked with. `events` is a table
    with the time, the entities and the outcomes, or a list of such tables.
    """
    from mlwright.core.schema import Role
    from mlwright.workflow.history import tell

    told = tell(model, data, events)
    return {column.name: told.columns[column.name] for column in model.schema.role_of(Role.HISTORY)}


def compare(
    old: Model, new: Model, data: object, *, metric: str | None = None, matters: float | None = None
) -> dict[str, Any]:
    """Compare the model in place with a new one on labeled rows that neither has seen.

    Returns
    -------
    "verdict" ("ship", "do_not_ship" or "not_enough_data"), "why", and the "difference" with its 95 %
    interval, paired on the same rows. `matters` is the smallest difference that would change
    anything; 1 % of the old model's score unless given.
    """
    from mlwright.workflow.compare import compare as run

    return run(old, new, data, metric=metric, matters=matters)


def export(model: Model, to: str, path: str | Path, **wishes: str) -> list[Path]:
    """Write a model in another form ("onnx") and return the files.

    `wishes` are the target's own: of SQL `dialect` and `relation`, of an image `base`. Raises UsageError, and
    writes nothing, if the form, or something the model does, is not known to the target.
    """
    from mlwright.exports.export import export as run
    from mlwright.exports.target import Wishes

    asked: dict[str, Any] = dict(wishes)
    return run(model, to, path, Wishes(**asked))


def profile(data: object, target: str | None = None, **roles: str) -> dict[str, Any]:
    """Describe the columns of a table and list what was noticed, before any model.

    With `user`, `item`, `text` or `time`, names of columns, also what a table of events tells.
    """
    from mlwright.workflow.profile import profile as run

    return run(data, target, roles)


def write_report(model: Model, path: str | Path, *, language: str = "en") -> Path:
    """Write the report of a model: one HTML page that loads nothing; `language` is "en" or "de"."""
    from mlwright.report.build import write_report as run

    return run(model.evidence, path, language=language)


def __getattr__(name: str) -> Any:
    if name == "Model":
        from mlwright.artifact.model import Model

        return Model
    if name == "MlwrightError":
        from mlwright.core.errors import MlwrightError

        return MlwrightError
    message = f"module 'mlwright' has no attribute {name!r}"
    raise AttributeError(message)
