"""Explains answers out of the program alone: its own trees, weights and sums, with numpy and ONNX Runtime."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import ArtifactError, UsageError
from mlwright.core.explanation import Explanation
from mlwright.core.shape import misfit
from mlwright.core.task import Link
from mlwright.program.grove import Grove
from mlwright.program.layers import Stack
from mlwright.program.nodes import Nodes
from mlwright.program.runtime import asked_alone, open_session
from mlwright.program.shares import exact, factor_amounts, link_amounts
from mlwright.program.sums import SHAPE, SUMS
from mlwright.program.wire import written

if TYPE_CHECKING:
    from mlwright.core.arrays import Array, Columns, Floats
    from mlwright.program.runtime import Program

_GRAPH, _OUTPUT, _NAME = 7, 12, 1
_FARTHEST = 1e-3
"""The parts may miss the answer by so much, in units of its scale, before they are made exact."""
_CHUNK_ROWS = 256

_Scores = dict[int, "tuple[Floats, Floats]"]
"""For each part by number: the scores when nothing is known (n_scores,), and what each player adds to them,
(n_scores, n_players)."""


@final
class Explainer:
    """Says for a row how much each raw column moved its answers.

    Trees by exact Shapley values (`core.shapley`), layers by integrated gradients, which is exact for linear
    models; then weights, links and calibration are followed as the program does (`program.shares`). What
    belongs to several columns is shared equally among them. A row's amounts depend on that row alone.
    """

    def __init__(self, data: bytes, program: Program) -> None:
        self._program = program
        self._sums = _checked(program.facts.get(SUMS))
        try:
            self._read(data)
            self._check_widths()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            message = f"What program.onnx says of its parts cannot be understood: {error!r}."
            raise ArtifactError(message) from error

    def _read(self, data: bytes) -> None:
        program = self._program
        self._link = Link(self._sums["link"])
        players = self._sums["players"]
        self._names = tuple(program.columns[: self._sums["n_columns"]])
        self._of_columns = np.zeros((len(players), len(self._names)))
        for player, columns in enumerate(players):
            self._of_columns[player, columns] = 1.0 / len(columns)
        nodes, parts = Nodes(data), dict(enumerate(self._sums["parts"]))
        self._grove = Grove({k: v for k, v in parts.items() if v["kind"] == "splits"}, nodes, len(players))
        self._stacks = {k: Stack.read(v, nodes) for k, v in parts.items() if v["kind"] == "layers"}
        self._reads = list(dict.fromkeys(name for part in parts.values() for name in _names(part)))
        # The bytes of a message that follow those of another add to it: the same graph, with more outputs.
        more = b"".join(written(_OUTPUT, written(_NAME, name.encode())) for name in self._reads)
        self._session: Any = open_session(data + written(_GRAPH, more))
        self._base: Floats = self._total(self._scores(None))[0]

    def _check_widths(self) -> None:
        """Refuse parts that read more or fewer features than they say to whom these belong."""
        width_of = {item.name: item.shape[-1] for item in self._session.get_outputs()}
        for part in self._sums["parts"]:
            read = sum(width_of[name] for name in _names(part))
            if read != len(part.get("owners", [])):
                message = f"{read} features are read, and {len(part['owners'])} have an owner"
                raise ValueError(message)

    def explain(self, columns: Columns) -> Explanation:
        """Explain typed rows; each array has shape (n_rows,)."""
        names, n_answers = self._names, len(self._base)
        if not len(columns[names[0]]):
            none = np.empty((0, n_answers))
            return Explanation(
                columns=names, base=self._base, amounts=np.empty((0, n_answers, len(names))), answers=none
            )
        found, answers = [], []
        starts = self._program.starts([columns[name] for name in self._program.columns], _CHUNK_ROWS)
        for start, end in pairwise([*starts, len(columns[names[0]])]):
            values, given = self._run({k: v[start:end] for k, v in columns.items()})
            answers.append(given)
            found += [
                self._row({name: value[row] for name, value in values.items()}, given[row])
                for row in range(len(given))
            ]
        return Explanation(
            columns=names, base=self._base, amounts=np.stack(found), answers=np.concatenate(answers)
        )

    def _run(self, columns: Columns) -> tuple[dict[str, Array], Floats]:
        """Return the features that the parts read, as the program makes them, and its answers."""
        wanted = [*self._reads, self._program.scores_name]
        found = self._session.run(wanted, self._program.feeds(columns), asked_alone())
        answers: Floats = found.pop().astype(np.float64)
        return dict(zip(self._reads, found, strict=True)), answers

    def _row(self, values: dict[str, Array], answers: Floats) -> Floats:
        """Return the amounts of one row, shape (n_answers, n_columns)."""
        amounts = self._total(self._scores(values))[1]
        change = answers - self._base
        missed = float(np.abs(change - amounts.sum(axis=1)).max())
        if not missed <= _FARTHEST * max(self._sums["scale"], float(np.abs(change).max())):
            reason = f"the parts of the program add up to another answer (by {missed:.2g})."
            what = "This is a defect of mlwright; please report it."
            raise ArtifactError(f"This row cannot be explained: {reason} {what}")
        return exact(amounts @ self._of_columns, change)

    def _scores(self, values: dict[str, Array] | None) -> _Scores:
        """Explain the scores of every part; without values, as if nothing moved them."""
        found: _Scores = self._grove.scores(values)
        n_players = len(self._of_columns)
        for number, stack in self._stacks.items():
            found[number] = stack.explained(values, n_players)
        for number, part in enumerate(self._sums["parts"]):
            if "answer" in part:
                answer = np.array(part["answer"], dtype=np.float64)
                found[number] = answer, np.zeros((len(answer), n_players))
        return found

    def _total(self, scores: _Scores) -> tuple[Floats, Floats]:
        """Follow the program from scores to answers: links, weights, calibration, units of the target."""
        base: Any = 0.0
        amounts: Any = 0.0
        for number, part in enumerate(self._sums["parts"]):
            is_answer = part.get("is_answer", "answer" in part)
            link = Link.IDENTITY if is_answer else self._link
            start, moved = link_amounts(link, *scores[number])
            if self._link is Link.IDENTITY:
                start, moved = start * part.get("scale", 1.0), moved * part.get("scale", 1.0)
                start = start + part.get("shift", 0.0)
            base, amounts = base + part["weight"] * start, amounts + part["weight"] * moved
        if self._sums["factors"]:
            base, amounts = factor_amounts(np.array(self._sums["factors"]), base, amounts)
        if self._link is Link.IDENTITY:
            return base * self._sums["scale"] + self._sums["offset"], amounts * self._sums["scale"]
        return base, amounts


def _names(part: dict[str, Any]) -> list[str]:
    reads = part.get("reads", [])
    return [reads] if isinstance(reads, str) else list(reads)


def _checked(sums: Any) -> dict[str, Any]:
    if not isinstance(sums, dict):
        what = "it was trained by a version of mlwright whose models did not carry what that needs"
        message = f"This model cannot explain its answers: {what}. Train it again."
        raise UsageError(message)
    where = misfit(sums, SHAPE)
    if where is not None:
        message = f"What program.onnx says of its parts is not as mlwright writes it at {where[:80]!r}."
        raise ArtifactError(message)
    if sums["silent"]:
        message = (
            f"This model cannot explain its answers: {sums['silent'][0]!r} is a part of it, and its learner "
            "does not say how its scores add up."
        )
        raise UsageError(message)
    return sums
