"""The house's walls: who may import whom, checked in the source and in a bare interpreter."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sources import nodes, parsed

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "opcviz"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Rooms from left to right; those that share a number do not know of each other.
ROOMS = {
    "resources": 0,
    "common": 0,
    "results": 1,
    "data": 1,
    "models": 2,
    "training": 3,
    "intake": 3,
    "tasks": 4,
    "methods": 5,
    "attacks": 6,
    "measures": 6,
    "maps": 6,
    "verdict": 7,
    "artefacts": 8,
    "study": 9,
    "audit": 10,
    "library": 11,
    "engine": 11,
    "sweep": 12,
    "ui": 12,
    "upkeep": 12,
    "cli": 13,
    "__main__": 14,
}
MAX_LINES = 350  # of a file
SCREEN = {"streamlit", "plotly"}
LAZY = {"dask", "distributed", "umap"}  # heavy, or not always there
DASK = {
    f"engine/{name}.py"
    for name in ("dask", "cluster", "dispatcher", "distribute", "worker", "__main__")
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imported(path: Path, *, top_level: bool = False) -> list[tuple[str, int]]:
    """Absolute dotted names a file imports and the line; only those run at import if asked."""
    return list(_imported(path, top_level))


def _imported(path: Path, top_level: bool) -> Iterator[tuple[str, int]]:
    package = ["opcviz", *path.relative_to(PACKAGE).parts[:-1]] if path in SOURCES else []
    for node in _at_import(parsed(path)) if top_level else nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from ((f"{stem}.{alias.name}", node.lineno) for alias in node.names)


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes that run when the module is imported: no function bodies, no TYPE_CHECKING."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)


def dotted(node: ast.expr) -> str:
    """A name, or names with dots between them; empty of every other expression."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_every_room_has_its_place() -> None:
    assert {room(path) for path in SOURCES} - {"__init__"} == ROOMS.keys()


def test_the_readme_lists_the_rooms_from_left_to_right() -> None:
    about = (ROOT / "README.md").read_text(encoding="utf-8").split("## How it is built")[1]
    chain = about.split("Each room")[0]
    listed = [set(re.findall(r"\w+", floor)) for floor in chain.split("→")]
    floors = sorted(set(ROOMS.values()) - {ROOMS["__main__"]})
    assert listed == [{name for name, at in ROOMS.items() if at == floor} for floor in floors]


def test_a_file_is_read_in_one_sitting() -> None:
    files = [p for suffix in ("py", "js", "css") for p in PACKAGE.rglob(f"*.{suffix}")]
    assert {"js", "css"} < {p.suffix[1:] for p in files}
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in files}
    long = {name: lines for name, lines in lengths.items() if lines > MAX_LINES}
    assert not long, f"files of more than {MAX_LINES} lines, to be divided by subject: {long}"


def test_every_package_that_the_rules_name_is_imported_somewhere() -> None:
    used = {name.split(".")[0] for path in SOURCES for name, _ in imported(path)}
    assert used >= SCREEN | LAZY


def test_a_room_imports_only_from_rooms_to_its_left() -> None:
    for path in SOURCES:
        own = room(path)
        for name, line in imported(path):
            parts = name.split(".")
            if parts[0] != "opcviz" or len(parts) < 2 or parts[1] not in ROOMS or own == "__init__":
                continue
            other = parts[1]
            assert other == own or ROOMS[other] < ROOMS[own], (
                f"{path.relative_to(ROOT)}:{line}: {own} imports {other}, which is not to its left"
            )


def test_only_the_screen_imports_streamlit_and_plotly() -> None:
    core = [path for path in SOURCES if room(path) != "ui"]
    assert len(core) > 30  # the walk found the package
    for path in [*core, *sorted((ROOT / "benchmarks").rglob("*.py"))]:
        for name, line in imported(path):
            spoken = path.name == "visitor.py" and name.startswith("streamlit.proto.")  # messages
            screen = name.split(".")[0] in SCREEN
            assert spoken or not screen, f"{path.relative_to(ROOT)}:{line}: {name}"


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    for path in SOURCES:
        if str(path.relative_to(PACKAGE)) in DASK:
            continue
        for name, line in imported(path, top_level=True):
            assert name.split(".")[0] not in LAZY, f"{path.relative_to(ROOT)}:{line}: {name}"


BARE = """
    import importlib, pkgutil, sys
    for name in {blocked!r}:
        sys.modules[name] = None  # from here on, importing it fails
    import opcviz
    for found in pkgutil.walk_packages(opcviz.__path__, "opcviz."):
        if not found.name.startswith({skipped!r}):
            importlib.import_module(found.name)
    from opcviz.cli import main
    from opcviz.methods import list_methods
    from opcviz.study import preset
    assert preset("digits").methods and list_methods()
    assert all(getattr(opcviz, name) for name in opcviz.__all__ if name != "plot")
    print(sum(name.startswith("opcviz.") for name in sys.modules))
"""


