"""What a visitor of this server may name, and where what they upload lies for a while.

On a person's own machine everything may be named. A server that other machines reach is *shared*:
fields for paths and Python files are off, and what a request names all the same is refused where it
would be read (`common.access`). `docs/shared-server.md` says what an operator sets:

    OPCVIZ_SHARED         1: this server is shared, 0: it is not; else its address tells
    OPCVIZ_SHARED_PATHS   folders that visitors may name, separated as in PATH
    OPCVIZ_SHARED_CODE    1: visitors may load Python files
    OPCVIZ_UPLOADS        folder of uploads; else `uploads` in the store
    OPCVIZ_UPLOAD_MB      of one visitor; else 2048
    OPCVIZ_UPLOADS_MB     of all visitors together; else 20480
    OPCVIZ_UPLOAD_HOURS   after which a visitor's files go; else 24
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ...common.access import Access
from ...common.config import ConfigError
from ...common.plugins import sources
from ...study import default_root, shipped_root
from .uploads import Area, sweep

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from ...engine import Run

__all__ = [
    "area",
    "drop",
    "is_mine",
    "keep",
    "keep_model",
    "may_load_code",
    "may_name_paths",
    "may_now",
    "shared",
    "visitor",
]

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
"""Headers by which a proxy on this machine says that it asks for somebody else."""
_AREA, _VISITOR = "access.area", "access.visitor"  # of this session


def shared() -> bool:
    """Whether other machines than this one reach the server, as far as can be told."""
    said = os.environ.get("OPCVIZ_SHARED", "")
    if said in ("0", "1"):
        return said == "1"
    asking = get_script_run_ctx(suppress_warning=True) is not None
    if not asking and not runtime.exists():  # no server, but a program that imports us
        return False
    if not _is_loopback(st.get_option("server.address")):
        return True
    return asking and any(name in st.context.headers for name in FORWARDED)


def _is_loopback(address: object) -> bool:
    """Whether an address that a server listens on is this machine's own; none at all is not."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(address)).is_loopback
    except ValueError:
        return False


def may_name_paths() -> bool:
    """Whether a page offers fields for paths on the server."""
    return not shared() or bool(_places())


def may_load_code() -> bool:
    """Whether a page offers to load a Python file."""
    return not shared() or os.environ.get("OPCVIZ_SHARED_CODE") == "1"


def may_now() -> Access | None:
    """What this visitor may name; None: everything."""
    if not shared():
        return None
    places, mine = (*_places(), str(shipped_root())), _known_area()
    if mine is not None:
        places += (str(mine.folder),)
    return Access(places, tuple(sources()), may_load_code(), visitor())


def visitor() -> str:
    """Who asks, so that runs of one visitor of a shared server are told from those of others.

    The same in every session of somebody who has logged in, else a session's; empty on a person's
    own machine, where all sessions are theirs, and where nobody asks.
    """
    if not shared() or get_script_run_ctx(suppress_warning=True) is None:
        return ""
    name = _of_login()
    if name is None:
        name = st.session_state.setdefault(_VISITOR, secrets.token_hex(16))
    return hashlib.sha256(f"visitor|{name}".encode()).hexdigest()[:16]


def is_mine(run: Run) -> bool:
    """Whether whoever asks now began a run; on a person's own machine all are theirs."""
    return not shared() or (run.access or {}).get("visitor") == visitor()


def _places() -> tuple[str, ...]:
    named = os.environ.get("OPCVIZ_SHARED_PATHS", "")
    return tuple(os.path.abspath(os.path.expanduser(p)) for p in named.split(os.pathsep) if p)


def area() -> Area:
    """This visitor's area; those that were left are removed.

    Of somebody who has logged in it is the same in every session, else it is the session's.
    """
    root = _root()
    sweep(root, 3600 * _number("OPCVIZ_UPLOAD_HOURS", 24))
    found = _known_area()
    if found is None:
        st.session_state[_AREA] = secrets.token_hex(16)
        found = _known_area()
        assert found is not None  # a session's area has the name just given
    return found


def keep(upload: UploadedFile) -> Path:
    """Write an upload into this visitor's area, under a name of the server's own.

    Raises:
        IntakeError: when it is empty, too large, or of no kind that is read here.
    """
    return area().keep(upload.name, upload)


def keep_model(uploads: Sequence[UploadedFile]) -> Path:
    """Write the files of a model's folder into this visitor's area, as a folder.

    Raises:
        IntakeError: as `keep`, and where they are not the files of one.
    """
    return area().keep_model([(upload.name, upload) for upload in uploads])


def drop(path: str) -> None:
    """Remove an upload of this visitor; what lies elsewhere is left alone."""
    mine = _known_area()
    if mine is not None:
        mine.drop(path)


def _known_area() -> Area | None:
    """The area of whoever asks; None for one that has none yet, or when nobody asks."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    name = _of_login() or st.session_state.get(_AREA)
    if name is None:
        return None
    quota, total = _number("OPCVIZ_UPLOAD_MB", 2048), _number("OPCVIZ_UPLOADS_MB", 20480)
    return Area(_root(), name, int(quota * 2**20), int(total * 2**20))


def _of_login() -> str | None:
    """The area's name of somebody who has logged in: told by who gave the name, and by a secret."""
    about = st.user.to_dict() if hasattr(st, "user") else {}
    if not about.get("is_logged_in") or not about.get("sub"):
        return None
    who = f"{_secret()}|{about.get('iss', '')}|{about['sub']}"
    return hashlib.sha256(who.encode()).hexdigest()[:32]


def _secret() -> str:
    """A number of this server's own, so that nobody can work out where another's files lie."""
    path = _root() / "secret"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text()
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()


def _root() -> Path:
    return Path(os.environ.get("OPCVIZ_UPLOADS") or default_root() / "uploads").absolute()


def _number(variable: str, default: float) -> float:
    """A positive number from the environment.

    Raises:
        ConfigError: for anything else, naming the variable.
    """
    text = os.environ.get(variable, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 < value < 1e12:
        raise ConfigError(f"{variable} is {text!r}; it wants a number above 0, such as {default:g}")
    return value
