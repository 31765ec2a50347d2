"""The folder is the registry: a plug-in's id is its file name, and it is imported when asked for."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Generic, TypeVar, final

from mlwright.core.errors import MissingDependencyError, UnknownNameError

T = TypeVar("T")


@final
class Registry(Generic[T]):
    """Finds the one public subclass of `contract` that each module of `package` defines."""

    def __init__(self, package: str, contract: type[T], what: str) -> None:
        self.package, self.contract, self.what = package, contract, what

    def names(self) -> list[str]:
        """List ids without importing any plug-in."""
        home = importlib.import_module(self.package)
        return sorted(m.name for m in pkgutil.iter_modules(home.__path__) if not m.name.startswith("_"))

    def get(self, name: str) -> T:
        """Import one plug-in and return an object of its class."""
        known = self.names()
        if name not in known:
            raise UnknownNameError.among(self.what, name, known)
        try:
            module = importlib.import_module(f"{self.package}.{name}")
        except ModuleNotFoundError as error:
            raise MissingDependencyError.install(
                f"The {self.what} {name!r}", str(error.name), "all"
            ) from error
        found = [
            member
            for member in vars(module).values()
            if inspect.isclass(member)
            and issubclass(member, self.contract)
            and member.__module__ == module.__name__
            and not member.__name__.startswith("_")
        ]
        if len(found) != 1:
            message = f"{module.__name__} must define one public {self.contract.__name__}, got {len(found)}."
            raise TypeError(message)
        plugin: T = found[0]()
        return plugin
