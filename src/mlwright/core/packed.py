"""Packed networks: several small ones side by side, trained by steps that are a few large products."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.product import product

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlwright.core.arrays import Singles

GAIN = np.float32(1.6)
"""Keeps the spread of a layer what it was before the activation."""
_BETAS = (0.9, 0.95)
_WARM_UP = 0.02
_FRONT_RATE = 5.0
"""The scales of the features learn faster than the rest."""
_LOTS = 256
"""A byte of chance decides which units a step leaves out: a tenth of the time that a number takes."""


@final
@dataclass(frozen=True, slots=True)
class _Room:
    """Arrays that every step works in; those of layers have shape (n_members, n_rows, width)."""

    front: Singles
    hidden: list[Singles]
    bends: list[Singles]
    spare: Singles


@final
class Packed:
    """Members of equal size. All parameters live in one vector, so that a step of Adam is a few passes.

    `views` are its parts: the scales of the inputs, shape (n_members, 1, n_inputs), then for each layer
    weights (n_members, n_in, n_out) and biases (n_members, 1, n_out). Between layers stands a SiLU. `sizes`
    are the widths of inputs, hidden layers, all as wide, and outputs; `options` the hyperparameters.

    Sources: decoupled weight decay after Loshchilov and Hutter (2019), "Decoupled weight decay
    regularization"; Adam after Kingma and Ba (2015).
    """

    def __init__(self, sizes: Sequence[int], options: dict[str, Any], rng: np.random.Generator) -> None:
        self._rng, n = rng, options["members"]
        shapes = [(n, 1, sizes[0])]
        for size, following in pairwise(sizes):
            shapes += [(n, size, following), (n, 1, following)]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        starts = [0, *ends[:-1].tolist()]
        self._flat = np.zeros(int(ends[-1]), np.float32)
        self._slope = np.zeros_like(self._flat)

        def views(flat: Singles) -> list[Singles]:
            return [flat[a:b].reshape(s) for a, b, s in zip(starts, ends, shapes, strict=True)]

        self.views, self._slopes = views(self._flat), views(self._slope)
        self._rates = np.full_like(self._flat, options["rate"])
        views(self._rates)[0][:] *= _FRONT_RATE
        self._decays = np.zeros_like(self._flat)
        self.views[0][:] = 1.0
        for number in range(1, len(shapes), 2):
            n_in, is_last = shapes[number][1], number == len(shapes) - 2
            scale = (0.5 if is_last else 1.0) / np.sqrt(max(1, n_in))
            self.views[number][:] = rng.standard_normal(shapes[number], np.float32) * np.float32(scale)
            if not is_last:
                self.views[number + 1][:] = rng.standard_normal(shapes[number + 1], np.float32) * 0.5
            views(self._decays)[number][:] = options["decay"]
        self._first, self._second = np.zeros_like(self._flat), np.zeros_like(self._flat)
        self._spare = np.empty_like(self._flat), np.empty_like(self._flat)
        self._room: _Room | None = None
        n_kept = round(_LOTS * (1.0 - options["dropout"]))
        self._masks = np.zeros(_LOTS, np.float32)
        self._masks[:n_kept] = GAIN / np.float32(n_kept / _LOTS)

    def step(self, given: Singles, slope_of: Callable[[Singles], Singles], step: int, n_steps: int) -> None:
        """Go one step down the mean loss of some rows.

        Parameters
        ----------
        given
            Their inputs, shape (n_rows, n_inputs).
        slope_of
            Turns outputs, shape (n_members, n_rows, n_outputs), into the slope of the mean loss there.
        step, n_steps
            The number of this step, the first being 0, and of all: the schedule is a cosine.
        """
        front = self.views[0].transpose(0, 2, 1)
        into, beyond, biases = self._slopes[1::2], self._slopes[2::2], self.views[2::2]
        room = self._room_for(len(given))
        weights = [np.multiply(front, self.views[1], out=room.front), *self.views[3::2]]
        hidden = [given]
        for weight, bias, out, bend in zip(weights[:-1], biases[:-1], room.hidden, room.bends, strict=True):
            np.add(product(hidden[-1], weight, out=out), bias, out=out)
            _activate(out, bend, room.spare)
            mask = self._mask(room.spare)
            np.multiply(bend, mask, out=bend)
            hidden.append(np.multiply(out, mask, out=out))
        outputs = product(hidden[-1], weights[-1])
        outputs += biases[-1]
        delta = slope_of(outputs)
        for layer in range(len(weights) - 1, 0, -1):
            product(hidden[layer].transpose(0, 2, 1), delta, out=into[layer])
            np.sum(delta, axis=1, keepdims=True, out=beyond[layer])
            # The activations of this layer are not needed any more.
            delta = product(delta, weights[layer].transpose(0, 2, 1), out=hidden[layer])
            delta *= room.bends[layer - 1]
        # Scales and first weights act as one product, and so their slopes share what is dear.
        both = product(given.T, delta, out=room.front)
        np.sum(delta, axis=1, keepdims=True, out=beyond[0])
        np.multiply(both, front, out=into[0])
        both *= self.views[1]
        np.sum(both.transpose(0, 2, 1), axis=1, keepdims=True, out=self._slopes[0])
        self._descend(step, n_steps)

    def _room_for(self, n_rows: int) -> _Room:
        """Return arrays to work in: fresh ones cost more than what is computed in them."""
        if self._room is None or self._room.spare.shape[1] != n_rows:
            n, width = len(self.views[0]), self.views[2].shape[2]
            inner = [np.empty((n, n_rows, view.shape[2]), np.float32) for view in self.views[2:-1:2]]
            others = [np.empty_like(one) for one in inner]
            self._room = _Room(
                np.empty_like(self.views[1]), inner, others, np.empty((n, n_rows, width), np.float32)
            )
        return self._room

    def _mask(self, mask: Singles) -> Singles:
        """Fill an array with the factors of a dropout."""
        lots = np.frombuffer(self._rng.bytes(mask.size), np.uint8).reshape(mask.shape)
        return np.take(self._masks, lots, out=mask, mode="clip")

    def _descend(self, step: int, n_steps: int) -> None:
        """One step of Adam with decoupled weight decay, without new memory."""
        first, second = _BETAS
        share = min(1.0, step / n_steps)
        factor = 0.5 * (1.0 + np.cos(np.pi * share)) * min(1.0, (step + 1) / (_WARM_UP * n_steps + 1))
        correction = np.sqrt(1.0 - second ** (step + 1)) / (1.0 - first ** (step + 1))
        move, spare = self._spare
        np.subtract(self._slope, self._first, out=move)
        move *= 1.0 - first
        self._first += move
        np.multiply(self._slope, self._slope, out=move)
        move -= self._second
        move *= 1.0 - second
        self._second += move
        np.sqrt(self._second, out=spare)
        spare += np.float32(1e-8)
        np.multiply(self._first, np.float32(correction), out=move)
        move /= spare
        np.multiply(self._decays, self._flat, out=spare)
        move += spare
        np.multiply(self._rates, np.float32(factor), out=spare)
        move *= spare
        self._flat -= move


def _activate(out: Singles, bend: Singles, gate: Singles) -> None:
    """Apply SiLU in place and write its slope to `bend`; `gate` is room to work in."""
    np.negative(out, out=gate)
    with np.errstate(over="ignore"):
        np.exp(gate, out=gate)
    gate += 1.0
    np.divide(1.0, gate, out=gate)
    out *= gate
    np.subtract(1.0, gate, out=bend)
    bend *= out
    bend += gate
