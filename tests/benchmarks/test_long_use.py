"""The short form of long use: a kill, one full disk, two visitors, twenty studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.long_use.__main__ import DOCS, PARTS, rewritten
from benchmarks.long_use.figures import Row, table
from benchmarks.long_use.full_disk import fill
from benchmarks.long_use.kills import VICTIMS, Kill, Kills, deck, kill
from benchmarks.long_use.large_store import populate
from benchmarks.long_use.soak import Soak, soak
from benchmarks.long_use.stores import Order, undisturbed
from benchmarks.readme_tables import TABLE
from opcviz.study import Store
from opcviz.ui.reading import kept, store_reader
from opcviz.upkeep import check, inventory

SMALL = Order({"training.epochs": 2}, methods=("original", "rl"), only=("model",))
STUDIES, EACH = 20, 4


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return undisturbed(tmp_path_factory.mktemp("long-use"), SMALL)


@pytest.mark.slow  # programs that are started one after another
def test_a_study_outlives_kills_with_nothing_lost_and_the_same_numbers(
    reference: Path, tmp_path: Path
) -> None:
    dealt = [Kill("command", "command", "writing")]  # of workers and engines: tests/engine
    found = kill(dealt, 0, tmp_path, reference, SMALL)
    assert found.count == 1
    assert found.rounds >= 1
    assert [*found.lost, *found.changed, *found.wrong, *found.differing] == []
    assert all(row.met is not False for row in found.rows())


def test_a_full_disk_ends_in_a_sentence_and_the_study_goes_on(
    reference: Path, tmp_path: Path
) -> None:
    found = fill(tmp_path, reference, ((40, "command"),), SMALL)
    assert [*found.wrong, *found.differing] == []
    assert found.told
    assert all("make room" in said for _, said in found.told)


def test_visitors_without_a_browser_meet_no_error(tmp_path: Path) -> None:
    found = soak(2, 0.2, 0, tmp_path, browsers=0, errands={"browse": 1})
    assert not found.errors, found.errors
    assert found.errands["browse"] >= 2
    assert found.script_runs >= 4
    assert found.memory["app"]


def test_many_studies_are_offered_and_not_opened_again_at_every_click(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(tmp_path, STUDIES, STUDIES * EACH)
    held = inventory(Store(tmp_path))
    assert [each.answers for each in held] == [EACH] * STUDIES
    assert check(Store(tmp_path)).faults == ()
    monkeypatch.setenv("OPCVIZ_STORE", str(tmp_path))
    places = {each.study for each in held}
    first = store_reader.choices()
    assert places <= set(first)
    opened: list[str] = []
    real = kept.open_study

    def counted(store: Store, place: str) -> object:
        opened.append(place)
        return real(store, place)

    monkeypatch.setattr(kept, "open_study", counted)
    assert {p: c.models for p, c in store_reader.choices().items()} == {
        p: c.models for p, c in first.items()
    }
    assert not opened
    changed = sorted(places)[0]
    model = next((tmp_path / "studies" / changed / "models").iterdir())
    model.rename(model.with_name(f".{model.name}"))  # as somebody who removes it
    assert changed not in store_reader.choices(), "it was the only one"
    assert opened == [changed]


def test_the_deck_has_every_kind_in_its_share() -> None:
    dealt = deck(50, 3)
    assert dealt == deck(50, 3) != deck(50, 4)
    for (system, victim), often in VICTIMS.items():
        for moment in ("any", "writing"):
            assert dealt.count(Kill(system, victim, moment)) == often
    assert {(k.system, k.victim) for k in deck(12, 0)} == set(VICTIMS)


def test_what_is_not_as_asked_stands_out() -> None:
    lost = Kills(lost=["models/opc"], compared=1)
    assert "| 1 of 1 comparisons by SHA-256 **not met** | none |" in table(lost.rows())
    grown = Soak(1, 0, 1.0, memory={"app": (100.0, 110.0, 120.0)})
    assert [row.met for row in grown.rows() if row.asked] == [True, False]
    assert "| a | 1 | – |" in table([Row("a", "1")])


def test_the_document_has_a_table_of_each_part() -> None:
    text = DOCS.read_text("utf-8")
    assert [found["name"] for found in TABLE.finditer(text)] == list(PARTS)
    for name in PARTS:
        assert rewritten(rewritten(text, name, "new"), name, "old").count("\nold\n") == 1
    with pytest.raises(ValueError, match="table: parties"):
        rewritten(text, "parties", "new")
