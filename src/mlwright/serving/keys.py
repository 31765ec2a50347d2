"""Keys: who may ask for what. A file holds their hashes, never the keys."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from time import monotonic
from typing import TYPE_CHECKING, Any, final

from mlwright.core.atomic import replacing
from mlwright.core.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

SCOPES = ("predict", "metrics")
_FIELDS = ("name", "sha256", "scopes", "created")
_LONGEST_NAME = 60
_LOOK_S = 1.0
"""How often the file is looked at, when somebody asks."""
_HEXADECIMAL = frozenset("0123456789abcdef")
_logger = logging.getLogger("mlwright.serving")


@final
@dataclass(frozen=True, slots=True)
class Key:
    """One key that opens the service: its name in refusals, its hash, and what it opens."""

    name: str
    digest: str
    scopes: frozenset[str]


@final
class Keys:
    """All keys that open a service; several at once, so that one can be replaced while it is in use.

    The file is read anew when it was changed. If it cannot be understood then, the keys that were known go
    on, and the log says so. If the last key was taken out, nobody may enter: that is how it is revoked.

    Raises
    ------
    UsageError
        The file is not there, cannot be understood, or holds no key.
    """

    def __init__(self, place: Path) -> None:
        self._place, self._next_s = place, monotonic() + _LOOK_S
        self._seen = _state(place)
        self._known = _read(place)
        if not self._known:
            message = f"There are no keys in {str(place)!r}. Make one with: mlwright key NAME."
            raise UsageError(message)

    def find(self, given: str) -> Key | None:
        """Return the key that was given; every known one is compared, in constant time."""
        if monotonic() >= self._next_s:
            self._look()
        digest, found = sha256(given.encode("utf-8", "replace")).hexdigest(), None
        for key in self._known:
            if compare_digest(key.digest, digest):
                found = key
        return found

    def _look(self) -> None:
        self._next_s = monotonic() + _LOOK_S
        seen = _state(self._place)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._known = _read(self._place)
        except UsageError as error:
            _logger.error("the keys that were known go on: %s", error)  # noqa: TRY400 - foreseen
        else:
            names = ", ".join(key.name for key in self._known)
            _logger.info("keys were read anew: %s", names or "none is left, and nobody may enter")


def add_key(place: Path, name: str, scopes: tuple[str, ...] = ("predict",)) -> str:
    """Draw a key, add its hash to a file, which is made if it is not there, and return the key.

    Raises
    ------
    UsageError
        A scope or the name cannot be used, or the file cannot be understood or written.
    """
    unknown = next((scope for scope in scopes if scope not in SCOPES), None)
    if unknown is not None:
        raise UnknownNameError.among("scope", unknown, SCOPES)
    if not _is_name(name):
        message = f"A key cannot be named {name[:80]!r}: give 1 to {_LONGEST_NAME} letters, such as app."
        raise UsageError(message)
    entries = _entries(place) if place.exists() else []
    secret = secrets.token_urlsafe(24)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    digest = sha256(secret.encode()).hexdigest()
    _write(
        place, [*entries, {"name": name, "sha256": digest, "scopes": sorted(set(scopes)), "created": made}]
    )
    return secret


def remove_key(place: Path, name: str) -> int:
    """Take the oldest key of this name out of a file; return how many of this name are left.

    Raises
    ------
    UsageError
        There is none, or the file cannot be read or written.
    """
    entries = _entries(place)
    own = [number for number, entry in enumerate(entries) if entry["name"] == name]
    if not own:
        raise UnknownNameError.among("key", name, sorted({str(entry["name"]) for entry in entries}))
    _write(place, [entry for number, entry in enumerate(entries) if number != own[0]])
    return len(own) - 1


def _read(place: Path) -> tuple[Key, ...]:
    return tuple(
        Key(entry["name"], entry["sha256"].lower(), frozenset(entry["scopes"])) for entry in _entries(place)
    )


def _entries(place: Path) -> list[dict[str, Any]]:
    """Read what stands in a file of keys, oldest first, and look at each."""
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The keys {str(place)!r} cannot be read: {error.strerror or error}."
        raise UsageError(message) from error
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}: {error.msg})" if isinstance(error, json.JSONDecodeError) else ""
        raise _refused(place, f"it is not JSON{where}") from error
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise _refused(place, "there is no array under 'keys'")
    for number, entry in enumerate(entries, 1):
        odd = _oddity(entry)
        if odd:
            raise _refused(place, f"key {number} {odd}")
    digests = [entry["sha256"].lower() for entry in entries]
    if len(set(digests)) != len(digests):
        raise _refused(place, "two keys have the same sha256")
    return entries


def _oddity(entry: object) -> str:
    """Say what is wrong with an entry; "" if nothing is."""
    if not isinstance(entry, dict):
        return "is no object"
    unknown = [field for field in entry if field not in _FIELDS]
    if unknown:
        return f"has a field {unknown[0][:40]!r}, which is none of {', '.join(_FIELDS)}"
    digest, scopes = entry.get("sha256"), entry.get("scopes")
    if not _is_name(entry.get("name")):
        return f"has no name of 1 to {_LONGEST_NAME} letters"
    if not isinstance(digest, str) or len(digest) != 64 or set(digest.lower()) - _HEXADECIMAL:
        return f"({entry['name']!r}) has no sha256 of 64 hexadecimal digits"
    if not isinstance(scopes, list) or not scopes or any(scope not in SCOPES for scope in scopes):
        return f"({entry['name']!r}) has no scopes, an array of {' or '.join(SCOPES)}"
    return ""


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME


def _refused(place: Path, why: str) -> UsageError:
    expected = '{"keys": [{"name": "app", "sha256": "64 hexadecimal digits", "scopes": ["predict"]}]}'
    message = f"The keys {str(place)!r} cannot be understood: {why}. Expected {expected} (mlwright key)."
    return UsageError(message)


def _state(place: Path) -> tuple[int, ...]:
    try:
        found = place.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _write(place: Path, entries: list[dict[str, Any]]) -> None:
    try:
        with replacing(place) as file:
            file.write((json.dumps({"keys": entries}, indent=2) + "\n").encode())
    except OSError as error:
        message = f"The keys {str(place)!r} cannot be written: {error.strerror or error}."
        raise UsageError(message) from error
