"""opcviz: see whether a neural network really forgot.

    data = opcviz.load_data("digits")
    split = opcviz.split(data, "classes:0,1,2")
    original = opcviz.train(data, epochs=15)
    unlearned = opcviz.unlearn(original, data, split, "opc")
    opcviz.plot(opcviz.recover(unlearned, data, split, original=original))

Names are imported when they are first used: `import opcviz` itself loads no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .audit.memory import audit_modules as audit
    from .library.attacks import invert, membership, recover, relearn
    from .library.inputs import data_from_arrays, load_data, prepare, split
    from .library.judging import judge, measure, open_study
    from .library.model import Model
    from .library.models import list_methods, observe, train, unlearn, wrap
    from .ui.charts.results import plot

__version__ = "0.1.0"

__all__ = [
    "Model",
    "audit",
    "data_from_arrays",
    "invert",
    "judge",
    "list_methods",
    "load_data",
    "measure",
    "membership",
    "observe",
    "open_study",
    "plot",
    "prepare",
    "recover",
    "relearn",
    "split",
    "train",
    "unlearn",
    "wrap",
]

_HOMES = {
    "inputs": ("data_from_arrays", "load_data", "prepare", "split"),
    "model": ("Model",),
    "models": ("list_methods", "observe", "train", "unlearn", "wrap"),
    "attacks": ("invert", "membership", "recover", "relearn"),
    "judging": ("judge", "measure", "open_study"),
}
_MODULES = {name: f".library.{home}" for home, names in _HOMES.items() for name in names}
_MODULES["plot"] = ".ui.charts.results"


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562).

    Raises:
        AttributeError: for another name.
        ImportError: for `plot` without plotly.
    """
    if name == "audit":  # the room of that name is what is called
        return import_module(".audit", __name__)
    if name not in _MODULES:
        raise AttributeError(f"module 'opcviz' has no attribute '{name}'")
    try:
        value = getattr(import_module(_MODULES[name], __name__), name)
    except ModuleNotFoundError as error:
        if name == "plot" and error.name and error.name.partition(".")[0] == "plotly":
            raise ImportError("opcviz.plot draws with plotly: pip install plotly") from error
        raise
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
