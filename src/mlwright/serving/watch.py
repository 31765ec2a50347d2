"""Watching the file of the model: another one answers once it is loaded, checked and warm, and not before."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, final

from mlwright.artifact.container import read_file
from mlwright.artifact.signature import SUFFIX
from mlwright.core.errors import MlwrightError
from mlwright.serving.build import exchange, make_scorer
from mlwright.serving.terms import Terms, TermsError, check_terms, terms_of

if TYPE_CHECKING:
    from pathlib import Path

    from mlwright.serving.desk import Desk
    from mlwright.serving.scorer import Scorer
    from mlwright.serving.settings import Settings

_LOOK_S = 1.0
_Seen = tuple[tuple[int, int, int] | None, ...]
"""Of the model and its signature: when each was written, its size, and which file it is; None: not there."""
_logger = logging.getLogger("mlwright.serving")


@final
class Watch:
    """Looks at the file each second if the operator wants it so, and whenever it is told to.

    Parameters
    ----------
    terms
        Those that the service began on; later models are held to them, not to each other's.
    """

    def __init__(self, place: Path, settings: Settings, desk: Desk, terms: Terms) -> None:
        self._place, self._settings, self._desk, self._terms = place, settings, desk, terms
        # Nothing was looked at yet: the file may have been exchanged while the service started.
        self._judged: _Seen = ()
        self._before: _Seen = ()
        self._is_told = asyncio.Event()

    def look_now(self) -> None:
        """Look, whether the file seems to be new or not."""
        self._is_told.set()

    async def run(self) -> None:
        """Look until the service drains."""
        while not self._desk.live.is_draining:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._is_told.wait(), _LOOK_S if self._settings.watch else None)
            is_told = self._is_told.is_set()
            self._is_told.clear()
            seen = await asyncio.to_thread(_look_at, self._place)
            if seen[0] is None and self._before[:1] != (None,) and not is_told:
                version = self._desk.live.scorer.version
                _logger.warning("%s is not there any more, %s goes on", self._place, version)
            is_new, is_still = seen != self._judged, seen == self._before
            self._before = seen
            # A file that somebody is still writing changes between two looks.
            if is_told or (is_new and is_still and seen[0] is not None):
                self._judged = seen
                await self._exchange(is_told=is_told)

    async def _exchange(self, *, is_told: bool) -> None:
        """Load beside, and exchange; whatever goes wrong, the model that answers goes on."""
        before = self._desk.live.scorer
        result = "failed"
        try:
            scorer = await asyncio.to_thread(self._open, before.digest)
        except TermsError as error:
            result = "refused"
            _logger.error("%s is not served, %s goes on: %s", self._place, before.version, error)  # noqa: TRY400 - foreseen
        except (MlwrightError, OSError, MemoryError) as error:
            _logger.error("%s is not served, %s goes on: %s", self._place, before.version, error)  # noqa: TRY400 - foreseen
        except Exception:
            _logger.exception("%s is not served, %s goes on: a defect", self._place, before.version)
        else:
            if scorer is None:
                if is_told:
                    _logger.info("%s is what answers: %s", self._place, before.version)
                return
            exchange(self._desk, scorer)
            result = "exchanged"
            _logger.info("%s answers in place of %s", scorer.version, before.version)
        self._desk.live.counters.exchanged(result)

    def _open(self, digest: str) -> Scorer | None:
        """Open the file as it is now; None if it is the model that answers."""
        data = read_file(self._place)
        if sha256(data).hexdigest() == digest:
            return None
        scorer = make_scorer(self._place, data, self._settings)
        check_terms(self._terms, terms_of(scorer))
        return scorer


def _look_at(place: Path) -> _Seen:
    found: list[tuple[int, int, int] | None] = []
    for one in (place, place.with_name(place.name + SUFFIX)):
        try:
            told = one.stat()
            found.append((told.st_mtime_ns, told.st_size, told.st_ino))
        except OSError:
            found.append(None)
    return tuple(found)
