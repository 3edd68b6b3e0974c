"""The same work without a browser: `opcviz run | show | table | list`."""

from .commands import main

__all__ = ["main"]
