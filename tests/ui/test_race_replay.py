"""Which stored model of a method a race replays."""

from types import SimpleNamespace

import pytest

from opcviz.study import Store, open_study, shipped_root
from opcviz.ui.lab.race_choice import stored_model
from opcviz.ui.reading import store_reader as library


@pytest.mark.parametrize("listed", [1, -1])
def test_it_is_the_least_seed_unless_another_is_shown_first(monkeypatch, listed):
    study = open_study(Store(shipped_root()), "digits")
    models = sorted((m for m in study.models if m.method.info.name == "opc"), key=lambda m: m.seed)
    assert len(models) == 3
    order = SimpleNamespace(models=models[::listed], place=study.place)

    def shown(*keys: str) -> None:
        choices = {study.place: SimpleNamespace(shown=keys)}
        monkeypatch.setattr(library, "choices", lambda: choices)

    shown()
    assert stored_model(order, "opc") is models[0]
    shown(models[1].key, models[2].key)
    assert stored_model(order, "opc") is models[1]
    assert stored_model(order, "no such method") is None
