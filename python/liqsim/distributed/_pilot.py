"""Some blocks that are run here first: how long a task takes, and what the other parts need not find out again."""

from __future__ import annotations

import math
import time

from ._store import Range, Store
from ._work import run_and_hint

SECONDS = 0.5
"""A pilot ends with a piece of this length."""
SHARE = 64
"""It is done on one core: at most one part in so many of all there is to do, and three pieces."""


class Pilot:
    """Pieces from the start of a range, each four times as long as the one before."""

    def __init__(self, scenario: bytes, within: Range, blocks: int, store: Store | None = None) -> None:
        self.pieces: list[Range] = []
        """The pieces that were run."""
        self.parts: list[bytes] = []
        """What they came to."""
        self.hints: bytes | None = None
        """What the other parts need not find out again."""
        self.pace = 0.0
        """Seconds a block."""
        start, end = within
        size = 1
        while start < end:
            piece = (start, min(start + size, end))
            began = time.perf_counter()
            content, self.hints = run_and_hint(scenario, piece, self.hints, store)
            took = time.perf_counter() - began
            self.pieces.append(piece)
            self.parts.append(content)
            self.pace = took / (piece[1] - piece[0])
            start = piece[1]
            # The first block also pays for what is found out once.
            if size > 1 and (took >= SECONDS or SHARE * size >= blocks):
                break
            size *= 4


def tasks_of(blocks: int, pace: float, seconds: float, workers: int) -> int:
    """Number of tasks of so many seconds; four a worker where these are not too short, so that none is idle at the end."""
    total = blocks * pace
    return max(1, min(blocks, math.ceil(max(total / seconds, min(4.0 * workers, total)))))
