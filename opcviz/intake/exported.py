"""Programs of `torch.export` (.pt2), read without torch's own loader.

That loader evaluates expressions in the file and may unpickle parts of it. Here the archive's JSON
is read as data: every operation must be one of `models.exported.OPERATIONS`, every argument a plain
value or the name of an earlier result, and the whole is run on tensors without content first, so
that no step makes more numbers than a network for pictures would.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ..models.exported import OPERATIONS, Program, Ref, Step
from .files import IntakeError
from .stored import Storage, Stored

__all__ = ["find_program", "read_program"]

MAX_JSON = 64 * 2**20
MAX_STEPS = 20_000
DTYPES = {
    **{1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64},
    **{6: torch.float16, 7: torch.float32, 8: torch.float64, 12: torch.bool, 13: torch.bfloat16},
}
"""Numbers of the types in torch's schema of exported programs."""
NAME = re.compile(r"\w+(?:\.\w+)*", re.ASCII)
IGNORED = (
    "torch.ops.aten._assert_scalar.default",
    "torch.ops.aten._assert_tensor_metadata.default",
    "torch.ops.aten.sym_constrain_range_for_size.default",
)
PLAIN = ("as_int", "as_float", "as_bool", "as_string")
ROWS = ("as_ints", "as_floats", "as_bools", "as_tensors", "as_sym_ints")
TRAINING = {"torch.ops.aten.batch_norm.default": 5, "torch.ops.aten.instance_norm.default": 5} | {
    f"torch.ops.aten.{name}.default": 2 for name in ("dropout", "dropout_", "feature_dropout")
}
"""Which argument of an operation says that it is training."""


class _Odd(ValueError):
    """Something that a program of a network does not have."""


def find_program(names: Mapping[str, int]) -> str | None:
    """The archive's folder if its members are those of an exported program."""
    for name in names:
        root, found, rest = name.partition("models/")
        if found and rest.endswith(".json") and f"{root}archive_format" in names:
            return root
    return None


def read_program(
    archive: zipfile.ZipFile, names: Mapping[str, int], root: str, where: str
) -> tuple[Program, dict[str, Stored]]:
    """The program of an archive that `check_zip` has passed, and where its weights lie.

    Raises:
        IntakeError: for a program that does more than a network does, or is damaged.
    """
    models = [name for name in names if name.startswith(f"{root}models/")]
    try:
        if len(models) != 1:
            raise _Odd(f"holds {len(models)} models; export one network")
        model = _json(archive, models[0], names)
        stem = models[0].removeprefix(f"{root}models/").removesuffix(".json")
        stored: dict[str, Stored] = {}
        for folder in ("weights", "constants"):
            listing = f"{root}data/{folder}/{stem}_{folder}_config.json"
            if listing in names:
                table = _json(archive, listing, names)["config"]
                for key, entry in table.items():
                    stored[key] = _place(entry, f"{root}data/{folder}/", names)
        return _program(model["graph_module"], stored), stored
    except IntakeError:
        raise
    except _Odd as error:
        raise IntakeError(f"{where}: {error}") from error
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, RecursionError) as error:
        raise IntakeError(
            f"{where}: is no exported program in a known form ({type(error).__name__}: "
            f"{str(error)[:80]}); export it with torch.export.save of PyTorch 2.8 or newer"
        ) from error


def _json(archive: zipfile.ZipFile, name: str, names: Mapping[str, int]) -> dict[str, Any]:
    if names[name] > MAX_JSON:
        raise _Odd(f"describes itself in {names[name]} bytes; at most {MAX_JSON} are read")
    try:
        found = json.loads(archive.read(name))
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        raise _Odd(f"is damaged ({str(error)[:80]}); copy it again") from error
    if not isinstance(found, dict):
        raise _Odd("is damaged; export it again")
    return found


