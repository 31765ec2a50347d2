"""A net that looks at the latest items of a history, in their order; trained by PyTorch, the extra `deep`."""

from __future__ import annotations

import math
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from mlwright.core.errors import MissingDependencyError
from mlwright.core.processors import n_processors
from mlwright.core.recommender import FittedRecommender, Histories, Recommender
from mlwright.ranking.attention import AWAY, TINY, Attention, Block, latest
from mlwright.ranking.matrix import matrix, unit_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlwright.core.arrays import Array, Floats, Integers, Singles
    from mlwright.core.recommender import Settings

_SIZE, _N_BLOCKS, _N_PLACES = 64, 2, 50
_HEAD = 10_000
"""Beyond these most frequent items nothing is said of an item, or by it."""
_MANY_ITEMS, _N_DRAWN = 2_500, 1_000
"""Of more items, a step compares what came next with so many others, drawn by how frequent they are."""
_N_USERS, _N_ASKED = 32, 8
"""Users of a step, and how many of their places are asked what comes next."""
_FEWEST_STEPS, _N_EPOCHS = 150, 8
_FEWEST_USERS, _MOST_EVENTS = 20, 4_000_000
_SMALL = 20_000
"""Of so few events steps are so short that threads would wait for each other most of the time."""
_RATE, _BETAS, _WARM_UP, _LONGEST = 2e-3, (0.9, 0.98), 0.05, 1.0
_FORGOTTEN = 0.1
"""The share of places whose item is hidden from a step, so that unknown items and short histories are met."""
_FADE = 0.8
_NOISE = 1e-5


@final
class Sasrec(Recommender):
    """Self-attention over the latest items, each place asked for the next few that were taken.

    Source: Kang and McAuley (2018), Self-attentive sequential recommendation, ICDM. As later work found
    better, all items compete in the loss, or many that are drawn, and not one (Klenitskiy and Vasilev 2023,
    Turning dross into gold loss, RecSys), several of the next items are the answer (Pancha et al. 2022,
    PinnerFormer, KDD), and places are told apart by how far they are from each other (Shaw et al. 2018,
    NAACL). Vectors of items start from a factoring of who took what, so that few passes are enough.
    """

    order = 9
    is_slow = True
    fades: ClassVar[tuple[tuple[float, float], ...]] = ((1.0, 1.0),)

    def settings(self, known: Histories) -> Sequence[Settings]:
        """Propose how many of the next items are the answer; none without times or PyTorch."""
        is_fit = known.n_users >= _FEWEST_USERS and len(known.items) <= _MOST_EVENTS
        if known.times is None or not is_fit or find_spec("torch") is None:
            return []
        return [{"reach": 5.0, "dropout": 0.2}, {"reach": 10.0, "dropout": 0.3}]

    def seconds(self, known: Histories) -> float:
        """Count events: the number of steps follows from them."""
        return 2.0 + 1.2e-4 * len(known.items)

    def fit(self, known: Histories, settings: Settings) -> FittedRecommender:
        """Train; raise MissingDependencyError without PyTorch."""
        try:
            import torch  # noqa: PLC0415 - heavy, and an extra
        except ImportError as error:
            raise MissingDependencyError.install("The recommender 'sasrec'", "torch", "deep") from error

        with _repeatable(torch, is_large=len(known.items) > _SMALL) as device:
            return train(torch, known, settings, device).plain(known.n_items)


