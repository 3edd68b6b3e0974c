"""What a visitor of this server may do, and where what they upload lies for a while."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ...common.config import ConfigError
from ...study import default_root

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

__all__ = ["drop", "keep", "may_name_paths"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")
QUOTA = 2 * 2**30  # bytes a visitor
KEPT_SECONDS = 24 * 3600  # an area that nobody added to for so long is removed
SUFFIXES = (
    ".safetensors",
    ".pt",
    ".pth",
    ".bin",
    ".pt2",
    ".npz",
    ".npy",
    ".parquet",
    ".csv",
    ".txt",
)
_AREA = "access.area"  # of this session


def may_name_paths() -> bool:
    """Whether paths on the server may be named: where it answers the visitor's machine alone."""
    return st.get_option("server.address") in LOOPBACK


def keep(upload: UploadedFile) -> Path:
    """Write an upload into this visitor's area, under a name of our own.

    Raises:
        ConfigError: when it is empty, too large, or of no kind that is read here.
    """
    suffix = next((s for s in SUFFIXES if upload.name.lower().endswith(s)), None)
    if suffix is None:
        raise ConfigError(f"files of this kind are not read here; there are {', '.join(SUFFIXES)}")
    if not upload.size:
        raise ConfigError("the file is empty (0 bytes); make or copy it again")
    area = _area()
    used = sum(file.stat().st_size for file in area.iterdir())
    if used + upload.size > QUOTA:
        raise ConfigError(
            f"the files of one visitor may have {QUOTA / 2**30:.0f} GiB together; remove some"
        )
    path = area / f"{secrets.token_hex(8)}{suffix}"
    with path.open("xb") as out:
        shutil.copyfileobj(upload, out)
    area.touch()
    return path


def drop(path: str) -> None:
    """Remove an upload of this visitor; what lies elsewhere is left alone."""
    area = st.session_state.get(_AREA)
    if area is not None and Path(path).parent == Path(area):
        Path(path).unlink(missing_ok=True)


def _area() -> Path:
    """This visitor's own folder; those that were left are removed."""
    root = default_root().absolute() / "uploads"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = st.session_state.get(_AREA)
    for other in root.iterdir():
        if str(other) != known and time.time() - other.stat().st_mtime > KEPT_SECONDS:
            shutil.rmtree(other, ignore_errors=True)
    area = Path(known) if known else root / secrets.token_hex(16)
    area.mkdir(mode=0o700, exist_ok=True)
    st.session_state[_AREA] = str(area)
    return area
