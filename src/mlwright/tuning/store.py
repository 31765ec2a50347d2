"""Store: the prepared training rows in a folder, so that workers read them without copies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

from mlwright.core.errors import UsageError
from mlwright.core.learner import Shape
from mlwright.core.step import Block
from mlwright.core.task import Link
from mlwright.tuning.encoded import EncodedRows

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.core.arrays import Array, Floats, Integers


@final
@dataclass(frozen=True)
class Store:
    """Features, target and folds of the rows that may be learned from.

    `target`, shape (n_rows,), holds class numbers, or values that are already shifted and scaled.
    `folds` are pairs of row numbers (train, valid). `trend` numbers the dense features that grow with time,
    `levels` those that tell what the target was before; `encoded` remembers encoded rows for this process.
    """

    block: Block
    code_sizes: tuple[int, ...]
    target: Floats
    weights: Floats | None
    folds: tuple[tuple[Integers, Integers], ...]
    link: Link
    n_classes: int
    trend: tuple[int, ...] = ()
    levels: tuple[int, ...] = ()
    seed: int = 0
    encoded: EncodedRows = field(default_factory=EncodedRows, compare=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.target)

    @property
    def shape(self) -> Shape:
        """What learners may know of the rows."""
        assert self.block.dense is not None  # noqa: S101 - a recipe always gives dense features
        return Shape(
            n_rows=self.n_rows,
            n_dense=self.block.dense.shape[1],
            n_codes=len(self.code_sizes),
            n_terms=0 if self.block.terms is None else self.block.terms.shape[1],
            terms_per_row=0.0 if self.block.terms is None else self.block.terms.nnz / self.n_rows,
            n_scores=self.n_classes if self.link is Link.SOFTMAX else 1,
            link=self.link,
        )

    def rows(self, chosen: Array, *, ignores_trend: bool = False) -> Block:
        """Return the features of some rows, if wanted with the trend made unknown."""
        assert self.block.dense is not None  # noqa: S101 - as above
        assert self.block.codes is not None  # noqa: S101 - as above
        terms = None if self.block.terms is None else self.block.terms[chosen]
        dense = self.block.dense[chosen]
        if ignores_trend:
            dense[:, list(self.trend)] = np.nan
        return Block(dense=dense, codes=self.block.codes[chosen], terms=terms)

    def save(self, folder: Path) -> None:
        """Write everything, arrays and JSON; raise UsageError when the disk is full."""
        try:
            self._write(folder)
        except OSError as error:
            place = folder.parent
            message = (
                f"The prepared rows cannot be written to {str(place)!r}: {error}. "
                "Make room there, or name another place with --run."
            )
            raise UsageError(message) from error

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {"dense": self.block.dense, "codes": self.block.codes, "target": self.target}
        if self.weights is not None:
            arrays["weights"] = self.weights
        for number, (train, valid) in enumerate(self.folds):
            arrays[f"train_{number}"], arrays[f"valid_{number}"] = train, valid
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        if self.block.terms is not None:
            from scipy.sparse import save_npz  # noqa: PLC0415 - heavy, only for text

            save_npz(folder / "terms.npz", self.block.terms, compressed=False)
        facts = {
            "code_sizes": list(self.code_sizes),
            "link": self.link.value,
            "n_classes": self.n_classes,
            "n_folds": len(self.folds),
            "trend": list(self.trend),
            "levels": list(self.levels),
            "seed": self.seed,
        }
        (folder / "facts.json").write_text(json.dumps(facts))

    @classmethod
    def load(cls, folder: Path) -> Store:
        """Open a stored folder; large arrays are mapped, not read."""
        facts = json.loads((folder / "facts.json").read_text())

        def array(name: str) -> Array:
            return np.load(folder / f"{name}.npy", mmap_mode="r")  # type: ignore[no-any-return]

        terms = None
        if (folder / "terms.npz").exists():
            from scipy.sparse import load_npz  # noqa: PLC0415 - heavy, only for text

            terms = load_npz(folder / "terms.npz").tocsr()
        folds = tuple((array(f"train_{i}"), array(f"valid_{i}")) for i in range(facts["n_folds"]))
        return cls(
            block=Block(dense=array("dense"), codes=array("codes"), terms=terms),
            code_sizes=tuple(facts["code_sizes"]),
            target=array("target"),
            weights=array("weights") if (folder / "weights.npy").exists() else None,
            folds=folds,
            link=Link(facts["link"]),
            n_classes=facts["n_classes"],
            trend=tuple(facts["trend"]),
            levels=tuple(facts["levels"]),
            seed=facts["seed"],
        )
