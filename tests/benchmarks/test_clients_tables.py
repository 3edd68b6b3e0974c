"""The document about clients: its studies have names that can be, and its tables are those made."""

from __future__ import annotations

from benchmarks.clients import ALPHAS, DOCS, PROMISED, plan_of, read, tables
from benchmarks.readme_tables import TABLE
from opcviz.results import GroundTruth
from opcviz.study import Store, open_study, shipped_root


def test_each_alpha_is_a_study_of_its_own() -> None:
    plans = [plan_of(alpha, [0]) for alpha in ALPHAS]
    assert [plan.study.forget.alpha for plan in plans] == [0.0, 1.0, 0.1]
    assert len({plan.study.place for plan in plans}) == 3
    assert plans[1].study.place == open_study(Store(shipped_root()), "digits-clients").place


def test_every_table_of_the_document_is_made_of_stored_figures() -> None:
    store = Store(shipped_root())
    found = {alpha: read(store, plan_of(alpha, [0]), [0]) for alpha in ALPHAS}
    assert set(PROMISED) <= set(found["1"])
    made = tables(found)
    assert set(made) == {each["name"] for each in TABLE.finditer(DOCS.read_text("utf-8"))}
    model = next(
        m for m in open_study(store, "digits-clients").models if m.method.info.name == "fed_pga"
    )
    truth = model.results.get(GroundTruth).trigger
    row = next(line for line in made["left-1"].splitlines() if "`fed_pga`" in line)
    assert f"| {truth.clean:.1f} | {truth.turned:.1f} |" in row
    assert "| 1 | 2 |" in next(line for line in made["work"].splitlines() if "`fed_pga`" in line)