@contextmanager
def _repeatable(torch: Any, *, is_large: bool) -> Iterator[str]:
    """Let PyTorch use all processors, or a graphics card, and give the same numbers every time."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # else a graphics card adds up in any order
    n_threads, was = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.set_num_threads(min(n_threads, n_processors()) if is_large else 1)
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        try:
            yield "cuda" if torch.cuda.is_available() else "cpu"
        finally:
            torch.use_deterministic_algorithms(mode=was)
            torch.set_num_threads(n_threads)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """What is trained, tensors of PyTorch; `plain` returns it as arrays, which say what each is."""

    items: Any
    usual: Any
    gain: Any
    blocks: tuple[dict[str, Any], ...]

    @property
    def tensors(self) -> list[Any]:
        """All that is learned."""
        return [self.items, self.usual, self.gain, *(one for block in self.blocks for one in block.values())]

    def vectors(self, torch: Any, codes: Any, places: Any, dropout: float) -> Any:
        """Return the vectors of some places of each user, (n_users, n_asked, size), with dropout."""
        nets, unknown = torch.nn.functional, len(self.items) - 1
        users, every = (torch.arange(size, device=codes.device) for size in codes.shape)
        gone = torch.where(codes == unknown, AWAY, 0.0)[:, None, :]
        found, asking = nets.dropout(self.items[codes], dropout), every[None, :]
        for number, block in enumerate(self.blocks):
            looked = keys = _leveled(torch, found)
            if number + 1 == len(self.blocks):  # nobody reads the other places any more
                at = users[:, None], places
                asking, found, looked = places, found[at], looked[at]
            older = every - asking[:, :, None]
            sight = torch.where(older < 0, AWAY, block["ages"][older.clamp(min=0)])
            fits = (looked @ block["near"]) @ keys.transpose(1, 2) / math.sqrt(_SIZE)
            shares = (fits + sight + gone * (older != 0)).softmax(-1)
            found = found + nets.dropout((shares @ keys) @ block["taken"], dropout)
            wide = (_leveled(torch, found) @ block["wide"] + block["shift"]).relu()
            found = found + nets.dropout(wide @ block["narrow"], dropout)
        return _leveled(torch, found) * self.gain

    def plain(self, n_items: int) -> Attention:
        """Return arrays."""
        items, usual, gain = (one.detach().cpu().numpy() for one in (self.items, self.usual, self.gain))
        blocks = ({name: one.detach().cpu().numpy() for name, one in block.items()} for block in self.blocks)
        out = np.ascontiguousarray((items[:-1] * gain).T)
        scale = np.float32(1.0 / math.sqrt(_SIZE))
        plain = tuple(Block(**{**block, "near": block["near"] * scale}) for block in blocks)
        return Attention(items, plain, out, usual, n_items)


def _leveled(torch: Any, vectors: Any) -> Any:
    return vectors * torch.rsqrt(vectors.square().mean(-1, keepdim=True) + TINY)


def train(torch: Any, known: Histories, settings: Settings, device: str) -> Net:
    """Train a net in the same number of passes for every log, of small logs in more."""
    rng = np.random.default_rng(0)
    net = _started(torch, known, rng, device)
    users = np.flatnonzero(known.lengths > 1)
    counts: Floats = 1.0 + known.counts[:_HEAD].astype(np.float64)
    per_epoch = max(1, math.ceil(len(users) / _N_USERS))
    n_epochs = max(_N_EPOCHS, math.ceil(_FEWEST_STEPS / per_epoch)) if len(users) else 0
    n_steps, step = n_epochs * per_epoch, 0
    rule = torch.optim.Adam(net.tensors, lr=_RATE, betas=_BETAS)
    for _ in range(n_epochs):
        order = rng.permutation(users)
        for start in range(0, len(order), _N_USERS):
            lot = _Lot.of(known, order[start : start + _N_USERS], int(settings["reach"]), rng, counts)
            rate = min(1.0, (step + 1) / max(1.0, _WARM_UP * n_steps)) * (1.0 - step / n_steps)
            for group in rule.param_groups:
                group["lr"] = _RATE * rate
            loss = _loss(torch, net, lot, settings["dropout"], device)
            rule.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.tensors, _LONGEST)
            rule.step()
            step += 1
    return net


def _started(torch: Any, known: Histories, rng: np.random.Generator, device: str) -> Net:
    """Return a net that says nearly what is popular; items that the same users took start alike."""

    def learned(values: Array) -> Any:
        return torch.tensor(values.astype(np.float32), device=device).requires_grad_()

    def random(*shape: int, scale: float = 1.0) -> Any:
        return learned(rng.normal(0.0, scale / math.sqrt(shape[0]), shape))

    counts = known.counts[:_HEAD]
    blocks = tuple(
        {
            "near": random(_SIZE, _SIZE),
            "ages": learned(-0.02 * np.arange(_N_PLACES)),
            "taken": random(_SIZE, _SIZE, scale=0.5),
            "wide": random(_SIZE, 2 * _SIZE),
            "shift": learned(np.zeros(2 * _SIZE)),
            "narrow": random(2 * _SIZE, _SIZE, scale=0.5),
        }
        for _ in range(_N_BLOCKS)
    )
    usual = np.log(counts + 1.0)
    items = learned(_alike(known, rng))
    return Net(items, learned(usual - usual.mean()), learned(np.ones(_SIZE)), blocks)


def _alike(known: Histories, rng: np.random.Generator) -> Singles:
    """Return vectors of length 1 for the items that are kept, near each other for the same users.

    The last is that of an unknown item.
    """
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 - heavy

    taken = unit_rows(matrix(known)[:, :_HEAD].tocsr()).astype(np.float64)
    scaled = taken.multiply(np.maximum(known.counts[:_HEAD], 1.0)[None, :] ** -0.5).tocsr()
    found = rng.normal(0.0, _NOISE, (scaled.shape[1] + 1, _SIZE))  # for what no factor says anything of
    n_factors = min(_SIZE, *scaled.shape)
    _, worth, factors = randomized_svd(scaled, n_factors, random_state=0)
    found[:-1, :n_factors] += (factors * np.sqrt(worth)[:, None]).T
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found.astype(np.float32)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Lot:
    """Users of one step: their latest items, `codes` (n_users, n_places), and what some places are asked.

    `places` (n_users, n_asked) says which; `answers` (n_users, n_asked, reach) are the items that came next,
    the nearest first, and `weights`, of the same shape, what each is worth. `drawn` are items to compare
    with, `n_drawn` (n_kept,) how often each item is among them, and `chances` (n_kept,) the logarithm of how
    often it is on average; None where all are compared.
    """

    codes: Integers
    places: Integers
    answers: Integers
    weights: Singles
    drawn: Integers | None = None
    n_drawn: Singles | None = None
    chances: Singles | None = None

    @classmethod
    def of(cls, known: Histories, users: Array, reach: int, rng: np.random.Generator, counts: Floats) -> _Lot:
        """Take a part of each history, at random of those that are longer than what is looked at."""
        n_kept = len(counts)
        part = known.take(users)
        width = min(_N_PLACES, int(part.lengths.max()) - 1) + 1
        skipped = (rng.random(len(users)) * (np.maximum(part.lengths - width, 0) + 1)).astype(np.int64)
        part = part.keep(part.positions >= np.repeat(skipped, part.lengths))
        taken = latest(part, width, n_kept)
        codes = taken[:, 1:]
        order = rng.random(codes.shape) * (codes < n_kept)
        places = np.argsort(-order, axis=1)[:, :_N_ASKED]
        next_ones = places[:, :, None] - np.arange(reach)
        at = np.arange(len(users))[:, None, None], np.maximum(next_ones, 0)
        is_there = np.take_along_axis(codes, places, axis=1) < n_kept
        is_answer = (next_ones >= 0) & (taken[at] < n_kept) & is_there[:, :, None]
        weights = latest_strengths(part, width)[at] * is_answer * _FADE ** np.arange(reach)
        hidden = np.where(rng.random(codes.shape) < _FORGOTTEN, n_kept, codes)
        lot = cls(hidden, places, np.minimum(taken[at], n_kept - 1), weights.astype(np.float32))
        return lot if n_kept <= _MANY_ITEMS else lot._drawing(counts / counts.sum(), rng)

    def _drawing(self, shares: Floats, rng: np.random.Generator) -> _Lot:
        drawn = rng.choice(len(shares), _N_DRAWN, p=shares)
        n_drawn = np.bincount(drawn, minlength=len(shares)).astype(np.float32)
        chances = np.log(_N_DRAWN * shares).astype(np.float32)
        return replace(self, drawn=drawn, n_drawn=n_drawn, chances=chances)


def latest_strengths(asked: Histories, n_places: int) -> Singles:
    """Return how much the latest items of users were liked, (n_users, n_places); 0 where there is none."""
    at = asked.starts[:-1, None] + np.arange(n_places)[None, :]
    is_there = at < asked.starts[1:, None]
    return np.where(is_there, asked.strengths[np.where(is_there, at, 0)], np.float32(0.0)).astype(np.float32)


def _loss(torch: Any, net: Net, lot: _Lot, dropout: float, device: str) -> Any:
    """Return the mean cross entropy of the answers, weighted."""

    def given(values: Array | None) -> Any:
        return torch.as_tensor(values, device=device)

    vectors = net.vectors(torch, given(lot.codes), given(lot.places), dropout)
    answers, weights = given(lot.answers), given(lot.weights)
    if lot.drawn is None:
        scores = vectors @ net.items[:-1].T + net.usual
        right, total = scores.gather(-1, answers), scores.logsumexp(-1, keepdim=True)
    else:
        drawn, n_drawn, chances = given(lot.drawn), given(lot.n_drawn), given(lot.chances)
        right = (net.items[answers] * vectors[:, :, None, :]).sum(-1) + net.usual[answers]
        others = vectors @ net.items[drawn].T + net.usual[drawn] - chances[drawn]
        total = others.logsumexp(-1, keepdim=True)
        own = (
            n_drawn[answers] * (right - chances[answers] - total).exp()
        )  # the share of the answer among them
        total = torch.logaddexp(total + torch.log1p(-own.clamp(max=1.0 - TINY)), right)
    return (weights * (total - right)).sum() / weights.sum().clamp(min=TINY)
