"""Keys: who may ask for what. A file holds their hashes, never the keys."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import final

from mlwright.core.errors import UsageError

SCOPES = ("predict", "metrics", "admin")


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
        try:
            entries = json.loads(place.read_text(encoding="utf-8"))["keys"]
            known = tuple(_key(entry) for entry in entries)
        except OSError as error:
            message = f"The keys {str(place)!r} cannot be read: {error.strerror or error}."
            raise UsageError(message) from error
        except (KeyError, TypeError, ValueError) as error:
            message = (
                f"The keys {str(place)!r} cannot be understood ({error!r}). Expected "
                '{"keys": [{"name": "app", "sha256": "64 hexadecimal digits", "scopes": ["predict"]}]}; '
                "make one with: mlwright key NAME."
            )
            raise UsageError(message) from error
        if not known:
            message = f"There are no keys in {str(place)!r}. Make one with: mlwright key NAME."
            raise UsageError(message)
        return cls(known)


def new_key(name: str, scopes: tuple[str, ...] = ("predict",)) -> tuple[str, dict[str, object]]:
    """Draw a key; return it, to be given to who asks, and the entry for the file of keys."""
    secret = secrets.token_urlsafe(24)
    return secret, {"name": name, "sha256": sha256(secret.encode()).hexdigest(), "scopes": list(scopes)}


def _key(entry: dict[str, object]) -> Key:
    scopes, digest = entry.get("scopes", ["predict"]), str(entry["sha256"])
    if not isinstance(scopes, list) or not set(scopes) <= set(SCOPES):
        raise ValueError(f"unknown scope in {scopes!r}")
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError("sha256 is not 64 hexadecimal digits")
    return Key(str(entry["name"]), digest, frozenset(map(str, scopes)))
