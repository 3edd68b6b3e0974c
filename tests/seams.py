"""Counts what is untyped in the signatures that rooms of the package show each other.

What counts:

* A seam is a top-level function or class that a file of another room imports (or a page of the
  app), whether at its top, in a function or for the type checker alone; names handed on by an
  `__init__` are followed to where they are defined, and of a module imported whole every public
  name counts. Classes of the package that stand in a seam's signatures, or that it derives from,
  are seams, too: who is given one calls its methods.
* Its signature is every annotation of a parameter or a result, and of a class those of its public
  methods (those with two underscores on either side among them) and of its public fields.
* In an annotation each `Any` and each `Json` counts, and each table whose values are `object`,
  which is JSON by another name. Aliases of the package are counted as what they stand for.
  `Plain` does not count: a type checker follows it to its leaves, so that nothing but plain values
  goes in and nobody reads one without looking what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

UNTYPED = ("Any", "Json")
TABLES = ("dict", "Mapping", "MutableMapping")
NONE: frozenset[str] = frozenset()
Name = tuple[str, str]  # a module and a top-level name in it


@dataclass(frozen=True)
class Untyped:
    """A place of a signature in which something is untyped, and how often."""

    where: str
    annotation: str
    count: int


class Seams:
    """The signatures between the rooms of a package.

    Args:
        package: its folder; each folder or module in it is a room.
        pages: further files that import from it.
    """

    def __init__(self, package: Path, pages: Iterable[Path] = ()) -> None:
        self.name = package.name
        self.paths = {
            ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(
                ".__init__"
            ): path
            for path in sorted(package.rglob("*.py"))
        }
        self.pages = list(pages)
        self.trees = {module: _parsed(path) for module, path in self.paths.items()}
        self._imports = {m: list(self._imported(m, tree)) for m, tree in self.trees.items()}

    # ---- names ------------------------------------------------------------------------------

    def _imported(self, module: str, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
        """Module, name and local name of everything imported from the package."""
        is_package = module in self.paths and self.paths[module].name == "__init__.py"
        base = module.split(".") if is_package else module.split(".")[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                above = base[: len(base) - node.level + 1] if node.level else []
                stem = ".".join([*above, *filter(None, [node.module])])
                if stem.split(".")[0] == self.name:
                    yield from ((stem, each.name, each.asname or each.name) for each in node.names)

    def room(self, module: str) -> str:
        """The room that a module is in."""
        return ".".join(module.split(".")[:2])

    def defined(self, module: str, name: str, seen: frozenset[Name] = frozenset()) -> Name | None:
        """Where a name that can be imported from a module is defined; "*" of a whole module."""
        if f"{module}.{name}" in self.trees:
            return f"{module}.{name}", "*"
        if module not in self.trees or (module, name) in seen:
            return None
        if name in _top_level(self.trees[module]):
            return module, name
        for stem, known, local in self._imports[module]:
            if local == name:
                return self.defined(stem, known, seen | {(module, name)})
        return None

    @cached_property
    def names(self) -> set[Name]:
        """All seams."""
        asked = [(m, stem, name) for m, found in self._imports.items() for stem, name, _ in found]
        for page in self.pages:
            asked += [("", stem, name) for stem, name, _ in self._imported("", _parsed(page))]
        found: set[Name] = set()
        for importer, stem, name in asked:
            where = self.defined(stem, name)
            if where and self.room(where[0]) != self.room(importer):
                found |= self._public(*where)
        fresh = set(found)
        while fresh:
            fresh = {each for name in fresh for each in self._classes_in(name)} - found
            found |= fresh
        return found

    def _public(self, module: str, name: str) -> set[Name]:
        if name != "*":
            return {(module, name)}
        return {(module, each) for each in _top_level(self.trees[module]) if _is_public(each)}

    def _classes_in(self, name: Name) -> Iterator[Name]:
        """Classes of the package in a seam's annotations and among its bases."""
        module, node = name[0], self._node(name)
        bases = node.bases if isinstance(node, ast.ClassDef) else []
        for annotation in [*bases, *(each for _, each in self.annotations(name))]:
            for part in ast.walk(_unquoted(annotation)):
                where = self.defined(module, part.id) if isinstance(part, ast.Name) else None
                if where and isinstance(self._node(where), ast.ClassDef):
                    yield where

    def _node(self, name: Name) -> ast.AST | None:
        return _top_level(self.trees[name[0]]).get(name[1])

    # ---- signatures -------------------------------------------------------------------------

    def annotations(self, name: Name) -> Iterator[tuple[str, ast.expr]]:
        """Every annotation in a seam's signature, and what it is of."""
        node = self._node(name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _signature(node)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and _is_public(inner.name):
                    yield from ((f"{node.name}.{of}", each) for of, each in _signature(inner))
                elif isinstance(inner, ast.AnnAssign) and _is_public(ast.unparse(inner.target)):
                    yield f"{node.name}.{ast.unparse(inner.target)}", inner.annotation

    def untyped(self) -> list[Untyped]:
        """Every place of a seam's signature in which something is untyped."""
        return [
            Untyped(f"{module.removeprefix(self.name + '.')}: {of}", ast.unparse(each), count)
            for module, name in sorted(self.names)
            for of, each in self.annotations((module, name))
            if (count := self.count(module, each))
        ]

    def count(self, module: str, annotation: ast.expr, inside: frozenset[str] = NONE) -> int:
        """How much in an annotation is untyped; `inside` are the aliases that it stands in."""
        found = 0
        for part in ast.walk(_unquoted(annotation)):
            if isinstance(part, ast.Name):
                found += part.id in UNTYPED or self._in_alias(module, part.id, inside)
            elif isinstance(part, ast.Subscript) and ast.unparse(part.value) in TABLES:
                inner = part.slice.elts[-1] if isinstance(part.slice, ast.Tuple) else part.slice
                found += ast.unparse(inner) == "object"
        return found

    def _in_alias(self, module: str, name: str, inside: frozenset[str]) -> int:
        where = None if name in inside else self.defined(module, name)
        node = self._node(where) if where else None
        if where is None or not isinstance(node, ast.expr) or isinstance(node, ast.Call):
            return 0
        return self.count(where[0], node, inside | {name})


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _top_level(tree: ast.Module) -> dict[str, ast.AST]:
    """What a module defines: functions, classes, and the values of names."""
    found: dict[str, ast.AST] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign):
            found |= {t.id: node.value for t in node.targets if isinstance(t, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            found[node.target.id] = node.value
    return found


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    given = node.args
    several = [given.vararg, given.kwarg]
    for each in [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, several)]:
        if each.annotation:
            yield f"{node.name}({each.arg})", each.annotation
    if node.returns:
        yield f"{node.name}()", node.returns


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _unquoted(annotation: ast.expr) -> ast.expr:
    """An annotation that is written as text, as the expression it is."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation
