"""Earthquakes: the simulator against its formulas, scenarios by condition, and own records."""

from __future__ import annotations

import math
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opcviz.common.config import ConfigError
from opcviz.data import DataError, DataSpec, Scenario, load
from opcviz.data.earthquakes import Earthquakes, as_conditions, simulated, simulator
from opcviz.data.earthquakes.reading import Recorded, assembled_records, read_records

REGION = "region:30,60,0,30"


@pytest.fixture(scope="module")
def small() -> Earthquakes:
    return simulated(seed=3, train=160, test=80)


def test_it_is_the_same_for_the_same_seed_and_says_that_it_is_simulated(small: Earthquakes) -> None:
    again, other = simulated(3, 160, 80), simulated(4, 160, 80)
    assert again.x_train.equal(small.x_train)
    assert again.y_test.equal(small.y_test)
    assert not other.x_train.equal(small.x_train)
    assert small.simulated
    assert "simulated" in small.name


# epicentre; velocity factor, stress drop, Q: each region's own, written once more
QUARTERS = {
    "SW": ((10.0, 12.0), 1.0, 60.0, 180.0),
    "SE": ((33.0, 24.0), 0.88, 200.0, 120.0),
    "NW": ((20.0, 44.0), 1.10, 100.0, 250.0),
    "NE": ((46.0, 52.0), 0.95, 40.0, 180.0),
}


@pytest.mark.parametrize("quarter", QUARTERS)
def test_a_region_is_as_fast_as_loud_and_as_clear_as_it_is_said_to_be(quarter: str) -> None:
    """Arrivals, and mean power over many simulations against the formula at one frequency."""
    (x, y), velocity, stress, q = QUARTERS[quarter]
    condition = np.array([x, y, 7.0, 4.5, *simulator.STATIONS[3]])
    made = simulator.simulate(np.tile(condition, (400, 1)), np.random.RandomState(0))
    power = (np.abs(np.fft.rfft(made.astype(np.float64), 2 * simulator.SAMPLES)) / 20.0) ** 2
    f = np.fft.rfftfreq(2 * simulator.SAMPLES, 1 / 20.0)
    away = math.sqrt((x - 55) ** 2 + (y - 6) ** 2 + 49)
    spread = away if away < 40 else math.sqrt(40 * away)
    moment = 10 ** (1.5 * 4.5 + 16.05)
    kappa = 0.03 + 0.02 * 3 / 11
    p_at, s_at = simulator.arrivals(condition[None])
    assert p_at[0] == pytest.approx(away / (6.06 * velocity))
    assert s_at[0] == pytest.approx(away / (3.5 * velocity))

    def amplitude(at: float, speed: float, corner: float) -> float:
        scale = 0.55 * 0.707 * 2 / (4 * math.pi * 2.8 * 3.5**3) * 1e-20
        source = scale * moment * (2 * math.pi * at) ** 2 / (1 + (at / corner) ** 2)
        path = math.exp(-math.pi * at * away / (q * at**0.45 * speed * velocity))
        return source * path * math.exp(-math.pi * kappa * at) / spread

    corner = 4.9e6 * 3.5 * (stress / moment) ** (1 / 3)
    for low, high in ((1.0, 1.5), (3.0, 3.5), (6.0, 6.5)):
        band = (f >= low) & (f < high)
        s = np.array([amplitude(at, 3.5, corner) for at in f[band]])
        p = np.array([amplitude(at, 6.06, 1.5 * corner) for at in f[band]])
        ideal = (s**2 + ((3.5 / 6.06) ** 3 * p) ** 2).mean() * simulator.SITE[3] ** 2
        assert power[:, band].mean() == pytest.approx(ideal, rel=0.07)


@pytest.mark.parametrize("text", [REGION, "region:0,12.5,-3,60", "magnitude:5-6", "magnitude:-1-3"])
def test_bounds_survive_as_text_and_as_a_table(text: str) -> None:
    scenario = Scenario.parse(text)
    assert str(scenario) == text
    assert Scenario.from_dict(scenario.to_dict()) == scenario
    assert "bounds" not in Scenario.parse("classes:1").to_dict()