def _place(entry: Mapping[str, Any], folder: str, names: Mapping[str, int]) -> Stored:
    """Where one weight lies and what it is."""
    if entry["use_pickle"]:
        raise _Odd("holds a weight that would have to be unpickled, so it is refused")
    meta = entry["tensor_meta"]
    if meta["dtype"] not in DTYPES:
        raise _Odd(f"holds numbers of an unknown type ({meta['dtype']!r:.20})")
    dtype = DTYPES[meta["dtype"]]
    path = f"{folder}{entry['path_name']}"
    if path not in names:
        raise _Odd(f"lacks the weights {path[:80]!r}; it is damaged")
    size, stride = (
        tuple(_natural(each["as_int"]) for each in meta[k]) for k in ("sizes", "strides")
    )
    if len(size) != len(stride) or len(size) > 8:
        raise _Odd("holds a weight without a shape; it is damaged")
    offset = _natural(meta["storage_offset"]["as_int"])
    return Stored(Storage(path, dtype, names[path] // dtype.itemsize), offset, size, stride)


def _natural(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**48:
        raise _Odd(f"holds the size {str(value)[:40]}, which is none; it is damaged")
    return value


def _program(module: Mapping[str, Any], stored: Mapping[str, Stored]) -> Program:
    graph, signature = module["graph"], module["signature"]
    weights: dict[str, str] = {}
    buffers: set[str] = set()
    samples: list[str] = []
    for spec in signature["input_specs"]:
        ((kind, about),) = spec.items()
        if kind == "user_input":
            samples.append(_word(about["arg"]["as_tensor"]["name"]))
        elif kind in ("parameter", "buffer", "tensor_constant"):
            path = _word(about[f"{kind}_name"])
            weights[_word(about["arg"]["name"])] = path
            if kind != "parameter":
                buffers.add(path)
        else:
            raise _Odd(f"takes an input of the kind '{kind[:40]}'; export a network of tensors")
    outputs = signature["output_specs"]
    if len(samples) != 1 or len(outputs) != 1 or "user_output" not in outputs[0]:
        raise _Odd("takes or gives more than one tensor; export pictures in, logits out")
    output = _word(outputs[0]["user_output"]["arg"]["as_tensor"]["name"])
    nodes = [node for node in graph["nodes"] if node["target"] not in IGNORED]
    if len(nodes) > MAX_STEPS:
        raise _Odd(f"has {len(nodes)} steps; at most {MAX_STEPS} are read")
    known = {*weights, *samples}
    steps = []
    for node in nodes:
        steps.append(_step(node, known))
        _check_place(steps[-1], weights)
        known.update(steps[-1].outputs)
    if output not in known:
        raise _Odd("does not make what it should give; it is damaged")
    used = {ref.name for step in steps for ref in _refs((step.arguments, step.named))}
    weights = {name: path for name, path in weights.items() if name in used}
    if lacking := [path for path in weights.values() if path not in stored]:
        raise _Odd(f"lacks the weights '{lacking[0][:80]}'; it is damaged")
    shapes = {path: stored[path].size for path in weights.values()}
    steps = _trimmed(steps, output)
    return Program(
        tuple(steps), samples[0], output, weights, shapes, frozenset(buffers & shapes.keys())
    )


def _trimmed(steps: list[Step], output: str) -> list[Step]:
    """Without what is behind the step that makes the output."""
    last = next(place for place, step in enumerate(steps) if output in step.outputs)
    return steps[: last + 1]


def _step(node: Mapping[str, Any], known: set[str]) -> Step:
    target = str(node["target"])
    if target not in OPERATIONS:
        raise _Odd(
            f"calls {target[:80]!r}, which is not among the operations that networks for pictures "
            "need, so it is refused; give a state dict, if its architecture is a known one"
        )
    positional, named = [], []
    for each in node["inputs"]:
        value = _argument(each["arg"], known)
        if each.get("kind") == 2:
            named.append((_word(each["name"]), value))
        else:
            positional.append(value)
    place = TRAINING.get(target)
    if place is not None and len(positional) > place and positional[place] is not False:
        raise _Odd("was exported in training mode; call model.eval() before torch.export")
    stack = str((node.get("metadata") or {}).get("nn_module_stack", ""))
    return Step(
        target,
        tuple(positional),
        tuple(named),
        tuple(name for each in node["outputs"] for name in _results(each)),
        _part(stack),
    )


def _check_place(step: Step, weights: Mapping[str, str]) -> None:
    """Refuse a step that would write into the weights."""
    into = step.arguments[0] if step.arguments else None
    name = step.operation.rpartition(".")[0]
    if name.endswith("_") and isinstance(into, Ref) and into.name in weights:
        raise _Odd("changes its own weights as it runs; export it in eval mode")


def _part(stack: str) -> str:
    """The child of the network that a step is in: the second of `a,,Net;b,layer1,Sequential;…`."""
    levels = [level.split(",")[1] for level in stack.split(";") if level.count(",") >= 2]
    path = levels[1] if len(levels) > 1 else ""
    return path if path.isidentifier() else ""


def _argument(argument: Mapping[str, Any], known: set[str]) -> Any:
    ((kind, value),) = argument.items()
    if kind == "as_none":
        return None
    if kind in ("as_tensor", "as_sym_int") and isinstance(value, dict):
        if "as_int" in value:
            return int(value["as_int"])
        name = value.get("name", value.get("as_name"))
        if name not in known:
            raise _Odd(f"uses {str(name)[:60]!r} before it is made; it is damaged")
        return Ref(name)
    if kind in ROWS and isinstance(value, list):
        inner = {"as_tensors": "as_tensor", "as_sym_ints": "as_sym_int"}.get(kind)
        return tuple(_argument({inner: each}, known) if inner else _plain(each) for each in value)
    if kind == "as_memory_format":
        return torch.contiguous_format if value == 1 else torch.preserve_format
    if kind in PLAIN:
        return _plain(value)
    raise _Odd(f"calls something with an argument of the kind '{kind[:40]}', which is not known")


def _plain(value: object) -> Any:
    if isinstance(value, str) and len(value) <= 40:
        return value
    if isinstance(value, bool | int | float):
        return value
    raise _Odd("calls something with what is no plain value; it is damaged")


def _results(output: Mapping[str, Any]) -> Sequence[str]:
    ((kind, value),) = output.items()
    if kind == "as_tensor":
        return [_word(value["name"])]
    if kind == "as_tensors":
        return [_word(each["name"]) for each in value]
    if kind == "as_sym_int":
        return [_word(value["as_name"])]
    raise _Odd(f"makes something of the kind '{kind[:40]}', which is not known")


def _word(value: object) -> str:
    """A name that is one: letters, digits and `_`, with dots between them."""
    if not isinstance(value, str) or len(value) > 300 or not NAME.fullmatch(value):
        raise _Odd(f"has the name {str(value)[:60]!r}, which is none; it is damaged")
    return value


def _refs(value: Any) -> list[Ref]:
    if isinstance(value, Ref):
        return [value]
    return [ref for each in value for ref in _refs(each)] if isinstance(value, tuple) else []
