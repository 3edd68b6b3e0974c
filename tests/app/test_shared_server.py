"""A server that other machines reach: no field names its files, and no request reads them."""

from __future__ import annotations

import pytest
import streamlit as st
from reading import captions, fine

from opcviz.audit.page_job import RUNNER, PageJob
from opcviz.common.access import Access, current, held
from opcviz.study import shipped_root
from opcviz.ui.reading import access

SECRET = "the server's own words"


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPCVIZ_SHARED", "1")


def offered(lab) -> list[str]:
    (box,) = [b for b in lab.selectbox if (b.key or "").endswith(".data")]
    return [option.partition(":")[0] for option in box.options]


def test_fields_for_paths_are_there_on_ones_own_machine(visit) -> None:
    lab = visit("lab")
    assert {"folder", "arrays", "table"} < set(offered(lab))
    assert lab.text_input(key="lab.own").value == ""
    assert current() is None


@pytest.mark.slow
def test_fields_for_paths_are_gone_on_a_shared_one(shared, visit, engine) -> None:
    lab = visit("lab")
    assert not {"folder", "arrays", "table"} & set(offered(lab))
    assert not [box for box in lab.text_input if box.key == "lab.own"]
    assert any("a file is a program" in text for text in captions(lab))
    assert "indices" not in (_forget(lab).help or "")
    lab.button(key="lab.start").click().run()
    (run,) = engine.list()
    fine(lab)
    may = Access.from_dict(run.access)
    assert may == Access((str(shipped_root()),), visitor=may.visitor)
    assert len(may.visitor) == 16


def _forget(lab):
    return lab.text_input(key=f"lab.study.{lab.query_params['study']}.forget")


@pytest.mark.slow
@pytest.mark.parametrize("there", [True, False])
def test_ids_of_the_server_are_not_looked_at(shared, visit, tmp_path, there: bool) -> None:
    path = tmp_path / "ids.txt"
    if there:
        path.write_text(SECRET)
    lab = visit("lab")
    _forget(lab).set_value(f"indices:{path}").run()
    (said,) = [each.value for each in fine(lab).error]
    assert "this path on it may not be named" in said
    assert SECRET not in said
    assert lab.button(key="lab.start").disabled


@pytest.mark.slow
def test_an_operator_may_turn_paths_on(shared, visit, tmp_path, monkeypatch) -> None:
    (tmp_path / "ids.txt").write_text("1\n2\n")
    monkeypatch.setenv("OPCVIZ_SHARED_PATHS", str(tmp_path))
    monkeypatch.setenv("OPCVIZ_SHARED_CODE", "1")
    lab = visit("lab")
    assert {"folder", "arrays", "table"} < set(offered(lab))
    assert lab.text_input(key="lab.own").value == ""
    _forget(lab).set_value(f"indices:{tmp_path / 'ids.txt'}").run()
    assert not fine(lab).error
    _forget(lab).set_value("indices:/etc/passwd").run()
    assert "may not be named" in fine(lab).error[0].value


def test_runs_of_other_visitors_are_listed_without_names_and_cannot_be_shown(
    shared, visit, engine
) -> None:
    with held(Access(visitor="ab" * 8)):
        theirs = engine.submit({"a": 1}, "secret-model.pt · secret data", runner="a.b:c")
        engine.cancel(theirs)
    lab = visit("lab")
    said = " ".join(each.value for each in [*fine(lab).markdown, *lab.caption])
    assert "Another visitor's run" in said
    assert "secret" not in said
    assert not [each for each in lab.button if each.key == f"queue.{theirs}"]


def test_cancel_ends_an_audit_only_for_whoever_presses_it(shared, visit, engine) -> None:
    id = engine.submit(PageJob().to_dict(), "Audit · the same", runner=RUNNER)
    first, second = (visit("audit", run=id) for _ in range(2))
    fine(first.button(key=f"audit.cancel.{id}").click().run())
    assert engine.status(id).active
    assert "run" not in first.query_params
    fine(second.button(key=f"audit.cancel.{id}").click().run())
    assert engine.status(id).status == "cancelled"


def test_on_ones_own_machine_all_runs_are_ones_own(visit, engine) -> None:
    with held(Access(visitor="ab" * 8)):
        theirs = engine.submit({"a": 1}, "model.pt", runner="a.b:c")
        engine.cancel(theirs)
    lab = visit("lab")
    assert any("model.pt" in each.value for each in fine(lab).markdown)
    assert [each for each in lab.button if each.key == f"queue.{theirs}"]


@pytest.mark.parametrize(
    ("address", "headers", "said", "expected"),
    [
        ("127.0.0.1", {}, "", False),
        ("localhost", {}, "", False),
        ("::1", {}, "", False),
        ("127.0.0.2", {}, "", False),
        (None, {}, "", True),
        ("0.0.0.0", {}, "", True),
        ("10.0.0.5", {}, "", True),
        ("lab.example.org", {}, "", True),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, "", True),
        ("0.0.0.0", {}, "0", False),
        ("127.0.0.1", {}, "1", True),
    ],
)
def test_what_tells_that_a_server_is_shared(
    monkeypatch, address: object, headers: dict[str, str], said: str, expected: bool
) -> None:
    monkeypatch.setenv("OPCVIZ_SHARED", said)
    monkeypatch.setattr(st, "get_option", lambda name: address)
    monkeypatch.setattr(access, "get_script_run_ctx", lambda **_: object())
    monkeypatch.setattr(type(st.context), "headers", headers)
    assert access.shared() is expected


@pytest.mark.parametrize("text", ["none", "-1", "0", "nan", "1e99"])
def test_a_limit_that_is_none_is_named(monkeypatch, text: str) -> None:
    monkeypatch.setenv("OPCVIZ_UPLOAD_MB", text)
    with pytest.raises(ValueError, match=r"OPCVIZ_UPLOAD_MB is .* wants a number above 0"):
        access._number("OPCVIZ_UPLOAD_MB", 2048)
