"""What does tasks somewhere, and what a task is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

ATTEMPTS = 6
"""A task whose workers die so often is given up."""


class Task:
    """A call that is to be done; its arguments may be other tasks that are finished."""

    def __init__(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.call = call
        self.arguments = arguments
        self.attempts = 0
        self.future: Any = None
        self.answer: Callable[[], Any] = lambda: None

    def result(self) -> Any:
        """What the call gave, once it is finished."""
        return self.answer()


class Engine(ABC):
    """Does tasks somewhere. One of your own needs ``submit``, ``finished`` and ``workers``."""

    @abstractmethod
    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        """Has a call done, with finished tasks among its arguments in place of what they gave."""

    @abstractmethod
    def finished(self, tasks: list[Task]) -> list[Task]:
        """Waits until some of the tasks are finished and gives these.

        Raises:
            Exception: What one of them raised.
        """

    @abstractmethod
    def workers(self) -> int:
        """Number of cores."""

    def share(self, value: Any) -> Any:
        """A value that many calls have among their arguments, as it is best handed to them."""
        return value

    def cancel(self, tasks: list[Task]) -> None:
        """Gives up tasks."""

    def close(self) -> None:
        """Ends what was started here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def without_arguments(tasks: list[Task]) -> list[Task]:
    """Finished tasks, which need no longer hold what they were given."""
    for task in tasks:
        task.arguments = ()
    return tasks
