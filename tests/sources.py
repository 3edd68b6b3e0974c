"""Sources parsed once for all rules about them: most of what such a rule takes is the parsing."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

__all__ = ["forget", "nodes", "parsed"]


@cache
def parsed(path: Path) -> ast.Module:
    """A file that stays as it is."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All that is in a file."""
    return tuple(ast.walk(parsed(path)))


def forget() -> None:
    """Lets all of it go: millions of objects, which a later test's garbage collection would see."""
    parsed.cache_clear()
    nodes.cache_clear()
