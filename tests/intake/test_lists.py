"""Lists of what should be forgotten: ids, and names of picture files."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opcviz.common.untrusted import IntakeError
from opcviz.data import DataSpec
from opcviz.intake.lists import listed_ids

DIGITS = DataSpec("digits")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataSpec:
    root = tmp_path_factory.mktemp("pictures")
    for part, count in (("train", 3), ("test", 1)):
        for name, shared in (("ant", "a"), ("bee", "b")):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                file = "same.png" if number == 2 else f"{shared}{number}.png"
                Image.new("L", (4, 4)).save(root / part / name / file)
    return DataSpec("folder", str(root))


def written(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "bee/b1.png\n# a comment\n\nant/a0.png\n"),
        ("a.txt", "train/bee/b1.png\n./ant/a0.png\n"),
        ("a.txt", "b1.png\na0.png\n"),
        ("a.csv", "why,file\nasked,bee/b1.png\nasked,ant/a0.png\n"),
        ("a.csv", "bee\\b1.png\r\nant\\a0.png\r\n"),
        ("a.csv", "id\n4\n0\n"),
        ("a.csv", "why;file\nasked, by letter;bee/b1.png\nasked;ant/a0.png\n"),
        ("a.csv", "\ufefffile;why\r\nbee/b1.png;asked\r\nant/a0.png;asked\r\n"),
        ("a.csv", "\ufeffid;why\n4;asked\n0;asked\n"),
        ("a.csv", "file\tid\nb1.png\t1\na0.png\t2\n"),
        ("a.csv", "bee/b1.png;\nant/a0.png;\n"),
        ("a.txt", "\ufeffbee/b1.png\nant/a0.png\n"),
        ("a.txt", "4\n0 # asked\n"),
    ],
)
def test_each_form_names_the_same_pictures(
    tmp_path: Path, folder: DataSpec, name: str, text: str
) -> None:
    assert listed_ids(written(tmp_path, name, text), folder).tolist() == [0, 4]


def test_ids_of_any_data_set(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([7, 2]))
    assert listed_ids(tmp_path / "a.npy", DIGITS).tolist() == [2, 7]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.txt",
            "ant/a9.png\n",
            r"line 1: 'ant/a9.png' is no train picture .* as in 'ant/a0.png'",
        ),
        ("a.txt", "same.png\n", "several train pictures; write CLASS/FILE"),
        ("a.txt", "a0.png\nant/a0.png\n", "'ant/a0.png' is named twice"),
        ("a.txt", "../../../etc/passwd\n", "no train picture"),
        ("a.csv", "file;why\na0.png;x\na0.png;y\n", "'ant/a0.png' is named twice"),
        ("a.csv", "file;why\na0.png;x\nc.png;y\nd.png;z\n", "'c.png', 'd.png' are no train"),
        ("a.csv", "file,why\n,asked\n", "line 2: nothing in column 1"),
        ("a.csv", '"a0.png\n', "cannot be read as a list"),
        ("a.txt", "1\nb1.png\n", "line 2: 'b1.png' is no integer id"),
        ("a.txt", "# none\n", "holds no ids"),
        ("a.json", "[1]", r"\.csv, \.txt or \.npy"),
    ],
)
def test_what_a_list_may_not_say(
    tmp_path: Path, folder: DataSpec, name: str, text: str, said: str
) -> None:
    with pytest.raises(IntakeError, match=said) as caught:
        listed_ids(written(tmp_path, name, text), folder)
    assert name in str(caught.value)


def test_digits_have_no_file_names(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="'digits' have no file names; list ids"):
        listed_ids(written(tmp_path, "a.txt", "ant/a0.png\n"), DIGITS)


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_an_unknown_heading_is_told_which_are_known(
    tmp_path: Path, folder: DataSpec, name: str
) -> None:
    path = written(tmp_path, name, "sample\n4\n0\n")
    for data in (DIGITS, folder):
        with pytest.raises(IntakeError, match="'sample'") as caught:
            listed_ids(path, data)
        told = "If 'sample' is a heading: those of ids are index and id" in str(caught.value)
        assert told == (name == "a.csv")
