"""Choice: which of the finished candidates ship, and with which weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlwright.core.errors import SearchError
from mlwright.tuning.contract import Menu, Version
from mlwright.tuning.latency import Latency

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.tuning.search import Search
    from mlwright.tuning.trial import Member, Trial


_TOLERATED = 0.01
"""The share of the loss that may be lost for a blend that can be fitted again in time."""
_PLENTY, _DEAR, _HARDLY = 6.0, 0.002, 0.003
"""What a blend may cost (`Trial.cost`; 0.12 ms or so), the share of the loss that a unit more must take, and
the share that a cheaper blend may lose."""


def choose(search: Search) -> list[Trial]:
    """Blend the finished trials and return those with weight, the heaviest first.

    With a contract, the best blend that is likely to keep it; `search.most_copies` is set to what it affords.
    """
    candidates = search.finished
    if not candidates:
        failed = next((t.failure for t in search.trials if t.failure), "no candidate finished in time")
        message = f"No model could be fitted: {failed.split(chr(10), 1)[0]}"
        raise SearchError(message)
    menu = _menu(search, candidates)
    if search.scales is None:
        if search.latency is Latency.BALANCED:
            menu = lean(menu, search.seed)
        return ship(search, _in_time(search, menu))
    copies = search.schedule.n_refits_now(candidates)
    version = search.scales.affordable(menu, copies, search.seed)
    search.most_copies = version.n_copies
    return ship(search, version)


def lean(menu: Menu, seed: int) -> Menu:
    """Leave only the candidates of a cheaper blend where the best one costs a lot and is hardly better.

    Else all stay: what is not in the best blend may be in one that is quicker to fit again.
    """
    costs = np.array([trial.cost for trial in menu.trials])
    versions = [*replace(menu, shares=costs).versions(1, seed)]
    least = menu.loss(versions[0])

    def burden(version: Version) -> float:
        return _DEAR * max(0.0, sum(trial.cost for trial in _of(menu, version)) - _PLENTY)

    near = [version for version in versions if menu.loss(version) <= (1.0 + _HARDLY) * least]
    best = min(near, key=lambda version: menu.loss(version) / least + burden(version))
    if best is versions[0]:
        return menu
    is_in = np.array([trial in _of(menu, best) for trial in menu.trials])
    return replace(menu, trials=_of(menu, best), prices=menu.prices[is_in], shares=menu.shares[is_in])


def _of(menu: Menu, version: Version) -> list[Trial]:
    return [trial for trial in menu.trials if trial.configuration.name in version.weights]


def _in_time(search: Search, menu: Menu) -> Version:
    """Return the best blend that can be fitted again, twice, in the time that is left.

    A model of all rows is worth more than the last digit of the blend; where it would cost more than
    that, the best blend stays.
    """
    quick = replace(menu, shares=np.array([trial.refit_s for trial in menu.trials]))
    first: Version | None = None
    for version in quick.versions(1, search.seed):
        first = first or version
        if menu.loss(version) > (1.0 + _TOLERATED) * menu.loss(first):
            break
        if search.schedule.can_refit(_of(menu, version)):
            return version
    assert first is not None  # noqa: S101 - there is a version of any candidates
    return first


def ship(search: Search, version: Version) -> list[Trial]:
    """Give the trials the weights of a version, and return those that have any, the heaviest first."""
    for trial in search.trials:
        trial.weight = version.weights.get(trial.configuration.name, 0.0)
    return weighed(search)


def weighed(search: Search) -> list[Trial]:
    """Return the trials that have weight, the heaviest first."""
    return sorted((t for t in search.trials if t.weight > 0), key=lambda t: (-t.weight, t.number))


def kept(search: Search, members: Sequence[Member]) -> Version | None:
    """Return how to ship fitted models so that the contract is kept as measured; None if it cannot be.

    First with the weights that were chosen, then fewer copies and ever cheaper candidates of those there are.
    """
    assert search.scales is not None  # noqa: S101 - asked only with a contract
    names = [member.name for member in members]
    there = [trial for trial in search.trials if trial.configuration.name in names]

    def versions() -> Iterator[Version]:
        weights = {t.configuration.name: t.weight for t in there if t.weight > 0}
        if weights:
            yield from (Version(weights, n) for n in range(max(map(names.count, names)), 0, -1))
        if there and all(trial.is_finished for trial in there):
            yield from _menu(search, there).versions(1, search.seed)

    return search.scales.kept(versions(), members)


def of_first_folds(search: Search) -> list[Member]:
    """Return a model of each finished candidate but the baseline that is there: that of its first fold."""
    return [trial.fold_members(1.0)[0] for trial in search.finished if trial.number > 0]


def _menu(search: Search, trials: Sequence[Trial]) -> Menu:
    shares = np.zeros(len(trials)) if search.scales is None else search.scales.shares(trials)
    prices = search.latency.price * np.array([trial.cost for trial in trials])
    return Menu(link=search.store.link, target=search.target, trials=trials, prices=prices, shares=shares)
