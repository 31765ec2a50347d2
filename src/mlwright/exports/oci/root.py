"""A root folder: layers unpacked, where nothing that they name leads outside."""

from __future__ import annotations

import shutil
import tarfile
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError

if TYPE_CHECKING:
    from mlwright.exports.oci.layer import Entry, Tree

_MOST_LINKS = 40
_GONE, _EMPTIED = ".wh.", ".wh..wh..opq"
"""How a layer says that a file, or all of a folder, of the layers below is not there any more."""


@final
class Root:
    """A folder that stands for `/` of an image. It has no owners and devices: it is to look and to try."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)

    def find(self, path: str | PurePosixPath) -> Path:
        """Return where a path of the image is, following its links as the image would.

        Raises
        ------
        UsageError
            Links lead in a circle.
        """
        left, at, n_links = list(reversed(_parts(path))), self.folder, 0
        while left:
            part = left.pop()
            if part == "..":
                at = at.parent if at != self.folder else at
                continue
            step = at / part
            if not step.is_symlink():
                at = step
                continue
            n_links += 1
            if n_links > _MOST_LINKS:
                message = f"Links of the image lead in a circle at {str(path)!r}."
                raise UsageError(message)
            target = PurePosixPath(step.readlink())
            at = self.folder if target.is_absolute() else at
            left.extend(reversed(_parts(target)))
        return at

    def name(self, place: Path) -> str:
        """Return the path within the image of a place."""
        return "/" + place.relative_to(self.folder).as_posix()

    def lay(self, tree: Tree) -> None:
        """Write entries into the folder."""
        for path in sorted(tree):
            self._put(path, tree[path])

    def unpack(self, plain: bytes) -> None:
        """Unpack the tar of a layer over what is there.

        Raises
        ------
        UsageError
            An entry has the name of a folder that is there anyway, such as "..", or links lead in a circle.
        """
        with tarfile.open(fileobj=BytesIO(plain)) as archive:
            for info in archive:
                self._take(archive, info)

    def _take(self, archive: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        path = PurePosixPath(info.name)
        if path.name == _EMPTIED:
            for place in self.find(path.parent).iterdir():
                _remove(place)
        elif path.name.startswith(_GONE):
            _remove(self.find(path.parent) / _own_name(path, path.name.removeprefix(_GONE)))
        elif info.isdir():
            self.find(path).mkdir(parents=True, exist_ok=True)
        elif info.issym():
            self._free(path).symlink_to(info.linkname)
        elif info.islnk():
            source = self.find(info.linkname)
            if source.is_file():
                shutil.copy2(source, self._free(path))
        elif info.isfile():
            content: Any = archive.extractfile(info)
            place = self._free(path)
            place.write_bytes(content.read())
            place.chmod(0o600 | (info.mode & 0o777))

    def _put(self, path: str, entry: Entry) -> None:
        if entry.is_folder:
            self.find(path).mkdir(parents=True, exist_ok=True)
            return
        place = self._free(PurePosixPath(path))
        if entry.link:
            place.symlink_to(entry.link)
            return
        place.write_bytes(entry.data)
        place.chmod(0o600 | entry.mode)

    def _free(self, path: PurePosixPath) -> Path:
        """Return a place where nothing is, in a folder that is there."""
        name, above = _own_name(path, path.name), self.find(path.parent)
        above.mkdir(parents=True, exist_ok=True)
        _remove(above / name)
        return above / name


def _own_name(path: PurePosixPath, name: str) -> str:
    """Return a name in a folder; the folder itself and the one above are not for a layer to remove."""
    if name in ("", ".", ".."):
        message = f"A layer of the image has an entry {str(path)!r}, which names no file. Give another image."
        raise UsageError(message)
    return name


def _parts(path: str | PurePosixPath) -> list[str]:
    return [part for part in PurePosixPath(path).parts if part not in ("/", ".")]


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
