"""Small neural networks, several trained side by side and averaged."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.learner import (
    Configuration,
    Fit,
    FittedModel,
    Learner,
    Limits,
    Matrix,
    Sample,
    Sequel,
    Shape,
)
from mlwright.core.packed import GAIN, Packed
from mlwright.core.part import Layers
from mlwright.core.product import product
from mlwright.core.scaling import Scaling
from mlwright.core.task import OF_ROWS, Link, answers, lower_answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.core.arrays import Floats, Integers, Singles
    from mlwright.core.graph import Graph

_BEND = np.float32(3.0)
"""Scaled features are bent towards this: linear near the middle, flat far out."""
_CHUNK = 4096
_MANY_CLASSES = 12
_N_COMBINED, _ROWS_TO_COMBINE = 60, 2_000
_SHORT, _SHORT_FOR_CLASSES = {"epochs": 6}, {"epochs": 12, "decay": 0.5}
_ROWS_FOR_LARGER_STEPS = 8_000
_PIECES, _FEW_PIECES, _FEWEST_PIECES, _MOST_INPUTS = 12, 6, 4, 600
_LOW = -30.0
"""The score of a class that the training rows of a fold do not hold."""
_TRAINING_SHARE = 0.8
_PROBE_STEPS = 8


@final
@dataclass(frozen=True)
class _Network(FittedModel):
    """Members side by side. `front` (n_members, n_inputs) scales inputs; then one pair per layer.

    `weights[i]`, shape (n_members, n_in, n_out), and `biases[i]`, shape (n_members, 1, n_out). The
    answers of the members are averaged; values are shifted and scaled back. `means`, shape (n_inputs,):
    the inputs of an average training row.
    """

    scaling: Scaling
    weights: tuple[Singles, ...]
    biases: tuple[Singles, ...]
    link: Link
    middle: float
    spread: float
    means: Singles
    is_answer: bool = True
    n_nodes: int = 0

    def scores(self, matrix: Matrix) -> Floats:
        parts = []
        for start in range(0, max(1, len(matrix.dense)), _CHUNK):
            inputs = _inputs(self.scaling, matrix.dense[start : start + _CHUNK])
            parts.append(self.answer(inputs))
        return np.concatenate(parts)

    def answer(self, inputs: Singles) -> Floats:
        """Return the mean answer of the members to prepared inputs."""
        outputs = _forward(self.weights, self.biases, inputs)
        given = np.mean([answers(self.link, one.astype(np.float64)) for one in outputs], axis=0)
        if self.link is Link.IDENTITY:
            given = given * self.spread + self.middle
        return np.asarray(given, dtype=np.float64)

    def lower(self, graph: Graph, dense: str, terms: str) -> str:
        """Write one chain of two-dimensional products per member.

        Batched products over members would be shorter, but the runtime sums those in another order
        when there is a single row.
        """
        del terms
        scaled = self.scaling.lower(graph, dense)
        squared = graph.add("Mul", scaled, scaled)
        below = graph.add("Sqrt", graph.add("Add", graph.constant(1.0), _over(graph, squared)))
        inputs = graph.add("Div", scaled, below)
        n_members = len(self.weights[0])
        share = graph.constant(1.0 / n_members)
        total = ""
        for member in range(n_members):
            weights = [graph.constant(layer[member]) for layer in self.weights]
            biases = [graph.constant(layer[member]) for layer in self.biases]
            hidden = inputs
            for layer in range(len(weights)):
                if layer:
                    active = graph.add("Mul", hidden, graph.add("Sigmoid", hidden))
                    hidden = graph.add("Mul", active, graph.constant(GAIN))
                product = graph.add("MatMul", hidden, weights[layer])
                hidden = graph.add("Add", product, biases[layer])
            part = Layers(
                reads=(inputs,), means=(graph.constant(self.means),),
                weights=tuple((one,) for one in weights), biases=tuple(biases),
                origins=self.scaling.origins, gain=float(GAIN), share=1.0 / n_members,
                scale=self.spread, shift=self.middle,
            )  # fmt: skip
            graph.parts.append(part)
            given = graph.add("Mul", lower_answers(graph, self.link, hidden), share)
            total = graph.add("Add", total, given) if total else given
        if self.link is Link.IDENTITY:
            total = graph.add("Mul", total, graph.constant(self.spread))
            total = graph.add("Add", total, graph.constant(self.middle))
        return total

    def edges(self, n_dense: int) -> list[Floats]:
        return [np.empty(0)] * n_dense


@final
class Network(Learner):
    """Multilayer perceptrons, packed so that each step trains all members in a few large products.

    Smooth where trees have steps, so the blend gains from it even where it is worse alone. Robust
    scaling and bending of the inputs, learned feature scales, dropout, decoupled weight decay and a
    cosine schedule follow Holzmueller et al. 2024, "Better by default" (RealMLP), section 3; several
    members in one pass follow Gorishniy et al. 2024, "TabM". Trained in numpy: for nets this small
    it is as fast as a framework on a processor, and it is always installed.
    """

    serves = OF_ROWS
    is_anytime = True
    steps: ClassVar[Mapping[str, tuple[float, float]]] = {
        "hidden": (32, 384), "dropout": (0.02, 0.5), "decay": (0.003, 0.5), "rate": (0.001, 0.02),
        "epochs": (4, 90),
    }  # fmt: skip
    sequel = Sequel(parameter="epochs", factor=4.0, most=500, cost=4.0, gain=0.1)

    def configurations(self, shape: Shape) -> list[Configuration]:
        """Propose short and long schedules, with and without pieces of columns, where a step is cheap enough.

        Noise asks for the short one. Pieces let the nets bend where the rows are: values gain from them,
        often more than from anything else, classes now and then. Nets for values learn more from many
        small steps; those for classes soon learn the chance of the rows, so their weights are held back.
        """
        width = shape.n_dense + 3 * shape.n_codes
        if shape.n_rows > 60_000 or width > 1_000 or shape.n_rows < 100:
            return []
        is_value, is_large = shape.link is Link.IDENTITY, shape.n_rows >= 20_000
        are_classes = not is_value and shape.n_scores <= _MANY_CLASSES
        parameters: dict[str, Any] = {
            "members": 4,
            "hidden": 128,
            "layers": 2,
            "epochs": 16 if is_large else 30,
            "batch": (64 if is_value else 256) * (2 if is_large else 1),
            "rate": 0.004,
            "decay": 1.0 if are_classes else 0.05,
            "dropout": 0.3 if shape.n_rows < 8_000 else 0.1,
            "pieces": 0,
        }
        order = 24 if shape.n_rows < 8_000 else 40 if is_large else 27
        if shape.n_scores > _MANY_CLASSES:
            order = 15  # trees need one per class and round, a network one more column
        long = Configuration(
            name="network", order=order, cost=1.0, parameters=parameters, encodings=("one_hot", "target_mean")
        )
        hurry = _SHORT_FOR_CLASSES if are_classes else _SHORT
        short = replace(
            long, name="network, short", order=order - 2, cost=0.35, parameters={**parameters, **hurry}
        )
        plain = [short, long]
        if shape.n_scores > _MANY_CLASSES:  # much to tell apart, and little noise that a long schedule learns
            wide = {**parameters, "hidden": 192, "epochs": 2 * parameters["epochs"]}
            plain.append(replace(long, name="network, long", order=order + 1, cost=3.0, parameters=wide))
        bent = _cut(long, shape, is_combined=False)
        if are_classes:
            bent += [
                replace(one, name="network, pieces, short", order=order - 1, cost=0.35,
                        parameters={**one.parameters, **_SHORT_FOR_CLASSES})
                for one in bent
            ]  # fmt: skip
        if shape.n_rows < _ROWS_TO_COMBINE:
            return [*plain, *bent]
        combined = [*plain[:2], *(_cut(long, shape, is_combined=True) if is_value else [])]
        return [*plain, *bent, *map(_combined, combined)]

    def fit(
        self, configuration: Configuration, train: Sample, valid: Sample | None, link: Link, limits: Limits
    ) -> Fit:
        """Train to the end of the schedule.

        The epoch that looks best on `valid` is not sought: it looked 1 to 15 % better there than on rows to
        come, most where those are later. Short schedules, which cool down in time, do as well.
        """
        training = _Training(configuration, train, link, limits)
        is_truncated, n_epochs = training.run()
        model = training.model()
        rows = np.random.default_rng(limits.seed).integers(0, len(train.target), 200)
        probe = train.matrix.take(rows)
        return Fit(
            model=model,
            rounds=n_epochs,
            is_truncated=is_truncated,
            wants_more=training.haste == 1.0 and n_epochs == configuration.parameters["epochs"],
            haste=training.haste,
            valid_scores=None if valid is None else model.scores(valid.matrix),
            probe=probe,
            probe_scores=model.scores(probe),
            settings={
                **training.options, "epochs": n_epochs, "seed": limits.seed,
                "middle": training.middle, "spread": training.spread,
            },
        )  # fmt: skip


@final
class _Clock:
    """Shortens the schedule when it would not fit: a quick descent beats one that is cut off."""

    def __init__(self, limits: Limits, n_steps: int) -> None:
        self.n_steps, self.is_late = n_steps, False
        self._fixed = limits.rounds is not None
        self._started = time.monotonic()
        self._end: float | None = None
        if limits.deadline is not None:
            self._end = self._started + _TRAINING_SHARE * (limits.deadline - self._started)

    def is_over(self, step: int) -> bool:
        """Tell whether to stop after this step, the first being 1."""
        if self._end is None:
            return step >= self.n_steps
        now = time.monotonic()
        if step == _PROBE_STEPS and not self._fixed:
            each = (now - self._started) / step
            self.n_steps = max(step + 1, min(self.n_steps, step + int((self._end - now) / max(each, 1e-9))))
        self.is_late = now >= self._end
        return self.is_late or step >= self.n_steps


@final
class _Training:
    """One training run."""

    def __init__(self, configuration: Configuration, train: Sample, link: Link, limits: Limits) -> None:
        options: dict[str, Any] = dict(configuration.parameters)
        self.options, self.train, self.link, self.limits = options, train, link, limits
        self.rng = np.random.default_rng(limits.seed)
        self.scaling = Scaling.fit(train.matrix.dense, options["pieces"], train.matrix.n_numbers)
        self.inputs = _inputs(self.scaling, train.matrix.dense)
        self.means = self.inputs.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.middle, self.spread = 0.0, 1.0
        if link is Link.IDENTITY:
            self.middle, self.spread = float(train.target.mean()), float(train.target.std()) or 1.0
        self.n_outputs = train.n_classes if link is Link.SOFTMAX else 1
        weights = np.ones(len(train.target)) if train.weights is None else train.weights
        self.row_weights = (weights / weights.mean()).astype(np.float32)
        self.haste = limits.haste
        n_inputs = self.inputs.shape[1]
        sizes = [n_inputs] + [options["hidden"]] * options["layers"] + [self.n_outputs]
        self.nets = Packed(sizes, options, self.rng)

    def run(self) -> tuple[bool, int]:
        """Train; return whether time ran out, and the number of epochs."""
        batch = min(self.options["batch"], len(self.inputs))
        per_epoch = max(1, len(self.inputs) // batch)
        n_wanted = max(2, round(self.options["epochs"] / self.limits.haste))
        n_epochs = n_wanted if self.limits.rounds is None else min(n_wanted, self.limits.rounds)
        clock = _Clock(self.limits, n_epochs * per_epoch)
        epoch, step = 0, 0
        while epoch < n_epochs:
            order = self.rng.permutation(len(self.inputs))
            for start in range(0, per_epoch * batch, batch):
                rows = order[start : start + batch]
                self.nets.step(self.inputs[rows], partial(self._slope, rows), step, clock.n_steps)
                step += 1
                if clock.is_over(step):
                    break
            epoch += 1
            if step >= clock.n_steps or clock.is_late:
                break
        self.haste = self.limits.haste * n_epochs * per_epoch / max(1, clock.n_steps)
        return clock.is_late and epoch < n_epochs, epoch

    def model(self) -> _Network:
        """Return the present state, with the scales of the features folded into the first layer."""
        front = self.nets.views[0]
        weights = [view.copy() for view in self.nets.views[1::2]]
        weights[0] *= front.transpose(0, 2, 1)
        biases = [view.copy() for view in self.nets.views[2::2]]
        if self.link is Link.SOFTMAX:
            never = np.bincount(self.train.target.astype(np.int64), minlength=self.n_outputs) == 0
            weights[-1][:, :, never], biases[-1][:, :, never] = 0.0, _LOW
        return _Network(
            self.scaling, tuple(weights), tuple(biases), self.link, self.middle, self.spread, self.means
        )

    def _slope(self, rows: Integers, outputs: Singles) -> Singles:
        """Return the slope of the mean loss of some rows with respect to the outputs of all members."""
        target, weights = self.train.target[rows], self.row_weights[rows] / np.float32(len(rows))
        if self.link is Link.IDENTITY:
            wanted = ((target - self.middle) / self.spread).astype(np.float32)[:, None]
            return np.asarray((outputs - wanted) * (2.0 * weights[:, None]))
        if self.link is Link.SIGMOID:
            with np.errstate(over="ignore"):
                share = 1.0 / (1.0 + np.exp(-outputs))
            delta = share - target.astype(np.float32)[:, None]
            return np.asarray(delta * weights[:, None])
        powers = np.exp(outputs - outputs.max(axis=2, keepdims=True))
        powers /= powers.sum(axis=2, keepdims=True)
        powers[:, np.arange(len(rows)), target.astype(np.int64)] -= 1.0
        return np.asarray(powers * weights[:, None])


def _inputs(scaling: Scaling, dense: Singles) -> Singles:
    scaled = scaling.transform(dense)
    return np.asarray(scaled / np.sqrt(1.0 + scaled * scaled * (1.0 / (_BEND * _BEND))), dtype=np.float32)


def _over(graph: Graph, squared: str) -> str:
    return graph.add("Mul", squared, graph.constant(1.0 / (_BEND * _BEND)))


def _forward(weights: tuple[Singles, ...], biases: tuple[Singles, ...], inputs: Singles) -> Singles:
    """Return the outputs of every member, shape (n_members, n_rows, n_outputs)."""
    hidden: Singles = product(inputs[None], weights[0]) + biases[0]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        with np.errstate(over="ignore"):
            active = hidden * (1.0 / (1.0 + np.exp(-hidden))) * GAIN
        hidden = np.asarray(product(active, weight) + bias)
    return hidden


def _cut(long: Configuration, shape: Shape, *, is_combined: bool) -> list[Configuration]:
    """Return the candidate with pieces of columns; none where so many columns leave few for each.

    Of combined features there are many, and more pieces harm; so they do where classes are to be told.
    """
    is_value = shape.link is Link.IDENTITY
    n_columns = shape.n_dense + (_N_COMBINED if is_combined else 0)
    n_pieces = min(
        _PIECES if is_value and not is_combined else _FEW_PIECES, _MOST_INPUTS // max(1, n_columns)
    )
    if n_pieces < _FEWEST_PIECES or not n_columns:
        return []
    place = long.order - 1 if is_value and not is_combined else long.order + 1
    parameters = {**long.parameters, "pieces": n_pieces}
    if is_value and shape.n_rows >= _ROWS_FOR_LARGER_STEPS:
        parameters["batch"] *= 4
    if not is_value and shape.n_scores <= _MANY_CLASSES:
        parameters["dropout"] = 0.5
    return [replace(long, name="network, pieces", order=place, parameters=parameters)]


def _combined(one: Configuration) -> Configuration:
    name, order, cost = f"{one.name}, combined", one.order + 10, one.cost + 0.5
    return replace(one, name=name, order=order, cost=cost, n_combined=_N_COMBINED)
