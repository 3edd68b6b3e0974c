"""Where `opcviz run` does its work: in this process, or over several workers."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ..common.bars import bars, worker_bars
from ..common.config import ConfigError

if TYPE_CHECKING:  # the command line itself does not import torch
    from ..study import Done, Plan, StudyRunner

__all__ = ["SchedulerOption", "Work", "WorkersOption"]

WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="processes of this machine to spread it over, as in 4")
]
SchedulerOption = Annotated[
    str | None, typer.Option(help="dask scheduler whose workers do it, as in tls://head:8786")
]

SCHEME = re.compile(r"(tls|tcp)://[\w.:\[\]-]+:[1-9]\d{0,4}")


@dataclass(frozen=True)
class Work:
    """What does the work of a run.

    Attributes:
        device: as `--device` names it.
        workers: processes of this machine; None: this process, unless there is a scheduler.
        scheduler: address of a dask scheduler; None: none.
    """

    device: str = "auto"
    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        """See that the options go together.

        Raises:
            ConfigError: naming what does not.
        """
        if self.scheduler is not None and self.workers is not None:
            raise ConfigError(
                "--workers starts processes on this machine, --scheduler takes those of a cluster; "
                "name one"
            )
        if self.scheduler is not None and not SCHEME.fullmatch(self.scheduler):
            raise ConfigError(
                f"--scheduler: '{self.scheduler}' is no address; as in tls://head.example.org:8786"
            )
        if self.is_distributed and ":" in self.device:
            raise ConfigError(
                f"--device: each worker has an accelerator of its own, as cuda; not '{self.device}'"
            )

    @property
    def is_distributed(self) -> bool:
        """Whether other processes do the work."""
        return self.scheduler is not None or self.workers is not None

    @property
    def here(self) -> str:
        """The device of this process, which only prepares what others do."""
        return "cpu" if self.is_distributed else self.device

    def do(
        self, plan: Plan, runner: StudyRunner, kinds: Sequence[str], count: int, console: Console
    ) -> Done:
        """Make what is missing, with bars on the console.

        Args:
            plan, runner: of the study.
            kinds: these alone; none named: all.
            count: how many answers are missing.
            console: where the bars are drawn.

        Raises:
            EngineError: when no worker can do it.
            Cancelled: when asked to stop.
        """
        if not self.is_distributed:
            from ..study import run

            with bars(console, count) as runner.progress:
                return run(plan, runner, only=kinds)
        os.environ.setdefault("DASK_LOGGING__DISTRIBUTED", "critical")  # read with its import
        from ..engine.distribute import distribute

        with worker_bars(console, count) as (runner.progress, heard):
            return distribute(
                plan,
                runner,
                only=kinds,
                device=self.device,
                workers=self.workers,
                scheduler=self.scheduler,
                heard=heard,
            )