@pytest.mark.parametrize(
    "text", ["region:1,2,3", "region:60,30,0,30", "magnitude:6-5", "magnitude:a-b"]
)
def test_other_bounds_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match=text.partition(":")[0]):
        Scenario.parse(text)


@pytest.mark.parametrize(("text", "columns"), [(REGION, (0, 1)), ("magnitude:5-6", (3,))])
def test_a_split_has_forgotten_records_in_both_sets(
    small: Earthquakes, text: str, columns: tuple[int, ...]
) -> None:
    scenario = Scenario.parse(text)
    split = scenario.split(small)
    for ids, y in ((split.forget_train, small.y_train), (split.forget_test, small.y_test)):
        gone = [
            i
            for i, each in enumerate(y.tolist())
            if all(
                low <= each[at] <= high
                for at, low, high in zip(
                    columns, scenario.bounds[::2], scenario.bounds[1::2], strict=True
                )
            )
        ]
        assert ids.tolist() == gone
    assert [at for at, _, _ in split.box] == list(columns)


def test_other_data_have_no_region() -> None:
    with pytest.raises(DataError, match="records of earthquakes"):
        Scenario.parse(REGION).split(load(DataSpec("digits")))


# ---- own records ----------------------------------------------------------------------------


def _arrays(count: int = 50, rate: float = 40.0) -> dict[str, Any]:
    """Silence with one spike 5 s after the origin, which is 10 s after the first sample."""
    waveforms = np.zeros((count, 3, round(60 * rate)))
    waveforms[:, 0, round(15 * rate)] = 1.0
    spread = np.linspace(0, 0.3, count)
    return {
        "waveforms": waveforms + 7.0,  # an offset that is taken off
        "rate": np.array(rate),
        "onset": np.array(10.0),
        "epicentre": np.stack([11 + spread, 48 + spread], 1),
        "station": np.stack([11 + spread[::-1], 48.1 + spread], 1),
        "depth": np.full(count, 9.0),
        "magnitude": np.linspace(2, 4, count),
    }


@pytest.mark.parametrize("rate", [20.0, 40.0, 100.0])
def test_own_records_are_cut_resampled_and_placed(tmp_path: Path, rate: float) -> None:
    arrays = _arrays(rate=rate)
    np.savez(tmp_path / "own.npz", **arrays)
    data = load(DataSpec("records", path=str(tmp_path / "own.npz")))
    assert isinstance(data, Earthquakes)
    assert not data.simulated
    assert (len(data.x_train), len(data.x_test)) == (42, 8)
    assert data.shape == (1, simulator.SAMPLES)
    peak = data.x_train[:, 0].abs().argmax(1) / data.rate - data.onset
    assert peak.tolist() == pytest.approx([5.0] * 42, abs=0.051)
    y = np.vstack([as_conditions(data.y_train), as_conditions(data.y_test)])
    assert y[:, [0, 4]].max() == pytest.approx(
        0.3 * 111.195 * math.cos(math.radians(48.2)), rel=1e-2
    )
    assert y[:, :2].min() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": None}, "has no rate"),
        ({"waveforms": np.zeros((50, 2, 2, 2))}, "wants numbers"),
        ({"waveforms": np.full((50, 2400), np.nan)}, "record 0 holds NaN"),
        ({"waveforms": np.zeros((50, 2400))}, "straight line"),
        ({"rate": np.array(0.0)}, "samples a second"),
        ({"onset": np.array(500.0)}, "cut it around the event"),
        ({"onset": np.array(np.inf)}, "a time that is a number"),
        ({"magnitude": np.full(50, 99.0)}, "magnitude 99"),
        ({"depth": np.full(50, np.inf)}, "no number"),
        ({"depth": np.zeros(3)}, "array 'depth'"),
        ({"epicentre": np.full((50, 2), 4000.0)}, "unit = 'km'"),
        ({"station": np.stack([np.linspace(0, 90, 50), np.zeros(50)], 1)}, "on one plane"),
        ({"test": np.ones(50, bool)}, "hold out some"),
        ({"test": np.ones(50)}, "truth values"),
        ({"unit": np.array("m")}, "array 'unit': 'm'; wants 'degrees' or 'km'"),
        ({"unit": np.array(["km", "km"])}, "array 'unit'"),
        ({"waveforms": 1e39 * np.eye(50, 2400)}, r"record 0 has a value of 1e\+39"),
        (
            {name: np.full((50, 2), 48.0) for name in ("epicentre", "station")}
            | {"magnitude": np.full(50, 3.0)},
            "all records are of one event",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    arrays = {k: v for k, v in {**_arrays(), **change}.items() if v is not None}
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_records(tmp_path / "own.npz")


def test_a_pickle_and_too_few_records_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "pickle.npz", **{**_arrays(), "depth": np.array([print] * 50, object)})
    with pytest.raises(DataError, match="object"):
        read_records(tmp_path / "pickle.npz")
    np.savez(tmp_path / "few.npz", **_arrays(10))
    with pytest.raises(DataError, match="at least 40"):
        read_records(tmp_path / "few.npz")


