"""Opens a `.mlw` file, looking at everything before any native code does."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from mlwright.artifact.container import read_file, read_members
from mlwright.artifact.documents import read_documents
from mlwright.artifact.golden import check_golden
from mlwright.artifact.model import Model
from mlwright.artifact.save import FORMAT, INTERVALS, MANIFEST, MEMORY, PROGRAM
from mlwright.artifact.signature import verify
from mlwright.core.errors import ArtifactError, UsageError
from mlwright.core.schema import NUMERIC, Schema
from mlwright.core.shelves import TASKS
from mlwright.core.task import Link, Task
from mlwright.core.trim import trim
from mlwright.evaluation.conformal import Conformal
from mlwright.program.runtime import Program
from mlwright.program.verify import verify_program

REQUIRED = "MLWRIGHT_REQUIRE_SIGNED"
"""The environment variable that names the public key without whose signature nothing is loaded."""


def load(path: str | Path, *, require_signed: str | Path | None = None) -> Model:
    """Open a model; raise ArtifactError, naming what is wrong, if it is not whole and sound.

    `require_signed` is a public key (PEM): without its owner's signature beside the file, nothing of the file
    is even unpacked. None: that of the environment, if there is one; "": none is required.
    """
    try:
        place = Path(path)
    except TypeError:
        message = f"A model is loaded from the path of its file; found {path!r}."
        raise UsageError(message) from None
    return load_bytes(place, read_file(place), require_signed=require_signed)


def load_bytes(place: Path, data: bytes, *, require_signed: str | Path | None = None) -> Model:
    """Open a model whose file was read before, as `load` does; `place` says where its signature is."""
    key = os.environ.get(REQUIRED, "") if require_signed is None else require_signed
    if str(key) == ".":
        message = "--require-signed needs the path of a public key (PEM); found an empty one."
        raise UsageError(message)
    if key:
        verify(place, data, key)
    files = read_members(place.name, data)
    manifest = read_documents({MANIFEST: files.pop(MANIFEST)})[MANIFEST]
    _check_format(manifest)
    documents = read_documents(files)
    _check_hashes(manifest, files)
    described = documents["schema.json"]
    schema, task = Schema.from_json(described["columns"]), Task.from_json(described["task"])
    _check_question(schema, task)
    intervals = documents.get(INTERVALS)
    _check_fit(task, documents["evidence.json"], Conformal.from_json(intervals) if intervals else None)
    verify_program(files[PROGRAM])
    program = Program(files[PROGRAM])
    _check_columns(program, schema)
    check_golden(program, schema, task, documents["golden.json"])
    contents = {
        "program": files[PROGRAM],
        "runtime": program,
        "evidence": documents["evidence.json"],
        "profile": documents["profile.json"],
        "golden": documents["golden.json"],
        "card": _card(files["card.md"]),
        "facts": {key: value for key, value in manifest.items() if key not in ("format", "files")},
        "intervals": intervals,
        "memory": files.get(MEMORY),
    }
    trim()
    return Model(task, schema, contents)


def _card(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = "card.md is not text."
        raise ArtifactError(message) from error


def _check_question(schema: Schema, task: Task) -> None:
    """Refuse a question that no training poses."""
    many = (2, 2**31)
    n_classes = {Link.IDENTITY: (0, 0), Link.SIGMOID: (2, 2), Link.SOFTMAX: many, Link.RANKING: many}[
        task.link
    ]
    is_sound = (
        task.kind in TASKS.names()
        and TASKS.get(task.kind).link is task.link
        and n_classes[0] <= len(task.classes) <= n_classes[1]
        and len(set(task.classes)) == len(task.classes)
        and task.metric in task.metrics
        and task.scale > 0
        and len(set(schema.names)) == len(schema.columns)
        and all(column.decimal != column.thousands for column in schema)
    )
    if not is_sound:
        message = "schema.json does not describe a question that mlwright can pose."
        raise ArtifactError(message)


def _check_fit(task: Task, evidence: dict[str, Any], intervals: Conformal | None) -> None:
    """Refuse evidence and intervals of a model that answers another question."""
    told = evidence.get("task")
    known = {"kind": task.kind, "target": task.target, "classes": list(task.classes)}
    if task.link is Link.RANKING:
        known["classes"] = []  # the evidence does not repeat all items
    if not isinstance(told, dict) or {**known, **told} != {**told, **known}:
        message = "evidence.json tells of another question than schema.json: the two are not of one model."
        raise ArtifactError(message)
    # Of classes they are probabilities; of values errors, of any size.
    is_odd = intervals is not None and any(q is not None and q > 1.0 for q in intervals.quantiles)
    if is_odd and task.link is not Link.IDENTITY:
        message = "intervals.json holds no probabilities: it is that of a model that predicts a value."
        raise ArtifactError(message)


def _check_columns(program: Program, schema: Schema) -> None:
    """Refuse a program that reads other columns, or other kinds of cells, than the schema describes."""
    for name, is_text in zip(program.columns, program.reads_text, strict=True):
        if name not in schema or (schema[name].kind not in NUMERIC) != is_text:
            message = f"program.onnx reads {name!r}, which schema.json does not describe as it is read."
            raise ArtifactError(message)


def _check_format(manifest: dict[str, Any]) -> None:
    if type(manifest["format"]) is not int or manifest["format"] != FORMAT:
        message = (
            f"The model has format {manifest['format']!r}; this mlwright reads format {FORMAT}. "
            "Install the version of mlwright that wrote it, or train again."
        )
        raise ArtifactError(message)


def _check_hashes(manifest: dict[str, Any], files: dict[str, bytes]) -> None:
    """Refuse members that are not those that were written together."""
    listed, there = set(manifest["files"]), set(files)
    if listed != there:
        odd = min(listed ^ there)
        message = f"{odd[:60]!r} is {'not there' if odd in listed else 'there'}; the manifest says otherwise."
        raise ArtifactError(message)
    for name in sorted(there):
        told, data = manifest["files"][name], files[name]
        if sha256(data).hexdigest() != told["sha256"] or len(data) != told["size"]:
            message = (
                f"{name!r} was changed after the model was written: its hash is not that of the manifest."
            )
            raise ArtifactError(message)
