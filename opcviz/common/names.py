"""Names from outside: of files, classes and people's own lines, which need not be text at all.

A file system takes any bytes as a name. Python keeps those that are no UTF-8 as lone surrogates,
which no file of JSON or HTML can hold; so such a name is refused where it is read.
"""

from __future__ import annotations

__all__ = ["NOT_TEXT", "is_text", "shown"]

NOT_TEXT = "is no text (not UTF-8); rename it"


def is_text(name: str) -> bool:
    """Whether a name can be written in a file."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str) -> str:
    r"""A text as it can be printed: what is no character, or steers a terminal, as `\xff`."""
    return "".join(c if c.isprintable() or c in "\n\t" else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:  # a byte, as `os.fsdecode` keeps it
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
