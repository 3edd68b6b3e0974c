"""What to tell a person of a disk that is full, wherever that shows."""

from __future__ import annotations

import errno

__all__ = ["no_room"]

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a write fails with where there is no room; Python names no file then."""


def no_room(error: BaseException) -> str:
    """A sentence on a full disk; empty for any other error."""
    if not isinstance(error, OSError) or error.errno not in FULL:
        return ""
    return (
        f"{error.strerror}; what was finished is kept: make room, or name another place, and "
        "run the same again"
    )
