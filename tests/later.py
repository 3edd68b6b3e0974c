"""Modules that few tests need and that take seconds to import: only who uses one waits for it."""

from __future__ import annotations

import importlib

__all__ = ["Later"]


class Later:
    """A module that is imported when something of it is first asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, what: str) -> object:
        if what.startswith("_"):  # pytest looks whether it is a fixture
            raise AttributeError(what)
        return getattr(importlib.import_module(self._name), what)
