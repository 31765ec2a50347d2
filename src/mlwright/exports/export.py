"""Exports: a target chosen by name, its files written all or none."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from string import Template
from typing import TYPE_CHECKING

from mlwright.core.atomic import replacing
from mlwright.core.errors import UsageError
from mlwright.core.registry import Registry
from mlwright.exports.model_file import model_bytes
from mlwright.exports.oci.service import image_name, image_tag
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

TARGETS: Registry[Target] = Registry(
    "mlwright.exports.targets", "mlwright.exports.target.Target", "export target"
)


def export(model: Model, to: str, path: str | Path, wishes: Wishes | None = None) -> list[Path]:
    """Write a model in another form and return the files that were written.

    Raises
    ------
    UsageError
        There is no such target, it does not know a wish, the model cannot be put into that form, or the
        place cannot be written to. Nothing is written then.
    """
    target, asked, place = TARGETS.get(to), wishes or Wishes(), Path(path)
    for name in asked.asked:
        if name not in target.wishes:
            message = f"--to {to} knows no --{OPTIONS[name]}. Leave it out."
            raise UsageError(message)
    if model.task.link not in target.links:
        able = [name for name in TARGETS.names() if model.task.link in TARGETS.get(name).links]
        message = f"--to {to} cannot say a model that ranks. What can: --to {' or '.join(able)}."
        raise UsageError(message)
    _check_place(place, is_folder=target.is_folder)
    files = target.files(model, place.name or place.resolve().name, asked)
    try:
        return _write_folder(place, files) if target.is_folder else _write_files(place.parent, files)
    except OSError as error:
        taken = error.filename if isinstance(error, FileExistsError) else place  # it may be a file beside it
        message = f"The export cannot be written to {str(taken)!r}: {error.strerror or error}."
        raise UsageError(message) from error


def next_steps(model: Model, to: str, path: str | Path, wishes: Wishes) -> str:
    """Return what to do with what was written, for people; "" if that is plain."""
    target, place = TARGETS.get(to), Path(path)
    if not target.next_steps:
        return ""
    name = (wishes.called or place.name) if target.is_folder else place.stem
    image = f"{image_name(name)}:{image_tag(model_bytes(model))}"
    return Template(target.next_steps).substitute(place=quote(str(place)), image=image)


OPTIONS = {"dialect": "dialect", "relation": "from", "base": "base"}
"""What each wish is called on the command line."""


def _check_place(place: Path, *, is_folder: bool) -> None:
    if not place.parent.is_dir():
        message = f"The output {str(place)!r} has no folder to go to: create {str(place.parent)!r} first."
        raise UsageError(message)
    if is_folder and place.exists() and (not place.is_dir() or any(place.iterdir())):
        message = f"The output {str(place)!r} is there already. Name a new folder, or an empty one."
        raise UsageError(message)
    if not is_folder and place.is_dir():
        message = f"The output {str(place)!r} is a folder. Name a file."
        raise UsageError(message)


def _write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write all of them before the first takes its place: one without the others would be half an export."""
    with ExitStack() as stack:
        for name, data in files.items():
            file = stack.enter_context(replacing(folder / name))
            file.write(data)
            file.flush()  # a disk that is full says so here
    return [folder / name for name in files]


def _write_folder(place: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write beside the place, then move there: a folder is whole or not there.

    A folder that is there stays what it is, and is filled: somebody may stand in it, or a link lead to it.
    """
    is_there = place.is_dir()
    above = place if is_there else place.parent
    draft = Path(tempfile.mkdtemp(dir=above, prefix=f".{place.name}.", suffix=".part"))
    try:
        for name, data in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            (draft / name).write_bytes(data)
        draft.chmod(0o755)
        if is_there:
            for entry in sorted(draft.iterdir()):
                entry.replace(place / entry.name)
            draft.rmdir()
        else:
            draft.replace(place)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return [place / name for name in files]
