"""Requests in a row: their one-line form, and what each of them takes from the data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from opcviz.common.config import ConfigError
from opcviz.data import DataError, DataSpec, Images, Scenario, load


@pytest.fixture(scope="module")
def digits() -> Images:
    return load(DataSpec())


@pytest.mark.parametrize(
    "text",
    [
        "classes:0 then classes:1",
        "classes:0,2 then random:2%@3 then indices:a and b.txt",
        "classes:0 and random:2%",
        "classes:0 keeping nothing",
        "random:2% then random:2% keeping statistics",
        "classes:black and white then classes:1",
    ],
)
def test_one_line_says_it_all(text: str) -> None:
    scenario = Scenario.parse(text)
    assert str(scenario) == text
    assert Scenario.parse(str(scenario)) == scenario == Scenario.from_dict(scenario.to_dict())


def test_equal_questions_are_equal() -> None:
    alone = Scenario(kind="sequence", requests=("classes: 0 ",))
    assert alone == Scenario.parse("classes:0")
    assert Scenario.parse("classes:1 and classes:0") == Scenario.parse("classes:0,1")
    assert Scenario.parse("classes:0 then classes:1").at_once == Scenario.parse("classes:0,1")
    three = Scenario.parse("classes:0 then random:2% then classes:1")
    assert [str(request) for request in three.each] == ["classes:0", "random:2%", "classes:1"]
    assert three.before == Scenario.parse("classes:0 then random:2%")
    assert three.before.before == Scenario.parse("classes:0")
    assert three.forgets == "samples"
    assert Scenario.parse("classes:0").before is None
    kept = Scenario.parse("classes:0 then classes:1 keeping nothing")
    assert kept.before == Scenario.parse("classes:0 keeping nothing") != Scenario.parse("classes:0")
    identities = [s.identity() for s in (three, three.at_once, kept, kept.at_once)]
    assert all(a != b for i, a in enumerate(identities) for b in identities[:i])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("classes:0 then classes:0", "named twice in 0, 0"),
        ("classes:0 then trigger:0:10%", "cannot stand in a sequence"),
        ("classes:0 and classes:1 then classes:2", "not both"),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Scenario.parse(text)


def test_each_request_takes_from_what_is_left(digits: Images, tmp_path: Path) -> None:
    ids = np.flatnonzero(digits.y_train.numpy() == 5)[:7]
    np.save(tmp_path / "ids.npy", ids)
    requests = ("random:10%", "classes:3", f"indices:{tmp_path / 'ids.npy'}", "random:10%")
    scenario = Scenario(kind="sequence", requests=requests).pinned()
    split = scenario.split(digits)
    parts = [set(train.tolist()) for train, _ in split.requests]
    assert len(set.union(*parts)) == sum(map(len, parts)) == len(split.forget_train)
    first = Scenario.parse("random:10%").split(digits)
    assert torch.equal(split.requests[0][0], first.forget_train)  # alone it is the same draw
    threes = set(np.flatnonzero(digits.y_train.numpy() == 3).tolist())
    assert parts[1] == threes - parts[0]
    assert parts[2] == set(ids.tolist()) - parts[0]
    everything = torch.cat([split.forget_train, split.retain_train]).sort().values
    assert torch.equal(everything, torch.arange(len(digits.y_train)))
    last = split.last
    assert last is not None
    assert set(last.forget_train.tolist()) == parts[3]
    assert torch.equal(last.retain_train, split.retain_train)  # earlier ones are in neither part
    assert set(split.forget_test.tolist()) == set(np.flatnonzero(digits.y_test.numpy() == 3))
    once = scenario.at_once.split(digits)
    assert torch.equal(once.forget_train, split.forget_train)
    assert once.last is not None
    assert torch.equal(once.last.forget_train, once.forget_train)
    np.save(tmp_path / "ids.npy", ids[:3])
    with pytest.raises(DataError, match="has changed"):
        scenario.split(digits)


def test_what_is_kept_reaches_the_method(digits: Images) -> None:
    for keeps, left in (("retain", 1149), ("nothing", 0), ("statistics", 0)):
        text = "classes:0 then classes:1"
        split = Scenario.parse(text).replace(keeps=keeps).split(digits)
        assert split.last is not None
        assert len(split.last.retain_train) == left
        assert len(split.retain_train) > 1000  # of what evidence is about nothing is missing
        assert split.last.classes == (1,)
        assert split.classes == (0, 1)


def test_a_request_without_anything_new_is_refused(digits: Images) -> None:
    with pytest.raises(DataError, match=r"subclass:0:1/4 names nothing that was not forgotten"):
        Scenario.parse("classes:0 then subclass:0:1/4").split(digits)
    with pytest.raises(DataError, match=r"forgets all 10 classes|leaves no retain data"):
        Scenario.parse("classes:0,1,2,3,4 then classes:5,6,7,8,9").split(digits)
