"""What can be selected in one study, and which pages show it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence
from dataclasses import dataclass

from ...study import ModelResult

__all__ = [
    "LEAVES_FIRST",
    "SAMPLED",
    "TASK_PAGES",
    "WINGS",
    "Choices",
    "first_shown",
    "page_script",
]

TASK_PAGES = {
    "classification": ("classifiers", "Side by side"),
    "generation": ("generators", "Generators"),
    "waveforms": ("generators of earthquakes", "Generators"),
}
"""By task, what its models are, and the page that shows them first."""

WINGS = {
    "sequence": ("requests in a row", "Requests"),
    "client": ("clients who leave", "Clients"),
}
"""By what classifiers were asked to forget, what that is, and the page that shows nothing else."""

SAMPLED = ("classification", "generation")
"""Tasks whose probe set is of pictures with classes, which pages select and show."""

FIRST_SHOWN = {
    "classification": (("original",), ("retrain",), ("delete", "rl", "ssd"), ("opc",)),
    "generation": (
        ("original",),
        ("retrain",),
        ("address_swap",),
        ("rl_diffusion", "salun_diffusion"),
        ("opc_any_address", "opc_output"),
    ),
    "waveforms": (
        ("original",),
        ("retrain",),
        ("ft",),
        ("dimum_waveforms",),
        ("rl_waveforms",),
        ("opc_waveforms",),
    ),
}
CLIENTS_FIRST = (("original",), ("retrain",), ("fed_go_on",), ("fed_pga",), ("fed_leaver",))
"""The same where clients hold the data of classifiers."""
"""By task and column: the methods of which the first that a study has is shown; the third ones
hide."""

LEAVES_FIRST = {"classification": "original", "generation": "address_swap", "waveforms": "ft"}
"""By task, the method that goes first where few columns fit. Of classifiers everybody knows what
the original answers; of generators it stays, since it alone makes what the others were to forget,
and what goes there are the address swap, which has no dose map, and fine-tuning, which forgets
least."""


@dataclass(frozen=True)
class Choices:
    """What can be selected in one study.

    Attributes:
        models: ids of its models, in the order of columns.
        shown: the models shown at first.
        samples: ids of its probe set, in its order.
        classes: numbers of the classes that are in it.
        maps: kinds of map there are; the first is shown at first.
        title: of the study, for a person.
        drawn: which of these kinds some of these models have; None where all have all.
        task: what its models are asked to do.
        asks: the kind of what they are asked to forget.
    """

    models: Sequence[str]
    shown: Sequence[str] = ()
    samples: Collection[int] = ()
    classes: Container[int] = ()
    maps: Sequence[str] = ("umap", "densmap", "pca")
    title: str = ""
    drawn: Callable[[Collection[str]], Collection[str]] | None = None
    task: str = "classification"
    asks: str = "classes"

    def __post_init__(self) -> None:
        if not self.shown:
            object.__setattr__(self, "shown", tuple(self.models)[:4])

    def maps_of(self, models: Collection[str]) -> Sequence[str]:
        """Kinds of map that can be shown of some models; all kinds where none of them has any."""
        if self.drawn is None:
            return self.maps
        there = self.drawn(models)
        return [kind for kind in self.maps if kind in there] or self.maps

    def fits(self, wanted: Collection[str]) -> bool:
        """Whether a page shows it that is for these tasks, or these keys of `WINGS`; none: all."""
        return not wanted or self.task in wanted or self.asks in wanted

    def elsewhere(self) -> str:
        """Why a page of another task does not show the study, and which page does."""
        whose = f"'{self.title or self.models[0]}' is a study of "
        if (page := TASK_PAGES.get(self.task)) is None:
            return f"{whose}the task '{self.task}', which no page shows"
        return f"{whose}{page[0]}, which the page {page[1]} shows and this one does not"


def page_script(task: str) -> str:
    """The script of the page that shows models of a task first."""
    return f"pages/{TASK_PAGES[task][1].lower().replace(' ', '_')}.py"


def first_shown(models: list[ModelResult]) -> tuple[str, ...]:
    """The references, one method that hides and OPC; where these are missing, methods first.

    Args:
        models: of one study.
    """
    about = models[0].study
    clients = about.forget.forgets == "clients"
    wanted = CLIENTS_FIRST if clients else FIRST_SHOWN[about.task]
    named = {m.method.info.name: m.key for m in reversed(models)}
    found = (next((named[name] for name in names if name in named), None) for names in wanted)
    first = [key for key in found if key is not None]
    methods_first = sorted(models, key=lambda m: m.method.info.family == "reference")
    others = [m.key for m in methods_first if m.key not in first]
    return (*first, *others[: max(0, len(wanted) - len(first))])
