"""Counts what is untyped in the signatures that rooms of the package show each other.

What counts:

* A seam is a top-level function or class that a file of another room imports (or a page of the
  app), whether at its top, in a function or for the type checker alone; names handed on by an
  `__init__` are followed to where they are defined, and of a module imported whole every public
  name counts. Classes of the package that stand in a seam's signatures, or that it derives from,
  are seams, too: who is given one calls its methods.
* Its signature is every annotation of a parameter or a result, and of a class those of its public
  methods (those with two underscores on either side among them) and of its public fields.
* A seam that is an instance made at the top of a module (`loader = Loader()`) is its class.
* In an annotation each `Any` and each `Json` counts, and each table whose values are `object`,
  which is JSON by another name. Aliases of the package are counted as what they stand for, and a
  type variable as what bounds it.
* What is left out of a generic of the package counts, too: `Request` for `Request[Classifier]` is
  one for each of its type variables without a default, or whose default is untyped. mypy's
  `disallow_any_generics` says nothing of those with a default. So do the bases of a class count.
* A type variable of the package with an untyped default counts where it is declared.

What does not count:

* `Plain`: a type checker follows it to its leaves, so that nothing but plain values goes in and
  nobody reads one without looking what it is.
* `object` on its own: nobody does anything with one without looking what it is.
* Generics of other packages: mypy refuses a bare one unless it has a default, as numpy's arrays
  have, where `np.ndarray` is an array of whatever numbers.
* What is behind a signature. Python forgets a type argument, so that what is found by name
  (`get_method`, `get_kind`, a task's subjects) is known by the bound of its models, data and
  context. That it meets those of its own task alone is looked at while the program runs: a method
  refuses other tasks (`Method.check`), a study asks the kinds of its task (`kinds`).

What counts, and stays: JSON at the edge, where a record, a setting, an event or a study's answer is
written or read (`to_dict`, `from_dict`, `Artefact.json`, `Store.read_study`, `read_tensors`, a
run's job and events). Its reader has no type to give before it has looked, and a `Plain` there
would ask for an `isinstance` at every step down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sources import parsed

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
        self.trees = {module: parsed(path) for module, path in self.paths.items()}
        self._tops = {module: _top_level(tree) for module, tree in self.trees.items()}
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
        if name in self._tops[module]:
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
            tree = ast.parse(page.read_text(encoding="utf-8"))
            asked += [("", stem, name) for stem, name, _ in self._imported("", tree)]
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
        return {(module, each) for each in self._tops[module] if _is_public(each)}

    def _classes_in(self, name: Name) -> Iterator[Name]:
        """Classes of the package in a seam's annotations, among its bases, and of an instance."""
        module, node = name[0], self._node(name)
        made = [node.func] if isinstance(node, ast.Call) else []
        for annotation in [*made, *self._bases(node), *(a for _, a in self.annotations(name))]:
            for part, _ in _parts(annotation):
                where = self._named(module, part)
                if where and isinstance(self._node(where), ast.ClassDef):
                    yield where

    def _bases(self, node: ast.AST | None) -> list[ast.expr]:
        return node.bases if isinstance(node, ast.ClassDef) else []

    def _named(self, module: str, part: ast.expr) -> Name | None:
        """Where a name or `module.name` in an annotation is defined, if that is in the package."""
        if isinstance(part, ast.Name):
            return self.defined(module, part.id)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            whole = self.defined(module, part.value.id)
            return self.defined(whole[0], part.attr) if whole and whole[1] == "*" else None
        return None

    def _node(self, name: Name) -> ast.AST | None:
        return self._tops[name[0]].get(name[1]) if name[1] != "*" else None

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
        found, variables = [], set()
        for module, name in sorted(self.names):
            bases = [(f"{name}(base)", base) for base in self._bases(self._node((module, name)))]
            for of, each in [*bases, *self.annotations((module, name))]:
                where = f"{module.removeprefix(self.name + '.')}: {of}"
                if count := self.count(module, each):
                    found.append(Untyped(where, ast.unparse(each), count))
                variables |= self._variables_in(module, each)
        for module, name in sorted(variables):
            about = _default(self._node((module, name)))
            if about is not None and (count := self.count(module, about)):
                where = f"{module.removeprefix(self.name + '.')}: {name}"
                found.append(Untyped(where, f"default={ast.unparse(about)}", count))
        return found

    def count(self, module: str, annotation: ast.expr, inside: frozenset[str] = NONE) -> int:
        """How much in an annotation is untyped; `inside` are the aliases that it stands in."""
        found = 0
        for part, given in _parts(annotation):
            if isinstance(part, ast.Name) and part.id in UNTYPED:
                found += 1
            elif isinstance(part, ast.Name | ast.Attribute):
                found += self._in_alias(module, part, inside) + self._left_out(module, part, given)
            elif isinstance(part, ast.Subscript) and ast.unparse(part.value) in TABLES:
                inner = part.slice.elts[-1] if isinstance(part.slice, ast.Tuple) else part.slice
                found += ast.unparse(inner) == "object"
        return found

    def _in_alias(self, module: str, part: ast.expr, inside: frozenset[str]) -> int:
        """What is untyped in what an alias stands for, or a type variable is bound by."""
        name = ast.unparse(part)
        where = None if name in inside else self._named(module, part)
        node = self._node(where) if where else None
        if _is_variable(node):
            node = next((k.value for k in node.keywords if k.arg == "bound"), None)
        if where is None or not isinstance(node, ast.expr) or isinstance(node, ast.Call):
            return 0
        return self.count(where[0], node, inside | {name})

    def _left_out(self, module: str, part: ast.expr, given: int) -> int:
        """How many of a generic's type variables are neither given nor have a typed default."""
        where = self._named(module, part)
        variables = self.variables(where)[given:] if where else []
        defaults = [(of, _default(self._node((of, name)))) for of, name in variables]
        return sum(about is None or self.count(of, about) > 0 for of, about in defaults)

    def variables(self, of: Name) -> list[Name]:
        """The type variables of a generic class or alias, in the order in which they are given."""
        node, module = self._node(of), of[0]
        if isinstance(node, ast.ClassDef):
            given = [base for base in node.bases if isinstance(base, ast.Subscript)]
            told = [b for b in given if ast.unparse(b.value) in ("Generic", "Protocol")]
            return self._in_order(module, told or given)
        is_alias = isinstance(node, ast.expr) and not isinstance(node, ast.Call)
        return self._in_order(module, [node]) if is_alias else []

    def _in_order(self, module: str, annotations: Iterable[ast.expr]) -> list[Name]:
        parts = [self._named(module, part) for each in annotations for part, _ in _parts(each)]
        return list(dict.fromkeys(w for w in parts if w and _is_variable(self._node(w))))

    def _variables_in(self, module: str, annotation: ast.expr) -> set[Name]:
        """The type variables in an annotation, and those of the generics in it."""
        named = {w for part, _ in _parts(annotation) if (w := self._named(module, part))}
        return {each for where in named for each in self.variables(where)} | {
            where for where in named if _is_variable(self._node(where))
        }


def _parts(annotation: ast.expr, given: int = 0) -> Iterator[tuple[ast.expr, int]]:
    """Every expression in an annotation, quoted ones too, and how many arguments it is given."""
    node = _unquoted(annotation)
    yield node, given
    if isinstance(node, ast.Subscript):
        if ast.unparse(node.value) == "Literal":
            return
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield from _parts(node.value, len(inner))
        for each in inner:
            yield from _parts(each)
    elif not isinstance(node, ast.Attribute):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _parts(child)


def _is_variable(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("TypeVar")


def _default(variable: ast.AST | None) -> ast.expr | None:
    """The default of a type variable, if it has one."""
    given = variable.keywords if isinstance(variable, ast.Call) else []
    return next((each.value for each in given if each.arg == "default"), None)


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
