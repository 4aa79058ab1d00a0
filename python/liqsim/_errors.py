"""What can go wrong, as exceptions that carry what to do about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a scenario."""

    code: str
    """Its kind, such as ``out_of_range``."""
    message: str
    help: str | None = None
    """What would be right."""
    file: str | None = None
    line: int | None = None
    """From 1; None where the value came from no text."""
    column: int | None = None
    key: str | None = None
    """Path of the key, such as ``account.leverage[2]``."""

    def __str__(self) -> str:
        place = self.key or (f"{self.file}:{self.line}:{self.column}" if self.line else self.file)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.help})" if self.help else text


class LiqsimError(Exception):
    """The base of all errors of this package."""

    help: str | None = None
    """What would help, where that is known."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}\n  help: {self.help}" if self.help else message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.help)

    @classmethod
    def _made(cls, message: str, help: str | None) -> Self:
        return cls(message, help)


class ScenarioError(LiqsimError, ValueError):
    """A scenario that cannot be: ``problems`` holds all that is wrong, the text shows each with its excerpt."""

    def __init__(self, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.problems)

    def __str__(self) -> str:
        # What has no text has its key for a place, which the excerpts do not show.
        without_text = [str(problem) for problem in self.problems if problem.key and problem.line is None]
        return "\n".join(without_text) if len(without_text) == len(self.problems) > 0 else str(self.args[0])

    @classmethod
    def _made(cls, message: str, help: str | None) -> Self:
        problems = tuple(Problem(**problem) for problem in json.loads(help or "[]"))
        return cls(message.rstrip(), problems)

    @property
    def code(self) -> str | None:
        """Kind of the first problem."""
        return self.problems[0].code if self.problems else None

    @property
    def key(self) -> str | None:
        """Key of the first problem."""
        return self.problems[0].key if self.problems else None


class RunError(LiqsimError, RuntimeError):
    """A scenario that is right but cannot be simulated as asked."""


class EvaluateError(LiqsimError, ValueError):
    """Paths that are no paths: shape, a price that is none, or an account that cannot follow them."""


class HistoryError(LiqsimError, ValueError):
    """Recorded prices that cannot be read with certainty."""


class CalibrationError(LiqsimError, ValueError):
    """Prices that no model can be fitted to."""


class MergeError(LiqsimError, ValueError):
    """Parts that do not make up one run."""
