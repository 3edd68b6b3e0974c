"""A server that asks for a login shows nothing before it."""

from __future__ import annotations

from typing import Any

import pytest
from reading import fine
from streamlit.user_info import UserInfoProxy


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Streamlit knows of the visitor."""
    monkeypatch.setenv("OPCVIZ_LOGIN", "1")
    about: dict[str, Any] = {}
    monkeypatch.setattr(UserInfoProxy, "to_dict", lambda self: dict(about))
    return about


def test_nothing_is_shown_before_the_login(visit, known) -> None:
    known["is_logged_in"] = False
    app = visit("lab")
    assert [button.label for button in app.button] == ["Log in"]
    assert not app.text_input
    assert not app.selectbox


def test_without_a_provider_nobody_is_let_in(visit, known) -> None:
    app = visit("lab")
    assert "no provider to log in with" in fine(app).error[0].value
    assert not app.button


def test_who_has_logged_in_sees_the_pages(visit, known) -> None:
    known.update(is_logged_in=True, sub="42", iss="https://example.org")
    assert visit("lab").button(key="lab.start")
