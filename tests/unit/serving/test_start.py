"""What cannot be started says which option is wrong, and what would be right."""

from __future__ import annotations

import shutil
import socket
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from mlwright.artifact.signature import sign
from mlwright.cli.app import app
from mlwright.core.errors import UsageError
from mlwright.serving.build import open_scorer
from mlwright.serving.listen import bind, listen
from mlwright.serving.options import log_policy, settings_of
from mlwright.serving.settings import Settings


def settings(**given):
    usual = {"host": "127.0.0.1", "keys": None, "is_insecure": False, "errors": "full", "extra": "ignore"}
    return settings_of(**{**usual, "max_body": "1MB", **given})


@pytest.mark.parametrize("size", ["lots", "0", "-5", "0kB"])
def test_a_size_is_refused_by_the_name_of_its_option(size, tmp_path):
    with pytest.raises(UsageError, match=r"^A --max-body "):
        settings(max_body=size)
    with pytest.raises(UsageError, match=r"^A --log-keep "):
        log_policy(tmp_path, "none", size)


def test_a_misspelled_value_is_told_as_it_is_written():
    with pytest.raises(UsageError) as refused:
        settings(errors="tersee")
    assert "Did you mean 'terse'? Known: full, terse." in str(refused.value)


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_host_is_refused_as_such(host):
    with pytest.raises(UsageError, match="--host is empty"):
        settings(host=host)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "a" * 80])
def test_a_host_that_is_not_this_machine_is_the_option_to_change(host):
    with pytest.raises(UsageError, match="Give --host") as refused:
        bind(Settings(host=host, port=0))
    assert "--port" not in str(refused.value)


def test_a_port_that_is_taken_is_the_option_to_change():
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as taken,
        pytest.raises(UsageError, match="Choose another --port") as refused,
    ):
        bind(Settings(port=taken.getsockname()[1]))
    assert "--host" not in str(refused.value)


def test_a_port_that_is_taken_is_noticed_before_the_model_is_loaded(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", str(tmp_path / "none.mlw"), "--port", port])
    assert done.exit_code == 2
    assert "Choose another --port" in done.output


def test_nobody_connects_before_there_is_an_answer():
    with closing(bind(Settings(port=0))) as listener:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(listener.getsockname())
        listen(listener, Settings())
        socket.create_connection(listener.getsockname()).close()


def test_a_model_without_the_signature_that_is_required_is_not_served(shop, tmp_path):
    private, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    keys = {name: tmp_path / f"{name}.pem" for name in ("private", "public", "other")}
    no_password = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    keys["private"].write_bytes(private.private_bytes(pem, pkcs8, no_password))
    for name, key in (("public", private), ("other", other)):
        public = serialization.PublicFormat.SubjectPublicKeyInfo
        keys[name].write_bytes(key.public_key().public_bytes(pem, public))
    place = Path(shutil.copy(shop, tmp_path / "shop.mlw"))

    def refusal(name):
        given = ["serve", str(place), "--port", "0", "--require-signed", str(keys[name])]
        done = CliRunner().invoke(app, given)
        assert done.exit_code == 2
        return done.output

    assert "a signature is required" in refusal("public")
    sign(place, keys["private"])
    assert "was not made with" in refusal("other")
    assert open_scorer(place, Settings(require_signed=keys["public"])).name == "shop"


def test_a_port_that_is_no_number_is_told_in_words():
    done = CliRunner().invoke(app, ["serve", "m.mlw", "--port", "abc"])
    assert done.exit_code == 2
    assert "--port" in done.output
    assert "MLWRIGHT_PORT" not in done.output


@pytest.mark.parametrize(
    ("name", "data"),
    [("telco.csv", b"a,b\n1,2\n"), ("telco.parquet", b"PAR1"), ("telco", b"PAR1"), ("telco.TSV", b"")],
)
def test_data_in_place_of_a_model_are_told_apart(tmp_path, name, data):
    place = tmp_path / name
    place.write_bytes(data)
    done = CliRunner().invoke(app, ["serve", str(place), "--port", "0"])
    assert done.exit_code == 2
    assert f"'{name}' is a table of data and not a model" in done.output
    assert f"mlwright train {name} --target" in done.output
