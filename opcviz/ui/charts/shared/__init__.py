"""What the browser's side of several components has in common, and how their code is put together.

A component's code is one JavaScript module, sent with the first message that shows it; it can
import nothing. What several of them need stands beside this file and is put before their own.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["MOUNT", "PICTURES", "STEPS", "script"]

_HERE = Path(__file__).parent
MOUNT = _HERE / "mount.js"
"""`mount`: one object a place of the page, which lives on between Streamlit's calls."""
PICTURES = _HERE / "pictures.js"
"""`bytes` and `paint`: a small picture that came as bytes."""
STEPS = _HERE / "steps.js"
"""`Steps`: what is played, paused and gone through step by step."""


def script(*files: Path) -> str:
    """Files as one, without indentation and lines of comment: a first visitor waits for it.

    Args:
        files: of JavaScript or CSS, in the order in which they run.
    """
    lines = (line.strip() for file in files for line in file.read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
