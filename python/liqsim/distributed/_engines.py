"""Who does the tasks: processes of this machine, Dask, Ray. What a worker's death took is done again; a task that fails is not."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Self

ATTEMPTS = 6
"""Work whose workers die so often, with nothing finished in between, is given up."""


class Task:
    """A call that is to be done; its arguments may be other tasks that are finished."""

    def __init__(self, call: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.call = call
        self.arguments = arguments
        self.attempts = 0
        self.future: Any = None
        self.answer: Callable[[], Any] = lambda: None

    def result(self) -> Any:
        """What the call gave, once it is finished."""
        return self.answer()


class Engine(ABC):
    """Does tasks somewhere. One of your own needs ``submit``, ``finished`` and ``workers``."""

    @abstractmethod
    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        """Has a call done, with finished tasks among its arguments in place of what they gave."""

    @abstractmethod
    def finished(self, tasks: list[Task]) -> list[Task]:
        """Waits until some of the tasks are finished and gives these.

        Raises:
            Exception: What one of them raised.
        """

    @abstractmethod
    def workers(self) -> int:
        """Number of cores."""

    def share(self, value: Any) -> Any:
        """A value that many calls have among their arguments, as it is best handed to them."""
        return value

    def cancel(self, tasks: list[Task]) -> None:
        """Gives up tasks."""

    def close(self) -> None:
        """Ends what was started here."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _without_arguments(tasks: list[Task]) -> list[Task]:
    """Finished tasks, which need no longer hold what they were given."""
    for task in tasks:
        task.arguments = ()
    return tasks


class Processes(Engine):
    """Processes of this machine. They are spawned: where the caller is a script, it needs ``if __name__ == "__main__":``."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._pool = self._started()
        self._deaths = 0

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"))

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        task = Task(call, tuple(of.result() if isinstance(of, Task) else of for of in arguments))
        self._begin(task)
        return task

    def _begin(self, task: Task) -> None:
        try:
            future: Future[Any] = self._pool.submit(task.call, *task.arguments)
        except BrokenProcessPool:
            self._pool = self._started()
            future = self._pool.submit(task.call, *task.arguments)
        task.future, task.answer = future, future.result

    def finished(self, tasks: list[Task]) -> list[Task]:
        while True:
            done, _ = wait([task.future for task in tasks], return_when=FIRST_COMPLETED)
            ended = [task for task in tasks if task.future in done]
            # One process that dies takes along all that its pool had to do.
            lost = [task for task in ended if isinstance(task.future.exception(), BrokenProcessPool)]
            self._deaths += bool(lost)
            for task in lost:
                if self._deaths >= ATTEMPTS:
                    task.result()
                self._begin(task)
            whole = [task for task in ended if task not in lost]
            for task in whole:
                task.result()
            if whole:
                self._deaths = 0
                return _without_arguments(whole)

    def workers(self) -> int:
        return self._workers

    def cancel(self, tasks: list[Task]) -> None:
        for task in tasks:
            task.future.cancel()
        for process in list((self._pool._processes or {}).values()):
            process.terminate()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


class Dask(Engine):
    """A cluster of Dask: a ``distributed.Client``, a scheduler's address, or without either a local one on the loopback."""

    def __init__(self, address: Any = None, workers: int | None = None) -> None:
        distributed: Any = import_module("distributed")
        self._cluster: Any = None
        self._is_ours = not isinstance(address, distributed.Client)
        if address is None:
            self._cluster = distributed.LocalCluster(
                n_workers=workers or os.cpu_count() or 1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
            )
        self._client: Any = distributed.Client(self._cluster or address) if self._is_ours else address
        # Futures as they end: to wait for thousands anew each time would take longer than their tasks.
        self._ending: Any = distributed.as_completed(loop=self._client.loop)
        self._ended: set[str] = set()

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        task = Task(call, tuple(of.future if isinstance(of, Task) else of for of in arguments))
        self._begin(task)
        return task

    def _begin(self, task: Task) -> None:
        task.attempts += 1
        task.future = self._client.submit(task.call, *task.arguments, pure=False)
        task.answer = task.future.result
        self._ending.add(task.future)

    def finished(self, tasks: list[Task]) -> list[Task]:
        distributed: Any = import_module("distributed")
        by_key = {task.future.key: task for task in tasks}
        while True:
            while not (keys := self._ended & by_key.keys()):
                self._ended.update(future.key for future in self._ending.next_batch())
            self._ended -= keys
            ended = [by_key.pop(key) for key in keys]
            whole = []
            for task in ended:
                error = task.future.exception() if task.future.status == "error" else None
                if task.future.status in ("lost", "cancelled") or isinstance(error, distributed.KilledWorker):
                    if task.attempts >= ATTEMPTS:
                        task.result()
                    self._begin(task)
                    by_key[task.future.key] = task
                elif error is not None:
                    task.result()
                else:
                    whole.append(task)
            if whole:
                return _without_arguments(whole)

    def workers(self) -> int:
        return max(1, sum(int(threads) for threads in self._client.nthreads().values()))

    def cancel(self, tasks: list[Task]) -> None:
        self._client.cancel([task.future for task in tasks])

    def close(self) -> None:
        if self._is_ours:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _told(call: Callable[..., Any], *arguments: Any) -> tuple[None, Any]:
    """What a call gives, behind an empty answer: whether it went well is known without fetching what it gave."""
    return None, call(*arguments)


