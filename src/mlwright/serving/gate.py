"""The gate: who may come in, how many at once, how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from mlwright.serving.allowance import Allowances
from mlwright.serving.problems import Problem, busy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlwright.serving.counters import Counters
    from mlwright.serving.settings import Settings

_ANYBODY = "anybody"


@final
class Gate:
    """Lets requests in and counts them until they leave; `folder` is where processes share allowances."""

    def __init__(self, settings: Settings, counters: Counters, folder: Path | None = None) -> None:
        self._settings, self._counters = settings, counters
        self._inside = 0
        self._allowances = Allowances(settings.rate, folder)

    @property
    def inside(self) -> int:
        """How many requests are worked on."""
        return self._inside

    def admit(self, headers: Mapping[bytes, bytes], scope: str) -> str:
        """Return the name of the key; raise a problem (401, 403) for those who may not."""
        keys = self._settings.keys
        if keys is None:
            return _ANYBODY
        given = _given(headers)
        if not given:
            detail = "Send a key: `Authorization: Bearer KEY`, or `X-API-Key: KEY`."
            raise Problem(401, "no_key", detail)
        found = keys.find(given)
        if found is None:
            raise Problem(401, "wrong_key", "This key is not known.")
        if scope not in found.scopes:
            raise Problem(403, "scope", f"The key {found.name!r} does not open this: it lacks {scope!r}.")
        return found.name

    def enter(self, who: str) -> None:
        """Take a request in; raise a problem (429, 503) if there are too many."""
        rate = self._settings.rate
        if rate and not self._allowances.take(who):
            raise Problem(429, "rate", f"{who} may ask {rate:g} times a second. Try again.", retry_s=1)
        if self._inside >= self._settings.max_in_flight:
            raise busy(f"{self._inside} requests are being worked on, and no more may be.")
        self._inside += 1
        self._counters.entered()

    def leave(self) -> None:
        """Let a request go."""
        self._inside -= 1
        self._counters.left()


def _given(headers: Mapping[bytes, bytes]) -> str:
    """Return the key that a request brings; "" if none."""
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    if kind.lower() == b"bearer" and token:
        return token.strip().decode("latin-1")
    return headers.get(b"x-api-key", b"").decode("latin-1")
