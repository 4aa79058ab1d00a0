"""What is missing of a run, cut into tasks, and what they come to, added up."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from .. import _liqsim
from .._result import Result
from .._scenario import Scenario
from ._engine import Engine, Task
from ._flight import Flight
from ._pilot import Pilot, tasks_of
from ._store import Range, Store, gaps
from ._work import add_parts, packed, run_part

ARITY = 8
"""Parts that one task adds up."""
BLOCK = 1_024
"""Paths of a block."""

Kept = Task | Range | bytes
"""A part: a task that made it, a range under which it is kept, or its bytes."""


class Driver:
    """Cuts what is missing of a run into tasks, adds up what they come to, and looks what is missing then."""

    def __init__(
        self, scenario: Scenario, engine: Engine, store: Store | None, count: int | None, seconds: float, said: Any
    ) -> None:
        self._scenario = scenario
        self._packed = packed(scenario)
        self._engine = engine
        self._store = store
        self._count = count
        self._seconds = seconds
        self._said = said
        self._hints: bytes | None = None
        self._pace: float | None = None
        """Seconds a block, once a pilot has told."""
        budget = scenario.to_dict()["simulation"]
        self._in_waves = "precision" in budget
        most = BLOCK * _liqsim.Part.all_blocks(scenario._core)
        self._planned = min(most, int(budget.get("max_paths" if self._in_waves else "paths", most)))

    def run(self) -> Result:
        """The result, with what is kept already."""
        waiting: list[Kept] = list(self._store.parts()) if self._store else []
        done: list[Range] = [kept for kept in waiting if isinstance(kept, tuple)]
        missing = self._missing(waiting, done)
        while missing:
            todo = self._tasks(missing, waiting, done)
            waiting = [self._wave(todo, waiting, done)]
            missing = self._missing(waiting, done)
        return Result(_liqsim.Part.of_bytes(self._whole(waiting)).result(self._scenario._core))

    def _missing(self, waiting: list[Kept], done: list[Range]) -> list[Range]:
        if not waiting or not self._in_waves:
            return gaps(done, _liqsim.Part.next_look(self._scenario._core, 0))
        part = _liqsim.Part.of_bytes(self._whole(waiting))
        waiting[:] = [part.to_bytes()]
        return part.missing(self._scenario._core)

    def _whole(self, waiting: list[Kept]) -> bytes:
        """What is there, added up here, a few at a time."""
        while len(waiting) > 1:
            waiting[:ARITY] = [add_parts(self._store, *map(_content, waiting[:ARITY]))]
        content = _content(waiting[0])
        return add_parts(self._store, content) if isinstance(content, tuple) else content

    def _tasks(self, missing: list[Range], waiting: list[Kept], done: list[Range]) -> list[Range]:
        """The missing blocks in tasks."""
        total = _blocks(missing)
        count = self._count
        if count is None:
            if self._pace is None:
                missing = self._pilot(missing, waiting, done)
                total = _blocks(missing)
            count = tasks_of(total, self._pace or 0.0, self._seconds, self._engine.workers())
        return [piece for gap in missing for piece in _cut(gap, max(1, math.ceil(count * (gap[1] - gap[0]) / total)))]

    def _pilot(self, missing: list[Range], waiting: list[Kept], done: list[Range]) -> list[Range]:
        """Runs some blocks here, and gives what is missing then."""
        pilot = Pilot(self._packed, missing[0], _blocks(missing), self._store)
        self._pace, self._hints = pilot.pace, pilot.hints
        waiting.extend(pilot.pieces if self._store else pilot.parts)
        done.extend(pilot.pieces)
        rest = (pilot.pieces[-1][1], missing[0][1])
        return ([rest] if rest[0] < rest[1] else []) + missing[1:]

    def _wave(self, todo: list[Range], waiting: list[Kept], done: list[Range]) -> bytes | Range:
        """Runs ranges, and adds up what they come to with what is there."""
        queue = deque(todo)
        flight = Flight(self._engine)
        payload, hints = self._engine.share(self._packed), self._engine.share(self._hints)
        pieces: dict[Task, Range] = {}
        paths = BLOCK * _blocks(done)
        self._say(paths)
        try:
            while queue or flight.tasks or len(waiting) > 1:
                while len(waiting) >= ARITY or (not queue and not flight.tasks and len(waiting) > 1):
                    some, waiting = waiting[:ARITY], waiting[ARITY:]
                    flight.start(add_parts, self._store, *some)
                while queue and flight.has_room():
                    piece = queue.popleft()
                    pieces[flight.start(run_part, payload, piece, hints, self._store)] = piece
                for task in flight.landed():
                    piece_done = pieces.pop(task, None)
                    # What is kept is read there by whoever adds it up.
                    waiting.append(task if piece_done is None or self._store is None else piece_done)
                    if piece_done is not None:
                        done.append(piece_done)
                        paths += BLOCK * (piece_done[1] - piece_done[0])
                        self._say(paths)
        except BaseException:
            flight.cancel()
            raise
        return _content(waiting[0])

    def _say(self, paths: int) -> None:
        if self._said is not None and paths:
            self._said(min(paths, self._planned), self._planned)


def _blocks(ranges: list[Range]) -> int:
    return sum(end - start for start, end in ranges)


def _content(kept: Kept) -> bytes | Range:
    return bytes(kept.result()) if isinstance(kept, Task) else kept


def _cut(gap: Range, count: int) -> list[Range]:
    """A range in so many of about the same size."""
    start, size = gap[0], gap[1] - gap[0]
    edges = [start + size * number // count for number in range(count + 1)]
    return [(one, two) for one, two in zip(edges, edges[1:], strict=False) if one < two]
