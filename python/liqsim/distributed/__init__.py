"""Runs and sweeps on several processes, or on a cluster of Ray or Dask: the same bytes as on one machine.

A run is cut into ranges of blocks, each a task of one core; their parts are added up by the workers in a tree, in any order. A task whose worker
dies is run again; one that fails is not. With ``into`` what is finished is kept in a folder (or an object store that fsspec knows), and a run that
died goes on from there.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .. import _liqsim
from .._errors import RunError
from .._progress import Progress, shown
from .._result import Result
from .._scenario import Scenario
from .._study import CellFolder, Sweep, gathered
from .._study import Plan as SweepPlan
from .._values import whole
from ._cells import run_plan
from ._driver import BLOCK, Driver
from ._engine import Engine, Task
from ._engines import Dask, Ray, engine_of
from ._plan import Plan
from ._processes import Processes
from ._store import Store

__all__ = ["Dask", "Engine", "Plan", "Processes", "Ray", "Task", "run", "sweep"]


def run(
    scenario: Scenario,
    paths: float | None = None,
    *,
    seed: int | None = None,
    precision: float | str | Mapping[str, Any] | None = None,
    engine: str | Engine = "processes",
    workers: int | None = None,
    address: Any = None,
    parts: int | None = None,
    task_seconds: float = 30.0,
    into: str | os.PathLike[str] | None = None,
    progress: Progress = False,
) -> Result:
    """Simulates a scenario on many cores or machines: the bytes of ``scenario.run()``.

    A run that stops at a precision is done in waves, each up to where one machine looks whether it has enough.

    Args:
        paths: Number of paths, in place of the scenario's paths or precision.
        precision: Relative error to stop at, in place of the scenario's paths: ``0.01`` or ``"1%"`` of the liquidation probability, or
            ``{"metric": "expected_shortfall.0.95", "relative": "1%"}``.
        engine: ``processes`` of this machine, ``ray``, ``dask``, or an :class:`Engine` of your own.
        workers: Number of processes; with ``ray`` or ``dask`` those of a cluster that is started here where no address is given.
        address: The address of Ray (``"auto"`` where this machine is part of the cluster) or of Dask's scheduler, or a ``distributed.Client``.
        parts: Number of parts; as many as make a task last ``task_seconds``, and four a worker, if None. Of a run in waves those of each.
        task_seconds: Length of a task, as a pilot on this machine foretells it.
        into: Folder or URL for finished parts that this machine and the workers see: a run of the same scenario goes on there, whoever began
            it and however it was cut.
        progress: True for a line on standard error, or a function of paths done and planned.

    Raises:
        RunError: The scenario cannot be simulated in parts; a task that failed is not tried again.
        MergeError: ``into`` holds parts that do not belong together.
    """
    asked = _asked(scenario, paths, seed, precision)
    count = whole(parts, "parts", 1)
    blocks = _liqsim.Part.all_blocks(asked._core)
    if count is not None and count > blocks:
        raise RunError(f"{blocks} blocks cannot be cut into {count} parts", f"a block is {BLOCK} paths")
    with engine_of(engine, workers, address) as at:
        store = None if into is None else Store(into, asked.identity)
        return Driver(asked, at, store, count, task_seconds, shown(progress)).run()


def _asked(scenario: Scenario, paths: float | None, seed: int | None, precision: float | str | Mapping[str, Any] | None) -> Scenario:
    if precision is None:
        return scenario.replace(paths=paths, seed=seed)
    if paths is not None:
        raise ValueError("a run ends after so many paths or at a precision, and not both")
    text, files = scenario.bundle()
    return Scenario.from_toml(text, {"simulation.precision": precision}, files=files).replace(seed=seed)


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
    cells_per_task: int | str = "auto",
    task_seconds: float = 30.0,
    into: str | os.PathLike[str] | None = None,
    progress: Progress = False,
) -> Sweep:
    """Runs the cells of a sweep on many cores or machines: the results of :func:`liqsim.sweep`.

    Args:
        cells_per_task: Number of cells that a task holds at most; ``auto`` takes as many as last ``task_seconds``, as the first ones tell. Cells
            that share their paths are always in one task.
        into: Folder of finished cells, the one of ``liqsim sweep -o``: what is there is not run again. This machine writes it, as soon as a
            task ends.
        progress: True for a line on standard error, or a function of cells done and planned.

    Other arguments are those of :func:`run`.
    """
    per_task = None if cells_per_task == "auto" else whole(cells_per_task, "cells_per_task", 1)  # type: ignore[arg-type]
    store = None if into is None else CellFolder(into)
    try:
        plan = SweepPlan(scenario.replace(paths=paths, seed=seed), over, paired, [] if store is None else store.identities())
        with engine_of(engine, workers, address) as at:
            return gathered(plan, run_plan(plan, at, store, per_task, task_seconds, shown(progress)), store)
    finally:
        if store is not None:
            store.close()
