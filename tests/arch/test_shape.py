"""The code keeps its shape: small files, short functions, abstract-or-final classes, light imports."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from enum import Enum

import pytest

import mlwright

from .source import FILES, SRC, name, tree

BANNED = {"utils", "util", "helpers", "common", "misc", "base", "manager", "handler"}
HEAVY = (
    "numpy",
    "polars",
    "pandas",
    "scipy",
    "sklearn",
    "lightgbm",
    "onnx",
    "onnxruntime",
    "jinja2",
    "rich",
    "torch",
)
ABSTRACT = {
    "Combination", "Encoding", "Family", "FittedCombination", "FittedModel", "FittedRecommender",
    "FittedStep", "Hasty", "Learner", "Metric", "Protocol", "Recommender", "Rule", "Source", "Step", "Target",
    "TaskKind",
}  # fmt: skip
MOST_LINES, MOST_FUNCTION_LINES, MOST_CLASS_LINES, MOST_METHODS, MOST_PARAMETERS = 400, 60, 200, 15, 7

every_file = pytest.mark.parametrize("path", FILES, ids=name)


def length(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def is_verb(path, node: ast.AST) -> bool:
    """A verb of the command line: its parameters are the options, its length is their help."""
    return path.parent == SRC / "cli" and any("boundary" in ast.dump(d) for d in node.decorator_list)


def is_estimator(path, node: ast.AST) -> bool:
    """scikit-learn reads an estimator's hyperparameters from the signature of its constructor."""
    return path == SRC / "sklearn.py" and node.name == "__init__"


@every_file
def test_a_file_is_small_and_named_for_what_it_holds(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
    assert not BANNED & set(re.split(r"[_.]", path.stem))


@every_file
def test_a_function_is_short_and_takes_few_parameters(path):
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or is_verb(path, node):
            continue
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        assert length(node) <= MOST_FUNCTION_LINES, node.name
        if is_estimator(path, node):
            continue
        assert len([a for a in given if a.arg not in ("self", "cls")]) <= MOST_PARAMETERS, node.name


@every_file
def test_a_class_is_small(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef):
            methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
            assert length(node) <= MOST_CLASS_LINES, node.name
            assert len(methods) <= MOST_METHODS, node.name


def classes() -> list[type]:
    found: list[type] = []
    for info in pkgutil.walk_packages([str(SRC)], "mlwright."):
        if info.name == "mlwright.__main__":
            continue
        try:
            module = importlib.import_module(info.name)
        except ModuleNotFoundError as error:
            if str(error.name).startswith("mlwright"):
                raise
            continue  # a plug-in whose extra is not installed
        members = vars(module).values()
        found += [c for c in members if inspect.isclass(c) and c.__module__ == module.__name__]
    return found


@pytest.mark.parametrize("cls", classes(), ids=lambda c: f"{c.__module__}.{c.__qualname__}")
def test_a_class_is_abstract_or_final_and_overrides_nothing_concrete(cls):
    if issubclass(cls, Exception | Enum) or inspect.isabstract(cls) or "TypedDict" in repr(cls.__class__):
        return
    assert getattr(cls, "__final__", False), "a class that is not abstract is marked @final"
    ours = [parent for parent in cls.__mro__[1:] if parent.__module__.startswith("mlwright.")]
    assert len(ours) <= 2
    for parent in ours:
        again = {n for n, f in vars(parent).items() if inspect.isfunction(f) and n in vars(cls)}
        concrete = {n for n in again if not getattr(vars(parent)[n], "__isabstractmethod__", False)}
        assert not concrete - {"__init__"}, f"overrides {concrete} of {parent.__qualname__}"


def test_there_are_few_kinds_of_plug_in_and_each_asks_for_little():
    abstract = [c for c in classes() if inspect.isabstract(c)]
    assert {cls.__name__ for cls in abstract} == ABSTRACT
    for cls in abstract:
        assert len(cls.__abstractmethods__) <= 3, cls.__qualname__


@pytest.mark.parametrize(
    "path", [p for p in FILES if p.name == "__init__.py" and p.parent != SRC], ids=lambda p: p.parent.name
)
def test_an_init_file_holds_a_docstring_and_nothing_else(path):
    assert len(tree(path).body) == 1
    assert ast.get_docstring(tree(path))


@every_file
def test_no_file_imports_the_facade(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "mlwright":
            taken = {alias.name for alias in node.names}
            assert not taken & set(mlwright.__all__) - {p.name for p in SRC.iterdir()} or "cli" in path.parts


def test_importing_mlwright_imports_nothing_heavy():
    code = f"import sys, mlwright; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@every_file
def test_every_exception_to_a_lint_rule_has_a_reason(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if "# noqa" in line:
            assert re.search(r"# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* - \S", line), f"line {number}"
