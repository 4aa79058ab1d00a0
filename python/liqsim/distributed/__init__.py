"""Runs and sweeps on several processes, or on a cluster of Dask or Ray: the same bytes as on one machine.

A run is cut into ranges of blocks, each a task of one core; their parts are added up by the workers in a tree, in any order. A task whose worker
dies is run again; one that fails is not. With ``into`` what is finished is kept in a folder (or an object store that fsspec knows), and a run that
died goes on from there.
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
from ._store import Range, Store, gaps

__all__ = ["Dask", "Engine", "Processes", "Ray", "Task", "run", "sweep"]

ARITY = 8
"""Parts that one task adds up: what a worker or the driver holds at a time."""
PILOT = 4
"""Blocks that tell how long a task takes."""
BLOCK = 1_024
"""Paths of a block."""


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

    A run that stops at a precision is done in waves, each up to where one machine looks whether it has enough.

    Args:
        paths: Number of paths, in place of the scenario's.
        engine: ``processes`` of this machine, ``dask``, ``ray``, or an :class:`Engine` of your own.
        workers: Number of processes; with ``dask`` or ``ray`` those of a cluster that is started here where no address is given.
        address: The scheduler's address, or a ``distributed.Client``; for Ray its address.
        parts: Number of parts; as many as make a task last ``task_seconds``, and four a worker, if None. Of a run in waves those of each.
        into: Folder or URL for finished parts: a run of the same scenario goes on there, whoever began it and however it was cut.
        progress: True for a line on standard error, or a function of paths done and planned.

    Raises:
        RunError: The scenario cannot be simulated in parts; a task that failed is not tried again.
        MergeError: ``into`` holds parts that do not belong together.
    """
    asked = scenario.replace(paths=paths, seed=seed)
    count = whole(parts, "parts", 1)
    blocks = _liqsim.Part.all_blocks(asked._core)
    if count is not None and count > blocks:
        raise RunError(f"{blocks} blocks cannot be cut into {count} parts", f"a block is {BLOCK} paths")
    with engine_of(engine, workers, address) as at:
        store = None if into is None else Store(into, asked.identity)
        return _Driver(asked, at, store, count, task_seconds, shown(progress)).run()


