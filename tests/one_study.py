"""A small stored study for tests of stores: its name, and a look at every byte."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PLACE", "everything"]

PLACE = "digits-one-66b3e4d0"


def everything(root: Path) -> dict[str, bytes]:
    """Each file of the studies below a root by its place."""
    files = (path for path in root.glob("studies/**/*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in files}
