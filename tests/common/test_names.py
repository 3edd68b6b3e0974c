"""Names that are no text: told from others, and shown so that they can be printed."""

from __future__ import annotations

import os

import pytest

from opcviz.common.config import ConfigError
from opcviz.common.names import is_text, shown
from opcviz.data import DataSpec


def test_what_is_no_utf8_is_told_and_shown_by_its_bytes() -> None:
    name = os.fsdecode(b"m\xff.safetensors")
    assert not is_text(name)
    assert shown(name) == r"m\xff.safetensors"
    assert is_text("Grüße, 数字.pt")
    assert shown("Grüße,\n数字.pt") == "Grüße,\n数字.pt"
    assert shown("\x1b[2Jgone") == r"\x1b[2Jgone"  # would clear the terminal
    assert shown("\ud800") == r"\ud800"


def test_a_setting_is_text() -> None:
    with pytest.raises(ConfigError, match=r"DataSpec\.path: 'a\\xff' is no text"):
        DataSpec(name="folder", path=os.fsdecode(b"a\xff"))