def _network(events: int = 10, stations: int = 12) -> dict[str, Any]:
    """Each of some events at each of some stations."""
    random, count = np.random.RandomState(0), events * stations
    own = {"epicentre": random.uniform(0, 10, (events, 2)), "depth": random.uniform(3, 15, events)}
    return {
        **{name: np.repeat(each, stations, 0) for name, each in own.items()},
        "magnitude": np.full(count, 4.0),
        "station": np.tile(random.uniform(0, 10, (stations, 2)), (events, 1)),
        "waveforms": random.standard_normal((count, 900)),
        "rate": np.array(20.0),
        "onset": np.array(5.0),
        "unit": np.array("km"),
    }


@pytest.mark.parametrize(("events", "stations", "held"), [(10, 12, 12), (40, 3, 18), (2, 30, 30)])
def test_events_are_held_out_as_wholes(
    tmp_path: Path, events: int, stations: int, held: int
) -> None:
    np.savez(tmp_path / "own.npz", **_network(events, stations))
    data = read_records(tmp_path / "own.npz")
    train, test = ({tuple(y) for y in each[:, :4].tolist()} for each in (data.y_train, data.y_test))
    assert len(data.y_test) == held
    assert not train & test


def test_a_given_test_does_not_split_an_event(tmp_path: Path) -> None:
    test = np.arange(120) < 30  # two events of 12 and half of a third
    np.savez(tmp_path / "own.npz", **_network(), test=test)
    with pytest.raises(DataError, match="records 24 and 30 are of one event"):
        read_records(tmp_path / "own.npz")
    np.savez(tmp_path / "own.npz", **_network(), test=test | (np.arange(120) < 36))
    assert len(read_records(tmp_path / "own.npz").x_test) == 36


