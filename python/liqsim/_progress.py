"""A line that says how far a run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

Progress = bool | Callable[[int, int], object]
"""True for a line on standard error, or what is called with paths done and planned."""


def shown(progress: Progress) -> Callable[[int, int], object] | None:
    """What the core is to call."""
    if progress is False:
        return None
    return _Line() if progress is True else progress


class _Line:
    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, planned: int) -> None:
        now = time.monotonic()
        is_last = done >= planned
        if now - self._last < 0.2 and not is_last:
            return
        self._last = now
        share = done / planned if planned else 1.0
        sys.stderr.write(f"\r{share:4.0%} of {planned:,} paths" + ("\n" if is_last else ""))
        sys.stderr.flush()
