"""Opens a `.mlw` file, looking at everything before any native code does."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlwright.artifact.golden import check_golden
from mlwright.artifact.model import Model
from mlwright.artifact.save import FORMAT, INTERVALS, JSON_FILES, MANIFEST, PROGRAM
from mlwright.core.errors import ArtifactError
from mlwright.core.schema import NUMERIC, Schema
from mlwright.core.task import Task
from mlwright.core.trim import trim
from mlwright.evaluation.conformal import Conformal
from mlwright.program.runtime import Program
from mlwright.program.verify import verify_program

_KNOWN = frozenset({MANIFEST, PROGRAM, "card.md", *JSON_FILES})
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_BYTES = {PROGRAM: 2**31 - 1, MANIFEST: 2**20}
_MAX_OTHER_BYTES = 64 * 2**20
_MAX_RATIO = 300
"""Our files shrink by 3 to 30 times; a bomb by thousands."""
_BOMB_BYTES = 2**20
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What the library for zip files raises on bytes that are none."""


def load(path: str | Path) -> Model:
    """Open a model; raise ArtifactError, naming what is wrong, if it is not whole and sound."""
    place = Path(path)
    files = _read(place)
    try:
        manifest = json.loads(files[MANIFEST])
        _check_manifest(manifest, files)
        described = json.loads(files["schema.json"])
        schema, task = Schema.from_json(described["columns"]), Task.from_json(described["task"])
        evidence, profile, golden = (json.loads(files[f"{name}.json"]) for name in _REST)
        card = files["card.md"].decode()
        intervals = None
        if INTERVALS in files:
            intervals = json.loads(files[INTERVALS])
            Conformal.from_json(intervals)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, ArtifactError):
            raise
        message = f"{place.name!r} is not a whole model file: {error!r}."
        raise ArtifactError(message) from error
    is_told = isinstance(evidence, dict) and {"task", "test"} <= set(evidence)
    if not is_told or not isinstance(profile, dict):
        message = f"{place.name!r} is not a whole model file: its evidence or its profile is missing."
        raise ArtifactError(message)
    verify_program(files[PROGRAM])
    program = Program(files[PROGRAM])
    _check_columns(program, schema)
    check_golden(program, schema, task, golden)
    facts = {key: value for key, value in manifest.items() if key not in ("format", "files")}
    contents = {
        "program": files[PROGRAM], "runtime": program, "evidence": evidence, "profile": profile,
        "golden": golden, "card": card, "facts": facts, "intervals": intervals,
    }  # fmt: skip
    trim()
    return Model(task, schema, contents)


def _check_columns(program: Program, schema: Schema) -> None:
    """Refuse a program that reads other columns, or other kinds of cells, than the schema describes."""
    for name, is_text in zip(program.columns, program.reads_text, strict=True):
        if name not in schema or (schema[name].kind not in NUMERIC) != is_text:
            message = f"program.onnx reads {name!r}, which schema.json does not describe as it is read."
            raise ArtifactError(message)


_REST = ("evidence", "profile", "golden")


def _read(place: Path) -> dict[str, bytes]:
    """Read the members of the zip, none larger than it may be."""
    if not place.exists():
        message = f"There is no model file {str(place)!r}."
        raise ArtifactError(message)
    if not place.is_file():
        message = f"{str(place)!r} is not a file; a model is one .mlw file."
        raise ArtifactError(message)
    try:
        with zipfile.ZipFile(place) as archive:
            members = archive.infolist()
            _check_members(place, members)
            return {member.filename: _inflate(archive, member) for member in members}
    except ArtifactError:
        raise
    except _DAMAGES as error:
        reason = str(error)
        shown = reason if len(reason) <= 100 and reason.isprintable() else "its parts do not fit together"
        message = f"{place.name!r} is not a model file, or it is damaged: {shown}."
        raise ArtifactError(message) from error


def _check_members(place: Path, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    unknown = sorted(set(names) - _KNOWN - {INTERVALS})
    if unknown or len(names) != len(set(names)):
        what = f"the unexpected member {unknown[0][:60]!r}" if unknown else "a member twice"
        message = f"{place.name!r} is not a model file: it contains {what}."
        raise ArtifactError(message)
    is_foreign = any(member.compress_type not in _METHODS for member in members)
    if is_foreign or sum(member.compress_size for member in members) > place.stat().st_size:
        message = f"{place.name!r} is damaged: its members do not fit into it."
        raise ArtifactError(message)
    for member in members:
        limit = _MAX_BYTES.get(member.filename, _MAX_OTHER_BYTES)
        is_bomb = member.file_size > max(_BOMB_BYTES, _MAX_RATIO * member.compress_size)
        if member.file_size > limit or is_bomb:
            message = (
                f"{place.name!r} is refused: {member.filename!r} would unpack from {member.compress_size:,} "
                f"to {member.file_size:,} bytes."
            )
            raise ArtifactError(message)
    missing = sorted(_KNOWN - set(names))
    if missing:
        message = f"{place.name!r} is not a whole model file: {missing[0]!r} is missing."
        raise ArtifactError(message)


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        data = file.read(member.file_size + 1)
    if len(data) != member.file_size:
        message = f"{member.filename!r} has {len(data):,} bytes; {member.file_size:,} were announced."
        raise ArtifactError(message)
    return data


def _check_manifest(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
    if manifest["format"] != FORMAT:
        message = (
            f"The model has format {manifest['format']!r}; this mlwright reads format {FORMAT}. "
            "Install the version of mlwright that wrote it, or train again."
        )
        raise ArtifactError(message)
    if INTERVALS in manifest["files"] and INTERVALS not in files:
        message = f"{INTERVALS!r} is missing, which the manifest lists."
        raise ArtifactError(message)
    for name, data in files.items():
        if name == MANIFEST:
            continue
        expected = manifest["files"][name]["sha256"]
        if sha256(data).hexdigest() != expected:
            message = (
                f"{name!r} was changed after the model was written: its hash is not that of the manifest."
            )
            raise ArtifactError(message)
