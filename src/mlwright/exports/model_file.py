"""The model file itself, for targets that carry it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlwright.artifact.model import Model


def model_bytes(model: Model) -> bytes:
    """Return what `Model.save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model.mlw"
        model.save(place)
        return place.read_bytes()
