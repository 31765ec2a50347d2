"""The program that ranks: histories in, scores of all items out, proven equal to what was fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.artifact.golden import kept_scores
from mlwright.core.dataset import Lines
from mlwright.core.errors import ProofError
from mlwright.core.graph import MICROSOFT, ML, Graph, first_columns
from mlwright.core.schema import Column, Kind, Role, Schema
from mlwright.core.seeds import stream
from mlwright.program.onnx_file import write_onnx
from mlwright.program.runtime import LABEL, SCORES, Program
from mlwright.program.verify import verify_program
from mlwright.ranking.blend import LATEST, Row, leveled
from mlwright.ranking.matrix import best
from mlwright.ranking.words import (
    BETWEEN,
    HIDDEN,
    HISTORY,
    NOTHING,
    STRENGTHS,
    TRAITS,
    written,
    written_strengths,
)
from mlwright.workflow.recommending.judged import HIDDEN_SCORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlwright.core.arrays import Array, Singles
    from mlwright.core.recommender import Histories
    from mlwright.core.task import Task
    from mlwright.ranking.blend import Blend

_N_GOLDEN, _N_PROOF, _N_ALONE = 16, 64, 8
_TOLERANCE = 1e-4
"""Of scores whose rows have a length of 1: sums in single precision are in another order."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A program, its bytes, and how far it is from what was fitted."""

    program: Program
    data: bytes
    largest_difference: float
    n_rows: int


def compile_ranking(blend: Blend, task: Task) -> bytes:
    """Write the program: history, strengths and hidden items in, scores of all items and the best one out."""
    graph, n_items = Graph(), len(task.classes)
    columns = [HISTORY, STRENGTHS, HIDDEN, *([TRAITS] if blend.reads_traits else [])]
    history, strengths, hidden, *traits = (graph.input(name, is_text=True) for name in columns)
    size = graph.add("Shape", history, start=0, end=1)
    n_rows = graph.add("Concat", size, graph.constant([1], np.int64), axis=0)
    codes = _first(graph, _codes(graph, history, task))
    numbers = graph.add("Cast", _words(graph, strengths, "0"), to=np.dtype(np.float32))
    words = _first(graph, _words(graph, traits[0], NOTHING)) if traits else ""
    total = blend.lower(graph, Row(codes, _first(graph, numbers), words, n_rows), n_items)
    out = _codes(graph, hidden, task)
    zeros = graph.add("Mul", out, graph.constant([0], np.int64))
    lowest = graph.add("Add", graph.add("Cast", zeros, to=np.dtype(np.float32)), graph.constant(HIDDEN_SCORE))
    total = graph.add("ScatterElements", total, out, lowest, axis=1, reduction="none")
    scores = first_columns(graph, total, n_items)
    graph.output(SCORES, scores)
    graph.output(LABEL, graph.add("ArgMax", scores, axis=1, keepdims=0, select_last_index=0))
    facts = {
        "mlwright.columns": columns,
        "mlwright.classes": list(task.classes),
        "mlwright.target": task.target,
    }
    return write_onnx(graph, {SCORES: (np.float32, n_items), LABEL: (np.int64, 0)}, facts)


def _words(graph: Graph, text: str, pad: str) -> str:
    """Cut texts into what stands between separators."""
    flat = graph.add("Reshape", text, graph.constant([-1], np.int64))
    return graph.add(
        "Tokenizer", flat, domain=MICROSOFT, mark=0, mincharnum=1, pad_value=pad, separators=[BETWEEN]
    )


def _codes(graph: Graph, text: str, task: Task) -> str:
    """Give items their numbers; what is no item gets one more than there are."""
    n_items = len(task.classes)
    return graph.add(
        "LabelEncoder",
        _words(graph, text, NOTHING),
        domain=ML,
        keys_strings=[str(item) for item in task.classes],
        values_int64s=list(range(n_items)),
        default_int64=n_items,
    )


def _first(graph: Graph, words: str) -> str:
    return first_columns(graph, words, LATEST)


def schema_of(columns: Sequence[str], extra: Iterable[Column]) -> Schema:
    """Return the columns that the program reads, and those of the log."""
    reads = [Column(name=name, kind=Kind.CATEGORY, role=Role.FEATURE) for name in columns]
    return Schema((*reads, *(column for column in extra if column.name not in columns)))


