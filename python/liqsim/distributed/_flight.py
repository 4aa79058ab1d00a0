"""Tasks that are under way: enough that no worker waits, and not all of a run at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ._engine import Engine, Task

COUNT_EVERY = 5.0
"""Seconds between two looks at how many workers there are: some join late, some are taken away."""


class Flight:
    """The tasks of one engine that are under way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.tasks: dict[Task, None] = {}
        self._counted = -COUNT_EVERY
        self._workers = 1

    def workers(self) -> int:
        """Number of cores, as of some seconds ago."""
        now = time.monotonic()
        if now - self._counted >= COUNT_EVERY:
            self._counted, self._workers = now, self._engine.workers()
        return self._workers

    def has_room(self) -> bool:
        """Whether another task would not only wait for others."""
        return len(self.tasks) < 3 * self.workers() + 4

    def start(self, call: Callable[..., Any], *arguments: Any) -> Task:
        """Has a call done."""
        task = self._engine.submit(call, *arguments)
        self.tasks[task] = None
        return task

    def landed(self) -> list[Task]:
        """Waits for some of them to be finished, if there are any, and gives these."""
        if not self.tasks:
            return []
        ended = self._engine.finished(list(self.tasks))
        for task in ended:
            del self.tasks[task]
        return ended

    def cancel(self) -> None:
        """Gives them up."""
        self._engine.cancel(list(self.tasks))
