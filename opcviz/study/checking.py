"""Whether a plan can be run at all, told before anything is trained."""

from __future__ import annotations

from ..common.config import ConfigError
from ..methods import MethodSettings
from ..tasks import get_task
from .spec import Plan, Study

__all__ = ["check_methods", "check_plan", "refused"]


def check_plan(plan: Plan) -> None:
    """See that a plan's task and network exist, which only a process that runs it can know.

    Raises:
        ConfigError: naming the setting; what there is, is listed.
    """
    study = plan.study
    try:
        task = get_task(study.task)
    except ConfigError as error:
        raise ConfigError(f"Study.task: {error}") from error
    name, known = study.architecture.name, task.networks()
    if known is not None and name not in known:
        raise ConfigError(
            f"Architecture.name: there is no '{name}'; `opcviz list architectures` names all"
        )


def check_methods(plan: Plan) -> None:
    """See that a plan's methods can do what is asked, before anything is trained.

    A run that is queued goes on without those that cannot, and says so of each.

    Raises:
        ConfigError: naming the first that cannot, and what it can.
    """
    study = plan.study
    for method in plan.methods:
        if refusal := refused(study, method):
            raise ConfigError(f"methods: {refusal}")


def refused(study: Study, method: MethodSettings) -> str:
    """Why a method has no answer to a study, or to a request before its last; empty where it has.

    The references may have all data: they are what others are compared with.
    """
    forget = study.forget
    keeps = "retain" if method.info.family == "reference" else forget.keeps
    for request in forget.each if forget.kind == "sequence" else (forget,):
        if refusal := method.refusal(study.task, request.forgets, keeps):
            return refusal
    return ""
