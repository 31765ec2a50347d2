"""Python packages for an image: those that are installed here, or the same versions for its Python."""

from __future__ import annotations

import base64
import hashlib
import platform
import re
import subprocess
import sys
import sysconfig
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from mlwright.core.errors import MissingDependencyError, UsageError
from mlwright.exports.oci.layer import Entry, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mlwright.exports.oci.python import Python

SERVICE = ("fastapi", "httptools", "msgspec", "prometheus-client", "uvicorn", "uvloop")
"""The extra `serve`."""
NEEDED = ("numpy", "onnxruntime", "typer", *SERVICE)
"""What answering over HTTP imports; training and reading of tables need more, and are not in an image."""
_DROPPED = re.compile(
    r"(^|/)(__pycache__|tests)/"
    r"|\.(pyi|pyx|pxd|pxi|c|h|cpp|hpp|f|f90|a|lib|exe)$"
    r"|\.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_build\.json|uv_cache\.json)$"
    r"|^numpy/(f2py|distutils)/"
    # The module has the whole runtime in it; the library beside is for programs in C.
    r"|^onnxruntime/(transformers|quantization|datasets|capi/libonnxruntime\.so\.[^/]*)"
)
"""What a service does not use, and what says how a package was installed."""
_OLDEST_LIBC = 5


def packages_tree(python: Python, work: Path) -> Tree:
    """Return the files of the packages, by path below the folder that Python imports from.

    They are taken from the running environment if its Python is that of the image, after a look at their
    hashes; else pip downloads the same versions. Both ways give the same bytes.

    Raises
    ------
    UsageError
        A package is not as it was installed, or pip cannot get one.
    MissingDependencyError
        The extra `serve` is not installed.
    """
    found = _closure(NEEDED)
    if _fits(python) and all(one.files for one in found):
        pairs = [pair for one in found for pair in _installed(one)]
    else:
        pairs = [pair for wheel in _downloaded(found, python, work) for pair in _in_wheel(wheel)]
    return {path: entry for path, entry in pairs if not _DROPPED.search(path)}


def pinned(names: Iterable[str]) -> list[str]:
    """Return a line for pip for each package, and for each that it needs, with the version that is here.

    Raises
    ------
    MissingDependencyError
        The extra `serve` is not installed.
    """
    return [f"{_normal(one.name)}=={one.version}" for one in _closure(names, "A deployment")]


def _fits(python: Python) -> bool:
    """Tell whether packages that are installed here run on the Python of the image."""
    return (
        sys.platform == "linux"
        and python.version == sys.version_info[:2]
        and sys.implementation.name == "cpython"
        and platform.libc_ver()[0] == "glibc"
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
    )


def _closure(names: Iterable[str], what: str = "An image") -> list[Distribution]:
    """Return the installed distributions and all that they need, sorted by name."""
    found: dict[str, Distribution] = {}
    left = list(names)
    while left:
        name = _normal(left.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError as error:
            raise MissingDependencyError.install(what, name, "serve") from error
        requirements = map(Requirement, found[name].requires or ())
        left += [one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    return [found[name] for name in sorted(found)]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _installed(one: Distribution) -> Iterable[tuple[str, Entry]]:
    for file in one.files or ():
        path = file.as_posix()
        if path.startswith("..") or _DROPPED.search(path):  # scripts stand outside
            continue
        place = Path(str(one.locate_file(file)))
        try:
            data = place.read_bytes()
        except OSError as error:
            message = f"{one.name} is not whole: {path}: {error.strerror}. Install it again."
            raise UsageError(message) from error
        if file.hash is not None and _hash(data, file.hash.mode) != file.hash.value:
            message = f"{one.name} is not as it was installed: {path} has another hash. Install it again."
            raise UsageError(message)
        yield path, _entry(path, data)


def _hash(data: bytes, mode: str) -> str:
    return base64.urlsafe_b64encode(hashlib.new(mode, data).digest()).rstrip(b"=").decode()


def _downloaded(found: Sequence[Distribution], python: Python, work: Path) -> list[Path]:
    """Return wheels: what is needed, in the versions that are installed here."""
    folder, pins = work / "wheels", work / "pins.txt"
    folder.mkdir()
    pins.write_text("".join(f"{one.name}=={one.version}\n" for one in found), encoding="utf-8")
    machine = platform.machine()
    libcs = range(python.libc[1], _OLDEST_LIBC - 1, -1)
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in libcs]
    platforms += [f"manylinux{year}_{machine}" for year in (2014, 2010)] + [f"linux_{machine}"]
    words = ["-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(folder)]
    words += ["--python-version", python.tag, "--implementation", "cp", "--constraint", str(pins)]
    words += [word for one in platforms for word in ("--platform", one)]
    ran = subprocess.run(  # noqa: S603 - our words
        [sys.executable, *words, *NEEDED], capture_output=True, text=True, check=False
    )
    if ran.returncode:
        lines = ran.stderr.strip().splitlines()
        message = (
            f"pip cannot get the packages for Python {python.tag}: {lines[-1] if lines else 'no reason told'}"
        )
        raise UsageError(message)
    return sorted(folder.glob("*.whl"))


def _in_wheel(wheel: Path) -> Iterable[tuple[str, Entry]]:
    """Yield the files of a wheel where pip would install them."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            parts = PurePosixPath(info.filename).parts
            if parts and parts[0].endswith(".data"):
                parts = parts[2:] if parts[1] in ("purelib", "platlib") else ()
            if info.is_dir() or not parts or ".." in parts:
                continue
            path = "/".join(parts)
            yield path, _entry(path, archive.read(info))


def _entry(path: str, data: bytes) -> Entry:
    return Entry(data, mode=0o755 if re.search(r"\.so(\.|$)", path) else 0o644)
