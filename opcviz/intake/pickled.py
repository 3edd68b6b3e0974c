"""The structure of a pickled checkpoint, read as data: nothing in it is ever called or imported.

`torch.save` writes a program for Python's unpickling machine. This one knows the few instructions
of that machine that plain dicts, lists, numbers, strings and tensors need. A class or a function is
only a name to it: the few that rebuild a tensor give a `Stored`, a description of where its numbers
lie; harmless bystanders of a checkpoint (an `argparse.Namespace`, numpy numbers) give a `Bystander`
without content; every other name is refused. So there is no code that a file could run, whatever
its pickle says.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO, cast

from ..common.untrusted import IntakeError
from .known_names import PLAIN_TYPES, is_bystander, storage_type
from .stored import Storage, Stored

__all__ = ["Bystander", "read_pickle"]

MAX_STEPS = 3_000_000
"""Instructions of one pickle: 20,000 tensors with the state of their optimiser take two million."""
MAX_PIECE = 2**20
MAX_DIMENSIONS = 8
MAX_PAIRS = 1_000_000


class Bystander:
    """Something that is no tensor and no plain value; all that is kept is its name."""

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True)
class _Name:
    """A class or function that the pickle names; it is not looked up."""

    text: str


class _Mark:
    """Where a group of values on the stack begins."""


class _Damaged(ValueError):
    """The pickle contradicts itself."""


def read_pickle(source: bytes | BinaryIO, where: str) -> Any:
    """What a pickle holds: dicts, lists, tuples, plain values, `Stored` and `Bystander`.

    A stream is left right behind the pickle.

    Args:
        source: the pickle.
        where: the file, for messages.

    Raises:
        IntakeError: for a damaged pickle, one that is too long, or one that names something which
            is neither part of a tensor nor known to be harmless.
    """
    stream = BytesIO(source) if isinstance(source, bytes) else source
    try:
        return _Machine(where).run(pickletools.genops(cast(BinaryIO, _Bounded(stream))))
    except IntakeError:
        raise
    except (RecursionError, MemoryError) as error:
        raise IntakeError(
            f"{where}: is damaged (nested deeper than any checkpoint); save or copy it again"
        ) from error
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, AttributeError) as error:
        raise IntakeError(
            f"{where}: is damaged ({error}); save or copy the checkpoint again"
        ) from error


class _Bounded:
    """A stream that gives no piece larger than any that a state dict needs.

    An instruction may claim a string of any length, and reading makes room for all of it first.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.tell = stream, stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= MAX_PIECE:
            raise _Damaged(f"a piece of its pickle claims {size} bytes")
        return self.stream.read(size)

    def readline(self) -> bytes:
        return self.stream.readline(MAX_PIECE)


class _Machine:
    def __init__(self, where: str) -> None:
        self.where = where
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.pairs = 0  # of all dicts that were made from lists, the same list again included

    def run(self, steps: Iterator[tuple[pickletools.OpcodeInfo, Any, int | None]]) -> Any:
        for count, (code, argument, _) in enumerate(steps):
            if count > MAX_STEPS:
                raise IntakeError(
                    f"{self.where}: its pickle is longer than {MAX_STEPS} instructions; save the "
                    "state dict alone"
                )
            name = code.name
            if name == "STOP":
                return self.stack.pop()
            if name in VALUES:
                self.stack.append(argument)
            elif name in CONSTANTS:
                self.stack.append(CONSTANTS[name]())
            elif name in ACTIONS:
                ACTIONS[name](self, argument)
            elif name not in ("PROTO", "FRAME"):
                raise IntakeError(
                    f"{self.where}: its pickle uses the instruction {name}, which weights do not "
                    "need; save the state dict again with a current PyTorch"
                )
        raise _Damaged("its pickle has no end")

    def since_mark(self) -> list[Any]:
        """The values behind the last mark, which go from the stack with it."""
        for place in range(len(self.stack) - 1, -1, -1):
            if isinstance(self.stack[place], _Mark):
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise _Damaged("its pickle lacks a mark")

    def put(self, slot: int | None) -> None:
        self.memo[len(self.memo) if slot is None else int(slot)] = self.stack[-1]

    def store(self, values: list[Any]) -> None:
        """Pairs into the dict on top."""
        into = self.stack[-1]
        if isinstance(into, Bystander):
            return
        if not isinstance(into, dict):
            raise _Damaged("its pickle fills what is no dict")
        for key, value in zip(values[::2], values[1::2], strict=True):
            # hashing a tuple of tuples of tuples could take for ever
            if isinstance(key, str | int | float | bool | bytes | None):
                into[key] = value

    def append(self, values: list[Any]) -> None:
        into = self.stack[-1]
        if isinstance(into, list):
            into.extend(values)
        elif not isinstance(into, Bystander):
            raise _Damaged("its pickle extends what is no list")

    def name(self, text: str) -> None:
        """A class or function on the stack, if it is one of those known.

        Raises:
            IntakeError: for every other.
        """
        module, _, leaf = text.partition(" ")
        full = f"{module}.{leaf}"
        plain = module in ("builtins", "__builtin__") and leaf in PLAIN_TYPES
        if full in BUILDERS or storage_type(full) or plain or is_bystander(full):
            self.stack.append(_Name(full))
            return
        raise IntakeError(
            f"{self.where}: wants Python to load {full[:120]!r}, which is no part of a state dict "
            "and could run code, so the file is refused; save model.state_dict() alone (as "
            "safetensors where possible), from a source that you trust"
        )

    def call(self, _argument: object = None) -> None:
        """What a call would give, for the calls that describe a tensor; else a bystander."""
        arguments, called = self.stack.pop(), self.stack.pop()
        if isinstance(arguments, tuple):
            self.pairs += sum(len(each) for each in arguments if isinstance(each, list))
        if self.pairs > MAX_PAIRS:
            raise _Damaged("its dicts are made from more pairs than models have tensors")
        self.stack.append(_built(called, arguments))

    def build(self, _argument: object = None) -> None:
        """State for the object below: attributes are of no use here, so it is dropped."""
        self.stack.pop()
        if not self.stack:
            raise _Damaged("its pickle fills nothing")

    def persistent(self, _argument: object = None) -> None:
        """The row of numbers that a persistent id names."""
        given = self.stack.pop()
        if not isinstance(given, tuple) or len(given) < 5 or given[0] != "storage":
            raise _Damaged("a tensor of it has no place")
        _, kind, key, _location, count = given[:5]
        dtype = storage_type(kind.text) if isinstance(kind, _Name) else None
        if dtype is None or not isinstance(key, str) or not _natural(count):
            raise _Damaged("a tensor of it has no place")
        self.stack.append(Storage(key, dtype, count))


