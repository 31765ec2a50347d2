"""A base of a few packages of this machine's distribution: the C library, Python, what they need; no shell.

apt works in a folder of its own, as whoever runs it: nothing of the machine is changed, and no rights are
needed. It looks at signatures and hashes as always, with the archives and keys that the machine trusts.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, final

from mlwright.core.errors import UsageError
from mlwright.exports.oci.layer import Entry, Tree, folder
from mlwright.exports.oci.service import USER

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_ROOTS = ("base-files", "libstdc++6", "media-types")
_NOT_TAKEN = frozenset(
    {
        *("awk", "debconf", "dpkg", "mime-support", "mawk", "openssl", "perl-base", "tar"),  # to install with
        *("libdb5.3", "libdb5.3t64", "libncursesw6", "libnsl2", "libreadline8", "libreadline8t64"),
        *("libsqlite3-0", "libtinfo6", "libtirpc3", "libtirpc3t64", "tzdata"),
    }
)
"""What the packages ask for and a service does not use."""
_WITHOUT_LIBRARY = ("_curses", "_curses_panel", "_dbm", "_sqlite3", "nis", "readline")
"""Modules of the standard library whose libraries are not taken."""
_DROPPED = re.compile(
    r"usr/share/(man|locale|lintian|bug|info|base-files|python-wheels|applications|pixmaps|binfmts|gcc|gdb)/"
    r"|usr/share/doc/(?!.*/copyright$)"
    r"|usr/lib/[^/]+/gconv/"
    r"|usr/lib/python3\.\d+/(lib2to3|ensurepip|idlelib|tkinter|turtledemo|test|distutils|pydoc_data)/"
    rf"|usr/lib/python3\.\d+/lib-dynload/({'|'.join(_WITHOUT_LIBRARY)})\."
    r"|usr/lib/python3\.\d+/sitecustomize\.py$"  # a link into /etc that is not there
    r"|etc/(?!debian_version|issue|os-release|python3\.\d+/|mime\.types)"
    r"|(usr/)?s?bin/(?!python3\.\d+$)"
    r"|usr/(sbin|games|src)/|var/(?!lib/dpkg)|boot/|home/|media/|mnt/|opt/|root/|srv/"
)
_MERGED = re.compile(r"(bin|sbin|lib|lib32|lib64|libx32)(/|$)")
"""Folders that stand below /usr; the packages of some releases have them above."""
_ACCOUNTS = {
    "etc/passwd": f"root:x:0:0:root:/root:/nologin\nmlwright:x:{USER}:{USER}:mlwright:/tmp:/nologin\n",
    "etc/group": f"root:x:0:\nmlwright:x:{USER}:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}


@final
@dataclass(frozen=True, slots=True)
class Package:
    """A package as the archive describes it."""

    name: str
    version: str
    sha256: str
    needs: tuple[tuple[str, ...], ...]
    """Alternatives, for each thing that it depends on."""


def debian_tree(work: Path) -> Tree:
    """Fetch the packages into `work` and return the files of the base.

    Raises
    ------
    UsageError
        There is no apt here, it cannot reach its archives, or has no Python that mlwright runs on.
    """
    for program in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(program) is None:
            message = (
                f"There is no {program} here, with which Debian's and Ubuntu's packages are fetched. Give an "
                "image that has Python 3.11 or newer with --base (an archive, as docker and podman save it), "
                "or take --to deployment, whose Containerfile builds the image elsewhere."
            )
            raise UsageError(message)
    apt = _Apt(work)
    tree: Tree = {}
    for package, file in apt.fetch(apt.closure([*_ROOTS, *apt.python()])):
        tree |= _unpacked(file)
        tree[f"var/lib/dpkg/status.d/{package.name}"] = Entry(_run(["dpkg-deb", "-f", str(file)]))
    tree |= {path: Entry(text.encode()) for path, text in _ACCOUNTS.items()}
    tree |= {name: Entry(link=f"usr/{name}") for name in ("bin", "lib", "sbin")}
    if any(path.startswith("usr/lib64/") for path in tree):
        tree["lib64"] = Entry(link="usr/lib64")
    return tree | {
        "usr/sbin": folder(),
        "proc": folder(),
        "sys": folder(),
        "dev": folder(),
        "tmp": folder(0o1777),
    }


@final
class _Apt:
    """apt with lists, settings of its state and packages in one folder."""

    def __init__(self, work: Path) -> None:
        self._work = work / "apt"
        for name in ("lists/partial", "archives/partial", "files"):
            (self._work / name).mkdir(parents=True)
        (self._work / "status").touch()
        options = {
            "Dir::State": self._work,
            "Dir::State::status": self._work / "status",
            "Dir::Cache": self._work,
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "root",  # as whoever runs this; else root's folder could not be written to
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        self._options = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        self._ask("apt-get", "-qq", "update")

    def python(self) -> tuple[str, ...]:
        """Return the packages of the newest Python there is.

        Raises
        ------
        UsageError
            It is too old, or there is none.
        """
        found = self.show(["python3-minimal"])
        names = [name for one in found.values() for needs in one.needs for name in needs]
        versions = [match[1] for name in names if (match := re.fullmatch(r"python(3\.\d+)-minimal", name))]
        if not versions or int(versions[0].partition(".")[2]) < 11:
            told = f"Python {versions[0]}" if versions else "no Python"
            message = f"The archives that apt reads have {told}; an image needs 3.11 or newer. Give --base."
            raise UsageError(message)
        return f"python{versions[0]}-minimal", f"libpython{versions[0]}-stdlib"

    def closure(self, names: Sequence[str]) -> list[Package]:
        """Return the packages, and what they need, sorted by name.

        Raises
        ------
        UsageError
            The archives have none of the packages that would do for something that is needed.
        """
        found: dict[str, Package] = {}
        asked, known = set(names), set(names)
        while asked:
            found |= self.show(sorted({*names, *asked}))  # none of whose names is known, apt-cache refuses
            wanted = [needs for one in found.values() for needs in one.needs]
            open_ones = [
                needs for needs in wanted if not _NOT_TAKEN.intersection(needs) and not found.keys() & needs
            ]
            asked = {_next(needs, known) for needs in open_ones}
            known |= asked
        return [found[name] for name in sorted(found)]

    def show(self, names: Sequence[str]) -> dict[str, Package]:
        """Return what the archives know of packages."""
        text = self._ask("apt-cache", "show", "--no-all-versions", *names).decode()
        described = [_fields(stanza) for stanza in text.split("\n\n") if stanza.strip()]
        return {one["Package"]: _package(one) for one in described}

    def fetch(self, packages: Sequence[Package]) -> list[tuple[Package, Path]]:
        """Download packages; apt compares their hashes."""
        folder = self._work / "files"
        named = [f"{package.name}={package.version}" for package in packages]
        self._ask("apt-get", "-qq", "download", *named, cwd=folder)
        files = {file.name.partition("_")[0]: file for file in folder.glob("*.deb")}
        return [(package, files[package.name]) for package in packages]

    def _ask(self, program: str, *words: str, cwd: Path | None = None) -> bytes:
        return _run([program, *self._options, *words], cwd)


def _run(words: Sequence[str], cwd: Path | None = None) -> bytes:
    ran = subprocess.run(words, cwd=cwd, capture_output=True, check=False)  # noqa: S603 - our words
    if ran.returncode:
        lines = ran.stderr.decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else "it does not say why."
        message = f"{words[0]} could not give the packages of the base: {reason}"
        raise UsageError(message)
    return ran.stdout


def _next(needs: Sequence[str], asked: Collection[str]) -> str:
    """Return the next of several alternatives; that a name is only virtual shows when nothing is answered."""
    found = next((name for name in needs if name not in asked), None)
    if found is None:
        message = (
            f"The archives that apt reads have no package {' or '.join(needs)}, which the base needs. "
            "Give an image that has Python 3.11 or newer with --base."
        )
        raise UsageError(message)
    return found


def _fields(stanza: str) -> dict[str, str]:
    return {match[1]: match[2] for match in re.finditer(r"^([\w-]+): *(.*)$", stanza, re.MULTILINE)}


def _package(fields: Mapping[str, str]) -> Package:
    needs = [fields[name] for name in ("Pre-Depends", "Depends") if fields.get(name)]
    alternatives = [
        tuple(re.split(r"[\s:(]", one.strip(), maxsplit=1)[0] for one in group.split("|"))
        for group in ", ".join(needs).split(", ")
        if group
    ]
    return Package(fields["Package"], fields["Version"], fields.get("SHA256", ""), tuple(alternatives))


def _unpacked(file: Path) -> Tree:
    """Return what of a package goes in, by its place below /usr."""
    found: Tree = {}
    with tarfile.open(fileobj=BytesIO(_run(["dpkg-deb", "--fsys-tarfile", str(file)]))) as archive:
        for info in archive:
            path = str(PurePosixPath(info.name.removeprefix("./")))
            path = f"usr/{path}" if _MERGED.match(path) else path
            if info.isdir() or _DROPPED.match(path):
                continue
            if info.issym():
                found[path] = Entry(link=info.linkname)
            else:
                content = archive.extractfile(info)  # of a hard link that of the file
                found[path] = Entry(content.read() if content else b"", mode=info.mode & 0o755)
    return found
