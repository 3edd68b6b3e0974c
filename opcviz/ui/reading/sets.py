"""A set of samples as a short word of an address: one bit a sample of the probe set.

The word is base64url of a check of the probe set's ids (three bytes) and of the bits, deflated
where that is shorter. 300 samples take at most 56 characters, whichever are in the set.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Collection, Container, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["SetError", "pack", "quoted", "read_classes", "read_set", "unpack"]

_CHECK = 3  # bytes
_PLAIN, _DEFLATED = "b", "z"
_LETTERS, _WORDS = 40, 5  # of an address that a note repeats


class SetError(ValueError):
    """A word of an address that is no set of this probe set; the message follows `The set …`."""


def pack(samples: Collection[int], order: Collection[int]) -> str:
    """Samples as one word.

    Args:
        samples: ids; those that are not in the probe set are left out.
        order: ids of the whole probe set.
    """
    bits = np.isin(_array(order), _array(samples))
    plain = np.packbits(bits).tobytes().rstrip(b"\0")
    deflated = zlib.compress(plain, 9)
    kind, body = min((_PLAIN, plain), (_DEFLATED, deflated), key=lambda each: len(each[1]))
    word = base64.urlsafe_b64encode(_check(order) + body).decode("ascii")
    return kind + word.rstrip("=")


def unpack(word: str, order: Collection[int]) -> tuple[int, ...]:
    """The samples of such a word, in the order of the probe set.

    Args:
        word: from an address: anything at all.
        order: ids of the whole probe set.

    Raises:
        SetError: for a word that is broken, or was made over another probe set.
    """
    kind, text = word[:1], word[1:]
    longest = (len(order) + 7) // 8
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        check, body = raw[:_CHECK], raw[_CHECK:]
        if kind == _DEFLATED:
            body = zlib.decompressobj().decompress(body, longest + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise SetError("cannot be read") from error
    if kind not in (_PLAIN, _DEFLATED) or len(check) < _CHECK:
        raise SetError("cannot be read")
    if check != _check(order):
        raise SetError("was made in a study with other samples")
    if len(body) > longest:
        raise SetError("cannot be read")
    padded = np.frombuffer(body.ljust(longest, b"\0"), np.uint8)
    bits = np.unpackbits(padded)[: len(order)].astype(bool)
    return tuple(_array(order)[bits].tolist())


def read_set(
    params: Mapping[str, str], order: Collection[int], current: Sequence[int], notes: list[str]
) -> tuple[int, ...]:
    """The set that an address names, as far as it can be read.

    Args:
        params: query parameters.
        order: ids of the whole probe set.
        current: what is selected where the address is silent.
        notes: is told what cannot be read.
    """
    if "set" not in params:
        return tuple(i for i in current if i in order)
    try:
        return unpack(params["set"], order)
    except SetError as error:
        notes.append(f"The set of samples in this link {error}; none is selected.")
        return ()


def read_classes(
    params: Mapping[str, str], there: Container[int], current: Sequence[int], notes: list[str]
) -> tuple[int, ...]:
    """The classes that an address names, as far as the probe set has them.

    Args:
        params: query parameters.
        there: numbers of the classes in the probe set.
        current: what is selected where the address is silent.
        notes: is told which there are not.
    """
    if "classes" not in params:
        return tuple(c for c in current if c in there)
    words = [word for word in params["classes"].split(",") if word]
    # no class has a number of more than six digits, and a longer one costs time to read
    known = [w for w in words if w.isascii() and w.isdecimal() and len(w) < 7 and int(w) in there]
    if unknown := [w for w in words if w not in known]:
        notes.append(f"The probe set has no class {quoted(*unknown)}; the others are selected.")
    return tuple(dict.fromkeys(map(int, known)))


def quoted(*words: str) -> str:
    """Words of an address as a note repeats them: the first ones, and of each its beginning."""
    told = [f"'{w[:_LETTERS]}{'…' if len(w) > _LETTERS else ''}'" for w in words[:_WORDS]]
    more = [f"{len(words) - _WORDS} more"] if len(words) > _WORDS else []
    return ", ".join(told + more)


def _check(order: Collection[int]) -> bytes:
    return zlib.crc32(_array(order).astype("<i8").tobytes()).to_bytes(4, "big")[-_CHECK:]


def _array(ids: Collection[int]) -> NDArray[np.int64]:
    return np.fromiter(ids, np.int64, len(ids))
