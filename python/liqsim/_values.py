"""Python's values as a scenario takes them: JSON for whole scenarios, TOML for single keys."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePath
from typing import Any

import numpy as np

from ._errors import Problem, ScenarioError


def plain(value: Any, key: str = "") -> Any:
    """The value made of dicts, lists, texts, numbers and truths alone; keys without a value (None) are left out."""
    if isinstance(value, Mapping):
        inner = {str(name): plain(item, f"{key}.{name}" if key else str(name)) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item is not None}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            problem = Problem("not_finite", f"must be a number, but is {value}", key=key)
            raise ScenarioError(str(problem), (problem,))
        return int(value) if value.is_integer() and abs(value) < 2**53 and key in WHOLE else value
    if isinstance(value, timedelta):
        return f"{round(value.total_seconds())}s"
    if isinstance(value, (PurePath, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, Sequence) or hasattr(value, "__iter__"):
        return [plain(item, f"{key}[{place}]") for place, item in enumerate(value)]
    problem = Problem("wrong_type", f"a {type(value).__name__} is no value of a scenario", key=key)
    raise ScenarioError(str(problem), (problem,))


WHOLE = {"simulation.paths", "simulation.max_paths", "simulation.seed"}
"""Keys of whole numbers, which people write as 1e6."""


def toml(value: Any) -> str:
    """A plain value in one line of TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(name))} = {toml(item)}" for name, item in value.items()) + " }"
    return "[" + ", ".join(toml(item) for item in value) + "]"


def overrides(changes: Mapping[str, Any] | None) -> list[str]:
    """Keys with values as the core takes them: ``account.leverage=[3, 4]``."""
    return [f"{key}={toml(plain(value, key))}" for key, value in (changes or {}).items()]


def whole(value: float | None, name: str, least: int = 0) -> int | None:
    """A number that must be whole, such as 1e6."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise TypeError(f"{name} must be a whole number, and not a {type(value).__name__}")
    if not math.isfinite(value) or int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, and not {value}")
    return int(value)


def thread_count(value: float | None) -> int | None:
    """A number of threads; more than four a core make no sense, and are not started."""
    count = whole(value, "threads", 1)
    return None if count is None else min(count, 4 * (os.cpu_count() or 1))


def interval(value: str | timedelta) -> str:
    """A length of time as text: ``"1h"`` or a timedelta."""
    return str(plain(value)) if isinstance(value, timedelta) else value