@pytest.mark.slow
def test_the_core_runs_without_screen_cluster_and_map_packages() -> None:
    code = textwrap.dedent(BARE).format(
        blocked=sorted(SCREEN | LAZY),
        skipped=("opcviz.ui", "opcviz.engine", "opcviz.__main__"),
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 30


READING = """
    import importlib, pkgutil, sys
    for name in ("torch", "torchvision", "sklearn", "scipy", "umap", "dask", "distributed"):
        sys.modules[name] = None
    import opcviz.ui
    for found in pkgutil.walk_packages(opcviz.ui.__path__, "opcviz.ui."):
        importlib.import_module(found.name)
    print(sum(name.startswith("opcviz.") for name in sys.modules))
"""


def test_the_screen_and_what_it_imports_need_no_torch() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(READING)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 50


def _faces() -> list[Path]:
    inits = (path for path in SOURCES if path.name == "__init__.py")
    return [path for path in inits if "= face(" in path.read_text(encoding="utf-8")]


def test_a_lazy_face_shows_what_it_says_and_nothing_is_hidden_by_a_module() -> None:
    faces = _faces()
    assert len(faces) >= 9
    for path in faces:
        tree = parsed(path)
        (branch,) = [node for node in tree.body if isinstance(node, ast.If)]
        plain = {
            alias.name: node.module
            for node in branch.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        (call,) = [node for node in ast.walk(branch) if isinstance(node, ast.Call)]
        modules = ast.literal_eval(call.args[1])
        lazy = {name: module for module, names in modules.items() for name in names.split()}
        where = str(path.relative_to(ROOT))
        assert lazy == plain, where
        beside = {each.stem for each in path.parent.glob("*")}
        assert not beside & lazy.keys(), where
        package = ".".join(path.relative_to(ROOT).parts[:-1])
        room = importlib.import_module(package)
        assert sorted(room.__all__) == sorted(lazy), where
        for name, module in lazy.items():
            stands_in = importlib.import_module(f"{package}.{module}")
            assert getattr(room, name) is getattr(stands_in, name), f"{where}: {name}"
            assert name in dir(room)


def _outside_classification() -> list[Path]:
    found = [p for p in SOURCES if "classification" not in p.relative_to(PACKAGE).parts[:-1]]
    assert 100 < len(found) < len(SOURCES) - 20  # the walk tells the two apart
    return found


def test_only_classification_speaks_of_classifiers() -> None:
    naming = [p for p in _outside_classification() if re.search(r"\bClassifier\b", p.read_text())]
    assert {room(path) for path in naming} == {"models"}, naming


def test_only_classification_has_a_cross_entropy() -> None:
    """What is trained or attacked elsewhere has the loss of its task, by the task's functions."""
    borrowers = set()
    for path in _outside_classification():
        of_task = {
            name.rpartition(".")[2]
            for name, _ in imported(path)
            if name.startswith("opcviz.tasks.classification.")
        }
        for node in nodes(path):
            name = getattr(node, "id", getattr(node, "attr", getattr(node, "name", "")))
            if "cross_entropy" in str(name):
                where = f"{path.relative_to(ROOT)}: {name}"
                assert isinstance(node, ast.alias | ast.Name), where
                assert name in of_task, where
                borrowers.add(room(path))
    assert borrowers == {"attacks"}


def test_no_file_of_ours_unpickles() -> None:
    for path in SOURCES:
        for name, line in imported(path):
            assert name.split(".")[0] not in {"pickle", "dill", "joblib", "cloudpickle"}, (
                f"{path.relative_to(ROOT)}:{line}: {name}"
            )
        for node in nodes(path):
            if not isinstance(node, ast.Call):
                continue
            called, where = dotted(node.func), f"{path.relative_to(ROOT)}:{node.lineno}"
            assert called != "torch.load", where
            if called in ("np.load", "numpy.load"):
                plain = {k.arg: ast.unparse(k.value) for k in node.keywords}
                assert plain.get("allow_pickle") == "False", where


def test_no_number_hangs_on_pythons_own_hash() -> None:
    """`hash` of a tuple or a string differs between interpreters and runs: never a seed."""
    for path in SOURCES:
        for node in nodes(path):
            if isinstance(node, ast.Call) and dotted(node.func) == "hash":
                raise AssertionError(f"{path.relative_to(ROOT)}:{node.lineno}: calls hash()")
