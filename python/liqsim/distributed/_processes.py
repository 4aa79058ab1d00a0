"""Processes of this machine, each behind a pipe of its own.

The executor of the standard library has one pipe and one lock for the answers of all its processes. One that
is killed in the middle of an answer leaves half of it and the lock taken, and everybody waits forever; where
one dies while a call is handed in, that call can be lost. Here they share nothing, and no thread runs beside the
driver: the end of a pipe, wherever in a message it comes, is the death of one process, whose task is done again.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from .._errors import RunError
from ._engine import ATTEMPTS, Engine, Task, without_arguments

GONE = (EOFError, OSError)
"""What a pipe raises whose other end is closed: reset or broken where something was still under way."""


class Processes(Engine):
    """Processes of this machine, for one thread at a time.

    They are spawned: where the caller is a script, it needs ``if __name__ == "__main__":``. They end with the driver, also where that is killed.
    """

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._live: list[_Worker] = []
        self._waiting: deque[Task] = deque()
        self._stillborn = 0
        """Those that died before they could work, since the last one that could."""

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        task = Task(call, tuple(of.result() if isinstance(of, Task) else of for of in arguments))
        task.future = Future()
        task.answer = task.future.result
        self._waiting.append(task)
        self._hear(0)
        return task

    def finished(self, tasks: list[Task]) -> list[Task]:
        while not (ended := [task for task in tasks if task.future.done()]):
            self._hear(None)
        for task in ended:
            task.result()
        return without_arguments(ended)

    def _hear(self, seconds: float | None) -> None:
        """Waits so long until some worker says something, and sees to it that those that can work do."""
        busy = sum(worker.task is not None for worker in self._live)
        while len(self._live) < min(self._workers, busy + len(self._waiting)):
            self._live.append(_Worker())
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self._live}
        for pipe in wait(by_pipe, seconds):
            worker = by_pipe[pipe]
            try:
                worker.hear()
                self._stillborn = 0
            except GONE:
                self._bury(worker)
        while self._waiting and (idle := [worker for worker in self._live if worker.is_idle]):
            self._begin(idle[0], self._waiting.popleft())

    def _begin(self, worker: _Worker, task: Task) -> None:
        try:
            worker.begin(task)
        except GONE:
            self._bury(worker)
        except Exception as error:
            # What cannot be pickled never left.
            task.future.set_exception(error)

    def _bury(self, worker: _Worker) -> None:
        """Has the task of a dead worker done by another."""
        self._live.remove(worker)
        worker.end()
        task = worker.task
        if task is None:
            # One that was waiting for a task leaves nothing behind.
            self._stillborn += not worker.is_idle
            if self._stillborn >= ATTEMPTS:
                raise RunError(
                    f"{ATTEMPTS} processes died one after the other before they could work",
                    'a script that starts them does so below `if __name__ == "__main__":`',
                )
            return
        task.attempts += 1
        if task.attempts < ATTEMPTS:
            self._waiting.appendleft(task)
        else:
            error = RunError(f"{ATTEMPTS} processes died, one after the other, of the same task", "is there too little memory?")
            task.future.set_exception(error)

    def workers(self) -> int:
        return self._workers

    def cancel(self, tasks: list[Task]) -> None:
        for task in tasks:
            task.future.cancel()
        under_way = [worker.task for worker in self._live if worker.task is not None]
        # Also those that do other tasks or none: an interrupt may have come in the middle of a message.
        self.close()
        self._waiting = deque(task for task in (*under_way, *self._waiting) if not task.future.cancelled())

    def close(self) -> None:
        while self._live:
            self._live.pop().end()


class _Worker:
    """A process, the pipe to it, and the task that it has."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        # With no end of it left here the pipe ends when the process does.
        theirs.close()
        self.task: Task | None = None
        self.is_idle = False
        """Whether it waits for a task; one that still starts does not."""

    def begin(self, task: Task) -> None:
        """Hands it a task. It is waiting for one, so that this takes no longer than the message."""
        content = pickle.dumps((task.call, task.arguments))
        self.task, self.is_idle = task, False
        self.pipe.send_bytes(content)

    def hear(self) -> None:
        """Takes in that it is there, or its answer."""
        content = self.pipe.recv_bytes()
        task, self.task, self.is_idle = self.task, None, True
        if task is None:
            return
        try:
            given, error, where = pickle.loads(content)
        except Exception as unreadable:
            given, error, where = None, unreadable, "It came of the answer of a worker, which cannot be read."
        if error is None:
            task.future.set_result(given)
        else:
            error.add_note(where)
            task.future.set_exception(error)

    def end(self) -> None:
        """Ends the process, whatever it does."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection[Any, Any]) -> None:
    """What a worker does: one call after the other, until the driver closes its pipe or is gone itself."""
    # Ctrl-C goes to all processes of a terminal; it is for the driver, which ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(*GONE):
        pipe.send_bytes(b"")
        while True:
            pipe.send_bytes(_answer(pipe.recv_bytes()))


def _answer(content: bytes) -> bytes:
    """What a call gives, or what it raised and where."""
    try:
        call, arguments = pickle.loads(content)
        return pickle.dumps((call(*arguments), None, ""))
    except BaseException as error:
        where = traceback.format_exc()
        try:
            return pickle.dumps((None, error, where))
        except Exception:
            return pickle.dumps((None, RuntimeError(repr(error)), where))
