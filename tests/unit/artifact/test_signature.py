"""A required signature is that of the pinned key over these very bytes, or nothing of the file is read."""

from __future__ import annotations

import json
import shutil
import sys
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

import mlwright as mw
from mlwright.artifact import load as loading
from mlwright.cli.app import app
from mlwright.core.errors import ArtifactError, MissingDependencyError, UsageError

MODEL = Path(__file__).parents[2] / "fixtures" / "models" / "format_1.mlw"
FOREIGN = Path(__file__).parents[2] / "fixtures" / "signed_by_model_signing"
ROW = json.loads(MODEL.with_suffix(".json").read_text(encoding="utf-8"))["rows"][0]


def make_keys(folder, name, key, password=None):
    """Write a pair of PEM files; return the private and the public one."""
    hidden = BestAvailableEncryption(password) if password else NoEncryption()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, hidden))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def keys(tmp_path):
    return make_keys(tmp_path, "key", ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def place(tmp_path):
    return shutil.copy(MODEL, tmp_path / "model.mlw")


def refused(place, public, match, monkeypatch):
    """See that the file is refused, and that nobody has unpacked it by then."""
    with monkeypatch.context() as patch:
        patch.setattr(loading, "read_members", lambda *_: pytest.fail("the file was unpacked"))
        with pytest.raises(ArtifactError, match=match):
            mw.load(place, require_signed=public)


@pytest.mark.parametrize("curve", [ec.SECP256R1, ec.SECP384R1, ec.SECP521R1])
def test_what_its_owner_has_signed_is_loaded(curve, place, tmp_path):
    private, public = make_keys(tmp_path, "other", ec.generate_private_key(curve()))
    assert mw.sign(place, private) == tmp_path / "model.mlw.sig"
    assert mw.load(place, require_signed=public).predict(ROW) == mw.load(MODEL).predict(ROW)


def test_a_model_without_a_signature_is_refused(place, keys, monkeypatch):
    refused(place, keys[1], "a signature is required", monkeypatch)
    assert mw.load(place)


def test_a_signature_of_another_key_is_refused(place, keys, tmp_path, monkeypatch):
    mw.sign(place, make_keys(tmp_path, "other", ec.generate_private_key(ec.SECP256R1()))[0])
    refused(place, keys[1], "not made with the key", monkeypatch)


def test_a_model_that_was_changed_or_exchanged_is_refused(place, keys, monkeypatch):
    mw.sign(place, keys[0])
    data = place.read_bytes()
    for changed in (data + b"x", data[:-1], bytes([data[0] ^ 1]) + data[1:], b""):
        place.write_bytes(changed)
        refused(place, keys[1], "changed after it was signed", monkeypatch)


def bundle_with(beside, change):
    bundle = json.loads(beside.read_text())
    change(bundle["dsseEnvelope"])
    beside.write_text(json.dumps(bundle))


def other_hash(envelope):
    payload = json.loads(b64decode(envelope["payload"]))
    payload["predicate"]["resources"][0]["digest"] = "0" * 64
    envelope["payload"] = b64encode(json.dumps(payload).encode()).decode()


CHANGES = {
    "another payload": (other_hash, "not made with the key"),
    "no signature": (lambda e: e.update(signatures=[]), "not made with the key"),
    "an empty signature": (lambda e: e["signatures"][0].update(sig=""), "not made with the key"),
    "a signature of zeros": (
        lambda e: e["signatures"][0].update(sig="MAYCAQACAQA="),
        "not made with the key",
    ),
    "a signature that is no base64": (lambda e: e["signatures"][0].update(sig="?"), "is not a signature"),
    "a payload of text": (lambda e: e.update(payload="{}"), "is not a signature"),
    "a payload of another type": (lambda e: e.update(payloadType="text/plain"), "is not a signature"),
    "signatures of text": (lambda e: e.update(signatures="all"), "is not a signature"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_signature_that_was_changed_is_refused(what, place, keys, monkeypatch):
    change, match = CHANGES[what]
    bundle_with(mw.sign(place, keys[0]), change)
    refused(place, keys[1], match, monkeypatch)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b" " * 2**21])
def test_what_is_no_bundle_is_refused(data, place, keys, monkeypatch):
    mw.sign(place, keys[0]).write_bytes(data)
    refused(place, keys[1], "is not a signature", monkeypatch)


def test_keys_that_cannot_be_used_are_named(place, keys, tmp_path, monkeypatch):
    private, public = keys
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    edwards = make_keys(tmp_path, "edwards", ed25519.Ed25519PrivateKey.generate())
    for key in (empty, public, tmp_path / "absent.pem", edwards[0]):
        with pytest.raises(UsageError, match=key.name):
            mw.sign(place, key)
    mw.sign(place, private)
    for key in (empty, private, tmp_path / "absent.pem", edwards[1]):
        with pytest.raises(UsageError, match=key.name):
            mw.load(place, require_signed=key)
    hidden, public = make_keys(tmp_path, "hidden", ec.generate_private_key(ec.SECP256R1()), b"open sesame")
    with pytest.raises(UsageError, match="MLWRIGHT_SIGN_PASSWORD"):
        mw.sign(place, hidden)
    monkeypatch.setenv("MLWRIGHT_SIGN_PASSWORD", "open sesame")
    mw.sign(place, hidden)
    assert mw.load(place, require_signed=public)


def test_the_environment_requires_a_signature_of_every_load(place, keys, monkeypatch):
    monkeypatch.setenv("MLWRIGHT_REQUIRE_SIGNED", str(keys[1]))
    with pytest.raises(ArtifactError, match="a signature is required"):
        mw.load(place)
    mw.sign(place, keys[0])
    assert mw.load(place)


def test_what_the_tools_of_openssf_have_signed_is_loaded(place):
    """The fixture is what `model_signing sign key` 1.1.1 has written for the model of format 1."""
    shutil.copy(FOREIGN / "format_1.mlw.sig", f"{place}.sig")
    assert mw.load(place, require_signed=FOREIGN / "public.pem")


def test_without_the_library_the_line_that_installs_it_is_given(place, keys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(MissingDependencyError, match=r"mlwright\[sign\]"):
        mw.load(place, require_signed=keys[1])


def test_the_command_line_signs_and_requires(place, keys, tmp_path, capsys, monkeypatch):
    private, public = map(str, keys)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(ROW) + "\n")
    verbs = {
        "predict": [str(rows)],
        "explain": [str(rows)],
        "info": [],
        "export": ["--to", "onnx", "-o", str(tmp_path / "graph.onnx")],
    }

    def ended(*arguments):
        with pytest.raises(SystemExit) as end:
            app(arguments)
        return end.value.code

    for verb, rest in verbs.items():
        assert ended(verb, str(place), *rest, "--require-signed", public) == 2, verb
        assert "a signature is required" in capsys.readouterr().err
    monkeypatch.setenv("MLWRIGHT_REQUIRE_SIGNED", public)
    assert ended("compare", str(place), str(place), str(rows)) == 2
    assert ended("evaluate", str(place), str(rows)) == 2
    assert capsys.readouterr().err.count("a signature is required") == 2
    assert ended("sign", str(place), "--key", private) == 0
    assert capsys.readouterr().out.strip() == f"{place}.sig"
    for verb, rest in verbs.items():
        assert ended(verb, str(place), *rest) == 0, verb


def test_training_signs_and_looks_at_the_key_first(keys, tmp_path, capsys):
    data = tmp_path / "rows.csv"
    data.write_text("size,price\n" + "".join(f"{n},{3 * n}\n" for n in range(60)))
    call = ["train", str(data), "-t", "price", "--max-trials", "1", "--no-report", "-q", "-o"]
    with pytest.raises(SystemExit) as end:
        app([*call, str(tmp_path / "other.mlw"), "--sign", str(keys[1])])
    assert end.value.code == 2
    assert not (tmp_path / "other.mlw").exists()
    with pytest.raises(SystemExit) as end:
        app([*call, str(tmp_path / "model.mlw"), "--sign", str(keys[0])])
    assert end.value.code in (0, 1), capsys.readouterr().err
    assert mw.load(tmp_path / "model.mlw", require_signed=keys[1])
