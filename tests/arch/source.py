"""The source tree, parsed once for all checks of its shape."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "mlwright"
LOOKUPS = ("get", "startswith", "endswith")
FILES = sorted(SRC.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return str(path.relative_to(SRC))


def plugins(folder: str) -> set[str]:
    """Ids of the plug-ins on a shelf: the names of its files."""
    return {path.stem for path in (SRC / folder).glob("*.py") if not path.stem.startswith("_")}


def strings_that_decide(path: Path) -> set[str]:
    """Strings that a file compares with, matches, looks up or uses as keys: where code takes sides."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare):
            found |= _strings(node.left, *node.comparators)
        elif isinstance(node, ast.MatchValue):
            found |= _strings(node.value)
        elif isinstance(node, ast.Subscript):
            found |= _strings(node.slice)
        elif isinstance(node, ast.Dict):
            found |= _strings(*[key for key in node.keys if key is not None])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
            "get",
            "startswith",
            "endswith",
        ):
            found |= _strings(*node.args)
    return found


def _strings(*nodes: ast.AST) -> set[str]:
    found = set()
    for node in nodes:
        items = node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]
        found |= {
            item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)
        }
    return found
