"""The zip of a model file: each member is looked at before it is unpacked, and none goes to the disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from mlwright.artifact.save import BOMB_BYTES, INTERVALS, JSON_FILES, MANIFEST, MEMORY, MOST_RATIO, PROGRAM
from mlwright.core.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

_NEEDED = frozenset({MANIFEST, PROGRAM, "card.md", *JSON_FILES})
_KNOWN = _NEEDED | {INTERVALS, MEMORY}
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MAX_BYTES = {PROGRAM: 2**29, MEMORY: 2**28, MANIFEST: 2**20}
_MAX_FILE_BYTES = 2**29 + 2**27
_MAX_OTHER_BYTES = 64 * 2**20
"""Of all other members together."""
_ENTRY_BYTES, _HEADER_BYTES = 46, 30
_PARQUET = b"PAR1"
_ADVICE = "Name a file that mlwright train has written; if this is one, copy it again from where it is whole."
_TABLES = (".csv", ".tsv", ".parquet", ".arrow", ".feather", ".jsonl", ".ndjson")
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError,
    RuntimeError, ValueError,
)  # fmt: skip
"""What the library for zip files raises on bytes that are none."""


def read_file(place: Path) -> bytes:
    """Read a file whole, once: what is verified is what is used."""
    if not place.exists():
        message = f"There is no model file {str(place)!r}."
        raise ArtifactError(message)
    if not place.is_file():
        message = f"{str(place)!r} is not a file; a model is one .mlw file."
        raise ArtifactError(message)
    size = place.stat().st_size
    if size > _MAX_FILE_BYTES:
        message = f"{place.name!r} is refused: it has {size:,} bytes, more than any model."
        raise ArtifactError(message)
    try:
        return place.read_bytes()
    except OSError as error:
        message = f"The model file {str(place)!r} cannot be read: {error.strerror}."
        raise ArtifactError(message) from error


def read_members(name: str, data: bytes) -> dict[str, bytes]:
    """Unpack the bytes of a model file, by name; raise ArtifactError, naming what is wrong with the zip.

    `name` is that of the file, for people.
    """
    if _is_table(name, data):
        message = (
            f"{name!r} is a table of data and not a model. Train one with it first: "
            f"mlwright train {name} --target COLUMN."
        )
        raise ArtifactError(message)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_members(name, members)
            _check_places(name, data, members)
            return {member.filename: _inflate(archive, member) for member in members}
    except ArtifactError:
        raise
    except _DAMAGES as error:
        reason = str(error)
        shown = reason if len(reason) <= 100 and reason.isprintable() else "its parts do not fit together"
        shown = "it is no zip file, or only a part of one" if "not a zip file" in reason else shown
        message = f"{name!r} is not a model file, or it is damaged: {shown}. {_ADVICE}"
        raise ArtifactError(message) from error


def _is_table(name: str, data: bytes) -> bool:
    """Tell whether somebody gave the data in place of the model."""
    return data.startswith(_PARQUET) or (name.lower().endswith(_TABLES) and not data.startswith(b"PK\3\4"))


def _check_members(name: str, members: list[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    unknown = sorted(set(names) - _KNOWN)
    if unknown or len(names) != len(set(names)):
        what = f"the unexpected member {unknown[0][:60]!r}" if unknown else "a member twice"
        message = f"{name!r} is not a model file: it contains {what}."
        raise ArtifactError(message)
    missing = sorted(_NEEDED - set(names))
    if missing:
        message = f"{name!r} is not a whole model file: {missing[0]!r} is missing."
        raise ArtifactError(message)
    for member in members:
        mode = stat.S_IFMT(member.external_attr >> 16)
        if mode not in (0, stat.S_IFREG) or member.orig_filename != member.filename:
            message = f"{name!r} is refused: its member {member.filename!r} is not a plain file."
            raise ArtifactError(message)
        _check_size(name, member)
    others = sum(member.file_size for member in members if member.filename not in (PROGRAM, MEMORY))
    if others > _MAX_OTHER_BYTES:
        message = f"{name!r} is refused: beside the program it would unpack to {others:,} bytes."
        raise ArtifactError(message)


def _check_size(name: str, member: zipfile.ZipInfo) -> None:
    limit = _MAX_BYTES.get(member.filename, _MAX_OTHER_BYTES)
    is_bomb = member.file_size > max(BOMB_BYTES, MOST_RATIO * member.compress_size)
    if member.file_size > limit or is_bomb:
        message = (
            f"{name!r} is refused: {member.filename!r} would unpack from {member.compress_size:,} "
            f"to {member.file_size:,} bytes."
        )
        raise ArtifactError(message)


def _check_places(name: str, data: bytes, members: list[zipfile.ZipInfo]) -> None:
    """Refuse a file that is not members, one behind the other, then their directory, and nothing else.

    What reads the directory and what reads the members then see the same; nothing hides between them.
    """
    place = directory = 0
    for member in members:
        is_plain = member.compress_type in _METHODS and not (
            member.flag_bits or member.extra or member.comment
        )
        if member.header_offset != place or not is_plain:
            break
        length = len(member.filename.encode())
        place += _HEADER_BYTES + length + member.compress_size
        directory += _ENTRY_BYTES + length
    n_members = len(members)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_members, n_members, directory, place & 0xFFFFFFFF, 0)
    if len(data) != place + directory + len(end) or not data.endswith(end):
        message = f"{name!r} is damaged: its members do not fit into it."
        raise ArtifactError(message)


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        data = file.read(member.file_size + 1)
    if len(data) != member.file_size:
        message = f"{member.filename!r} has {len(data):,} bytes; {member.file_size:,} were announced."
        raise ArtifactError(message)
    return data