class _Driver:
    """Cuts what is missing of a run into tasks, adds up what they come to, and looks what is missing then."""

    def __init__(
        self, scenario: Scenario, engine: Engine, store: Store | None, count: int | None, seconds: float, said: Any
    ) -> None:
        self.scenario = scenario
        self.engine = engine
        self.store = store
        self.count = count
        self.seconds = seconds
        self.said = said
        self.hints: bytes | None = None
        self.pace: float | None = None
        """Seconds a block, once a pilot has told."""
        budget = scenario.to_dict()["simulation"]
        self.in_waves = "precision" in budget
        self.planned = int(budget["max_paths"] if self.in_waves else budget.get("paths", 1_000_000))

    def run(self) -> Result:
        # What is kept already, and what was added up: ranges, tasks, bytes.
        waiting: list[Task | Range | bytes] = list(self.store.parts()) if self.store else []
        done: list[Range] = [kept for kept in waiting if isinstance(kept, tuple)]
        missing = self._missing(waiting, done)
        while missing:
            todo = self._tasks(missing, waiting, done)
            waiting = [self._wave(todo, waiting, done)]
            missing = self._missing(waiting, done)
        return Result(_liqsim.Part.of_bytes(self._whole(waiting)).result(self.scenario._core))

    def _missing(self, waiting: list[Task | Range | bytes], done: list[Range]) -> list[Range]:
        if not waiting or not self.in_waves:
            return gaps(done, _liqsim.Part.next_look(self.scenario._core, 0))
        part = _liqsim.Part.of_bytes(self._whole(waiting))
        waiting[:] = [part.to_bytes()]
        return part.missing(self.scenario._core)

    def _whole(self, waiting: list[Task | Range | bytes]) -> bytes:
        """What is there, added up here, a few at a time."""
        while len(waiting) > 1:
            waiting[:ARITY] = [_sum(self.store, *map(_content, waiting[:ARITY]))]
        content = _content(waiting[0])
        return _sum(self.store, content) if isinstance(content, tuple) else content

    def _tasks(self, missing: list[Range], waiting: list[Task | Range | bytes], done: list[Range]) -> list[Range]:
        """The missing blocks in tasks."""
        total = sum(end - start for start, end in missing)
        count = self.count
        if count is None:
            if self.pace is None:
                self._pilot(missing, waiting, done)
                missing = [gap for gap in _without(missing, done) if gap[0] < gap[1]]
                total = sum(end - start for start, end in missing)
            seconds = total * (self.pace or 0.0)
            wanted = max(seconds / self.seconds, min(4.0 * self.engine.workers(), seconds))
            count = max(1, min(total, math.ceil(wanted)))
        return [piece for gap in missing for piece in _cut(gap, max(1, math.ceil(count * (gap[1] - gap[0]) / total)))]

    def _pilot(self, missing: list[Range], waiting: list[Task | Range | bytes], done: list[Range]) -> None:
        """Runs a few blocks here: how long they take, and what the other parts need not find out again."""
        start, end = missing[0]
        # The first block also pays for what is found out once.
        for piece in ((start, min(start + 1, end)), (start + 1, min(start + 1 + PILOT, end))):
            if piece[0] >= piece[1]:
                self.pace = self.pace or 0.0
                return
            began = time.perf_counter()
            content, self.hints = _piloted(self.scenario, piece, self.hints, self.store)
            self.pace = (time.perf_counter() - began) / (piece[1] - piece[0])
            waiting.append(piece if self.store else content)
            done.append(piece)

    def _wave(self, todo: list[Range], waiting: list[Task | Range | bytes], done: list[Range]) -> bytes | Range:
        """Runs ranges, and adds up what they come to with what is there."""
        running: dict[Task, Range | None] = {}
        paths = BLOCK * sum(end - start for start, end in done)
        try:
            for piece in todo:
                running[self.engine.submit(_part, self.scenario, piece, self.hints, self.store)] = piece
            while running or len(waiting) > 1:
                while len(waiting) >= ARITY or (not running and len(waiting) > 1):
                    some, waiting = waiting[:ARITY], waiting[ARITY:]
                    running[self.engine.submit(_sum, self.store, *some)] = None
                for task in self.engine.finished(list(running)):
                    piece_done = running.pop(task)
                    waiting.append(task)
                    if piece_done is not None:
                        done.append(piece_done)
                        paths += BLOCK * (piece_done[1] - piece_done[0])
                        if self.said is not None:
                            self.said(min(paths, self.planned), self.planned)
        except BaseException:
            self.engine.cancel(list(running))
            raise
        return _content(waiting[0])


def _content(kept: Task | Range | bytes) -> bytes | Range:
    return bytes(kept.result()) if isinstance(kept, Task) else kept


def _cut(gap: Range, count: int) -> list[Range]:
    """A range in so many of about the same size."""
    start, size = gap[0], gap[1] - gap[0]
    edges = [start + size * number // count for number in range(count + 1)]
    return [(one, two) for one, two in zip(edges, edges[1:], strict=False) if one < two]


def _without(ranges: list[Range], done: list[Range]) -> list[Range]:
    """What of some ranges is not done."""
    return [
        (max(start, low), min(end, high))
        for start, end in ranges
        for low, high in gaps(done, end)
        if max(start, low) < min(end, high)
    ]


def _piloted(scenario: Scenario, piece: Range, hints: bytes | None, store: Store | None) -> tuple[bytes, bytes]:
    part = _liqsim.Part.run(scenario._core, *piece, hints, 1)
    content = part.to_bytes()
    if store is not None:
        store.keep_part(piece, content)
    return content, part.hints()


def _part(scenario: Scenario, piece: Range, hints: bytes | None, store: Store | None) -> bytes:
    """One range of blocks, on one core."""
    return _piloted(scenario, piece, hints, store)[0]


def _sum(store: Store | None, *parts: bytes | Range) -> bytes:
    """The sum of parts that were handed on, or are kept under their ranges."""
    contents = (store.part(part) if store and isinstance(part, tuple) else bytes(part) for part in parts)
    total: _liqsim.Part | None = None
    for content in contents:
        part = _liqsim.Part.of_bytes(content)
        total = part if total is None else _liqsim.Part.sum([total, part])
    assert total is not None
    return total.to_bytes()


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