def _natural(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48


def _built(called: object, arguments: object) -> object:
    if not isinstance(called, _Name) or not isinstance(arguments, tuple):
        raise _Damaged("its pickle calls what cannot be called")
    if called.text in BUILDERS:
        return BUILDERS[called.text](*arguments)
    return Bystander(called.text)


def _tensor(
    storage: object, offset: object, size: object, stride: object, *_rest: object
) -> Stored:
    """`torch._utils._rebuild_tensor_v2`."""
    if not isinstance(storage, Storage) or not _natural(offset):
        raise _Damaged("a tensor of it has no place")
    if not isinstance(size, tuple) or not isinstance(stride, tuple) or len(size) != len(stride):
        raise _Damaged("a tensor of it has no shape")
    if len(size) > MAX_DIMENSIONS or not all(map(_natural, (*size, *stride))):
        # not shown: the text of a nested tuple may be far longer than its pickle
        raise _Damaged("a tensor of it has a shape of more than numbers, or of too many")
    assert isinstance(offset, int)  # `_natural` has seen it
    return Stored(storage, offset, size, stride)


def _parameter(data: object, *_rest: object) -> object:
    return data


def _ordered(*arguments: object) -> dict[Any, Any]:
    """`OrderedDict()`, or of pairs as Python 2 wrote them."""
    found: dict[Any, Any] = {}
    pairs = arguments[0] if arguments else []
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            found[pair[0]] = pair[1]
    return found


BUILDERS: dict[str, Callable[..., object]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
}
VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
CONSTANTS: dict[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_SET": lambda: Bystander("set"),
    "MARK": _Mark,
}


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    def action(machine: _Machine, _argument: Any) -> None:
        if len(machine.stack) < count:
            raise _Damaged("its pickle takes more than there is")
        values = tuple(machine.stack[-count:])
        del machine.stack[-count:]
        machine.stack.append(values)

    return action


def _stack_name(machine: _Machine, _argument: Any) -> None:
    leaf, module = machine.stack.pop(), machine.stack.pop()
    machine.name(f"{module} {leaf}")


def _set_item(machine: _Machine, _argument: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.store([key, value])


def _dict(machine: _Machine, _argument: Any) -> None:
    values = machine.since_mark()
    machine.stack.append({})
    machine.store(values)


def _frozen_set(machine: _Machine, _argument: Any) -> None:
    machine.since_mark()
    machine.stack.append(Bystander("frozenset"))


ACTIONS: dict[str, Callable[[_Machine, Any], object]] = {
    "GLOBAL": lambda m, text: m.name(text),
    "STACK_GLOBAL": _stack_name,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent,
    "TUPLE": lambda m, _: m.stack.append(tuple(m.since_mark())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "LIST": lambda m, _: m.stack.append(m.since_mark()),
    "DICT": _dict,
    "APPEND": lambda m, _: m.append([m.stack.pop()]),
    "APPENDS": lambda m, _: m.append(m.since_mark()),
    "SETITEM": _set_item,
    "SETITEMS": lambda m, _: m.store(m.since_mark()),
    "ADDITEMS": lambda m, _: m.since_mark(),
    "FROZENSET": _frozen_set,
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.since_mark(),
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "GET": lambda m, slot: m.stack.append(m.memo[int(slot)]),
    "BINGET": lambda m, slot: m.stack.append(m.memo[slot]),
    "LONG_BINGET": lambda m, slot: m.stack.append(m.memo[slot]),
}
"""What each instruction of the machine does; tables in place of a chain of sixty branches."""
