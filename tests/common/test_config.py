"""Settings: validation by name, round trips, hashes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcviz.common.config import Config, ConfigError, Setting, fingerprint, setting, settings_of
from opcviz.training import Training


@dataclass(frozen=True)
class Inner(Config):
    depth: int = setting(2, "how deep", low=1, high=9)


@dataclass(frozen=True)
class Outer(Config):
    rate: float = setting(0.5, "rate", low=0, high=10, unit="Hz", log=True)
    count: int = setting(3, "count", low=0)
    flag: bool = setting(False, "flag")
    word: str = setting("a", "word", choices=("a", "b"))
    text: str = ""
    several: tuple[float, ...] = setting((1.0, 2.0), "several", low=-1e300, high=1e300)
    perhaps: int | None = setting(None, "perhaps", low=0)
    inner: Inner = field(default_factory=Inner)


@dataclass(frozen=True)
class Deeper(Outer):
    count: int = 7


outers = st.builds(
    Outer,
    rate=st.floats(0, 10),
    count=st.integers(0, 10**18),
    flag=st.booleans(),
    word=st.sampled_from("ab"),
    text=st.text(max_size=20),
    several=st.lists(st.floats(-1e300, 1e300), max_size=4).map(tuple),
    perhaps=st.none() | st.integers(0, 99),
    inner=st.builds(Inner, depth=st.integers(1, 9)),
)


@pytest.mark.slow
@given(outers)
def test_a_config_survives_json(config: Outer) -> None:
    back = Outer.from_dict(json.loads(json.dumps(config.to_dict())))
    assert back == config
    assert hash(back) == hash(config)
    assert fingerprint(back) == fingerprint(config) == fingerprint(config.to_dict())


@pytest.mark.slow
@given(outers, outers)
def test_fingerprints_differ_exactly_where_the_json_does(a: Outer, b: Outer) -> None:
    same = json.dumps(a.to_dict(), sort_keys=True) == json.dumps(b.to_dict(), sort_keys=True)
    assert (fingerprint(a) == fingerprint(b)) == same


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=5))
def test_a_fingerprint_forgets_the_order_of_a_table(table: dict) -> None:
    assert fingerprint(table) == fingerprint(dict(reversed(table.items())))


def test_fingerprints_are_the_same_in_every_version() -> None:
    # hashlib.sha256(b'{"a":[1,2.5,null],"b":"x"}'): a changed scheme would orphan every store
    assert fingerprint({"b": "x", "a": (1, 2.5, None)}) == "6739d783db2a"


def test_a_fingerprint_has_no_room_for_nan() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        fingerprint({"x": math.nan})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rate": "fast"}, r"Outer\.rate: wants float, got 'fast'"),
        ({"rate": True}, r"Outer\.rate: wants float, got True"),
        ({"rate": math.nan}, r"Outer\.rate: wants a finite number"),
        ({"rate": math.inf}, r"Outer\.rate: wants a finite number"),
        ({"rate": 10**400}, r"Outer\.rate: wants a finite number"),
        ({"rate": -0.1}, r"Outer\.rate: -0\.1 is below the least allowed, 0"),
        ({"rate": 10.5}, r"Outer\.rate: 10\.5 is above the greatest allowed, 10"),
        ({"count": 1.0}, r"Outer\.count: wants int, got 1\.0"),
        ({"count": True}, r"Outer\.count: wants int, got True"),
        ({"count": None}, r"Outer\.count: wants int, got None"),
        ({"flag": 1}, r"Outer\.flag: wants bool, got 1"),
        ({"word": "c"}, r"Outer\.word: 'c' is not one of a, b"),
        ({"several": 3.0}, r"Outer\.several: wants a list"),
        ({"several": "12"}, r"Outer\.several: wants a list"),
        ({"several": [1, "x"]}, r"Outer\.several: wants float, got 'x'"),
        ({"perhaps": -1}, r"Outer\.perhaps: -1 is below"),
        ({"perhaps": "x"}, r"Outer\.perhaps: wants int"),
        ({"inner": {"depth": 0}}, r"Inner\.depth: 0 is below"),
        ({"inner": {"width": 1}}, r"Inner has no setting 'width'; it has: depth"),
        ({"inner": 3}, r"Inner wants a table of settings, not 3"),
        ({"weight": 1}, r"Outer has no setting 'weight'; it has: rate, count"),
    ],
)
def test_a_bad_setting_is_named(changes: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Outer.from_dict(changes)


def test_what_json_cannot_say_is_fitted() -> None:
    config = Outer.from_dict({"rate": 1, "several": [3, 4], "inner": {"depth": 5}})
    assert config == Outer(rate=1.0, several=(3.0, 4.0), inner=Inner(5))
    assert isinstance(config.rate, float)
    assert isinstance(config.several[0], float)


def test_a_changed_copy_is_checked_again() -> None:
    config = Outer()
    assert config.replace(count=5) == Outer(count=5)
    assert config == Outer()  # untouched
    with pytest.raises(ConfigError, match=r"Outer\.count: "):
        config.replace(count=-1)
    with pytest.raises(ConfigError, match="no setting 'nothing'"):
        config.replace(nothing=1)


def test_descriptions_are_inherited_where_only_the_default_changes() -> None:
    about = settings_of(Deeper)
    assert about["count"] == settings_of(Outer)["count"] == Setting("count", low=0)
    assert about["text"] == Setting()
    assert list(about) == ["rate", "count", "flag", "word", "text", "several", "perhaps", "inner"]
    with pytest.raises(ConfigError, match=r"Deeper\.count: -1 is below"):
        Deeper(count=-1)


@given(st.integers(1, 2000), st.floats(1e-8, 10), st.integers(1, 8192), st.floats(0, 0.9))
def test_training_settings_survive_json(epochs: int, lr: float, batch: int, warmup: float) -> None:
    spec = Training(epochs=epochs, lr=lr, batch_size=batch, warmup=warmup)
    assert Training.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@dataclass(frozen=True)
class Grown(Inner):
    joined: str = setting("as before", "joined after answers were stored", elided=True)


@dataclass(frozen=True)
class Further(Grown):
    joined: str = "anew"


def test_a_field_that_joined_later_is_written_only_where_it_was_changed() -> None:
    assert fingerprint(Grown()) == fingerprint(Inner())
    assert Grown(joined="b").to_dict() == {"depth": 2, "joined": "b"}
    assert Grown().all_values() == {"depth": 2, "joined": "as before"}
    assert Further().to_dict() == {"depth": 2}
    assert Further(joined="as before").to_dict()["joined"] == "as before"
    for config in (Grown(), Grown(joined="b"), Further(), Further(joined="as before")):
        assert type(config).from_dict(config.to_dict()) == config
