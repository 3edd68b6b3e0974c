"""What a folder of Hugging Face's form says of its weights: network, preparation, names of classes.

Its files are read as data. The network must be one that timm or transformers has built in; whatever
else stands there (code to be loaded, names of files, addresses) is not looked at.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.config import ConfigError
from ..common.json_types import Json
from ..common.untrusted import IntakeError
from ..models.published.libraries import installed, library_name
from ..models.published.library_nets import TRANSFORMERS, own_settings, timm_settings

__all__ = ["MAX_SIDE", "Described", "as_json", "describe", "outputs_in_order"]

MAX_SIDE = 1024
"""Greatest side, in pixels, to which pictures are enlarged."""
MAX_LABELS = 100_000
MAX_SCALE = 1e6
"""Greatest mean or deviation of pixels."""
_WORD = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)
_UNNAMED = re.compile(r"LABEL_\d+")
_OTHER_WAYS = ("rescale_offset", "include_top")
"""Further steps of one library's preparations, which are not made here."""

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Described:
    """What the files beside weights say of them.

    Attributes:
        library: `timm` or `transformers`.
        kind: what that library calls the network.
        architecture: its name here; empty where the library is not installed.
        side: pictures are brought to so many pixels; 0: as they are.
        mean, std: of the normalisation, a number a channel, for pictures in [0, 1]; None: unsaid.
        reversed_channels: the network takes blue, green, red.
        labels: names of its outputs; empty where they have none.
        notes: what is done otherwise here, a sentence each.
    """

    library: str
    kind: str
    architecture: str
    side: int = 0
    mean: Numbers | None = None
    std: Numbers | None = None
    reversed_channels: bool = False
    labels: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def mean_std(self, channels: int) -> tuple[Numbers, Numbers] | None:
        """The normalisation, where it is of so many channels (one number is of any)."""
        if self.mean is None or self.std is None:
            return None
        both = tuple(each * channels if len(each) == 1 else each for each in (self.mean, self.std))
        return (both[0], both[1]) if len(both[0]) == len(both[1]) == channels else None


def as_json(text: bytes, where: str) -> Json:
    """The content of a config.json.

    Raises:
        IntakeError: for what is none.
    """
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise IntakeError(f"{where}: is no JSON ({str(error)[:80]}); copy it again") from error
    if not isinstance(found, dict):
        raise IntakeError(f"{where}: holds no table of settings; copy it again")
    return found


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def describe(config: Json, prepared: Json | None, where: str) -> Described:
    """What a config.json and, if there is one, a preprocessor_config.json say.

    Args:
        config, prepared: their contents.
        where: the folder's name, for messages.

    Raises:
        IntakeError: for a network that is unknown, too large, or none for pictures.
    """
    try:
        if isinstance(config.get("architecture"), str):
            return _of_timm(config)
        if isinstance(config.get("model_type"), str):
            return _of_transformers(config, prepared or {})
    except ConfigError as error:
        raise IntakeError(f"{where}: {error}") from error
    raise IntakeError(
        f"{where}: its config.json names no network: neither 'architecture', as timm writes it, "
        "nor 'model_type', as transformers does; give the file of weights alone"
    )


def _of_timm(config: Json) -> Described:
    kind = config["architecture"].partition(".")[0]  # what follows says how it was trained
    if not _WORD.fullmatch(kind):
        raise ConfigError(f"its architecture is called {config['architecture'][:80]!r}, no name")
    settings = _table(config.get("model_args"), "model_args")
    told = {**config, **_table(config.get("pretrained_cfg"), "pretrained_cfg")}
    size = told.get("input_size")
    side = _side(size[-1] if isinstance(size, list) and size else 0, "input_size")
    if "img_size" in settings:
        side = _side(_last(settings["img_size"]), "img_size")
    name = library_name("timm", kind, timm_settings(settings))
    labels = config.get("label_names") or told.get("label_names")
    return Described(
        library="timm",
        kind=kind,
        architecture=name if installed("timm") else "",
        side=side,
        mean=_numbers(told.get("mean"), "mean"),
        std=_numbers(told.get("std"), "std", above=0),
        labels=_names(labels if isinstance(labels, list) else []),
        notes=tuple(_resized(told.get("interpolation"), _cropped(told.get("crop_pct")), side)),
    )


