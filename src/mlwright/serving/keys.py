"""Keys: who may ask for what. A file holds their hashes, never the keys."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import final

from mlwright.core.atomic import replacing
from mlwright.core.errors import UnknownNameError, UsageError

SCOPES = ("predict", "metrics")
_LONGEST_NAME = 60


@final
@dataclass(frozen=True, slots=True)
class Key:
    """One key that opens the service: its name in logs and counters, its hash, and what it opens."""

    name: str
    digest: str
    scopes: frozenset[str]


@final
@dataclass(frozen=True, slots=True)
class Keys:
    """All keys that open a service; several at once, so that one can be replaced while it is in use."""

    known: tuple[Key, ...]

    def find(self, given: str) -> Key | None:
        """Return the key that was given; every known one is compared, in constant time."""
        digest, found = sha256(given.encode("utf-8", "replace")).hexdigest(), None
        for key in self.known:
            if compare_digest(key.digest, digest):
                found = key
        return found

    @classmethod
    def read(cls, path: str | Path) -> Keys:
        """Read a file of keys: `{"keys": [{"name", "sha256", "scopes"}]}`.

        Raises
        ------
        UsageError
            The file is not there or cannot be understood.
        """
        place = Path(path)
        known = tuple(map(_key, _entries(place)))
        if not known:
            message = f"There are no keys in {str(place)!r}. Make one with: mlwright key NAME."
            raise UsageError(message)
        return cls(known)


def add_key(path: Path, name: str, scopes: tuple[str, ...] = ("predict",)) -> str:
    """Draw a key, add its hash to a file, which is made if it is not there, and return the key.

    Raises
    ------
    UsageError
        A scope or the name cannot be used, or the file cannot be understood or written.
    """
    unknown = next((scope for scope in scopes if scope not in SCOPES), None)
    if unknown is not None:
        raise UnknownNameError.among("scope", unknown, SCOPES)
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        message = f"A key cannot be named {name!r}: give up to {_LONGEST_NAME} letters, such as the app's."
        raise UsageError(message)
    secret = secrets.token_urlsafe(24)
    entry: dict[str, object] = {
        "name": name,
        "sha256": sha256(secret.encode()).hexdigest(),
        "scopes": sorted(set(scopes)),
    }
    _write(path, [*(_entries(path) if path.exists() else []), entry])
    return secret


def remove_keys(path: Path, name: str) -> int:
    """Take all keys of this name out of a file; return how many there were.

    Raises
    ------
    UsageError
        There are none, or the file cannot be read or written.
    """
    entries = _entries(path)
    kept = [entry for entry in entries if _key(entry).name != name]
    if len(kept) == len(entries):
        raise UnknownNameError.among("key", name, [_key(entry).name for entry in entries])
    _write(path, kept)
    return len(entries) - len(kept)


def _entries(place: Path) -> list[dict[str, object]]:
    """Read what stands in a file of keys, and look at each."""
    try:
        entries: list[dict[str, object]] = json.loads(place.read_text(encoding="utf-8"))["keys"]
        entries = list(entries)
        for entry in entries:
            _key(entry)
    except OSError as error:
        message = f"The keys {str(place)!r} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        message = (
            f"The keys {str(place)!r} cannot be understood ({error!r}). Expected "
            '{"keys": [{"name": "app", "sha256": "64 hexadecimal digits", "scopes": ["predict"]}]}; '
            "make one with: mlwright key NAME."
        )
        raise UsageError(message) from error
    return entries


def _write(place: Path, entries: list[dict[str, object]]) -> None:
    try:
        with replacing(place) as file:
            file.write((json.dumps({"keys": entries}, indent=2) + "\n").encode())
    except OSError as error:
        message = f"The keys {str(place)!r} cannot be written: {error.strerror or error}."
        raise UsageError(message) from error


def _key(entry: dict[str, object]) -> Key:
    scopes, digest = entry.get("scopes", ["predict"]), str(entry["sha256"])
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError(f"unknown scope in {scopes!r}")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError("sha256 is not 64 hexadecimal digits")
    return Key(str(entry["name"]), digest, frozenset(map(str, scopes)))
