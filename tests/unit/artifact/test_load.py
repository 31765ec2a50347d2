"""A model file is looked at from all sides before it is believed; whatever is wrong, the error says so."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from hashlib import sha256

import numpy as np
import pytest

import mlwright as mw
from mlwright.artifact.save import write_atomically
from mlwright.core.errors import ArtifactError, UsageError

MEMBERS = (
    "manifest.json", "program.onnx", "schema.json", "evidence.json", "profile.json", "golden.json", "card.md",
    "intervals.json",
)  # fmt: skip
NUMBERS = range(60)
ROWS = {
    "size": [n / 7 for n in NUMBERS],
    "color": [("red", "green", "blue")[n % 3] for n in NUMBERS],
    "note": [f"please {('ring', 'use')[n % 2]} the bell {n} times now" for n in NUMBERS],
    "y": [("no", "yes")[n % 3 == 0] for n in NUMBERS],
}


def train(seed=0, max_trials=2):
    return mw.train(ROWS, "y", max_trials=max_trials, seed=seed, refit="no")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("load") / "model.mlw"
    train().save(path)
    return path


@pytest.fixture(scope="module")
def files(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "other.mlw"


def test_a_file_that_is_cut_off_is_named_with_what_to_do(tmp_path):
    place = tmp_path / "cut.mlw"
    place.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(
        ArtifactError, match=r"'cut.mlw' is not a model file.*only a part of one.*copy it again"
    ):
        mw.load(place)


def written(place, files, *, hashed=True):
    """Write members as a model file, with a manifest that fits them unless told otherwise."""
    if hashed:
        manifest = json.loads(files["manifest.json"])
        others = {name: data for name, data in files.items() if name != "manifest.json"}
        manifest["files"] = {n: {"sha256": sha256(d).hexdigest(), "size": len(d)} for n, d in others.items()}
        files = {**files, "manifest.json": json.dumps(manifest).encode()}
    write_atomically(place, files)
    return place


def changed(files, name, change):
    """Return the members with one JSON file changed."""
    value = json.loads(files[name])
    value = change(value) or value
    return {**files, name: json.dumps(value).encode()}


def refused(place, match=None):
    with pytest.raises(ArtifactError, match=match):
        mw.load(place)


def test_a_model_file_holds_what_it_says(path, files):
    assert tuple(files) == MEMBERS
    assert mw.load(path).predict(ROWS).tolist() == mw.load(str(path)).predict(ROWS).tolist()


def test_a_file_cut_off_anywhere_is_refused(path, place):
    data = path.read_bytes()
    for size in [*range(0, len(data), 199), *range(len(data) - 60, len(data))]:
        place.write_bytes(data[:size])
        refused(place)


def test_a_flipped_byte_is_noticed_or_changes_nothing(path, place):
    data, expected = path.read_bytes(), mw.load(path).predict_proba(ROWS)
    rng = np.random.default_rng(0)
    ends = np.arange(len(data) - 700, len(data))  # the directory of the zip, whose fields are not hashed
    for at in [*rng.integers(0, len(data), 250), *rng.choice(ends, 250)]:
        flipped = bytearray(data)
        flipped[at] ^= int(rng.integers(1, 256))
        place.write_bytes(flipped)
        try:
            found = mw.load(place)
        except ArtifactError:
            continue
        assert np.array_equal(found.predict_proba(ROWS), expected)


@pytest.mark.parametrize("data", [b"", b"\0", b"PK", b"not a model", b"PK\x05\x06" + bytes(18), bytes(5_000)])
def test_bytes_that_are_no_zip_are_refused(place, data):
    place.write_bytes(data)
    refused(place)


def test_a_pickle_is_refused_and_never_run(place, tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path / "ran").touch, ()

    place.write_bytes(pickle.dumps(Evil()))
    refused(place, "not a model file")
    assert not (tmp_path / "ran").exists()


def test_what_is_no_file_is_refused(tmp_path):
    refused(tmp_path, "not a file")
    refused(tmp_path / "absent.mlw", "no model file")


def test_a_bomb_is_refused_before_it_is_unpacked(files, place):
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "evidence.json": b" " * 40 * 2**20}.items():
            archive.writestr(name, data)
    refused(place, "would unpack")


def test_what_shrinks_like_a_bomb_is_written_as_it_is(files, place):
    members = {**files, "evidence.json": files["evidence.json"] + b" " * 5 * 2**20}
    assert mw.load(written(place, members)).evidence == json.loads(files["evidence.json"])
    assert place.stat().st_size > 5 * 2**20


def test_a_bomb_that_lies_about_its_size_is_refused(files, place):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "evidence.json": b" " * 40 * 2**20}.items():
            archive.writestr(name, data)
        for info in archive.infolist():
            if info.filename == "evidence.json":
                info.compress_size, honest = 2**21, info.compress_size
    assert honest < 2**20
    place.write_bytes(buffer.getvalue())
    refused(place)


@pytest.mark.parametrize(
    "name", ["notes.txt", "../evil.txt", "/etc/evil", "evidence.json/", "Program.onnx", "a\\b"]
)
def test_a_member_that_does_not_belong_is_refused(files, place, name):
    refused(written(place, {**files, name: b"x"}), "unexpected member")
    assert [found.name for found in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_lacks_is_named(files, place, name):
    rest = {key: data for key, data in files.items() if key != name}
    refused(written(place, rest, hashed=False), name)


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_there_twice_is_refused(path, files, place, name):
    place.write_bytes(path.read_bytes())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(place, "a") as archive:
        archive.writestr(name, files[name])
    refused(place, "twice")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_refused(files, place, method):
    with zipfile.ZipFile(place, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    refused(place, "damaged")


@pytest.mark.parametrize("name", MEMBERS[1:])
def test_a_member_that_was_changed_afterwards_is_named(files, place, name):
    data = files[name]
    refused(written(place, {**files, name: data[:-1] + bytes([data[-1] ^ 1])}, hashed=False), name)


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_another_format_is_refused_with_what_to_do(files, place, version):
    other = changed(files, "manifest.json", lambda manifest: manifest.update(format=version))
    refused(written(place, other), "Install the version")


@pytest.mark.parametrize("name", [name for name in MEMBERS if name.endswith(".json")])
@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b"[]", b"3", b'"text"', b"{}", b"[" * 20_000, b"\xff\xfe"]
)
def test_nonsense_in_place_of_a_member_is_never_another_error(files, place, name, data):
    other = written(place, {**files, name: data}, hashed=name != "manifest.json")
    try:
        model = mw.load(other)
    except ArtifactError:
        return
    assert name in ("evidence.json", "profile.json")  # for people; nothing is computed from them
    assert len(model.predict(ROWS)) == len(NUMBERS)


CHANGES = {
    "the task has no classes": ("schema.json", lambda s: s["task"].update(classes=[])),
    "the task has more classes": ("schema.json", lambda s: s["task"]["classes"].append("maybe")),
    "the task is of no known link": ("schema.json", lambda s: s["task"].update(link="cloglog")),
    "the scale is zero": ("schema.json", lambda s: s["task"].update(scale=0.0)),
    "the scale is a text": ("schema.json", lambda s: s["task"].update(scale="wide")),
    "the task has a field too many": ("schema.json", lambda s: s["task"].update(more=1)),
    "the columns are lost": ("schema.json", lambda s: s.update(columns=[])),
    "a column is of another kind": ("schema.json", lambda s: s["columns"][0].update(kind="category")),
    "a column is of no known kind": ("schema.json", lambda s: s["columns"][0].update(kind="color")),
    "a column has a field too many": ("schema.json", lambda s: s["columns"][0].update(more=1)),
    "a column is renamed": ("schema.json", lambda s: s["columns"][0].update(name="length")),
    "the evidence is of another target": ("evidence.json", lambda e: e["task"].update(target="price")),
    "the evidence is of other classes": ("evidence.json", lambda e: e["task"].update(classes=["a", "b"])),
    "the evidence names no task": ("evidence.json", lambda e: e.pop("task") and None),
    "golden rows are gone": ("golden.json", lambda g: g.update(rows={})),
    "golden rows are empty": ("golden.json", lambda g: {"rows": {n: [] for n in g["rows"]}, "scores": []}),
    "golden rows are of two lengths": ("golden.json", lambda g: g["rows"].update(size=[1.0])),
    "golden scores are other": ("golden.json", lambda g: g["scores"][0].reverse()),
    "golden scores are few": ("golden.json", lambda g: g["scores"].pop()),
    "golden scores are texts": ("golden.json", lambda g: g.update(scores="high")),
    "a golden cell is a list": ("golden.json", lambda g: g["rows"]["size"].__setitem__(0, [1])),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_members_that_do_not_fit_together_are_refused(files, place, what):
    refused(written(place, changed(files, *CHANGES[what])))


def test_a_program_that_was_exchanged_is_noticed_by_its_answers(files, place):
    other = train(seed=1)
    assert other.program != files["program.onnx"]
    refused(written(place, {**files, "program.onnx": other.program}), "other answers")


def test_a_program_of_nobody_is_refused(files, place):
    import onnx

    proto = onnx.ModelProto.FromString(files["program.onnx"])
    del proto.metadata_props[:]
    refused(written(place, {**files, "program.onnx": proto.SerializeToString()}), "which columns it reads")


def test_a_directory_that_lies_about_offsets_is_refused(path, place):
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x05\x06")
    for offset in (0, 2**31, 2**32 - 1):
        data[at + 16 : at + 20] = struct.pack("<I", offset)
        place.write_bytes(data)
        refused(place)


def test_the_same_seed_gives_the_same_bytes(path, files, place):
    again = train()
    assert again.program == files["program.onnx"]
    again.save(place)
    assert place.read_bytes() == path.read_bytes()


def test_another_seed_gives_another_model(files):
    assert train(seed=1).program != files["program.onnx"]


def test_what_was_loaded_is_saved_as_the_same_bytes(path, place):
    mw.load(path).save(place)
    assert place.read_bytes() == path.read_bytes()


def test_a_place_that_cannot_be_written_to_is_left_alone(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        train(max_trials=1).save(tmp_path / "no folder" / "model.mlw")
    (tmp_path / "model.mlw").mkdir()
    with pytest.raises(UsageError, match="cannot be written"):
        train(max_trials=1).save(tmp_path / "model.mlw")
    assert [found.name for found in tmp_path.iterdir()] == ["model.mlw"]
