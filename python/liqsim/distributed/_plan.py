"""What would be run: how long it takes, in how many tasks, and files for schedulers that know nothing of Python."""

from __future__ import annotations

from .. import _liqsim
from .._errors import RunError
from .._scenario import Scenario
from .._values import whole
from ._pilot import Pilot, tasks_of
from ._work import packed

SLURM = """#!/bin/bash
#SBATCH --array=1-{tasks} --cpus-per-task=1 --requeue --time={minutes}
mkdir -p parts
exec liqsim run {file} --paths {paths} --seed {seed} --threads 1 --resume kept \\
    --shard "$SLURM_ARRAY_TASK_ID/{tasks}" -o "parts/$SLURM_ARRAY_TASK_ID.part"
"""

KUBERNETES = """apiVersion: batch/v1
kind: Job
metadata: {{ name: liqsim }}
spec:
  completionMode: Indexed
  completions: {tasks}
  parallelism: {parallel}
  backoffLimitPerIndex: 3
  podFailurePolicy:
    rules:
      - {{ action: Ignore, onPodConditions: [{{ type: DisruptionTarget }}] }}
      - {{ action: FailJob, onExitCodes: {{ containerName: liqsim, operator: In, values: [2] }} }}
  template:
    spec:
      restartPolicy: Never
      volumes: [{{ name: work, persistentVolumeClaim: {{ claimName: liqsim }} }}]
      containers:
        - name: liqsim
          image: liqsim
          workingDir: /work
          resources: {{ requests: {{ cpu: "1", memory: 256Mi }} }}
          volumeMounts: [{{ name: work, mountPath: /work }}]
          command:
            - sh
            - -c
            - mkdir -p parts && exec liqsim run {file} --paths {paths} --seed {seed} --threads 1 --resume kept
              --shard "$((JOB_COMPLETION_INDEX + 1))/{tasks}" -o "parts/$JOB_COMPLETION_INDEX.part"
"""

SNAKEMAKE = """N = {tasks}

rule whole:
    input: expand("parts/{{k}}.part", k=range(1, N + 1))
    output: "result.json"
    shell: "liqsim merge {{input}} -o {{output}}"

rule part:
    input: "{file}"
    output: "parts/{{k}}.part"
    shell: "liqsim run {{input}} --paths {paths} --seed {seed} --threads 1 --resume kept --shard {{wildcards.k}}/{{N}} -o {{output}}"
"""


class Plan:
    """What a run would be on a cluster, as a pilot of about a second on this machine foretells it.

    Raises:
        RunError: The scenario runs to a precision, so that nobody knows how long it takes.
    """

    def __init__(
        self,
        scenario: Scenario,
        paths: float | None = None,
        *,
        seed: int | None = None,
        workers: int = 1,
        task_seconds: float = 30.0,
    ) -> None:
        asked = scenario.replace(paths=paths, seed=seed)
        budget = asked.to_dict()["simulation"]
        if "precision" in budget:
            raise RunError("nobody knows how long a run to a precision takes", "give the number of paths: paths=1e10")
        self.paths = int(budget.get("paths", 1_000_000))
        """Number of paths."""
        self.seed = asked.seed
        """Seed of all randomness."""
        self.blocks = _liqsim.Part.all_blocks(asked._core)
        """Number of blocks, which parts are made of."""
        self.workers = whole(workers, "workers", 1) or 1
        """Number of cores it was planned for."""
        self.seconds_per_block = Pilot(packed(asked), (0, self.blocks), self.blocks).pace
        """Processor seconds that a block of 1024 paths takes."""
        self.tasks = tasks_of(self.blocks, self.seconds_per_block, task_seconds, self.workers)
        """Number of tasks, each of one core."""

    @property
    def core_seconds(self) -> float:
        """Processor seconds of all paths."""
        return self.blocks * self.seconds_per_block

    @property
    def seconds(self) -> float:
        """Seconds that it takes on so many workers, without their start."""
        rounds = -(-self.tasks // self.workers)
        return rounds * self.core_seconds / self.tasks

    def slurm(self, file: str = "liqsim.toml") -> str:
        """A script for ``sbatch`` that runs the parts of a scenario's file; ``liqsim merge parts -o result.json`` joins them."""
        # Ten times what a task takes, and at least some minutes: a queue that ends a task too early wastes all of it.
        minutes = 5 + round(10 * self.core_seconds / self.tasks / 60)
        return SLURM.format(**self._words(file), minutes=minutes)

    def kubernetes(self, file: str = "liqsim.toml") -> str:
        """An Indexed Job (Kubernetes 1.33 or newer) on a volume that all pods share, as YAML."""
        return KUBERNETES.format(**self._words(file), parallel=min(self.tasks, self.workers))

    def snakemake(self, file: str = "liqsim.toml") -> str:
        """A Snakefile."""
        return SNAKEMAKE.format(**self._words(file))

    def _words(self, file: str) -> dict[str, object]:
        return {"tasks": self.tasks, "file": file, "paths": self.paths, "seed": self.seed}

    def __repr__(self) -> str:
        return (
            f"<{self.paths:,} paths: {self.core_seconds:,.0f} core seconds in {self.tasks:,} tasks of "
            f"{self.core_seconds / self.tasks:.0f} s, {self.seconds:,.0f} s on {self.workers:,} cores>"
        )
