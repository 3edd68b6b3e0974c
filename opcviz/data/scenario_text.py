"""The one-line form of a forget scenario, as in `classes:0,1,2` or `confusion:3,5:50%@7`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from ..common.config import ConfigError

if TYPE_CHECKING:
    from .scenarios import Scenario

__all__ = [
    "BOUNDED",
    "CLASSES_OF",
    "EXAMPLES",
    "FORMS",
    "KEEPS",
    "KINDS",
    "PLANTED",
    "SEVERAL",
    "USES",
    "read",
    "write",
]

EXAMPLES = {
    "classes": "classes:0,1,2",
    "random": "random:10%",
    "indices": "indices:FILE",
    "subclass": "subclass:3:1/4",
    "memorised": "memorised:5%",
    "confusion": "confusion:3,5:50%",
    "trigger": "trigger:0:10%",
    "client": "client:0/5:1",
    "region": "region:30,60,0,30",
    "magnitude": "magnitude:5-6",
}
MEANINGS = {
    "region": "west, east, south and north end of the epicentres to forget, in km",
    "magnitude": "the least and the greatest magnitude to forget",
    "subclass": "a class, and which of how many clusters in it, 1 for the largest",
    "client": "the client who leaves, of how many, and the α of the Dirichlet draw of their "
    "classes (inf for equal shares); client:0/5:1:7:60%:3 says the class, share and patch of its "
    "trigger, and client:0/5x2:1 that each makes 2 local epochs a round",
    "confusion": "two classes, and the share of their train labels to swap",
    "trigger": "the trigger's class, and the share of the other classes' train pictures to poison; "
    "trigger:0:10%:4 for a patch of 4×4 pixels",
}
SEVERAL = ("sequence", "union")
"""Kinds of several requests: one after the other, and all at once."""
KINDS = (*EXAMPLES, *SEVERAL)
FORMS = (
    " · ".join(EXAMPLES.values()) + " (those that draw also with @SEED, as in random:10%@7), or "
    "several one after the other, as in classes:0 then classes:1"
)
THEN, AND = " then ", " and "
KEEPS = ("retain", "nothing", "statistics")
KEEPING = re.compile(rf"\s+keeping\s+({'|'.join(KEEPS)})\s*$")
USES = {
    "classes": ("classes",),
    "random": ("percent", "seed"),
    "indices": ("path", "digest"),
    "subclass": ("classes", "cluster", "clusters", "seed"),
    "memorised": ("percent", "seed"),
    "confusion": ("classes", "percent", "seed"),
    "trigger": ("classes", "percent", "side", "seed"),
    "client": ("client", "clients", "alpha", "classes", "poisoned", "side", "local_epochs", "seed"),
    "region": ("bounds",),
    "magnitude": ("bounds",),
    "sequence": ("classes", "requests", "keeps", "digest"),
    "union": ("classes", "requests", "keeps", "digest"),
}
"""The settings that each kind uses."""
BOUNDED = {"region": (0, 1), "magnitude": (3,)}
"""Kinds that forget all records of some conditions, and the columns of a condition they bound."""
PLANTED = ("confusion", "trigger", "client")
CLASSES_OF = {"subclass": 1, "confusion": 2, "trigger": 1, "client": 1}
DRAWING = tuple(kind for kind, used in USES.items() if "seed" in used)
PATTERNS = {
    "subclass": r"(?P<classes>.+):(?P<cluster>\d+)/(?P<clusters>\d+)",
    "confusion": r"(?P<classes>.+):(?P<share>[^:]*)",
    "trigger": r"(?P<classes>.+?):(?P<share>[^:]*%)(?::(?P<side>\d+))?",
    "client": r"(?P<client>\d+)/(?P<clients>\d+)(?:x(?P<local_epochs>\d+))?:(?P<alpha>[^:]+)"
    r"(?::(?P<classes>.+?):(?P<poisoned>[^:]*%)(?::(?P<side>\d+))?)?",
}


def read(text: str) -> dict[str, Any]:
    """The settings that a line of text stands for.

    Raises:
        ConfigError: for text of another form; the message has the right one.
    """
    if several := _several(text):
        return several
    kind, colon, value = (part.strip() for part in text.partition(":"))
    if not colon or kind not in EXAMPLES or not value:
        raise ConfigError(f"'{text}' is no valid choice of what to forget; write one of {FORMS}")
    if kind == "indices":
        return {"kind": kind, "path": value}
    settings: dict[str, Any] = {"kind": kind}
    if kind in BOUNDED:
        return {**settings, "bounds": _bounds(value, text, kind)}
    if kind in DRAWING and (seeded := re.fullmatch(r"(.*)@\s*(\d{1,10})", value)):
        value, settings["seed"] = seeded[1].strip(), int(seeded[2])
    if kind == "classes":
        return {**settings, "classes": _tokens(value)}
    if kind not in PATTERNS:
        return {**settings, "percent": _share(value, text, kind)}
    found = re.fullmatch(PATTERNS[kind], value)
    if found is None:
        raise ConfigError(f"'{text}': write it as {EXAMPLES[kind]} ({MEANINGS[kind]})")
    parts = found.groupdict()
    settings["classes"] = _tokens(parts["classes"] or "0")
    if "share" in parts:
        settings["percent"] = _share(parts["share"].strip(), text, kind)
    if parts.get("poisoned"):
        settings["poisoned"] = _share(parts["poisoned"].strip(), text, kind)
    if "alpha" in parts:
        settings["alpha"] = _alpha(parts["alpha"].strip(), text)
    numbers = ("cluster", "clusters", "side", "client", "clients", "local_epochs")
    return settings | {name: int(parts[name]) for name in numbers if parts.get(name)}


def write(scenario: Scenario) -> str:
    """The line of text that `read` takes for this scenario."""
    if scenario.kind in SEVERAL:
        keeping = "" if scenario.keeps == "retain" else f" keeping {scenario.keeps}"
        return (THEN if scenario.kind == "sequence" else AND).join(scenario.requests) + keeping
    share = f"{repr(scenario.percent).removesuffix('.0')}%"
    classes = ",".join(scenario.classes)
    usual = type(scenario).__dataclass_fields__["side"].default
    patch = "" if scenario.side == usual else f":{scenario.side}"
    numbers = [repr(each).removesuffix(".0") for each in scenario.bounds]
    value = {
        "region": ",".join(numbers),
        "magnitude": "-".join(numbers),
        "classes": classes,
        "random": share,
        "indices": scenario.path,
        "subclass": f"{classes}:{scenario.cluster}/{scenario.clusters}",
        "memorised": share,
        "confusion": f"{classes}:{share}",
        "client": _of_clients(scenario, patch),
        "trigger": f"{classes}:{share}{patch}",
    }[scenario.kind]
    return f"{scenario.kind}:{value}" + (f"@{scenario.seed}" if scenario.seed else "")


def _several(text: str) -> dict[str, Any]:
    """The settings of several requests in one line; none of a line that is one alone.

    A name of a class or of a file may hold these words: what follows one of them is a request only
    if it begins with the name of a kind.
    """
    kept = KEEPING.search(text)
    kind = re.compile(rf"({THEN}|{AND})\s*(?=(?:{'|'.join(EXAMPLES)}):)")
    first, *more = kind.split(text[: kept.start()] if kept else text)
    words = set(more[::2])
    if not words and not kept:
        return {}
    if len(words) > 1:
        raise ConfigError(f"'{text}': requests follow each other (then) or are one (and), not both")
    requests = tuple(request.strip() for request in (first, *more[1::2]))
    several = {"kind": "union" if AND in words else "sequence", "requests": requests}
    return {**several, **({"keeps": kept[1]} if kept else {})}


def _of_clients(scenario: Scenario, patch: str) -> str:
    local = "" if scenario.local_epochs == 1 else f"x{scenario.local_epochs}"
    alpha = repr(scenario.alpha).removesuffix(".0") if scenario.alpha else "inf"
    share = repr(scenario.poisoned).removesuffix(".0")
    usual = type(scenario).__dataclass_fields__["poisoned"].default
    poison = ""
    if patch or scenario.classes != ("0",) or scenario.poisoned != usual:
        poison = f":{','.join(scenario.classes)}:{share}%{patch}"
    return f"{scenario.client}/{scenario.clients}{local}:{alpha}{poison}"


def _alpha(text: str, whole: str) -> float:
    """α of a Dirichlet draw; 0 for `inf`."""
    try:
        value = float(text)
        if not value > 0:
            raise ValueError("not positive")
    except ValueError as error:
        raise ConfigError(
            f"'{whole}': write α as a positive number or inf, as in {EXAMPLES['client']}"
        ) from error
    return 0.0 if math.isinf(value) else value


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(token.strip() for token in text.split(","))


def _bounds(text: str, whole: str, kind: str) -> tuple[float, ...]:
    """Pairs of a lower and an upper bound.

    Numbers of a magnitude may be below 0, so that its dash is the one after a digit.
    """
    parts = text.split(",") if kind == "region" else re.split(r"(?<=[\d.])\s*-", text, maxsplit=1)
    try:
        return tuple(float(part) for part in parts)
    except ValueError as error:
        raise ConfigError(
            f"'{whole}': write the bounds as numbers, as in {EXAMPLES[kind]}"
        ) from error


def _share(text: str, whole: str, kind: str) -> float:
    try:
        if not text.endswith("%"):
            raise ValueError("no % sign")
        return float(text[:-1])
    except ValueError as error:
        raise ConfigError(
            f"'{whole}': write the share as a number with a % sign, as in {EXAMPLES[kind]}"
        ) from error
