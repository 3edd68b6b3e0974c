"""The kinds that take the worst case: what they hand to whom, and what a table reads of it."""

from __future__ import annotations

from pathlib import Path

import known_results
import pytest
import torch

from opcviz.artefacts import get_kind
from opcviz.attacks.information import idi, information
from opcviz.attacks.judges import judge_place
from opcviz.attacks.judging_settings import Judging
from opcviz.attacks.strongest import Strongest, attack, observe_views, strongest
from opcviz.common.text import percent
from opcviz.methods import create
from opcviz.results import IdiResult, InformationResult, SignsResult, StrongestResult
from opcviz.study import Evidence, Store, Study, StudyRunner
from opcviz.training import Training

KINDS = ("strongest", "signs")
JUDGING = Judging(folds=2, trees=10)
STUDY = Study(
    name="tiny",
    training=Training(epochs=1, batch_size=512),
    evidence=Evidence(probe=40, live=60, maps=("pca",), instruments=KINDS).replace(
        strongest=Strongest(quick=True, maps=("affine",)), judging=JUDGING
    ),
).replace(architecture={"width": 0.1})


@pytest.mark.slow
@pytest.mark.parametrize("forget", ["classes:0,1", "random:10%"])
def test_each_kind_is_its_measure_on_the_model_it_is_about(tmp_path: Path, forget: str) -> None:
    lab = StudyRunner(STUDY.replace(forget=forget), Store(tmp_path), torch.device("cpu"))
    original, other = create("original"), create("ft", epochs=1)
    lab.make("model", original, 0)
    lab.make("model", other, 0)
    net, before, split = lab.subject(other, 0).network, lab.subject(original, 0), lab.split
    head = (before.network.head.weight.detach(), before.network.head.bias.detach())
    told = StrongestResult.from_dict(lab.make("strongest", other, 0).json())
    config = Strongest(quick=True, maps=("affine",))
    assert told == strongest(net, lab.data, split, before.outputs, head, config)
    assert told.scored_on == ("forget_test" if split.classes else "cross-fitted")

    judged = SignsResult.from_dict(lab.make("signs", other, 0).json())
    assert judged.side == ("test" if split.classes else "train")
    assert judged.samples[0] == len(split.forget_test if split.classes else split.forget_train)
    view = list(observe_views(net, lab.data, width=JUDGING.width))[-1]
    learnt = view.train[split.forget_train], view.train[split.retain_train]
    if split.classes:
        asked = view.test[split.forget_test], view.test[split.retain_test]
        wanted = judge_place("logits", *asked, JUDGING, learnt=learnt)
    else:
        wanted = judge_place("logits", *learnt, JUDGING)
    assert [sign for sign in judged.signs() if sign.place == "logits"] == wanted
    assert len({sign.key for sign in judged.signs()}) == len(judged.signs())
    assert {sign.judge for sign in judged.signs()} == {"linear", "knn", "rbf", "boosted"}
    assert "pixels" not in {sign.place for sign in judged.signs()}


@pytest.mark.slow
def test_the_floor_is_found_once_for_all_models_beside_one_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = StudyRunner(STUDY, Store(tmp_path), torch.device("cpu"))
    fitted, fit = [], attack.fit_map
    monkeypatch.setattr(attack, "fit_map", lambda *a: fitted.append(a) or fit(*a))
    found = [
        StrongestResult.from_dict(lab.make("strongest", method, 0).json())
        for method in (create("ft", epochs=1), create("original"))
    ]
    floors = [[r for r in each.rungs if r.attempt.place == "pixels"] for each in found]
    assert floors[0] == floors[1]
    assert len(fitted) == sum(len(each.rungs) for each in found) - len(floors[0])


@pytest.mark.slow
def test_the_table_tells_the_best_attacker_and_his_floor(tmp_path: Path) -> None:
    lab = StudyRunner(STUDY, Store(tmp_path), torch.device("cpu"))
    original = create("original")
    lab.make("model", original, 0)
    stored = lab.make("strongest", original, 0).json()
    kind = get_kind("strongest")
    model = known_results.known(strongest=kind.read(stored))
    rungs = [r for r in stored["rungs"] if r["attempt"]["place"] != "pixels"]
    best = {
        holds: max(
            (r["attempt"] for r in rungs if r["attempt"]["holds"] == holds),
            key=lambda a: a["recovered"],
        )
        for holds in ("all", "retain")
    }
    columns = {column.name: column.value(model) for column in kind.columns}
    assert columns["worst"] == best["all"]["recovered"]
    assert columns["worst, retain only"] == best["retain"]["recovered"]
    whose = {column.name: column.who(model) for column in kind.columns}
    for name, holds in (("worst", "all"), ("worst, retain only", "retain")):
        assert f"{best[holds]['attacker']} on {best[holds]['place']}" in whose[name]
    rows = {row.name: row.value(model, model) for row in kind.rows}
    assert best["all"]["place"] in rows["from anywhere"]
    floor = max(
        r["attempt"]["recovered"]
        for r in stored["rungs"]
        if (r["attempt"]["place"], r["attempt"]["holds"]) == ("pixels", "all")
    )
    assert rows["floor: raw pixels"] == percent(floor)
    nothing = known_results.known()
    assert [column.value(nothing) for column in kind.columns] == [None] * 3
    assert [column.who(nothing) for column in kind.columns] == [None] * 3
    assert [row.value(nothing, nothing) for row in kind.rows] == [None] * len(kind.rows)
    told = kind.show(None, "strongest was not computed yet")
    assert told["strongest"]["reason"] == "strongest was not computed yet"


@pytest.mark.slow
def test_idi_lays_three_models_beside_each_other(tmp_path: Path) -> None:
    lab = StudyRunner(STUDY, Store(tmp_path), torch.device("cpu"))
    made = {name: create(name) for name in ("original", "retrain")} | {"ft": create("ft", epochs=1)}
    for method in made.values():
        lab.make("model", method, 0)
    found = {
        name: InformationResult.from_dict(lab.make("information", method, 0).json())
        for name, method in made.items()
    }
    told = {
        name: IdiResult.from_dict(lab.make("idi", method, 0).json())
        for name, method in made.items()
    }
    bits = {name: each.bits for name, each in found.items()}
    for name, result in told.items():
        most = found[name].most
        assert result == idi(bits[name], bits["original"], bits["retrain"], most)
    net, split = lab.subject(made["ft"], 0).network, lab.split
    view = list(observe_views(net, lab.data, width=256))[-1]
    asked = view.test[split.forget_test], view.test[split.retain_test]
    learnt = view.train[split.forget_train], view.train[split.retain_train]
    assert bits["ft"]["logits"] == information("logits", *asked, learnt=learnt)
    assert list(bits["ft"]) == [*net.block_names, "features", "logits"]
    assert 0 < found["ft"].most < 1
    shown = get_kind("idi").show(None, "idi was not computed yet")["idi"]
    assert shown == {"idi": None, "blocks": None, "reason": "idi was not computed yet"}
