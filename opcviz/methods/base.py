"""What an unlearning method is: a frozen config with one verb, found through a registry.

A method joins by one file: a dataclass, a decorator that says what it is, and either `unlearn`
(anything) or `objective` (the loss of one joint batch; the loop is inherited).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from ..common.config import Config, ConfigError, setting
from ..common.plugins import loader
from ..common.registry import Registry
from ..data import POLICIES
from ..training import ModelT, Objective, Outcome, Training
from .request import Request
from .tuning import tuned_settings

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Request",
    "create",
    "get_method",
    "list_methods",
    "register",
]


class NotDefined(ConfigError):
    """The method has no answer to this kind of request; the message says why."""


@dataclass(frozen=True)
class Info:
    """What is declared of a method.

    Attributes:
        name: its word in commands, files and links.
        title: its name on screen.
        paper: where it comes from.
        family: reference, contraction, relabelling, ascent, fine-tuning, ...
        needs: what it must be given, of `forget`, `retain`, `original`.
        summary: its objective in one line.
    """

    name: str
    title: str
    paper: str
    family: str
    needs: frozenset[str]
    summary: str


@dataclass(frozen=True)
class Method(Config, Generic[ModelT]):
    """Base of all methods.

    `tasks` names the tasks it is defined for, None for any; `scenarios` what it can forget, whole
    `classes` or any `samples`, and `limits` why not both.
    """

    info: ClassVar[Info]
    tasks: ClassVar[frozenset[str] | None] = None
    scenarios: ClassVar[frozenset[str]] = frozenset({"classes", "samples"})
    limits: ClassVar[str] = ""

    def check(self, request: Request[ModelT]) -> None:
        """Refuse a request that the method is not defined for.

        Raises:
            NotDefined: saying what it can do, and why no more.
        """
        if self.tasks is not None and request.task.name not in self.tasks:
            raise NotDefined(
                f"method '{self.info.name}' is not defined for {request.task.name}, only for "
                f"{', '.join(sorted(self.tasks))}: {self.info.summary}"
            )
        if request.split.forgets not in self.scenarios:
            raise NotDefined(
                f"method '{self.info.name}' cannot forget {request.split.forgets}, only "
                f"{', '.join(sorted(self.scenarios))}: {self.limits}"
            )

    def unlearn(self, request: Request[ModelT]) -> tuple[ModelT, Outcome]:
        """Make a model that answers the request; the original is left as it was.

        Raises:
            Cancelled: when asked to stop.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Iterative(Training, Method[ModelT]):
    """A method that minimises an objective over batches, starting from the original."""

    augment: str = setting(
        "same",
        "how pictures are varied; same: as in the study's training",
        choices=("same", *POLICIES),
    )
    saliency: float = setting(
        1.0,
        "share of weights that may move, the most salient ones (SalUn's mask); 1: all",
        low=0.001,
        high=1.0,
        advanced=True,
    )

    parts: ClassVar[str] = "joint"

    def objective(self, request: Request[ModelT], model: ModelT) -> Objective[ModelT]:
        """The loss of one batch, as a function; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def unlearn(self, request: Request[ModelT]) -> tuple[ModelT, Outcome]:
        """Copy the original and minimise `objective` over `parts` of the data."""
        self.check(request)
        model = request.copy_of_original()
        objective, frozen = self.objective(request, model), self.frozen(request, model)
        return model, request.train(model, self.parts, self, objective, frozen=frozen)

    def frozen(self, request: Request[ModelT], model: ModelT) -> Iterable[str]:
        """Names of the parameters that stay as they are; none, unless a method says so."""
        return ()


MethodT = TypeVar("MethodT", bound=Method)

_METHODS: Registry[type[Method]] = Registry("method")


def register(
    name: str, *, title: str, paper: str, family: str, needs: str, summary: str
) -> Callable[[type[MethodT]], type[MethodT]]:
    """Class decorator that makes a method known; `needs` is words of forget, retain, original.

    Raises:
        ConfigError: when the name is taken or a need is not one of the three.
    """
    wanted = frozenset(needs.split())
    if unknown := wanted - {"forget", "retain", "original"}:
        raise ConfigError(f"method '{name}' needs {', '.join(sorted(unknown))}: there is no such")

    def enter(cls: type[MethodT]) -> type[MethodT]:
        _METHODS.add(name, cls)
        cls.info = Info(name, title, paper, family, wanted, summary)
        return cls

    return enter


def list_methods() -> list[type[Method]]:
    """All registered methods: the references first, then as they were registered."""
    return sorted(_METHODS.values(), key=lambda cls: cls.info.family != "reference")


def get_method(name: str) -> type[Method]:
    """The class behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed.
    """
    return _METHODS.get(name)


def create(name: str, *, dataset: str = "", scenario: str = "classes", **settings: Any) -> Method:
    """A method by name, with the settings given over those tuned, if any, over its own.

    Args:
        name: of the method.
        dataset: name of the data set that settings are tuned for; empty for the paper's settings.
        scenario: what is forgotten of it, `classes` or `samples`, see `Scenario.forgets`.
        settings: by name.

    Raises:
        ConfigError: for an unknown method or setting, or a value that does not fit.
    """
    return get_method(name).from_dict({**tuned_settings(name, dataset, scenario), **settings})


def check_own(cls: type) -> None:
    """What must hold of a method that a user brought: a Method with usable defaults.

    Raises:
        TypeError: saying what is missing.
        ConfigError: for a default that does not fit.
    """
    if not (isinstance(cls, type) and issubclass(cls, Method)):
        raise TypeError(f"{cls.__name__} is no Method: derive it from Method or Iterative")
    if "__dataclass_fields__" not in cls.__dict__:
        raise TypeError(f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it")
    cls()


loader.serve(_METHODS, check_own)
