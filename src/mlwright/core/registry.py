"""The folder is the registry: a plug-in's id is its file name, and it is imported when asked for."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Generic, TypeVar, final

from mlwright.core.errors import MissingDependencyError, UnknownNameError

T = TypeVar("T")


@final
class Registry(Generic[T]):
    """Finds the one public subclass of `contract` that each module of `package` defines.

    The contract is given by name, `"module.Class"`: who loads a model needs none of most shelves.
    """

    def __init__(self, package: str, contract: str, what: str) -> None:
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
        home, _, wanted = self.contract.rpartition(".")
        contract = getattr(importlib.import_module(home), wanted)
        found = [
            member
            for member in vars(module).values()
            if isinstance(member, type)
            and issubclass(member, contract)
            and member.__module__ == module.__name__
            and not member.__name__.startswith("_")
        ]
        if len(found) != 1:
            message = f"{module.__name__} must define one public {wanted}, got {len(found)}."
            raise TypeError(message)
        plugin: T = found[0]()
        return plugin
