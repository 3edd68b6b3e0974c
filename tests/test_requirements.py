"""Every package that is imported is required, every required one is imported, each once."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from sources import nodes

ROOT = Path(__file__).resolve().parents[1]
# Tools that are called by name, loaded by pytest, or build the package: nobody imports them. The
# extra's timm is imported by its name where it is there.
CALLED = {"pytest", "pytest-timeout", "pytest-xdist", "pytest-randomly", "ruff", "mypy"}
CALLED |= {"build", "hatchling", "timm"}


def listed(file: str) -> dict[str, str]:
    """Package to the whole requirement, without comments and included files."""
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    return by_name(line for line in lines if line and not line.startswith("-"))


def by_name(requirements: Iterable[str]) -> dict[str, str]:
    return {re.match(r"[\w.-]+", line)[0].lower(): line for line in requirements}


@cache
def provided() -> Mapping[str, list[str]]:
    """The distributions that have a top-level module."""
    return packages_distributions()


@cache
def imported(*folders: str) -> dict[str, str]:
    """Third-party modules that Python files import anywhere, with the first file of each."""
    files = [p for name in folders for p in (sorted((ROOT / name).rglob("*.py")) or [ROOT / name])]
    own = {"opcviz", "benchmarks"} | {p.stem for p in files if ROOT / "opcviz" not in p.parents}
    found: dict[str, str] = {}
    for file in files:
        for node in nodes(file):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            else:
                continue
            for module in (name.split(".")[0] for name in names):
                if module not in sys.stdlib_module_names and module not in own:
                    found.setdefault(module, str(file.relative_to(ROOT)))
    return found


def distributions(module: str, where: str) -> set[str]:
    assert module in provided(), f"{where} imports {module}, which is not installed"
    return {name.lower().replace("_", "-") for name in provided()[module]}


def of_the_package() -> dict[str, str]:
    return imported("opcviz", "pages", "app.py")


def test_what_the_package_imports_is_required() -> None:
    known = listed("requirements.txt").keys()
    assert len(of_the_package()) > 10
    for module, where in of_the_package().items():
        assert distributions(module, where) & known, (
            f"{where} imports {module}: name it in requirements.txt and pyproject.toml"
        )


def test_nothing_is_required_that_the_package_does_not_import() -> None:
    used = set().union(*(distributions(*item) for item in of_the_package().items()))
    assert listed("requirements.txt").keys() - used == {"pytest"}


def test_what_tests_and_benchmarks_import_is_listed_for_them() -> None:
    known = listed("requirements.txt").keys() | listed("requirements-test.txt").keys()
    used = imported("tests", "benchmarks")
    assert len(used) > 5
    for module, where in used.items():
        assert distributions(module, where) & known, f"{where} imports {module}"


def test_no_tool_of_the_tests_is_listed_in_vain() -> None:
    extra = listed("requirements-test.txt").keys() - CALLED
    used = imported("tests", "benchmarks")
    assert extra <= set().union(*(distributions(*item) for item in used.items()))
    assert not extra & listed("requirements.txt").keys()


def test_the_extra_is_what_is_tried_and_what_messages_name() -> None:
    from opcviz.models.published.libraries import EXTRA, LIBRARIES

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = by_name(project["optional-dependencies"][EXTRA])
    assert extra.keys() == set(LIBRARIES)
    assert extra["timm"] == listed("requirements-test.txt")["timm"]


def test_the_wheel_requires_what_requirements_txt_lists_but_pytest() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    expected = listed("requirements.txt")
    del expected["pytest"]
    assert by_name(project["dependencies"]) == expected
