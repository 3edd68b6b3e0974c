"""The command line: `opcviz run | show | table | sweep | list | app`."""

from .commands import main

__all__ = ["main"]