def _of_transformers(config: Json, prepared: Json) -> Described:
    kind = config["model_type"]
    if kind not in TRANSFORMERS:
        raise ConfigError(
            f"its model_type is {kind[:80]!r}, which is none of the classifiers of pictures that "
            f"are read here: {', '.join(TRANSFORMERS)}"
        )
    classes = config.get("architectures") or [""]
    told = str(classes[0]) if isinstance(classes, list) else ""
    if told and not (_WORD.fullmatch(told) and "ForImageClassification" in told):
        raise ConfigError(f"its weights are of {told[:80]!r}, which is no classifier of pictures")
    if told.endswith("WithTeacher"):
        raise ConfigError(f"{told} averages two heads, so it has no body|head split")
    there = installed("transformers")
    name = library_name("transformers", kind, own_settings(kind, config)) if there else ""
    mean, std = _prepared(prepared)
    reverse = prepared.get("do_flip_channel_order") is True
    if reverse and mean is not None and std is not None:
        mean, std = mean[::-1], std[::-1]  # theirs are of blue, green, red
    side = _prepared_side(prepared) or _side(_last(config.get("image_size", 0)), "image_size")
    cropped = prepared.get("do_center_crop") is True or "crop_pct" in prepared
    notes = [*_resized(prepared.get("resample"), cropped, side)]
    if not prepared:
        notes.append("no preprocessor_config.json says how pictures were normalised")
    odd = [key for key in _OTHER_WAYS if prepared.get(key) is True]
    notes += [f"its preparation asks for '{key}', which is not done here" for key in odd]
    return Described(
        library="transformers",
        kind=kind,
        architecture=name,
        side=side,
        mean=mean,
        std=std,
        reversed_channels=reverse,
        labels=_of_numbers(config.get("id2label")),
        notes=tuple(notes),
    )


def _prepared(prepared: Json) -> tuple[Numbers | None, Numbers | None]:
    """Mean and deviation for pictures in [0, 1]: theirs are of pixels times `rescale_factor`."""
    if not prepared:
        return None, None
    scale = 1 / 255
    if prepared.get("do_rescale") is False:
        scale = 1.0
    elif (given := _numbers(prepared.get("rescale_factor"), "rescale_factor", above=0)) is not None:
        scale = given[0]
    mean: Numbers | None = (0.0,)
    std: Numbers | None = (1.0,)
    if prepared.get("do_normalize") is not False:
        mean = _numbers(prepared.get("image_mean"), "image_mean")
        std = _numbers(prepared.get("image_std"), "image_std", above=0)
    if mean is None or std is None:
        return None, None
    whole = 255 * scale
    if math.isclose(whole, 1.0, rel_tol=1e-6):  # the usual factor is written with few digits
        return mean, std
    return tuple(m / whole for m in mean), tuple(s / whole for s in std)


def _prepared_side(prepared: Json) -> int:
    if prepared.get("do_resize") is False:
        return 0
    size = prepared.get("crop_size") if prepared.get("do_center_crop") is True else None
    size = size if size is not None else prepared.get("size")
    if isinstance(size, dict):
        size = size.get("height", size.get("shortest_edge", 0))
    return _side(_last(size), "size")


def _last(value: object) -> object:
    """A side that may be told for height and width."""
    return value[-1] if isinstance(value, list | tuple) and value else value


def _side(value: object, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    if not 0 <= value <= MAX_SIDE:
        told = value if abs(value) < 10**12 else "a number of many digits"
        raise ConfigError(
            f"'{key}' asks for pictures of {told} pixels a side; at most {MAX_SIDE} can be made"
        )
    return value


def _cropped(share: object) -> bool:
    return isinstance(share, int | float) and share < 1


def _resized(way: object, cropped: bool, side: int) -> Iterator[str]:
    """What is done otherwise than by the library, where pictures are brought to another size."""
    if side and (cropped or way not in (None, 2, "bilinear")):
        yield (
            "where pictures have another size, they are brought to it whole and linearly, not cut "
            "or interpolated as its preparation says"
        )


def _numbers(value: object, key: str, above: float = -math.inf) -> Numbers | None:
    """A list of some numbers, or one; None where nothing is said."""
    listed = list(value) if isinstance(value, list | tuple) else [value]
    if value is None or not listed:
        return None
    found = []
    for each in listed[:16]:
        number = each if isinstance(each, int | float) and not isinstance(each, bool) else math.nan
        if not above < number <= MAX_SCALE or number < -MAX_SCALE:  # false of what is no number
            raise ConfigError(f"'{key}' holds {str(each)[:40]!r}, which is no such number")
        found.append(float(number))
    return tuple(found)


def _table(value: object, key: str) -> Json:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"'{key}' is no table of settings")
    return value


def _names(names: Sequence[Any]) -> tuple[str, ...]:
    """Names of outputs, if all are texts that can be shown."""
    good = 0 < len(names) <= MAX_LABELS and all(isinstance(name, str) for name in names)
    if not good or any(_UNNAMED.fullmatch(name) for name in names):
        return ()
    return tuple(name[:200] for name in names)


def _of_numbers(table: object) -> tuple[str, ...]:
    """The names of a table {"0": name, ...} that has every number once."""
    if not isinstance(table, Mapping) or len(table) > MAX_LABELS:
        return ()
    named = {str(key): value for key, value in table.items()}
    return _names([named.get(str(number)) for number in range(len(named))])


def outputs_in_order(labels: Sequence[str], names: Sequence[str]) -> tuple[int, ...] | None:
    """The output of each class of the data, by names; None unless they are the same in any order.

    Upper and lower case, blanks, `_` and `-` are one.
    """
    here, there = ([_plain(each) for each in row] for row in (names, labels))
    if len(set(here)) < len(here) or sorted(here) != sorted(there):
        return None
    return tuple(there.index(each) for each in here)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()
