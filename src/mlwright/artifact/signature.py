"""Signatures of model files, made with a private key and checked with a public one that stands elsewhere.

The format is that of the OpenSSF's model signing 1.0: a Sigstore bundle around a DSSE envelope around an
in-toto statement of the file's SHA-256, signed with ECDSA. Its own tools verify ours, and we theirs.

Source: https://github.com/ossf/model-signing-spec; the envelope: https://github.com/secure-systems-lab/dsse.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlwright.core.atomic import replacing
from mlwright.core.errors import ArtifactError, MissingDependencyError, UsageError
from mlwright.core.shape import REST, anything, misfit
from mlwright.core.strict_json import read_strictly

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

SUFFIX = ".sig"
"""Put behind the name of a model file, this is the name of its signature."""
PASSWORD = "MLWRIGHT_SIGN_PASSWORD"  # noqa: S105 - the name of the variable, not what it holds
"""The environment variable that holds the password of an encrypted private key."""
_CURVES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT, _PREDICATE = "https://in-toto.io/Statement/v1", "https://model_signing/signature/v1.0"
_MAX_BYTES = 2**20
_ENVELOPE_SHAPE = {
    "dsseEnvelope": {
        "payload": str, "payloadType": _PAYLOAD, "signatures": [{"sig": str, REST: anything}],
        REST: anything,
    },
    REST: anything,
}  # fmt: skip
_STATEMENT_SHAPE = {
    "predicateType": _PREDICATE,
    "predicate": {
        "resources": [{"name": str, "algorithm": str, "digest": str, REST: anything}],
        "serialization": {"method": "files", REST: anything},
        REST: anything,
    },
    REST: anything,
}


def sign(path: str | Path, key: str | Path) -> Path:
    """Write the signature of a model file beside it and return its path.

    Parameters
    ----------
    key
        A PEM file of a private key on the curve P-256, P-384 or P-521.

    Raises
    ------
    UsageError
        The key cannot be used, or the signature cannot be written.
    """
    place = Path(path)
    private = read_private_key(key)
    try:
        payload = _statement(place.name, place.read_bytes())
        bundle = {
            "mediaType": _BUNDLE,
            "verificationMaterial": {"publicKey": {"hint": _hint(private.public_key())}, "tlogEntries": []},
            "dsseEnvelope": {
                "payload": b64encode(payload).decode(),
                "payloadType": _PAYLOAD,
                "signatures": [{"sig": b64encode(_signed(private, payload)).decode(), "keyid": ""}],
            },
        }
        written = place.with_name(place.name + SUFFIX)
        with replacing(written) as file:
            file.write(json.dumps(bundle).encode())
    except OSError as error:
        message = f"{str(place)!r} cannot be signed: {error.strerror or error}."
        raise UsageError(message) from error
    return written


def verify(place: Path, data: bytes, key: str | Path) -> None:
    """Raise ArtifactError unless `data`, the bytes of this file, are what the owner of the key has signed.

    Nothing of the data is looked at but their hash. Raises UsageError if the public key cannot be read.
    """
    public = _read_public_key(key)
    beside = place.with_name(place.name + SUFFIX)
    if not beside.is_file():
        message = (
            f"{place.name!r} is refused: a signature is required and {str(beside)!r} is not there. "
            f"Sign the model with: mlwright sign {place.name} --key PRIVATE.pem"
        )
        raise ArtifactError(message)
    try:
        with beside.open("rb") as file:
            envelope = _shaped(file.read(_MAX_BYTES), _ENVELOPE_SHAPE)["dsseEnvelope"]
        payload = b64decode(envelope["payload"], validate=True)
        signatures = [b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
    except (OSError, ValueError) as error:
        message = f"{place.name!r} is refused: {beside.name!r} is not a signature ({error})."
        raise ArtifactError(message) from error
    if not any(_is_signed(public, payload, one) for one in signatures):
        owner = f"the key that belongs to {str(key)!r}"
        message = f"{place.name!r} is refused: its signature was not made with {owner}."
        raise ArtifactError(message)
    try:
        resources = _shaped(payload, _STATEMENT_SHAPE)["predicate"]["resources"]
    except ValueError as error:
        message = f"{place.name!r} is refused: what was signed is not one file ({error})."
        raise ArtifactError(message) from error
    if [(one["algorithm"], one["digest"]) for one in resources] != [("sha256", sha256(data).hexdigest())]:
        message = f"{place.name!r} is refused: it was changed after it was signed, or another file was."
        raise ArtifactError(message)


def read_private_key(path: str | Path) -> ec.EllipticCurvePrivateKey:
    """Read a key to sign with; raise UsageError, saying how to make one, if it cannot be used."""
    serialization = _cryptography().hazmat.primitives.serialization
    password = os.environ.get(PASSWORD, "").encode() or None
    try:
        key: Any = serialization.load_pem_private_key(Path(path).read_bytes(), password)
    except OSError as error:
        message = f"The key {str(path)!r} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    except (TypeError, ValueError) as error:
        message = (
            f"{str(path)!r} holds no private key that can be read. An encrypted one needs its password in "
            f"{PASSWORD}. Make one with: openssl ecparam -name prime256v1 -genkey -noout -out private.pem"
        )
        raise UsageError(message) from error
    _check_curve(path, key)
    found: ec.EllipticCurvePrivateKey = key
    return found


def _read_public_key(path: str | Path) -> ec.EllipticCurvePublicKey:
    serialization = _cryptography().hazmat.primitives.serialization
    try:
        key: Any = serialization.load_pem_public_key(Path(path).read_bytes())
    except OSError as error:
        message = f"The key {str(path)!r} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    except ValueError as error:
        message = (
            f"{str(path)!r} holds no public key that can be read. Get it out of the private one with: "
            "openssl ec -in private.pem -pubout -out public.pem"
        )
        raise UsageError(message) from error
    _check_curve(path, key)
    found: ec.EllipticCurvePublicKey = key
    return found


def _check_curve(path: str | Path, key: Any) -> None:
    curve = getattr(getattr(key, "curve", None), "name", None)
    if curve not in _CURVES:
        message = f"The key {str(path)!r} is of a kind that cannot sign models. Use one on the curve P-256."
        raise UsageError(message)


def _statement(name: str, data: bytes) -> bytes:
    """Say what is signed: one file, by its hash. The subject is the hash of all hashes."""
    digest = sha256(data)
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256(digest.digest()).hexdigest()}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "serialization": {
                "method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": [],
            },
            "resources": [{"name": ".", "algorithm": "sha256", "digest": digest.hexdigest()}],
        },
    }  # fmt: skip
    return json.dumps(statement).encode()


def _signed(key: ec.EllipticCurvePrivateKey, payload: bytes) -> bytes:
    return key.sign(_encoded(payload), _algorithm(key.curve.name))


def _is_signed(key: ec.EllipticCurvePublicKey, payload: bytes, signature: bytes) -> bool:
    invalid: type[Exception] = _cryptography().exceptions.InvalidSignature
    try:
        key.verify(signature, _encoded(payload), _algorithm(key.curve.name))
    except invalid:
        return False
    return True


def _encoded(payload: bytes) -> bytes:
    """Return what is signed in place of the payload: DSSE's pre-authentication encoding."""
    return f"DSSEv1 {len(_PAYLOAD)} {_PAYLOAD} {len(payload)} ".encode() + payload


def _algorithm(curve: str) -> Any:
    primitives = _cryptography().hazmat.primitives
    return primitives.asymmetric.ec.ECDSA(getattr(primitives.hashes, _CURVES[curve])())


def _hint(key: ec.EllipticCurvePublicKey) -> str:
    serialization = _cryptography().hazmat.primitives.serialization
    pem: bytes = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(pem).hexdigest()


def _cryptography() -> Any:
    try:
        import cryptography.exceptions  # noqa: PLC0415 - an extra
        import cryptography.hazmat.primitives.asymmetric.ec  # noqa: PLC0415 - as above
        import cryptography.hazmat.primitives.hashes  # noqa: PLC0415 - as above
        import cryptography.hazmat.primitives.serialization  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise MissingDependencyError.install("A signature", "cryptography", "sign") from error
    return cryptography


def _shaped(data: bytes, shape: Any) -> Any:
    value = read_strictly(data.decode())
    where = misfit(value, shape)
    if where is not None:
        message = f"it is not as expected at {where[:80] or 'its beginning'}"
        raise ValueError(message)
    return value
