"""An export is written whole or not at all, and nobody's wish is passed over in silence."""

from __future__ import annotations

import numpy as np
import pytest

import mlwright as mw
from mlwright.core.errors import UnknownNameError, UsageError
from mlwright.exports.export import OPTIONS, TARGETS, export
from mlwright.exports.target import Target, Wishes
from mlwright.program.onnx_file import read_onnx, write_onnx


@pytest.fixture(scope="module")
def model():
    rows = {"size": list(range(60)), "area": ["a", "b", "c"] * 20, "price": [3 * n for n in range(60)]}
    return mw.train(rows, "price", max_trials=3)


class _Folder(Target):
    """Writes what it is told to."""

    title, is_folder = "a folder", True

    def __init__(self, contents):
        self.contents = contents

    def files(self, model, name, wishes):
        del model, name, wishes
        return self.contents


@pytest.fixture
def shelf(monkeypatch):
    """Put a target that writes these files on the shelf."""

    def put(contents):
        monkeypatch.setattr(type(TARGETS), "get", lambda *_: _Folder(contents))

    return put


def test_every_target_says_what_it_is_and_knows_only_wishes_that_exist():
    for name in TARGETS.names():
        target = TARGETS.get(name)
        assert target.title
        assert set(target.wishes) <= set(OPTIONS)
    # What the model is called is known from its file, and who listens by the caller: nobody asks for them.
    assert set(Wishes.__dataclass_fields__) == {*OPTIONS, "called", "signature", "listen"}


def test_the_graph_is_the_program_byte_by_byte(model, tmp_path):
    found = export(model, "onnx", tmp_path / "m.onnx")
    assert [path.name for path in found] == ["m.onnx", "m.signature.json"]
    assert found[0].read_bytes() == model.program


def test_a_program_read_and_written_again_is_the_same_program(model):
    graph = read_onnx(model.program)
    again = write_onnx(graph, {"value": (np.float64, 1)}, {})
    proto, other = (mw_onnx(data) for data in (model.program, again))
    assert [node.SerializeToString() for node in proto.node] == [
        node.SerializeToString() for node in other.node
    ]
    assert list(proto.initializer) == list(other.initializer)
    assert list(proto.input) == list(other.input)


def mw_onnx(data):
    import onnx

    return onnx.ModelProto.FromString(data).graph


def test_who_asks_for_what_a_target_does_not_know_is_told(model, tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'onnx'"):
        export(model, "onx", tmp_path / "m.onnx")
    with pytest.raises(UsageError, match="--to onnx knows no --from"):
        export(model, "onnx", tmp_path / "m.onnx", Wishes(relation="t"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("place", "says"), [("none/m.onnx", "create .*none"), ("", "is a folder")])
def test_a_place_that_cannot_be_written_is_refused(model, tmp_path, place, says):
    with pytest.raises(UsageError, match=says):
        export(model, "onnx", tmp_path / place)


def test_a_file_is_not_written_without_the_one_beside_it(model, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"before")
    (tmp_path / "m.signature.json").mkdir()
    with pytest.raises(UsageError, match=r"m\.signature\.json'.* not a file"):
        export(model, "onnx", tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_is_new_or_empty(model, shelf, tmp_path):
    shelf({"README.md": b"hello", "model/trees.json": b"{}"})
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        export(model, "folder", tmp_path / name)
        assert (tmp_path / name / "model" / "trees.json").read_bytes() == b"{}"
    with pytest.raises(UsageError, match="there already"):
        export(model, "folder", tmp_path / "new")


def test_an_empty_folder_is_filled_whoever_stands_in_it_or_links_to_it(model, shelf, tmp_path, monkeypatch):
    shelf({"README.md": b"hello", "model/trees.json": b"{}"})
    for name in ("here", "far"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "link").symlink_to(tmp_path / "far")
    for place in (".", "../link"):
        export(model, "folder", place)
    for name in ("here", "far"):
        assert sorted(entry.name for entry in (tmp_path / name).iterdir()) == ["README.md", "model"]
    assert (tmp_path / "link").is_symlink()


def test_a_folder_that_cannot_be_completed_is_not_there(model, shelf, tmp_path):
    shelf({"one": b"1", "one/two": b"2"})
    with pytest.raises(UsageError, match="cannot be written"):
        export(model, "folder", tmp_path / "new")
    assert not list(tmp_path.iterdir())
