"""What rooms show each other has types: `seams.py` says what counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from seams import Seams
from sources import forget

ROOT = Path(__file__).resolve().parents[1]
MOST = 20


@pytest.fixture(scope="module", autouse=True)
def _last() -> Iterator[None]:
    """After the last rule about sources nothing of them is kept."""
    yield
    forget()


def test_hardly_anything_between_rooms_is_untyped(capsys: pytest.CaptureFixture[str]) -> None:
    seams = Seams(ROOT / "opcviz", [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))])
    assert len(seams.names) > 300  # the walk found the package
    found = seams.untyped()
    total = sum(each.count for each in found)
    lines = [f"{each.count}  {each.where}: {each.annotation}" for each in found]
    with capsys.disabled():
        print(f"\n{total} Any and Json in {len(seams.names)} names between rooms")
    assert total <= MOST, "\n".join([f"{total} Any and Json between rooms:", *lines])


def test_what_counts(tmp_path: Path) -> None:
    files = {
        "common/types.py": "from typing import Any\nJson = dict[str, Any]\nTable = list[Json]\n",
        "left/__init__.py": "from .work import Work, made\n",
        "left/work.py": (
            "from typing import Any\n"
            "from collections.abc import Mapping\n"
            "from ..common.types import Table\n"
            "class Inner:\n    told: Any\n    _own: Any\n"
            "class Base:\n    def read(self, x: 'dict[str, Any]') -> None: ...\n"
            "class Work(Base):\n    table: Table\n    def _hidden(self) -> Any: ...\n"
            "def made() -> Mapping[str, object]: ...\n"
            "def of(inner: Inner) -> object: ...\n"
            "def unseen(x: Any) -> Any: ...\n"
        ),
        "right/use.py": "def late():\n    from ..left import Work, made\n",
        "right/more.py": "from typing import Any\ndef own(x: Any) -> Any: ...\n",
    }
    for name, text in files.items():
        (tmp_path / "house" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "house" / name).write_text(text, encoding="utf-8")
    page = tmp_path / "page.py"
    page.write_text("", encoding="utf-8")
    before = {each.where: each.count for each in Seams(tmp_path / "house", [page]).untyped()}
    assert before == {
        "left.work: Base.read(x)": 1,
        "left.work: Work.table": 1,  # Json, once, by whatever name
        "left.work: made()": 1,
    }
    page.write_text("from house.left.work import of\n", encoding="utf-8")
    after = {each.where for each in Seams(tmp_path / "house", [page]).untyped()}
    assert after - before.keys() == {"left.work: Inner.told"}


LEFT = """
from collections.abc import Callable
from typing import Any, Generic
from typing_extensions import TypeVar

class Net: ...
AnyT = TypeVar("AnyT", default=Any)
NetT = TypeVar("NetT", bound=Net, default=Net)
PlainT = TypeVar("PlainT")
AtMost = TypeVar("AtMost", bound="Loose")
Look = Callable[[AnyT], None]

class Loose(Generic[NetT, AnyT]): ...
class Typed(Generic[NetT]): ...
class Open(Generic[PlainT]): ...
class Told(Open): ...
class Tool:
    def use(self, of: Any) -> None: ...

tool = Tool()

def bare(x: Loose) -> Typed: ...
def half(x: Loose[Net]) -> None: ...
def full(x: Loose[Net, int]) -> None: ...
def quoted(x: "list[Open]") -> None: ...
def called(x: Look, y: Look[int]) -> None: ...
def bound(x: AtMost) -> AtMost: ...
"""


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("bare", {"bare(x)": 1, "AnyT": 1}),
        ("half", {"half(x)": 1, "AnyT": 1}),
        ("full", {"AnyT": 1}),
        ("quoted", {"quoted(x)": 1}),
        ("called", {"called(x)": 1, "AnyT": 1}),
        ("bound", {"bound(x)": 1, "bound()": 1}),
        ("Told", {"Told(base)": 1}),
        ("tool", {"Tool.use(of)": 1}),
    ],
)
def test_what_a_generic_leaves_out_counts(
    name: str, counted: dict[str, int], tmp_path: Path
) -> None:
    for file, text in {"left.py": LEFT, "right.py": f"from .left import {name}\n"}.items():
        (tmp_path / "house").mkdir(exist_ok=True)
        (tmp_path / "house" / file).write_text(text, encoding="utf-8")
    found = {each.where: each.count for each in Seams(tmp_path / "house").untyped()}
    assert found == {f"left: {where}": count for where, count in counted.items()}
