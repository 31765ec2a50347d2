"""Part: something in a program that adds up to the answers, and how its scores can be explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Trees: the graph value with the features they read, and that of their scores.

    `is_answer` tells that the scores are answers already; else the link of the task follows.
    """

    reads: str
    scores: str
    is_answer: bool = False


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Products and sums, one layer after the other, with `gain * x * sigmoid(x)` between them.

    Each of `reads` is a graph value of inputs; side by side they enter the first layer. `means` are
    graph constants of the same widths: the inputs of an average training row. `weights[i]` are constants
    to be put below each other, (n_in, n_out) together, and `biases[i]` is one. `origins`: of which feature
    of the member each input is made; words follow the dense features. `share` is how much of the member's
    answer this part is, `scale` and `shift` what follows the last layer where the answer is a value.
    """

    reads: tuple[str, ...]
    means: tuple[str, ...]
    weights: tuple[tuple[str, ...], ...]
    biases: tuple[str, ...]
    origins: tuple[int, ...]
    gain: float = 1.0
    share: float = 1.0
    scale: float = 1.0
    shift: float = 0.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """The same answer to every row."""

    answer: tuple[float, ...]


Part = Splits | Layers | Fixed
