"""Tasks (classification first): one sub-package each, found through a registry."""

from .base import Task, get_task, list_tasks, register_task
from .classification import Classification
from .generation import Generation
from .waveforms import Waveforms

__all__ = [
    "Classification",
    "Generation",
    "Task",
    "Waveforms",
    "get_task",
    "list_tasks",
    "register_task",
]
