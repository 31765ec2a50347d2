"""Writes a `.mlw` file: a zip with a manifest of hashes, all or nothing."""

from __future__ import annotations

import json
import zipfile
import zlib
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mlwright.core.atomic import replacing
from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlwright.core.schema import Schema
    from mlwright.core.task import Task

FORMAT = 1
PROGRAM, MANIFEST = "program.onnx", "manifest.json"
JSON_FILES = ("schema.json", "evidence.json", "profile.json", "golden.json")
INTERVALS = "intervals.json"
"""Not in every model: those made before there were intervals, or of too few rows, have none."""
MEMORY = "memory.bin"
"""What is known of those who may ask, such as what users took before. Data, no code; its kind of question
reads it."""
BOMB_BYTES, MOST_RATIO = 2**20, 100
"""A larger member that would unpack to more times its size is refused by who reads it: ours shrink by 3 to
12 times, a bomb by a thousand."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Zip wants a date; a fixed one, so that equal models are equal files."""


def write_artifact(path: str | Path, task: Task, schema: Schema, contents: Mapping[str, Any]) -> None:
    """Write everything into a new file beside `path`, then move it there; see `artifact_files`.

    Raises UsageError when the place cannot be written to.
    """
    write_atomically(path, artifact_files(task, schema, contents))


def artifact_bytes(task: Task, schema: Schema, contents: Mapping[str, Any]) -> int:
    """Return how large the file will be [bytes]."""
    file = BytesIO()
    _zip(file, artifact_files(task, schema, contents))
    return file.tell()


def artifact_files(task: Task, schema: Schema, contents: Mapping[str, Any]) -> dict[str, bytes]:
    """Return what a model file is made of, by name.

    `contents` holds "program" (bytes), "evidence", "profile", "golden" (JSON), "card" (text) and
    "facts" (JSON for the manifest); "intervals" (JSON) and "memory" (bytes) may be None.
    """
    files = {
        PROGRAM: contents["program"],
        "schema.json": _json({"task": task.to_json(), "columns": schema.to_json()}),
        "evidence.json": _json(contents["evidence"]),
        "profile.json": _json(contents["profile"]),
        "golden.json": _json(contents["golden"]),
        "card.md": contents["card"].encode(),
    }
    if contents.get("intervals") is not None:
        files[INTERVALS] = _json(contents["intervals"])
    if contents.get("memory") is not None:
        files[MEMORY] = contents["memory"]
    manifest = {
        "format": FORMAT,
        **contents["facts"],
        "files": {
            name: {"sha256": sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
        },
    }
    return {MANIFEST: _json(manifest), **files}


def write_atomically(path: str | Path, files: Mapping[str, bytes]) -> None:
    """Write a zip of these files; on any failure the place is as it was before."""
    try:
        with replacing(path) as file:
            _zip(file, files)
    except OSError as error:
        message = f"The model cannot be written to {str(path)!r}: {error.strerror or error}."
        raise UsageError(message) from error


def _zip(file: Any, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_STORED if _shrinks_too_well(data) else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)


def _shrinks_too_well(data: bytes) -> bool:
    """Tell whether who reads a member might take it for a bomb; by the fastest level, which shrinks least."""
    return len(data) > BOMB_BYTES and len(data) > MOST_RATIO / 4 * len(zlib.compress(data, 1))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False).encode()
