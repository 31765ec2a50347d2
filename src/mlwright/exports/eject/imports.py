"""Imports: what a module of a project takes from elsewhere, found by the names that it uses."""

from __future__ import annotations

import ast
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARK = "# imports\n"
"""Stands in a template where the imports go."""
_WIDTH = 110

_STANDARD = {
    **dict.fromkeys(("argparse", "base64", "csv", "io", "json", "re", "sys", "threading", "warnings"), ""),
    **dict.fromkeys(("Iterable", "Iterator", "Mapping", "Sequence"), "collections.abc"),
    **dict.fromkeys(("nullcontext", "suppress"), "contextlib"),
    **dict.fromkeys(("UTC", "datetime"), "datetime"),
    **dict.fromkeys(("BaseHTTPRequestHandler", "ThreadingHTTPServer"), "http.server"),
    **dict.fromkeys(("isfinite", "nan"), "math"),
    **dict.fromkeys(("Any", "NamedTuple"), "typing"),
    **dict.fromkeys(("Request", "urlopen"), "urllib.request"),
    "HTTPError": "urllib.error",
    **dict.fromkeys(("Counter", "defaultdict"), "collections"),
    "Path": "pathlib",
    "pairwise": "itertools",
}
_LIBRARIES = {
    **dict.fromkeys(("lightgbm", "onnx", "onnxruntime", "pytest"), ""),
    **dict.fromkeys(("csr_matrix", "diags", "hstack"), "scipy.sparse"),
    **dict.fromkeys(("ExtraTreesClassifier", "ExtraTreesRegressor"), "sklearn.ensemble"),
    **dict.fromkeys(("LogisticRegression", "Ridge"), "sklearn.linear_model"),
    "ConvergenceWarning": "sklearn.exceptions",
    "NDArray": "numpy.typing",
    "np": "numpy",
    "randomized_svd": "sklearn.utils.extmath",
    "threadpool_limits": "threadpoolctl",
}
_ALIASES = {"np": "numpy as np"}


def with_imports(source: str, local: Mapping[str, Iterable[str]]) -> str:
    """Put imports where the mark is; `local` are the names that other modules of the project define.

    What a function imports itself stays there.
    """
    tree = ast.parse(source)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = {node.id for node in names} - {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    used -= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    used -= {item.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for item in node.names}
    used -= set(defined(source))
    ours = {name: module for module, those in local.items() for name in those}
    blocks = [_block({n: known[n] for n in used if n in known}) for known in (_STANDARD, _LIBRARIES, ours)]
    return source.replace(MARK, "\n\n".join(block for block in blocks if block) + "\n")


def defined(source: str) -> list[str]:
    """Return what a module defines at its top."""
    found: list[str] = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.Assign):
            found += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(node.target.id)
    return found


def _block(found: Mapping[str, str]) -> str:
    """Write imports of one sort: whole modules, then names out of modules, each in order."""
    modules = sorted(
        f"import {_ALIASES.get(name, name)}" for name, module in found.items() if _is_whole(name, module)
    )
    rest = sorted((module, name) for name, module in found.items() if not _is_whole(name, module))
    lines = []
    for module, pairs in groupby(rest, key=lambda pair: pair[0]):
        names = sorted((name for _, name in pairs), key=_rank)
        line = f"from {module} import {', '.join(names)}"
        wide = "".join([f"from {module} import (\n", *(f"    {name},\n" for name in names), ")"])
        lines.append(line if len(line) <= _WIDTH else wide)
    return "\n".join([*modules, *lines])


def _is_whole(name: str, module: str) -> bool:
    return not module or name in _ALIASES


def _rank(name: str) -> tuple[int, str]:
    """Constants first, then classes, then functions, as formatters sort them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name
