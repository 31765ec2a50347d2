"""Target: a form that a model can be given to others in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, final

from mlwright.core.progress import Listener, silence
from mlwright.core.task import Link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What may be asked for; "" is not asked. Each target knows its own.

    `dialect`: of SQL. `relation`: the table that the query reads. `base`: the path of an archive of an image
    to build upon. `called`: what the model is called, for what is started under its name; it is known rather
    than asked for, and "" is as what is written. `signature`: of the model file, for forms that carry it;
    known, too. `listen`: who is told how far long work is.
    """

    dialect: str = ""
    relation: str = ""
    base: str = ""
    called: str = ""
    signature: bytes = b""
    listen: Listener = silence

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of what is asked for."""
        return tuple(name for name in ("dialect", "relation", "base") if getattr(self, name))


class Target(ABC):
    """Writes a model in one form, equal to the program; refuses by name what cannot be said in it."""

    title: ClassVar[str]
    """What is written, in a few words, such as "one SQL query"."""
    is_folder: ClassVar[bool] = False
    wishes: ClassVar[tuple[str, ...]] = ()
    """The names of the wishes that it knows."""
    links: ClassVar[frozenset[Link]] = frozenset(Link)
    """Of the models that it can say."""
    next_steps: ClassVar[str] = ""
    """What to do with what was written; `$place` is its path, `$image` how its image is called."""

    @abstractmethod
    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return what to write, by path below the folder or beside the file that is called `name`.

        Raises
        ------
        UsageError
            The model, or a wish, cannot be put into this form; the message says which part and why.
        """