class Ray(Engine):
    """A cluster of Ray at an address, or one that is started here."""

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self._ray: Any = import_module("ray")
        self._is_ours = not self._ray.is_initialized()
        if self._is_ours:
            cores = None if address else workers
            self._ray.init(address=address, num_cpus=cores, include_dashboard=False, log_to_driver=False)
        # What a wrong input raises is raised again each time: only tasks whose workers died are done again, by Ray.
        options = {"num_cpus": 1, "num_returns": 2, "max_retries": ATTEMPTS - 1, "retry_exceptions": False}
        self._told = self._ray.remote(**options)(_told)

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        task = Task(call, arguments)
        given = (of.future[1] if isinstance(of, Task) else of for of in arguments)
        task.future = self._told.options(name=call.__name__).remote(call, *given)
        task.answer = lambda: self._ray.get(task.future[1])
        return task

    def finished(self, tasks: list[Task]) -> list[Task]:
        by_answer = {task.future[0]: task for task in tasks}
        done, others = self._ray.wait(list(by_answer), num_returns=1)
        # Whatever else is finished by now.
        more = self._ray.wait(others, num_returns=len(others), timeout=0)[0] if others else []
        self._ray.get([*done, *more])
        return _without_arguments([by_answer[answer] for answer in (*done, *more)])

    def workers(self) -> int:
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def share(self, value: Any) -> Any:
        return self._ray.put(value)

    def cancel(self, tasks: list[Task]) -> None:
        for task in tasks:
            self._ray.cancel(task.future[0], force=True)

    def close(self) -> None:
        if self._is_ours:
            self._ray.shutdown()


def engine_of(engine: str | Engine, workers: int | None, address: Any) -> Engine:
    """The engine of a name; one that is given is used as it is, and left open."""
    if isinstance(engine, Engine):
        return _Borrowed(engine)
    if engine == "processes":
        if address is not None:
            raise ValueError("processes are those of this machine: they have no address")
        return Processes(workers)
    if engine == "dask":
        return Dask(address, workers)
    if engine == "ray":
        return Ray(address, workers)
    raise ValueError(f'engine must be "processes", "dask", "ray" or an Engine, and not {engine!r}')


class _Borrowed(Engine):
    """An engine of the caller's, which stays open."""

    def __init__(self, of: Engine) -> None:
        self._of = of

    def submit(self, call: Callable[..., Any], *arguments: Any) -> Task:
        return self._of.submit(call, *arguments)

    def finished(self, tasks: list[Task]) -> list[Task]:
        return self._of.finished(tasks)

    def workers(self) -> int:
        return self._of.workers()

    def share(self, value: Any) -> Any:
        return self._of.share(value)

    def cancel(self, tasks: list[Task]) -> None:
        self._of.cancel(tasks)
