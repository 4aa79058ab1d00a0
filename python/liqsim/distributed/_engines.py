"""Engines by name: processes of this machine, Dask, Ray. What a worker's death took is done again; a task that fails is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

from ._engine import ATTEMPTS, Engine, Task, without_arguments
from ._processes import Processes


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
                return without_arguments(whole)

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
        return without_arguments([by_answer[answer] for answer in (*done, *more)])

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
