"""Parts of images: layers that mean harm, and packages that are not there."""

from __future__ import annotations

import tarfile
from io import BytesIO

import pytest

from mlwright.core.errors import UsageError
from mlwright.exports.oci import debian
from mlwright.exports.oci.root import Root


@pytest.mark.parametrize("name", [".wh...", ".wh..", ".wh.", "..", "usr/..", "usr/.wh...", "."])
def test_no_entry_of_a_layer_removes_the_folder_that_it_is_in_or_one_above(tmp_path, name):
    beside, within = tmp_path / "beside.txt", tmp_path / "root" / "usr" / "within.txt"
    within.parent.mkdir(parents=True)
    for file in (beside, within):
        file.write_text("kept")
    layer = BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(UsageError, match="names no file"):
        Root(tmp_path / "root").unpack(layer.getvalue())
    assert beside.read_text() == within.read_text() == "kept"


def apt(tmp_path, monkeypatch, archives):
    """Return apt with archives that hold these packages, each with what it needs."""
    asked = []

    def run(words, _cwd=None):
        if "show" not in words:
            return b""
        names = [name for name in words[words.index("--no-all-versions") + 1 :] if name in archives]
        asked.append(names)
        assert len(asked) < 9, "it asks for ever"
        stanzas = [f"Package: {name}\nVersion: 1\nDepends: {archives[name]}\n" for name in names]
        return "\n".join(stanzas).encode()

    monkeypatch.setattr(debian, "_run", run)
    return debian._Apt(tmp_path)


def test_what_is_only_virtual_is_replaced_by_the_next_that_would_do(tmp_path, monkeypatch):
    archives = {"python": "libmail | mail-agent | postfix", "postfix": "libc (>= 2)", "libc": ""}
    found = apt(tmp_path, monkeypatch, archives).closure(["python"])
    assert [package.name for package in found] == ["libc", "postfix", "python"]


def test_what_no_package_gives_is_told(tmp_path, monkeypatch):
    there = apt(tmp_path, monkeypatch, {"python": "libmail | mail-agent"})
    with pytest.raises(UsageError, match=r"no package libmail or mail-agent.*--base"):
        there.closure(["python"])
