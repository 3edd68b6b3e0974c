"""What every page offers beside its pickers, wherever it is opened."""

from __future__ import annotations

import pytest
from every_page import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_its_link_the_theme_a_presentation_and_the_glossary(visit, name):
    app = visit("" if name == PAGES[0] else name)
    parts = [part.proto.id for part in app.get("bidi_component")]
    for key in ("page.link", "theme.switch"):
        assert len([part for part in parts if f"-{key}" in part]) == 1, key
    assert app.button(key="presentation.start")
    assert [each for each in app.get("popover") if each.proto.popover.label == "Glossary"]
