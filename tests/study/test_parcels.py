"""Parcels of a plan: every answer once, nothing before what it is made from."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch

from opcviz.artefacts import MODEL, get_kind
from opcviz.cli.plans import with_attacks
from opcviz.methods import method_settings
from opcviz.study import Plan, Store, StudyRunner, missing, preset
from opcviz.study.parcels import OWN, Parcel, parcels
from opcviz.study.pipeline import Item


@pytest.fixture(scope="module")
def plan() -> Plan:
    methods = tuple(method_settings(name, dataset="digits") for name in ("ft", "opc"))
    plan = replace(preset("digits-random"), methods=methods, seeds=(0, 1))
    return with_attacks(plan, "shadows")


@pytest.fixture(scope="module")
def runner(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> StudyRunner:
    store = Store(tmp_path_factory.mktemp("store"))
    return StudyRunner(plan.study, store, torch.device("cpu"), seeds=plan.seeds)


@pytest.fixture(scope="module")
def items(plan: Plan, runner: StudyRunner) -> list[Item]:
    return missing(plan, runner)


@pytest.fixture(scope="module")
def found(items: list[Item], runner: StudyRunner) -> list[Parcel]:
    return parcels(items, runner.place)


def one(found: list[Parcel], kind: str, method: str, seed: int) -> Parcel:
    return next(
        p
        for p in found
        for i in p.items
        if (i.kind, i.method.info.name, i.seed) == (kind, method, seed)
    )


def everything_before(parcel: Parcel, found: list[Parcel]) -> set[str]:
    named = {p.name: p for p in found}
    names, waiting = set[str](), list(parcel.after)
    while waiting:
        if (name := waiting.pop()) not in names:
            names.add(name)
            waiting += named[name].after
    return names


def test_every_answer_is_in_one_parcel_and_each_keeps_the_order(items, found):
    assert len({p.name for p in found}) == len(found)
    assert sorted(map(items.index, (i for p in found for i in p.items))) == list(range(len(items)))
    for parcel in found:
        places = [items.index(i) for i in parcel.items]
        assert places == sorted(places)
        assert len({i.seed for i in parcel.items}) == 1


def test_whatever_free_workers_take_first_all_of_it_gets_made(found):
    for draw in range(5):
        waiting, done = list(found), set[str]()
        while waiting:
            ready = [p for p in waiting if p.after <= done]
            assert ready, f"{[p.name for p in waiting]} wait for each other"
            taken = random.Random(draw).choice(ready)
            waiting.remove(taken)
            done.add(taken.name)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_model_is_unlearned_after_its_original_and_examined_after_both_references(found, seed):
    original, retrained = (one(found, MODEL, name, seed) for name in ("original", "retrain"))
    model = one(found, MODEL, "opc", seed)
    assert original.after == retrained.after == frozenset()
    assert model.after == {original.name}
    evidence = one(found, "evidence", "opc", seed)
    beside = {one(found, "evidence", name, seed).name for name in ("original", "retrain")}
    assert evidence.after == {original.name, retrained.name, model.name} | beside
    assert one(found, "evidence", "original", seed).after == {original.name, retrained.name}
    together = one(found, "inversion", "opc", seed)
    assert {i.method.info.name for i in together.items} >= {"original", "retrain", "ft", "opc"}
    assert together.after == {p.name for p in found if p.part == MODEL and p.seed == seed}


def test_what_compares_seeds_waits_for_the_references_of_all(found):
    compared = next(p for p in found if any("seeds" in get_kind(i.kind).needs for i in p.items
                                            if i.kind != MODEL))  # fmt: skip
    references = {
        one(found, MODEL, name, seed).name for name in ("original", "retrain") for seed in (0, 1)
    }
    assert references <= compared.after


def test_the_first_attack_by_shadow_models_makes_what_the_others_use(found):
    attacks = [p for p in found if p.kind == "shadows" and p.seed == 0]
    assert len(attacks) > 2
    first = [p for p in attacks if not any(other.name in p.after for other in attacks)]
    assert len(first) == 1
    assert all(first[0].name in p.after for p in attacks if p is not first[0])


def test_a_users_own_kind_is_asked_when_all_else_is_there(items, runner, monkeypatch):
    monkeypatch.setattr(type(get_kind("similarity")), "own", True)
    found = parcels(items, runner.place)
    own = [p for p in found if p.part == OWN]
    assert {i.kind for p in own for i in p.items} == {"similarity"}
    others = {p.name for p in found if p.part != OWN}
    assert all(p.after == others for p in own)


def test_references_come_first_then_seed_by_seed(found):
    ranks = [(p.part == MODEL and p.method in ("original", "retrain")) for p in found]
    assert ranks[:4] == [True] * 4
    later = [p.seed for p in found if p.method not in ("original", "retrain") and p.part != OWN]
    assert later == sorted(later)


def test_what_is_there_already_is_waited_for_by_nobody(items, runner):
    left = [i for i in items if i.kind != MODEL]
    found = parcels(left, runner.place)
    names = {p.name for p in found}
    assert all(p.after <= names for p in found)
    assert all(everything_before(p, found) <= names for p in found)
