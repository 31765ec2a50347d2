"""Layers: files as one tar whose bytes depend on the files alone."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable

GZIPPED = "application/vnd.oci.image.layer.v1.tar+gzip"
_LEVEL = 5
"""Of gzip; 6 takes half as long again, for one part in a hundred."""


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A file (`data`), a symbolic link (`link` is where to) or a folder."""

    data: bytes = b""
    link: str = ""
    mode: int = 0o644
    is_folder: bool = False


Tree = dict[str, Entry]
"""Entries by path, without a slash at the beginning."""


@final
@dataclass(frozen=True, slots=True)
class Layer:
    """A packed layer. `diff_id` is the hash of its tar, `digest` that of `data`; `note` says what it is."""

    data: bytes
    media_type: str
    diff_id: str
    note: str

    @property
    def digest(self) -> str:
        """The name of the blob."""
        return digest(self.data)


def digest(data: bytes) -> str:
    """Return a digest as image manifests have it."""
    return f"sha256:{sha256(data).hexdigest()}"


def pack(tree: Tree, note: str) -> Layer:
    """Return the layer: sorted, everything owned by root, without times; folders on the way are added."""
    whole = {**_folders(tree), **tree}
    plain = BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(whole):
            entry, info = whole[path], tarfile.TarInfo(path)
            info.mode = entry.mode
            if entry.is_folder:
                info.type = tarfile.DIRTYPE
            elif entry.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
            else:
                info.size = len(entry.data)
            archive.addfile(info, BytesIO(entry.data))
    return pressed(plain.getvalue(), note)


def pressed(plain: bytes, note: str) -> Layer:
    """Return a layer of a tar, without a time or a name in the header of gzip."""
    packed = BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=_LEVEL, mtime=0) as file:
        file.write(plain)
    return Layer(packed.getvalue(), GZIPPED, digest(plain), note)


def folder(mode: int = 0o755) -> Entry:
    """Return a folder."""
    return Entry(mode=mode, is_folder=True)


def _folders(paths: Iterable[str]) -> Tree:
    above = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return {path: folder() for path in above if path != "."}
