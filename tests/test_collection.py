"""Every test folder can be collected alone and with any other."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

from sources import nodes

TESTS = Path(__file__).parent


@cache
def imported(path: Path) -> set[str]:
    """The top-level modules that a file imports."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_nothing_is_imported_from_a_conftest():
    """Its name stands for whichever folder's conftest was loaded first."""
    assert [p for p in TESTS.rglob("*.py") if "conftest" in imported(p)] == []


def test_no_two_modules_of_the_tests_have_the_same_name():
    names = Counter(p.stem for p in TESTS.rglob("*.py") if p.stem != "conftest")
    assert [name for name, count in names.items() if count > 1] == []


def test_a_helper_of_a_folder_is_used_in_that_folder_only():
    """Its folder is on the path only when one of its own tests is collected."""
    homes = {p.stem: p.parent for p in TESTS.rglob("*.py") if p.parent != TESTS}
    for path in TESTS.rglob("*.py"):
        away = {name for name in imported(path) if homes.get(name, path.parent) != path.parent}
        assert not away, f"{path} imports {away} of another folder"


# Of more than one room: whole pages, a real browser, stored numbers recomputed, the wheel, and what
# stands beside the package.
ACROSS = {"app", "benchmarks", "browser", "golden", "wheel"}


def test_a_test_stands_in_the_folder_of_the_room_it_tests():
    """On top are rules of the whole house, and modules that stand on top of the package."""
    package = TESTS.parent / "opcviz"
    rooms = {path.name for path in package.iterdir() if path.is_dir()}
    folders = {path.parent.name for path in TESTS.rglob("test_*.py") if path.parent != TESTS}
    assert folders - ACROSS <= rooms
    on_top = {path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py")}
    modules = {path.stem for path in package.glob("*.py")}
    assert on_top - modules == {
        "architecture_rules",
        "collection",
        "requirements",
        "typed_seams",
    }
