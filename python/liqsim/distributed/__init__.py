"""Runs and sweeps on several processes, or on a cluster of Dask or Ray: the same bytes as on one machine.

A run is cut into parts, each a task of one core; parts are added up by the workers, in any order. A task whose worker dies is run again; one that
fails is not. With ``into`` what is finished is kept in a folder (or an object store that fsspec knows), and a run that died goes on from there.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from typing import Any

from .. import _liqsim
from .._errors import RunError
from .._progress import Progress, shown
from .._result import Result
from .._scenario import Scenario
from .._study import CellFolder, Plan, Sweep, gathered, run_cells
from .._values import whole
from ._engines import Dask, Engine, Processes, Ray, Task, engine_of
from ._store import Store

__all__ = ["Dask", "Engine", "Processes", "Ray", "Task", "run", "sweep"]

ARITY = 8
"""Parts that one task adds up: what a worker or the driver holds at a time."""
PILOT = 4_096
"""Paths that tell how long a part takes."""
BLOCK = 1_024
"""A part holds at least so many paths."""


def run(
    scenario: Scenario,
    paths: float | None = None,
    *,
    seed: int | None = None,
    engine: str | Engine = "processes",
    workers: int | None = None,
    address: Any = None,
    parts: int | None = None,
    task_seconds: float = 30.0,
    into: str | os.PathLike[str] | None = None,
    progress: Progress = False,
) -> Result:
    """Simulates a scenario on many cores or machines: the bytes of ``scenario.run()``.

    Args:
        paths: Number of paths, in place of the scenario's; it must be known beforehand, so a precision is refused.
        engine: ``processes`` of this machine, ``dask``, ``ray``, or an :class:`Engine` of your own.
        workers: Number of processes; with ``dask`` or ``ray`` those of a cluster that is started here where no address is given.
        address: The scheduler's address, or a ``distributed.Client``; for Ray its address.
        parts: Number of parts; as many as make a task last ``task_seconds``, and four a worker, if None.
        into: Folder or URL for finished parts: a run with the same scenario goes on there, whoever began it.
        progress: True for a line on standard error, or a function of paths done and planned.

    Raises:
        RunError: The scenario cannot be simulated in parts; a task that failed is not tried again.
        MergeError: ``into`` holds parts that do not belong together.
    """
    asked = scenario.replace(paths=paths, seed=seed)
    budget = asked.to_dict()["simulation"]
    if "precision" in budget:
        raise RunError("a run that stops at a precision has no parts", "give it a number of paths")
    planned = int(budget.get("paths", 1_000_000))
    said = shown(progress)
    with engine_of(engine, workers, address) as at:
        store = None if into is None else Store(into, asked.identity)
        count = whole(parts, "parts", 1)
        if store is not None:
            count = store.agreed("parts", lambda: count or _parts(asked, planned, at.workers(), task_seconds))
        elif count is None:
            count = _parts(asked, planned, at.workers(), task_seconds)
        if count > -(-planned // BLOCK):
            raise RunError(f"{planned} paths cannot be cut into {count} parts", f"each holds at least {BLOCK} paths")
        return _run(asked, planned, count, at, store, said)


def _run(scenario: Scenario, planned: int, count: int, engine: Engine, store: Store | None, said: Any) -> Result:
    done = store.parts(count) if store is not None else []
    # What waits to be added up: tasks, and numbers of parts that are kept already.
    waiting: list[Task | int] = [*done]
    running: dict[Task, int] = {}
    todo = [number for number in range(1, count + 1) if number not in done]
    finished = len(done)
    try:
        for number in todo:
            running[engine.submit(_part, scenario, number, count, store)] = 1
        while running or len(waiting) > 1:
            while len(waiting) >= ARITY or (not running and len(waiting) > 1):
                some, waiting = waiting[:ARITY], waiting[ARITY:]
                running[engine.submit(_sum, store, count, *some)] = 0
            for task in engine.finished(list(running)):
                finished += running.pop(task)
                waiting.append(task)
                if said is not None:
                    said(planned * finished // count, planned)
    except BaseException:
        engine.cancel(list(running))
        raise
    last = waiting[0].result() if isinstance(waiting[0], Task) else _sum(store, count, waiting[0])
    return Result(_liqsim.Part.of_bytes(last).result(scenario._core))


def _parts(scenario: Scenario, paths: int, workers: int, task_seconds: float) -> int:
    """As many parts as make a task last so long, but a few a worker where that is worth it."""
    blocks = -(-paths // BLOCK)
    if blocks < 2 * PILOT // BLOCK:
        return 1
    began = time.perf_counter()
    _liqsim.Part.run(scenario.replace(paths=PILOT)._core, 1, 1, 1)
    seconds = (time.perf_counter() - began) * paths / PILOT
    wanted = max(seconds / task_seconds, min(4.0 * workers, seconds))
    return max(1, min(blocks, math.ceil(wanted)))


def _part(scenario: Scenario, number: int, count: int, store: Store | None) -> bytes:
    """One part, on one core."""
    content = _liqsim.Part.run(scenario._core, number, count, 1).to_bytes()
    if store is not None:
        store.keep_part(number, count, content)
    return content


def _sum(store: Store | None, count: int, *parts: bytes | int) -> bytes:
    """The sum of parts that were handed on, or are kept under their numbers."""
    contents = (store.part(part, count) if store and isinstance(part, int) else bytes(part) for part in parts)
    return _liqsim.Part.sum([_liqsim.Part.of_bytes(content) for content in contents]).to_bytes()


def sweep(
    scenario: Scenario,
    over: Mapping[str, Any],
    *,
    paired: bool = False,
    paths: float | None = None,
    seed: int | None = None,
    engine: str | Engine = "processes",
    workers: int | None = None,
    address: Any = None,
    into: str | os.PathLike[str] | None = None,
    progress: Progress = False,
) -> Sweep:
    """Runs the cells of a sweep on many cores or machines: the results of :func:`liqsim.sweep`. Cells that share their paths are one task.

    Args:
        into: Folder of finished cells, the one of ``liqsim sweep -o``: what is there is not run again.
    """
    store = None if into is None else CellFolder(into)
    try:
        plan = Plan(scenario.replace(paths=paths, seed=seed), over, paired, [] if store is None else store.identities())
        with engine_of(engine, workers, address) as at:
            return gathered(plan, _cells(plan, at, store, shown(progress)), store)
    finally:
        if store is not None:
            store.close()


def _cells(plan: Plan, engine: Engine, store: CellFolder | None, said: Any) -> dict[str, Result]:
    """The results of the cells that are to be run, each kept as soon as it is there."""
    found: dict[str, Result] = {}
    total = sum(len(group) for group in plan.groups)
    running = [engine.submit(run_cells, plan.base, plan.overrides(group), 1) for group in plan.groups]
    try:
        while running:
            for task in engine.finished(running):
                running.remove(task)
                for result in task.result():
                    found[result.identity] = result
                    if store is not None:
                        store.keep(result)
            if said is not None:
                said(len(found), total)
    except BaseException:
        engine.cancel(running)
        raise
    return found
