"""Two engines of every training: rows to stored features, and fitted parts to a proven program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from mlwright.core.seeds import seed_for
from mlwright.core.task import Link, Task
from mlwright.features.recipe import Recipe
from mlwright.program.compile import Parts, compile_program
from mlwright.program.prove import Proof, prove, prove_front
from mlwright.program.runtime import Program
from mlwright.program.verify import verify_program
from mlwright.tuning.store import Store

if TYPE_CHECKING:
    from mlwright.core.arrays import Integers
    from mlwright.core.dataset import Dataset


STEPS_SEED = "recipe"
"""Names the seed that steps are fitted with."""


@final
@dataclass(slots=True)
class Built:
    """A compiled program with what it was compiled from."""

    parts: Parts
    data: bytes
    program: Program
    proof: Proof


def store_name(rows: str, *, n_folds: int = 0, in_haste: bool = False) -> str:
    """Name what is stored of these rows by all that may differ when a run goes on: with it their fits do."""
    return f"{rows}-{n_folds}{'-in-haste' if in_haste else ''}"


def make_store(
    dataset: Dataset,
    task: Task,
    seed: int,
    fold_rows: list[tuple[Integers, Integers]],
    *,
    in_haste: bool = False,
) -> tuple[Recipe, Store]:
    """Fit the recipe on these rows and put their features where workers find them."""
    recipe = Recipe.fit(dataset, seed_for(seed, STEPS_SEED), in_haste=in_haste)
    target = dataset.target
    assert target is not None  # noqa: S101 - training rows have a target
    if task.link is Link.IDENTITY:
        target = (target - task.offset) / task.scale
    store = Store(
        block=recipe.settled(recipe.transform(dataset.columns, dataset.n_rows)),
        code_sizes=recipe.code_sizes,
        target=target,
        weights=dataset.weights,
        folds=tuple(fold_rows),
        link=task.link,
        n_classes=len(task.classes),
        trend=recipe.trend,
        levels=recipe.levels,
        seed=seed,
    )
    return recipe, store


def build(parts: Parts, dataset: Dataset, seed: int) -> Built:
    """Compile, load and prove."""
    data = compile_program(parts)
    verify_program(data)  # what every later load would refuse must not be found out after the training
    program = Program(data)
    proof = prove(parts, program, dataset.columns, seed)
    prove_front(data, parts, program, dataset.columns, seed)
    return Built(parts, data, program, proof)