def lines(asked: Histories, items: Sequence[Any], columns: Sequence[str], *, hides: bool) -> Lines:
    """Write histories as the program reads them in its columns; with `hides` they are not offered again."""
    cells: list[tuple[str, ...]] = []
    for user in range(asked.n_users):
        at = slice(int(asked.starts[user]), int(asked.starts[user + 1]))
        history = written(str(items[item]) for item in asked.items[at].tolist())
        row = (history, written_strengths(asked.strengths[at].tolist()), history if hides else "")
        told = () if asked.traits is None else asked.traits.said(user)
        cells.append((*row, written(told)) if TRAITS in columns else row)
    return Lines(cells)


def program_scores(program: Program, items: Sequence[Any]) -> Any:
    """Return a function from histories to the program's scores, nothing hidden, shape (n_users, n_items)."""

    def scores(asked: Histories) -> Singles:
        return run(program, lines(asked, items, program.columns, hides=False))

    return scores


def run(program: Program, asked: Lines) -> Singles:
    """Answer lines of any number, some at a time, shape (n_rows, n_items)."""
    size = program.chunk_rows
    parts = [program.run_lines(asked.cells[at : at + size]).scores for at in range(0, len(asked.cells), size)]
    return np.concatenate(parts).astype(np.float32)


def build(blend: Blend, task: Task, known: Histories, seed: int) -> Compiled:
    """Compile, load and prove; raise ProofError if the program ranks otherwise than what was fitted."""
    data = compile_ranking(blend, task)
    verify_program(data)
    program = Program(data)
    rng = stream(seed, "proof")
    users = np.sort(rng.permutation(known.n_users)[:_N_PROOF])
    asked = known.take(users)
    parts = [asked, *(asked.keep(asked.positions < stage.most) for stage in blend.stages)]
    largest = 0.0
    for part in parts:
        expected, found = blend.scores(part), program_scores(program, task.classes)(part)
        # The length by which a row of very many scores is divided is a sum in single precision, which may be
        # off by more than the scores are. It does not change their order, so rows are compared in one length.
        largest = max(largest, float(np.abs(leveled(expected) - leveled(found)).max(initial=0.0)))
        given = lines(part, task.classes, program.columns, hides=False).cells[:_N_ALONE]
        alone = np.concatenate([program.run_lines([row]).scores for row in given])
        if largest > _TOLERANCE or not np.array_equal(alone, found[: len(alone)]):
            message = f"The program ranks otherwise than the recommenders, by {largest:.2g}: nothing ships."
            raise ProofError(message)
        _same_lists(expected, found, blend.scale)
    return Compiled(program, data, largest, len(parts) * len(users))


def _same_lists(expected: Singles, found: Singles, scale: float) -> None:
    """Compare the first ten places; items may change places where their scores are equal but for rounding."""
    ours, theirs = best(expected, 10), best(found, 10)
    worth = [np.take_along_axis(expected, lists, axis=1) for lists in (ours, theirs)]
    if float(np.abs(worth[0] - worth[1]).max(initial=0.0)) > 2 * _TOLERANCE * scale:
        message = (
            "The program has other items at the first ten places than the recommenders have: nothing ships."
        )
        raise ProofError(message)


def _made_up(program: Program, words: Sequence[str], rng: np.random.Generator) -> tuple[str, ...]:
    """Make up what is known of a user, in a program that reads it."""
    if TRAITS not in program.columns:
        return ()
    chosen = np.unique(rng.integers(0, len(words), int(rng.integers(0, 4))))
    return (written(words[word] for word in chosen.tolist()),)


def golden(program: Program, task: Task, words: Sequence[str], seed: int) -> dict[str, Any]:
    """Make up histories of items, and traits, at random, so that nobody's is stored, and answer them."""
    rng = stream(seed, "golden")
    rows: list[tuple[str, ...]] = []
    for number in range(_N_GOLDEN):
        items = [str(task.classes[at]) for at in rng.integers(0, len(task.classes), number)]
        items = list(dict.fromkeys(items)) + (["\N{SNOWMAN}"] if number == 3 else [])
        strengths = rng.integers(1, 9, len(items)) / 8.0
        rows.append(
            (written(items), written_strengths(strengths.tolist()), "", *_made_up(program, words, rng))
        )
    prediction = program.run_lines(rows)
    labels: Array = prediction.labels if prediction.labels is not None else np.zeros(0)
    return {
        "rows": {name: [row[at] for row in rows] for at, name in enumerate(program.columns)},
        **kept_scores(prediction.scores),
        "labels": labels.tolist(),
        "difficulty": None,
        "decisions": None,
    }