def test_what_happened_at_another_time_is_another_event() -> None:
    records = [Recorded(np.arange(900) ** 2, 20.0, 5.0)] * 40
    here = np.tile([3.0, 4.0, 5.0, 3.5, 9.0, 9.0], (40, 1))
    held = assembled_records("x", "x", records, here, True, origins=np.arange(40) // 2)
    assert len(held.x_test) == 6
    with pytest.raises(DataError, match="of one event"):
        assembled_records("x", "x", records, here, True)


@pytest.mark.parametrize("unit", ["km", "KM", b"km", ["km"], "Degrees"])
def test_a_unit_is_read_however_it_is_written(tmp_path: Path, unit: Any) -> None:
    arrays = _network()
    np.savez(tmp_path / "own.npz", **{**arrays, "unit": np.array(unit)})
    data = read_records(tmp_path / "own.npz")
    north = np.vstack([as_conditions(data.y_train), as_conditions(data.y_test)])[:, [1, 5]]
    places = np.stack([arrays["epicentre"], arrays["station"]])[..., 1]
    a_unit = 111.195 if unit == "Degrees" else 1
    assert np.ptp(north) == pytest.approx(a_unit * np.ptp(places), rel=1e-5)


def test_the_date_line_may_lie_between_places(tmp_path: Path) -> None:
    east = np.where(np.arange(50) % 2, 179.9, -179.8)
    places = np.stack([east, np.full(50, -17.0)], 1)
    np.savez(tmp_path / "own.npz", **{**_arrays(), "epicentre": places, "station": places})
    data = read_records(tmp_path / "own.npz")
    width = 0.3 * 111.195 * math.cos(math.radians(17))
    assert as_conditions(data.y_train)[:, 0].max() == pytest.approx(width, rel=1e-4)
    assert set(as_conditions(data.y_train)[:, 0].round(3)) == {0.0, round(width, 3)}


TABLE = "file,origin_time,longitude,latitude,depth,magnitude,station_longitude,station_latitude"


def _table(folder: Path, file: str, more: str = "", marks: tuple[str, ...] = ("",) * 40) -> Path:
    rows = [
        f"{file},2009-08-24T00:20:03Z,11.{i},48,9,3,11,48.1{',' * bool(more)}{mark}"
        for i, mark in enumerate(marks, 10)
    ]
    path = folder / "records.csv"
    path.write_text("\n".join([TABLE + more, *rows]), "utf-8-sig")  # as Excel writes it
    return path


def test_without_the_library_it_is_said_what_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymseed", None)
    with pytest.raises(DataError, match=r"opcviz\[seismic\]"):
        read_records(_table(tmp_path, "a.mseed"))


@pytest.mark.parametrize(
    ("more", "mark", "message"),
    [
        (",test", "yes", "line 2: test is 'yes'; wants 1 or 0"),
        (",test", "", "line 2: test is ''"),
        (",test", "true", "there is no file"),  # which is looked for when the row was understood
        (",depth", "99", "the column depth twice"),
    ],
)
def test_a_row_is_understood_or_refused_before_its_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str, mark: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "pymseed", types.ModuleType("pymseed"))  # not needed yet
    with pytest.raises(DataError, match=message):
        read_records(_table(tmp_path, "none.mseed", more, (mark,) * 40))


def test_miniseed_beside_a_table_is_read(tmp_path: Path) -> None:
    pymseed = pytest.importorskip("pymseed")
    x = np.zeros(2400)
    x[600] = 1000.0  # 15 s after the first sample, which is 10 s before the origin
    traces = pymseed.MS3TraceList()
    traces.add_data(
        "FDSN:XX_AAA__H_H_Z",
        x.astype(np.int32),
        "i",
        40.0,
        starttime_str="2009-08-24T00:19:53Z",
    )
    traces.to_file(str(tmp_path / "a.mseed"))
    data = read_records(_table(tmp_path, "a.mseed"))
    peak = data.x_train[:, 0].abs().argmax(1) / data.rate - data.onset
    assert peak.tolist() == pytest.approx([5.0] * len(peak), abs=0.051)
    for file, message in (("../a.mseed", "leads out"), ("none.mseed", "no file")):
        with pytest.raises(DataError, match=message):
            read_records(_table(tmp_path, file))
    marks = ("1", "1.0", "TRUE", " true") + ("0", "0.0", "false") * 12
    assert len(read_records(_table(tmp_path, "a.mseed", ",test", marks)).x_test) == 4
    (tmp_path / "bad.mseed").write_bytes(b"not a record at all" * 20)
    with pytest.raises(DataError, match=r"bad\.mseed"):
        read_records(_table(tmp_path, "bad.mseed"))
