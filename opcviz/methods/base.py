"""What an unlearning method is: a frozen config with one verb, found through a registry.

A method joins by one file: a dataclass, a decorator that says what it is, and either `unlearn`
(anything) or `objective` (the loss of one joint batch; the loop is inherited).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from torch import Tensor

from ..common.config import ConfigError
from ..common.plugins import loader
from ..training import ModelT, Objective, Outcome
from .declaration import (
    BROUGHT,
    METHODS,
    Fidelity,
    Info,
    IterativeSettings,
    MethodSettings,
    method_settings,
)
from .request import Request

__all__ = [
    "Info",
    "Iterative",
    "Method",
    "NotDefined",
    "Request",
    "create",
    "get_method",
    "implementation",
    "list_methods",
    "register",
]


class NotDefined(ConfigError):
    """The method has no answer to this kind of request; the message says why."""


@dataclass(frozen=True)
class Method(MethodSettings, Generic[ModelT]):
    """Base of all methods; what it may declare is said at `MethodSettings`."""

    def check(self, request: Request[ModelT]) -> None:
        """Refuse a request that the method is not defined for.

        Raises:
            NotDefined: saying what it can do, and why no more.
        """
        if refusal := self.refusal(request.task.name, request.split.forgets):
            raise NotDefined(f"method {refusal}")

    def before(self, request: Request[ModelT]) -> Mapping[str, Tensor]:
        """What it stores of all data before the first of several requests, if it `stores` any.

        Args:
            request: of which the original is the first one, and all data are retained.
        """
        raise NotImplementedError

    def unlearn(self, request: Request[ModelT]) -> tuple[ModelT, Outcome]:
        """Make a model that answers the request; the original is left as it was.

        Raises:
            Cancelled: when asked to stop.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Iterative(IterativeSettings, Method[ModelT]):
    """A method that minimises an objective over batches, starting from the original."""

    parts: ClassVar[str] = "joint"

    def objective(self, request: Request[ModelT], model: ModelT) -> Objective[ModelT]:
        """The loss of one batch, as a function; whatever must be prepared is prepared here."""
        raise NotImplementedError

    def start(self, request: Request[ModelT]) -> ModelT:
        """The model that training begins from: a copy of the original, unless a method says so."""
        return request.copy_of_original()

    def unlearn(self, request: Request[ModelT]) -> tuple[ModelT, Outcome]:
        """Minimise `objective` over `parts` of the data, from `start`."""
        self.check(request)
        model = self.start(request)
        objective, frozen = self.objective(request, model), self.frozen(request, model)
        return model, request.train(model, self.parts, self, objective, frozen=frozen)

    def frozen(self, request: Request[ModelT], model: ModelT) -> Iterable[str]:
        """Names of the parameters that stay as they are; none, unless a method says so."""
        return ()


MethodT = TypeVar("MethodT", bound=MethodSettings)


def register(
    name: str,
    *,
    title: str,
    paper: str,
    family: str,
    needs: str,
    summary: str,
    fidelity: str = "ours",
    deviations: Iterable[str] = (),
) -> Callable[[type[MethodT]], type[MethodT]]:
    """Class decorator that makes a method known; `needs` is words of forget, retain, original.

    `fidelity` and `deviations` say how closely it follows its paper, see `Fidelity`.

    Raises:
        ConfigError: when the name is taken, a need is not one of the three or the fidelity is no
            known mark.
    """
    wanted = frozenset(needs.split())
    if unknown := wanted - {"forget", "retain", "original"}:
        raise ConfigError(f"method '{name}' needs {', '.join(sorted(unknown))}: there is no such")

    info = Info(name, title, paper, family, wanted, summary, Fidelity(fidelity, tuple(deviations)))

    def enter(cls: type[MethodT]) -> type[MethodT]:
        METHODS.add(name, cls)
        cls.info = info
        return cls

    return enter


def list_methods(task: str | None = None) -> list[type[Method]]:
    """All registered methods: the references first, then as they were registered.

    What stands for a model that was brought is no method to choose, and left out.

    Args:
        task: only those that are defined for it.
    """
    loaded = (
        cls
        for cls in METHODS.values()
        if issubclass(cls, Method) and cls.info.family != BROUGHT and cls.serves(task)
    )
    return sorted(loaded, key=lambda cls: cls.info.family != "reference")


def get_method(name: str) -> type[Method]:
    """The class behind a name.

    Raises:
        ConfigError: for an unknown name; the known ones are listed. For one whose file is not
            loaded here, too.
    """
    found = METHODS.get(name)
    if not issubclass(found, Method):
        raise ConfigError(f"the file that defines the method '{name}' is not loaded here")
    return found


def create(
    name: str, *, dataset: str = "", scenario: str = "classes", **settings: object
) -> Method:
    """A method by name, ready to run, with settings as of `method_settings`.

    Args:
        name, dataset, scenario: see `method_settings`.
        settings: by name.

    Raises:
        ConfigError: for an unknown method or setting, or a value that does not fit; for a method
            whose file is not loaded here, too.
    """
    return implementation(method_settings(name, settings, dataset=dataset, scenario=scenario))


def implementation(settings: MethodSettings) -> Method:
    """The method that has these settings, ready to run; itself, if it is one already.

    Raises:
        ConfigError: when its file is not loaded here.
    """
    if isinstance(settings, Method):
        return settings
    return get_method(settings.info.name).from_dict(settings.to_dict())


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


loader.serve(METHODS, check_own)

# Every module of this folder is imported, so that the methods in it register themselves; by file
# name, for methods are listed in the order in which they register.
_found = pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}.")
for _module in sorted(_found, key=lambda m: m.name.rpartition(".")[2]):
    importlib.import_module(_module.name)
