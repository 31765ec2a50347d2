"""The model file itself, for targets that carry it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlwright.artifact.signature import SUFFIX

if TYPE_CHECKING:
    from mlwright.artifact.model import Model


def signature_beside(path: Path, model: Model) -> bytes:
    """Return the signature beside a model file; b"" if there is none, or not of what `Model.save` writes."""
    beside = path.with_name(path.name + SUFFIX)
    if not beside.is_file() or path.read_bytes() != model_bytes(model):
        return b""
    return beside.read_bytes()


def model_bytes(model: Model) -> bytes:
    """Return what `Model.save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model.mlw"
        model.save(place)
        return place.read_bytes()
