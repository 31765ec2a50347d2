"""A container image of the service, written without a daemon."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar, final

from mlwright.core.errors import UsageError
from mlwright.exports.model_file import model_bytes
from mlwright.exports.oci.build import build_image
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model


@final
class Image(Target):
    """An archive for `docker load`, podman and skopeo; the same inputs give the same bytes."""

    title = "a container image of the service"
    wishes: ClassVar[tuple[str, ...]] = ("base",)
    next_steps: ClassVar[str] = """\
Load it:       docker load -i $place            (or: podman load -i $place)
Try it here:   docker run --rm -p 127.0.0.1:8080:8080 -e MLWRIGHT_INSECURE=1 $image
With keys:     mlwright key NAME --file keys.json
               docker run --rm -p 8080:8080 -v ./keys.json:/keys.json:ro -e MLWRIGHT_KEYS=/keys.json $image"""

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the archive, and its bill of materials beside it."""
        stem = PurePath(name).stem
        try:
            built = build_image(
                model_bytes(model), stem, Path(wishes.base) if wishes.base else None, wishes.listen
            )
        except OSError as error:
            message = f"The image cannot be put together in {tempfile.gettempdir()!r}: {error}. Is it full?"
            raise UsageError(message) from error
        return {name: built.archive, f"{stem}.spdx.json": built.bill}
