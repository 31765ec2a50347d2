"""The runtime: runs a program with numpy and ONNX Runtime alone."""

from __future__ import annotations

import json
import logging
import math
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError
from mlwright.core.prediction import Prediction
from mlwright.core.processors import n_processors
from mlwright.program.front import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlwright.core.arrays import Array, Columns
    from mlwright.program.bulk import Bulk

PROBABILITIES, LABEL, VALUE, DIFFICULTY, DECISION, SCORES = (
    "probabilities", "label", "value", "difficulty", "decision", "scores"
)  # fmt: skip
"""Names of the outputs of a program."""
_CHUNK_ROWS = 4_096
_CHUNK_ROWS_TEXT = 256
"""Word counts are dense inside the program, so fewer rows at once."""
_CHUNK_LETTERS = 2_000_000
"""The runtime takes texts apart into a square: as many pieces for each row as for the longest."""
CHUNK_ROWS_RANKING = 16
"""A row scores a whole catalog, several times over."""
_TRIED_ROWS = 1_000
"""So many are answered both ways before the faster one is relied on: the first lot may be a single row."""
_FEWEST_AT_ONCE = 32
"""A single row is answered sooner by ONNX Runtime alone."""
_logger = logging.getLogger("mlwright.program")


@final
class Program:
    """A loaded program. Safe to call from several threads.

    Each call runs on one thread, because the runtime adds the trees of a single row in another order
    when it has several; large batches are spread over threads in chunks instead.
    """

    def __init__(self, data: bytes) -> None:
        self._front, rest = split(data)
        session = open_session(rest)
        self._session: Any = session
        self.facts = _facts(session.get_modelmeta().custom_metadata_map)
        self.columns = _columns(self.facts, len(self._front.names))
        self.reads_text = self._front.is_text
        self._outputs: list[str] = [item.name for item in session.get_outputs()]
        self.scores_name = self._outputs[0]
        place = {name: number for number, name in enumerate(self._outputs)}
        self._places = place.get(LABEL), place.get(DIFFICULTY), place.get(DECISION)
        self.decides = DECISION in place
        sizes = {b"TfIdfVectorizer": _CHUNK_ROWS_TEXT, b"ScatterElements": CHUNK_ROWS_RANKING}
        self._bulk: Bulk | None = None
        self._n_tried, self._looked_for = 0, 0.0
        self._counts_words = b"TfIdfVectorizer" in data
        self.chunk_rows = min([size for wide, size in sizes.items() if wide in data], default=_CHUNK_ROWS)

    def run(self, columns: Columns, n_threads: int | None = None) -> Prediction:
        """Answer typed rows, each array of shape (n_rows,), on a thread per processor unless told."""
        cells = [columns[name] for name in self.columns]
        n_rows = len(cells[0])
        if not n_rows:
            return self._none()
        starts = self.starts(cells, self.chunk_rows)
        if len(starts) == 1:
            return self._run_chunk(cells)
        chunks = ([column[start:end] for column in cells] for start, end in pairwise([*starts, n_rows]))
        if n_threads == 1:
            return Prediction.join(list(map(self._run_chunk, chunks)))
        with ThreadPoolExecutor(min(len(starts), n_threads or n_processors())) as threads:
            return Prediction.join(list(threads.map(self._run_chunk, chunks)))

    def run_lines(self, lines: Sequence[Sequence[float | str]]) -> Prediction:
        """Answer few rows, typed cells in the order of `columns`; the same as `run` does."""
        return self._run(self._front.of_lines(lines)) if len(lines) else self._none()

    def hasten(self, data: bytes, n_rows: int) -> bool:
        """Get ready for so many rows; return whether a faster way was found, with the same answers.

        It takes the extra 'bulk', some seconds, and many rows to be worth it; `data` is the whole program.
        """
        if self._bulk is None and n_rows > self._looked_for:
            from mlwright.program.bulk import hastened  # noqa: PLC0415 - single rows need none of it

            self._looked_for = n_rows  # whether it pays does not change for as many rows, or fewer
            try:
                self._bulk = hastened(data, n_rows, open_session, self._outputs)
            except Exception as error:  # noqa: BLE001 - whatever it is, the runtime goes on without it
                self._slow_down(f"it failed ({_reason(error)})")
        return self._bulk is not None

    def feeds(self, columns: Columns) -> dict[str, Array]:
        """Return what a session of the whole program is fed with, by the names of its inputs."""
        cells = [columns[name].reshape(-1, 1) for name in self.columns]
        return dict(zip(self._front.names, cells, strict=True))

    def _none(self) -> Prediction:
        """Answer no rows; the runtime would fail, or count the words of a row that is not there."""
        return self.run_lines([["" if is_text else math.nan for is_text in self.reads_text]]).take(slice(0))

    def starts(self, cells: list[Array], most: int) -> list[int]:
        """Return where chunks of at most so many rows begin; where words are counted, of few long texts."""
        n_rows = len(cells[0])
        texts = [cells[place] for place, is_text in enumerate(self.reads_text) if is_text]
        if not self._counts_words or not texts:
            return list(range(0, n_rows, most))
        lengths = np.max([np.fromiter(map(len, column), np.int64, n_rows) for column in texts], axis=0)
        found, longest = [0], 0
        for row, length in enumerate(lengths.tolist()):
            longest = max(longest, length)
            n_taken = row - found[-1]
            if n_taken and (n_taken >= most or (n_taken + 1) * longest > _CHUNK_LETTERS):
                found.append(row)
                longest = length
        return found

    def _run_chunk(self, cells: list[Array]) -> Prediction:
        return self._run(self._front.of_rows(cells))

    def _run(self, feeds: dict[str, Array]) -> Prediction:
        try:
            answers = self._answers(feeds)
        except MemoryError:
            raise
        except Exception as error:
            message = f"program.onnx cannot answer: {_reason(error)}"
            raise ArtifactError(message) from error
        label, difficulty, decisions = self._places
        scores = answers[0] if self.scores_name == SCORES else answers[0].astype(np.float64, copy=False)
        return Prediction(
            scores,
            None if label is None else answers[label],
            None if difficulty is None else answers[difficulty][:, 0],
            None if decisions is None else answers[decisions][:, 0],
        )

    def _answers(self, feeds: dict[str, Array]) -> list[Array]:
        """Run the program, the faster way if there is one that has given the same before, and rows enough."""
        n_rows = len(next(iter(feeds.values())))
        bulk = self._bulk if n_rows >= _FEWEST_AT_ONCE else None
        if bulk is not None and self._n_tried >= _TRIED_ROWS:
            return bulk.run(feeds)
        known: list[Array] = self._session.run(self._outputs, feeds)
        if bulk is not None:
            self._try(bulk, feeds, known)
        return known

    def _try(self, bulk: Bulk, feeds: dict[str, Array], known: list[Array]) -> None:
        """Answer rows the faster way, too; leave it if that fails or gives anything else."""
        from mlwright.program.bulk import are_same  # noqa: PLC0415 - as above

        try:
            found = bulk.run(feeds)
        except Exception as error:  # noqa: BLE001 - the answers are there already
            self._slow_down(f"it failed ({_reason(error)})")
            return
        if are_same(known, found):
            self._n_tried += len(known[0])
        else:
            self._slow_down("it gave other bits")

    def _slow_down(self, why: str) -> None:
        """Leave all rows to ONNX Runtime from now on."""
        is_news, self._bulk, self._looked_for = self._looked_for < math.inf, None, math.inf
        if is_news:  # for one thread of several
            _logger.warning("All rows are left to ONNX Runtime. There is a faster way, but %s.", why)


