"""Project: a model as files that a team can own, proven to answer as it does."""

from __future__ import annotations

import json
import keyword
import re
import sys
from typing import TYPE_CHECKING, Any

from mlwright.core.errors import ArtifactError, UsageError
from mlwright.exports.eject.context import columns, describe
from mlwright.exports.eject.imports import defined, with_imports
from mlwright.exports.eject.render import has_learner, render
from mlwright.exports.eject.taken import Taken, take

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

_MODULES = ("features", "predict", "serve", "train", "__main__")
"""In the order in which they build on each other."""
_DOCUMENTS = {
    "README.md": "README.md",
    "pyproject.toml": "pyproject.toml",
    ".github/workflows/ci.yml": "ci.yml",
}
_TAKEN_NAMES = frozenset(
    {"lightgbm", "mlwright", "numpy", "onnx", "onnxruntime", "scipy", "sklearn", "tests"}
)
_PACKAGES = {"sklearn": "scikit-learn"}
GOLDEN = "tests/golden.json"


def project(model: Model, name: str) -> dict[str, bytes]:
    """Return the files of a project by path, but for golden rows.

    Parameters
    ----------
    name
        Of the folder; the Python package is called after it.

    Raises
    ------
    UsageError
        The model has a part that a project cannot hold; the message names it.
    ArtifactError
        What the model says about itself is not what its program holds.
    """
    package = package_name(name)
    try:
        taken = take(model)
        context = describe(model, taken, package)
    except (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        message = "The evidence of the model does not fit its program, so that it cannot be ejected."
        raise ArtifactError(message) from error
    _check(context["learners"])
    code = _code(context)
    context |= {"train_requires": _requirements(code["train.py"].decode(), context["environment"])}
    return {
        **{f"{package}/{path}": data for path, data in code.items()},
        **{f"{package}/model/{path}": data for path, data in _data(model, taken).items()},
        "tests/test_golden.py": _tests(context, package),
        **{path: render(template, context) for path, template in _DOCUMENTS.items()},
    }


def package_name(name: str) -> str:
    """Return a name for a Python package that looks like the name of a folder."""
    found = re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_") or "model"
    is_free = (
        found not in sys.stdlib_module_names and found not in _TAKEN_NAMES and not keyword.iskeyword(found)
    )
    return found if found[0].isalpha() and is_free else f"model_{found}"


def _check(learners: list[str]) -> None:
    for learner in learners:
        if not has_learner(learner):
            message = f"A project cannot learn with {learner!r} yet, so this model cannot be ejected."
            raise UsageError(message)


def _code(context: Mapping[str, Any]) -> dict[str, bytes]:
    local: dict[str, list[str]] = {".": []}
    found = {"__init__.py": render("__init__.py", context)}
    for module in _MODULES:
        source = render(f"{module}.py", context).decode()
        found[f"{module}.py"] = with_imports(source, local).encode()
        local["."].append(module)
        local[f".{module}"] = defined(source)
    return found


def _requirements(source: str, environment: Mapping[str, Any]) -> list[str]:
    """Return what training needs, in the versions that made the model."""
    used = {
        line.split()[1].split(".")[0] for line in source.splitlines() if re.match(r"(import|from) \w", line)
    }
    wanted = {"numpy", "onnxruntime", *(_PACKAGES.get(name, name) for name in used)} & set(environment)
    pins = [f"{name}=={environment[name]}" for name in sorted(wanted)]
    return [*(pin for pin in pins if re.fullmatch(r"[\w.=+-]+", pin)), "threadpoolctl>=3.1"]


def _tests(context: Mapping[str, Any], package: str) -> bytes:
    local = {f"{package}.serve": ["Handler"]}
    return with_imports(render("test_golden.py", context).decode(), local).encode()


def _data(model: Model, taken: Taken) -> dict[str, bytes]:
    found = {
        "model.onnx": taken.graph,
        "features.json": _lines(columns(model) | taken.facts),
        "recipe.json": (json.dumps(taken.recipe, indent=1) + "\n").encode(),
    }
    return {**found, "words.onnx": taken.words} if taken.words else found


def _lines(facts: Mapping[str, list[Any]]) -> bytes:
    """Write one fact a line, so that what changes with new rows can be read line by line."""
    parts = []
    for key, items in facts.items():
        lines = ",\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        parts.append(f"{json.dumps(key)}: [\n{lines}\n]")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode()
