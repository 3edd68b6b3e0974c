"""Which paths of this machine whoever asks may name."""

from pathlib import Path

import pytest

from opcviz.common import access
from opcviz.common.access import Access, also, check_code, check_path, held
from opcviz.common.config import IntakeError
from opcviz.common.untrusted import check_file


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.txt").write_text("1")
    (tmp_path / "other.txt").write_text("1")
    return tmp_path / "mine"


def test_everything_may_be_named_where_nobody_says_otherwise() -> None:
    check_path("/etc/passwd")
    check_code("/anywhere.py")


def test_what_lies_below_a_place_may_be_named_and_nothing_else(mine: Path) -> None:
    (mine / "out").symlink_to(mine.parent / "other.txt")
    (mine.parent / "mine2").mkdir()
    with held(Access((str(mine),))):
        assert check_file(mine / "a.txt") == mine / "a.txt"
        check_path(mine)
        for path in (
            mine.parent / "other.txt",
            mine / ".." / "other.txt",
            mine / "out",
            mine.parent / "mine2",
            "/etc/passwd",
            "~",
            "",
            "a\0b",
        ):
            with pytest.raises(IntakeError, match=r"shared.*OPCVIZ_SHARED_PATHS"):
                check_path(path)
        with pytest.raises(IntakeError, match="may not be named"):
            check_file(mine.parent / "other.txt")
    check_path(mine.parent / "other.txt")


def test_a_refusal_does_not_tell_whether_the_file_is_there(mine: Path) -> None:
    said = []
    with held(Access((str(mine),))):
        for name in ("other.txt", "none.txt"):
            with pytest.raises(IntakeError) as caught:
                check_file(mine.parent / name)
            said.append(str(caught.value).replace(name, ""))
    assert said[0] == said[1]


def test_code_is_named_one_by_one() -> None:
    with held(Access(("/",), code=("/a.py",))):
        check_code("/a.py")
        with pytest.raises(IntakeError, match="a program that would run"):
            check_code("/b.py")
    with held(Access(any_code=True)):
        check_code("/b.py")


def test_a_stored_study_adds_its_paths_for_its_run_alone(mine: Path) -> None:
    with held(Access()):
        with also(["", str(mine)]):
            check_path(mine / "a.txt")
        with pytest.raises(IntakeError):
            check_path(mine / "a.txt")


def test_a_run_is_held_to_what_its_asker_might_not_to_who_executes_it(mine: Path) -> None:
    before = access._asked
    try:
        access.ask(lambda: Access())
        with pytest.raises(IntakeError):
            check_path(mine)
        with held(None):
            check_path(mine)
    finally:
        access.ask(before)


def test_it_travels_as_json() -> None:
    may = Access(("/a",), ("/b.py",), True)
    assert Access.from_dict(may.to_dict()) == may
