"""The Python of an image, run here, out of the unpacked image and without its rights: to look and to try."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, final

from mlwright.core.errors import UsageError
from mlwright.exports.oci.layer import Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlwright.exports.oci.root import Root

_LOADERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}
"""What starts programs, by processor."""
_LIBRARIES = ("lib/{}-linux-gnu", "usr/lib/{}-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib")
_LOCAL_LIBRARIES = "usr/local/lib"
"""Looked into only by images that say so in the cache of their loader."""
_USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
_LOOK = """
import json, os, sys
libc = os.confstr("CS_GNU_LIBC_VERSION").split()[1] if "CS_GNU_LIBC_VERSION" in os.confstr_names else ""
print(json.dumps([sys.version_info[:2], libc]))
"""
_COMPILE = """
import importlib.util, json, py_compile, sys
root, paths = json.load(sys.stdin)
made = []
for path in paths:
    compiled = importlib.util.cache_from_source(path)
    try:
        py_compile.compile(root + path, root + compiled, path, True, invalidation_mode=
                           py_compile.PycInvalidationMode.UNCHECKED_HASH)
    except py_compile.PyCompileError:
        continue
    made.append(compiled)
print(json.dumps(made))
"""
_TRY = """
import json, sys
root, model = sys.argv[1:]
import fastapi.openapi.utils, uvicorn.loops.uvloop, uvicorn.protocols.http.httptools_impl
import mlwright.cli.app, mlwright.serving.run
from mlwright.serving.build import make_service, open_scorer
from mlwright.serving.settings import Settings
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
make_service(open_scorer(root + model, Settings()), Settings())
with open("/proc/self/maps") as maps:
    mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "/" in line}
print(json.dumps([
    sorted(file for file in files if file.endswith(".py")),
    sorted(path for path in mapped if ".so" in path and not path.startswith(root + "/")),
]))
"""


@final
@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter at `path` of the image, its version and that of the C library it stands on."""

    root: Root
    path: str
    version: tuple[int, int]
    libc: tuple[int, int]

    @property
    def tag(self) -> str:
        """The version in words."""
        return ".".join(map(str, self.version))

    def has_compiled(self, path: str) -> bool:
        """Tell whether the image has byte code for a source file."""
        place = PurePosixPath(path)
        name = f"{place.stem}.cpython-{self.version[0]}{self.version[1]}.pyc"
        return self.root.find(place.parent / "__pycache__" / name).is_file()

    def compiled(self, paths: Iterable[str]) -> Tree:
        """Return byte code for the files, which must lie in the root folder.

        It is not compared with its sources when it is loaded, since nobody changes them in an image. One
        process makes all of it in one order, without which equal sources may give other bytes.
        """
        chosen = sorted(f"/{path}" for path in paths if path.endswith(".py"))
        made = json.loads(self._run([_COMPILE], json.dumps([str(self.root.folder), chosen])))
        return {path[1:]: Entry(self.root.find(path).read_bytes()) for path in made}

    def check(self, packages: str, model: str) -> set[str]:
        """Open the model in the image as `serve` does: its golden rows must get their answers.

        Return the source files that were imported before, which are the same for all models.

        Raises
        ------
        UsageError
            Something is missing; the message says what.
        """
        told = self._run([_TRY, str(self.root.folder), model], packages=packages)
        files, outside = json.loads(told.splitlines()[-1])
        if outside:
            message = (
                f"The image lacks {', '.join(outside)}, which Python needs. Give another base with --base."
            )
            raise UsageError(message)
        return {self.root.name(Path(file).resolve())[1:] for file in files}

    def _run(self, words: Sequence[str], told: str = "", packages: str = "") -> str:
        return _run(self.root, self.path, words, told, packages)


def find_python(root: Root, settings: Mapping[str, Any]) -> Python:
    """Return the first Python on the path of the image, of at least version 3.11.

    Raises
    ------
    UsageError
        There is none, or it does not run here.
    """
    path = _places(settings)
    names = [place for folder in path.split(":") for place in _pythons(root, folder)]
    if not names:
        message = f"The base has no Python in {path}. Take one with Python 3.11 or newer."
        raise UsageError(message)
    name = root.name(root.find(names[0]))
    version, libc = json.loads(_run(root, name, [_LOOK]))
    if tuple(version) < (3, 11):
        message = f"The base has Python {version[0]}.{version[1]}. Take one with 3.11 or newer."
        raise UsageError(message)
    if not libc:
        message = "The base does not stand on the GNU C library, for which packages are made. Take another."
        raise UsageError(message)
    major, minor = libc.split(".")[:2]
    return Python(root, name, (version[0], version[1]), (int(major), int(minor)))


def _places(settings: Mapping[str, Any]) -> str:
    for line in settings.get("Env") or ():
        if line.startswith("PATH="):
            return str(line.removeprefix("PATH="))
    return _USUAL_PATH


def _pythons(root: Root, folder: str) -> list[PurePosixPath]:
    place = root.find(folder)
    there = sorted(place.iterdir(), reverse=True) if place.is_dir() else []
    return [PurePosixPath(folder) / one.name for one in there if re.fullmatch(r"python3(\.\d+)?", one.name)]


def _run(root: Root, path: str, words: Sequence[str], told: str = "", packages: str = "") -> str:
    """Run `python -c WORDS` and return what it prints.

    The loader of the image starts it with the libraries of the image, so neither root nor chroot is needed.
    """
    machine = platform.machine()
    loader = root.find(_LOADERS.get(machine, "no-loader"))
    if not loader.is_file():
        message = f"The base has no GNU C library for {machine}, the processor of this machine. Take another."
        raise UsageError(message)
    libraries = ":".join(str(root.find(place.format(machine))) for place in _library_folders(root))
    home = str(Path(root.find(path)).parent.parent)
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONHOME": home,
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(root.find(packages)) if packages else "",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    start = [str(loader), "--library-path", libraries, str(root.find(path))]
    try:
        ran = subprocess.run(  # noqa: S603 - our words; that the base can be trusted, its user decides
            [*start, "-c", *words], env=environment, input=told, capture_output=True, text=True, check=False
        )
    except OSError as error:
        message = (
            f"Python of the image cannot be started in {str(root.folder.parent)!r}: {error.strerror}. Name a "
            "folder from which programs may be started with TMPDIR."
        )
        raise UsageError(message) from error
    if ran.returncode:
        lines = ran.stderr.strip().splitlines()
        message = f"Python of the image fails: {lines[-1] if lines else f'exit status {ran.returncode}'}."
        raise UsageError(message)
    return ran.stdout


def _library_folders(root: Root) -> tuple[str, ...]:
    cache = root.find("etc/ld.so.cache")
    is_local = cache.is_file() and f"/{_LOCAL_LIBRARIES}/".encode() in cache.read_bytes()
    return (_LOCAL_LIBRARIES, *_LIBRARIES) if is_local else _LIBRARIES