def open_session(data: bytes) -> Any:
    """Load a program into ONNX Runtime so that a row's answer depends on that row alone."""
    onnxruntime = _onnxruntime()

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what goes wrong is raised; nobody need read it on stderr as well
    # Fusing multiplications with additions would round differently for one row and for many.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        message = f"program.onnx cannot be loaded by ONNX Runtime {onnxruntime.__version__}: {_reason(error)}"
        raise ArtifactError(message) from error


def _onnxruntime() -> Any:
    """Return ONNX Runtime, which shall tell nobody that and how it is used.

    Releases such as 1.31 keep a number of the machine in the home folder and send events to Microsoft, on
    Linux, too, unless the environment says no before they are imported (their Privacy.md).
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # noqa: PLC0415 - heavy: imported where it is used

    return onnxruntime


def _reason(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or type(error).__name__


def asked_alone() -> Any:
    """Return options with which a run computes what is asked for and nothing else."""
    onnxruntime = _onnxruntime()

    options = onnxruntime.RunOptions()
    options.only_execute_path_to_fetches = True
    return options


def _facts(metadata: dict[str, str]) -> dict[str, Any]:
    """Read the JSON values that the program carries beside its nodes; None where one cannot be read."""
    found = {}
    for key, value in metadata.items():
        try:
            found[key] = json.loads(value)
        except (ValueError, RecursionError):
            found[key] = None
    return found


def _columns(facts: dict[str, Any], n_inputs: int) -> list[str]:
    """Return the names of the raw columns, one per input."""
    names = facts.get("mlwright.columns")
    if not isinstance(names, list) or len(names) != n_inputs or not n_inputs:
        message = "program.onnx does not say which columns it reads; it was not written by mlwright."
        raise ArtifactError(message)
    return [str(name) for name in names]
