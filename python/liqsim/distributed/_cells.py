"""The cells of a sweep, in tasks of about the same length."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from .._result import Result
from .._study import CellFolder, Plan
from ._engine import Engine
from ._flight import Flight
from ._work import packed, run_groups

MOST_CELLS = 250
"""Cells of a task: their results, of some 70 kB each, are one message."""


def run_plan(
    plan: Plan, engine: Engine, store: CellFolder | None, per_task: int | None, seconds: float, said: Any
) -> dict[str, Result]:
    """The results of the cells that are to be run; where they are kept in a folder, each as soon as it is there, and only there.

    Cells that share their paths are in one task. The first tasks tell how long a cell takes; later ones take so many groups that they last
    ``seconds``, and fewer towards the end, so that no worker is idle for long.
    """
    found: dict[str, Result] = {}
    queue = deque(plan.groups)
    total = left = sum(len(group) for group in queue)
    flight = Flight(engine)
    base = engine.share(packed(plan.base))
    cells_done, spent = 0, 0.0
    try:
        while queue or flight.tasks:
            while queue and (flight.has_room() if cells_done else len(flight.tasks) < flight.workers()):
                most = per_task or 1
                if per_task is None and cells_done:
                    wanted = min(seconds * cells_done / max(spent, 1e-6), left / (2 * flight.workers()))
                    most = min(math.ceil(wanted), MOST_CELLS)
                task = [queue.popleft()]
                while queue and sum(map(len, task)) + len(queue[0]) <= most:
                    task.append(queue.popleft())
                left -= sum(map(len, task))
                flight.start(run_groups, base, [plan.overrides(group) for group in task])
            for landed in flight.landed():
                took, results = landed.result()
                spent += took
                cells_done += len(results)
                for result in results:
                    if store is None:
                        found[result.identity] = result
                    else:
                        store.keep(result)
            if said is not None:
                said(cells_done, total)
    except BaseException:
        flight.cancel()
        raise
    return found
