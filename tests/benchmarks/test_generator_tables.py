"""The document about generators says what the shipped study holds, and keeps other seeds apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.generators import DOCS, OTHERS, Found, rewritten
from benchmarks.readme_tables import TABLE
from opcviz.study import Store, shipped_root

MARKED = (
    "<!-- table: missed -->\nold\n<!-- end of table -->\n"
    "<!-- table: others-missed -->\nkept\n<!-- end of table -->\n"
)


@pytest.fixture(scope="module")
def shipped() -> Found:
    return Found.read(Store(shipped_root()), [0])


def test_the_tables_are_those_of_the_shipped_study(shipped: Found) -> None:
    text = DOCS.read_text("utf-8")
    assert rewritten(text, shipped) == text, "run `python -m benchmarks.generators --tables`"
    names = [each["name"] for each in TABLE.finditer(text)]
    assert sum(name.startswith(OTHERS) for name in names) == 4 < len(names)


def test_only_the_seeds_asked_for_are_read(shipped: Found) -> None:
    assert len(shipped.models) == 13
    assert {model.seed for models in shipped.models.values() for model in models} == {0}
    assert not Found.read(Store(shipped_root()), [1]).models


def test_tables_about_other_seeds_are_written_apart(shipped: Found) -> None:
    main, others = (
        {each["name"]: each["text"] for each in TABLE.finditer(rewritten(MARKED, shipped, apart))}
        for apart in (False, True)
    )
    assert main["others-missed"] == "kept"
    assert others["missed"] == "old"
    assert main["missed"] == others["others-missed"] != "old"
    rows = main["missed"].splitlines()[2:]
    assert all("**no**" in row for row in rows[:-1])
    assert "other lines that were measured" in rows[-1]


def test_places_say_what_is_missing_and_who_never_saw_it(shipped: Found) -> None:
    def place(found: Found, method: str) -> str:
        row = next(r for r in found.table("drawn").splitlines() if r.startswith(f"| {method} |"))
        return row.split(" | ")[-1].removesuffix(" |")

    assert place(shipped, "retrain") == "never saw it"
    assert place(shipped, "dimum") == "address"
    assert place(shipped, "opc_any_address") == "weights, conspicuous"
    lone = Found({name: shipped.models[name] for name in ("rl_diffusion", "opc_output")})
    assert place(lone, "rl_diffusion") == "open"
    assert place(lone, "opc_output") == "open, conspicuous"
    (model,) = shipped.models["rl_diffusion"]
    both = Found({**shipped.models, "rl_diffusion": [replace(model, seed=1), model]})
    assert place(both, "rl_diffusion") == "address; open", "seed 1 has no retrained model"
