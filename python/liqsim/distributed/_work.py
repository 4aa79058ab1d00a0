"""What tasks do, wherever they are done."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from functools import lru_cache

from .. import _liqsim
from .._result import Result
from .._scenario import Scenario
from .._study import run_cells
from ._store import Range, Store

Cells = list[list[str]]
"""What is set in each cell of a group that shares its paths."""


def packed(scenario: Scenario) -> bytes:
    """A scenario with the files that it names, once for all tasks."""
    return pickle.dumps(scenario)


@lru_cache(maxsize=2)
def opened(scenario: bytes) -> Scenario:
    """The scenario again; a worker does many tasks of the same one."""
    found: Scenario = pickle.loads(scenario)
    return found


def run_part(scenario: bytes, piece: Range, hints: bytes | None, store: Store | None) -> bytes:
    """One range of blocks, on one core; nothing where it is kept, since whoever adds it up reads it there."""
    content, _ = run_and_hint(scenario, piece, hints, store)
    return content if store is None else b""


def run_and_hint(scenario: bytes, piece: Range, hints: bytes | None, store: Store | None) -> tuple[bytes, bytes]:
    """The same, with what other parts need not find out again."""
    part = _liqsim.Part.run(opened(scenario)._core, *piece, hints, 1)
    content = part.to_bytes()
    if store is not None:
        store.keep_part(piece, content)
    return content, part.hints()


def add_parts(store: Store | None, *parts: bytes | Range) -> bytes:
    """The sum of parts that were handed on, or are kept under their ranges; two are held at a time."""
    contents = (store.part(part) if store and isinstance(part, tuple) else bytes(part) for part in parts)
    total: _liqsim.Part | None = None
    for content in contents:
        part = _liqsim.Part.of_bytes(content)
        total = part if total is None else _liqsim.Part.sum([total, part])
    assert total is not None
    return total.to_bytes()


def run_groups(base: bytes, groups: Sequence[Cells]) -> tuple[float, list[Result]]:
    """The cells of some groups, on one core, and the seconds that they took."""
    began = time.perf_counter()
    results = [result for cells in groups for result in run_cells(opened(base), cells, 1)]
    return time.perf_counter() - began, results
