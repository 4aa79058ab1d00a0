"""Runs and sweeps in parts: the bytes of one machine, whoever dies on the way."""

import contextlib
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import ROOT

import liqsim as lq
from liqsim import _liqsim, distributed

PATHS = 40_960
KILLS = int(os.environ.get("LIQSIM_KILLS", "3"))
"""Workers that are killed in a test. Starting a new one is what takes the time: ten of each kind take minutes."""
BLOCKS = 40


def cut(count: int) -> list[tuple[int, int]]:
    """All blocks in so many ranges."""
    edges = [BLOCKS * number // count for number in range(count + 1)]
    return list(zip(edges, edges[1:], strict=False))


@pytest.fixture(scope="module", params=["model-heston", "btc-funding-30d", "btc-perp-30d"])
def scenario(request) -> lq.Scenario:
    return lq.Scenario.load(ROOT / f"scenarios/{request.param}.toml").replace(paths=PATHS)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_parts_in_any_order_and_tree_are_the_run(scenario, count):
    hints = _liqsim.Part.run(scenario._core, 0, 1).hints()
    # Half of them know nothing of what the first one found out.
    parts = [_liqsim.Part.run(scenario._core, *piece, hints if piece[0] % 2 else None, 1) for piece in cut(count)]
    generator = random.Random(count)
    while len(parts) > 1:
        some = [parts.pop(generator.randrange(len(parts))) for _ in range(min(len(parts), generator.randint(2, 5)))]
        parts.append(_liqsim.Part.of_bytes(_liqsim.Part.sum(some).to_bytes()))
    assert parts[0].blocks == [(0, BLOCKS)] and parts[0].paths == PATHS
    assert parts[0].result(scenario._core).render("json") == scenario.run().to_json()


def test_parts_that_do_not_belong_together_are_refused(scenario):
    one, two = (_liqsim.Part.run(scenario._core, *piece, None, 1) for piece in cut(2))
    with pytest.raises(lq.MergeError, match=r"both hold blocks 0\.\.20"):
        _liqsim.Part.sum([one, two, one])
    with pytest.raises(lq.MergeError, match="two runs"):
        _liqsim.Part.sum([one, _liqsim.Part.run(scenario.replace(seed=77)._core, 20, 40)])
    with pytest.raises(lq.MergeError, match=r"missing: 20\.\.40"):
        one.result(scenario._core)
    assert one.missing(scenario._core) == [(20, 40)]
    with pytest.raises(lq.MergeError, match="not the one"):
        _liqsim.Part.sum([one, two]).result(scenario.replace(seed=77)._core)
    with pytest.raises(lq.RunError, match="no blocks"):
        _liqsim.Part.run(scenario._core, 39, 41)
    content = bytearray(one.to_bytes())
    content[len(content) // 2] ^= 1
    for damaged in (bytes(content), one.to_bytes()[:-9], b""):
        with pytest.raises(lq.MergeError, match="damaged"):
            _liqsim.Part.of_bytes(damaged)
    assert len(one.to_bytes()) < 400_000


def test_processes_give_the_bytes_of_one(scenario, tmp_path):
    told = []
    found = distributed.run(
        scenario, workers=2, parts=11, into=tmp_path, progress=lambda done, planned: told.append((done, planned))
    )
    assert found.to_json() == scenario.run().to_json()
    assert told[-1] == (PATHS, PATHS) and told == sorted(told)
    folder = tmp_path / scenario.identity
    kept = sorted(folder.iterdir())
    assert [path.name for path in kept] == sorted(f"{start}-{end}.part" for start, end in cut(11))
    # Whoever goes on does what is missing or damaged, and nothing else, however it is cut now.
    damaged, gone = kept[3], kept[7]
    stamps = {path: path.stat().st_mtime_ns for path in kept}
    damaged.write_bytes(damaged.read_bytes()[:100])
    gone.unlink()
    assert distributed.run(scenario, workers=2, parts=5, into=tmp_path).to_json() == found.to_json()
    changed = [path for path in kept if not path.exists() or path.stat().st_mtime_ns != stamps[path]]
    assert changed == [damaged, gone]


def test_a_precision_is_met_in_waves_where_one_machine_meets_it(tmp_path):
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-funding-30d.toml").replace(
        {"simulation.precision": 0.03, "simulation.max_paths": 300_000, "account.leverage": [5, 20]}
    )
    expected = scenario.run().to_json()
    assert distributed.run(scenario, workers=2, into=tmp_path).to_json() == expected
    # All is there: whoever asks again gets it without any work.
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / scenario.identity).iterdir()}
    assert distributed.run(scenario, workers=1, parts=3, into=tmp_path).to_json() == expected
    assert stamps == {path: path.stat().st_mtime_ns for path in (tmp_path / scenario.identity).iterdir()}


def test_wrong_input_is_an_error_at_once():
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    with pytest.raises(lq.RunError, match="cannot be cut"):
        distributed.run(scenario, 2_000, workers=1, parts=50)
    with pytest.raises(ValueError, match="engine must be"):
        distributed.run(scenario, engine="spark")
    with pytest.raises(ValueError, match="no address"):
        distributed.run(scenario, address="here")


class Failing(distributed.Engine):
    """Counts what it is asked to do, and fails at it."""

    asked = 0

    def submit(self, call, *arguments):
        self.asked += 1
        return distributed.Task(call, arguments)

    def finished(self, tasks):
        raise ZeroDivisionError("a task failed")

    def workers(self):
        return 2


def test_a_task_that_fails_is_not_tried_again():
    engine = Failing()
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    with pytest.raises(ZeroDivisionError):
        distributed.run(scenario, PATHS, engine=engine, parts=4)
    assert engine.asked == 4


class Killing:
    """Progress that kills a worker at random whenever three more parts are done: in the middle of another one."""

    def __init__(self, pids, most: int = KILLS) -> None:
        self.pids, self.most = pids, most
        self.killed: list[int] = []
        self._calls, self._random = 0, random.Random(1)

    def __call__(self, done: int, planned: int) -> None:
        self._calls += 1
        if self._calls % 3 == 0 and len(self.killed) < self.most and (found := self.pids()):
            pid = self._random.choice(found)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)


def test_processes_that_are_killed_change_nothing():
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    with distributed.Processes(2) as engine:
        kills = Killing(lambda: [worker.process.pid for worker in engine._live])
        found = distributed.run(scenario, engine=engine, parts=40, progress=kills)
    assert found.to_json() == scenario.run().to_json()
    assert len(kills.killed) == kills.most


def kept_by_a_killed_driver(into, options: str) -> int:
    """Starts a run of 40 parts, kills it with all that it started when some are done, and gives how many these are."""
    code = f"""
        import liqsim as lq
        from liqsim import distributed
        if __name__ == "__main__":
            scenario = lq.Scenario.load({str(ROOT / "scenarios/model-heston.toml")!r}).replace(paths=200_000)
            distributed.run(scenario, {options}, parts=40, into={str(into)!r})
    """
    script = into / "driver.py"
    script.write_text(textwrap.dedent(code))
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    folder = into / scenario.identity
    driver = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    until = time.monotonic() + 120
    while len(list(folder.glob("*.part"))) < 3 and time.monotonic() < until and driver.poll() is None:
        time.sleep(0.05)
    os.killpg(driver.pid, signal.SIGKILL)
    driver.wait()
    kept = len(list(folder.glob("[0-9]*.part")))
    assert kept >= 3
    return kept


def test_a_driver_that_is_killed_is_followed_by_another(tmp_path):
    assert kept_by_a_killed_driver(tmp_path, "workers=1") < 40
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    assert distributed.run(scenario, workers=2, into=tmp_path).to_json() == scenario.run().to_json()


def test_a_sweep_in_parts_is_the_sweep(tmp_path):
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml").replace(paths=2_000)
    over = {"assets.BTC.model.volatility": [0.4, 0.6, 0.8], "account.equity": [1e3, 1e4]}
    expected = lq.sweep(scenario, over)
    assert distributed.sweep(scenario, over, workers=2, into=tmp_path) == expected
    assert distributed.sweep(scenario, over, workers=1, into=tmp_path) == expected
    assert len(list((tmp_path / "cells").iterdir())) == 6


@pytest.fixture(scope="module")
def cluster():
    parts = pytest.importorskip("distributed")
    with parts.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as made:
        with parts.Client(made) as client:
            yield made, client


def test_dask_gives_the_bytes_of_one(cluster, scenario):
    found = distributed.run(scenario, engine="dask", address=cluster[1], parts=9)
    assert found.to_json() == scenario.run().to_json()
    assert cluster[1].status == "running"


def test_dask_runs_a_sweep(cluster):
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml").replace(paths=2_000)
    over = {"simulation.horizon": ["1d", "7d"], "account.equity": [1e3, 1e4]}
    assert distributed.sweep(scenario, over, engine="dask", address=cluster[1]) == lq.sweep(scenario, over)


def test_workers_of_dask_that_are_killed_change_nothing(cluster):
    made, client = cluster
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    kills = Killing(lambda: [worker.pid for worker in made.workers.values() if worker.pid])
    found = distributed.run(scenario, engine="dask", address=client, parts=40, progress=kills)
    assert found.to_json() == scenario.run().to_json()
    assert len(kills.killed) == kills.most


def test_a_worker_of_dask_that_joins_late_gets_work(cluster):
    made, client = cluster
    distributed_ = pytest.importorskip("distributed")
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=300_000)
    with distributed_.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as small, distributed_.Client(small) as own:
        late = []

        def join(done: int, planned: int) -> None:
            if not late:
                late.append(set(own.nthreads()))
                small.scale(2)

        found = distributed.run(scenario, engine="dask", address=own, parts=60, progress=join)
        own.wait_for_workers(2, timeout=60)
        (new,) = set(own.nthreads()) - late[0]
        worked = own.run(lambda dask_worker: dask_worker.state.executed_count)
    assert found.to_json() == scenario.run().to_json()
    assert worked[new] > 0


def moved(name: str, folder) -> lq.Scenario:
    """A shipped scenario with the files that it names, read from a folder that is gone by now."""
    (folder / "prices").mkdir(parents=True)
    prices = "prices/btc-usdt-1h-2022-11.csv"
    for file in (f"{name}.toml", prices):
        (folder / file).write_bytes((ROOT / "scenarios" / file).read_bytes())
    scenario = lq.Scenario.load(folder / f"{name}.toml").replace(paths=PATHS)
    shutil.rmtree(folder)
    return scenario


def test_files_that_the_scenario_names_go_along(tmp_path, cluster):
    scenario = moved("model-bootstrap", tmp_path / "gone")
    expected = lq.Scenario.load(ROOT / "scenarios/model-bootstrap.toml").run(PATHS).to_json()
    # The workers of Dask were started elsewhere, and those of processes start there.
    for engine in ({"workers": 2, "into": tmp_path / "kept"}, {"engine": "dask", "address": cluster[1]}):
        assert distributed.run(scenario, parts=7, **engine).to_json() == expected
    over = {"account.equity": [1e3, 1e4], "simulation.horizon": ["1d", "2d"]}
    found = distributed.sweep(scenario, over, paths=2_048, engine="dask", address=cluster[1])
    assert found == lq.sweep(scenario, over, paths=2_048)


def test_parts_in_an_object_store(tmp_path):
    pytest.importorskip("fsspec")
    scenario = lq.Scenario.load(ROOT / "scenarios/model-gbm.toml").replace(paths=PATHS)
    into = f"file://{tmp_path}/bucket"
    found = distributed.run(scenario, workers=2, parts=5, into=into)
    assert found.to_json() == scenario.run().to_json()
    kept = sorted((tmp_path / "bucket" / scenario.identity).iterdir())
    assert [path.name for path in kept] == sorted(f"{start}-{end}.part" for start, end in cut(5))
    kept[2].write_bytes(kept[2].read_bytes()[:50])
    assert distributed.run(scenario, workers=1, parts=3, into=into).to_json() == found.to_json()


def test_a_precision_may_be_asked_for():
    scenario = lq.Scenario.load(ROOT / "scenarios/model-gbm.toml").replace({"account.leverage": [20]})
    expected = scenario.replace({"simulation.precision": "5%"}).run().to_json()
    assert distributed.run(scenario, precision="5%", workers=1).to_json() == expected
    assert distributed.run(scenario.replace(paths=9_000), precision="5%", workers=1).to_json() == expected
    with pytest.raises(ValueError, match="not both"):
        distributed.run(scenario, 1_000, precision=0.05)


def test_a_plan_says_what_would_be_run(tmp_path):
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    plan = distributed.Plan(scenario, 1e10, workers=8)
    assert plan.blocks == math.ceil(1e10 / 1_024)
    assert plan.core_seconds / plan.tasks == pytest.approx(30, rel=0.1)
    assert plan.core_seconds / 8 <= plan.seconds < plan.core_seconds / 8 + 2 * 30
    assert f"{plan.tasks:,} tasks" in repr(plan)
    options = f"--paths 10000000000 --seed {scenario.seed} --threads 1 --resume kept"
    for text in (plan.slurm("a.toml"), plan.kubernetes("a.toml"), plan.snakemake("a.toml")):
        assert options in text and str(plan.tasks) in text and "a.toml" in text
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(plan.kubernetes())["spec"]
    assert (job["completions"], job["parallelism"]) == (plan.tasks, 8)
    small = distributed.Plan(scenario, 5_000, workers=100)
    assert small.tasks == 1
    with pytest.raises(lq.RunError, match="precision"):
        distributed.Plan(scenario.replace({"simulation.precision": 0.1}))


def test_the_scripts_of_a_plan_make_the_whole(tmp_path, program):
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=20_000, seed=9)
    (tmp_path / "own.toml").write_text(scenario.to_toml())
    plan = distributed.Plan(scenario, task_seconds=1e-9)
    plan.tasks = 3
    paths = {"PATH": f"{program.path.parent}{os.pathsep}{os.environ['PATH']}"}

    def shell(script: str, **variables: str) -> None:
        subprocess.run(["bash", "-c", script], cwd=tmp_path, env=os.environ | paths | variables, check=True, capture_output=True)

    container = pytest.importorskip("yaml").safe_load(plan.kubernetes("own.toml"))["spec"]["template"]["spec"]["containers"][0]
    for task in range(3):
        shell(plan.slurm("own.toml"), SLURM_ARRAY_TASK_ID=str(task + 1))
        shell(container["command"][2].replace("parts", "of-pods"), JOB_COMPLETION_INDEX=str(task))
    for folder in ("parts", "of-pods"):
        shell(f"liqsim merge {folder} -o {folder}.json")
        assert (tmp_path / f"{folder}.json").read_text() == scenario.run().to_json()


@pytest.mark.parametrize("per_task", [1, 3, "auto"])
def test_cells_in_tasks_of_any_size(per_task):
    scenario = lq.Scenario.load(ROOT / "scenarios/model-gbm.toml").replace(paths=2_000)
    over = {"simulation.horizon": ["1d", "2d", "3d"], "account.equity": [1e3, 1e4]}
    told = []
    found = distributed.sweep(
        scenario, over, workers=2, cells_per_task=per_task, progress=lambda done, planned: told.append((done, planned))
    )
    assert found == lq.sweep(scenario, over)
    assert told[-1] == (6, 6)


@pytest.fixture(scope="module")
def nodes_of_ray():
    """A cluster of Ray of two workers, which engines of that name take."""
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.ray
def test_ray_gives_the_bytes_of_one(nodes_of_ray, scenario, tmp_path):
    expected = scenario.run().to_json()
    assert distributed.run(scenario, engine="ray", parts=9).to_json() == expected
    assert distributed.run(scenario, engine="ray", parts=9, into=tmp_path).to_json() == expected


@pytest.mark.ray
def test_ray_runs_a_sweep_with_the_files_it_needs(nodes_of_ray, tmp_path):
    scenario = moved("model-bootstrap", tmp_path / "gone").replace(paths=2_048)
    over = {"simulation.horizon": ["1d", "7d"], "account.equity": [1e3, 1e4]}
    assert distributed.sweep(scenario, over, engine="ray") == lq.sweep(scenario, over)


@pytest.mark.ray
def test_a_task_of_ray_that_fails_is_not_tried_again(nodes_of_ray, tmp_path):
    tries = tmp_path / "tries"

    def failing() -> None:
        with open(tries, "a") as file:
            file.write("x")
        raise lq.RunError("on purpose")

    with distributed.Ray() as engine:
        task = engine.submit(failing)
        with pytest.raises(lq.RunError, match="on purpose"):
            engine.finished([task])
    assert tries.read_text() == "x"


@pytest.mark.ray
def test_workers_of_ray_that_are_killed_change_nothing(nodes_of_ray):
    psutil = pytest.importorskip("psutil")

    def pids() -> list[int]:
        found = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "ray::run_part" in " ".join(process.cmdline()):
                    found.append(process.pid)
        return found

    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=400_000)
    kills = Killing(pids, 10)
    found = distributed.run(scenario, engine="ray", parts=60, progress=kills)
    assert found.to_json() == scenario.run().to_json()
    assert len(kills.killed) == kills.most


@pytest.fixture
def ray():
    """Ray, and nothing of it running; what a test starts is ended."""
    found = pytest.importorskip("ray")
    found.shutdown()
    yield found
    found.shutdown()


@pytest.mark.ray
def test_nodes_of_ray_may_join_late_and_die(ray):
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        ray.init(address=made.address, log_to_driver=False)
        scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=400_000)
        nodes, cores, calls = [], [], []

        def change(done: int, planned: int) -> None:
            calls.append(done)
            if len(calls) in (5, 15):
                nodes.append(made.add_node(num_cpus=1))
            elif len(calls) == 30:
                made.remove_node(nodes[0], allow_graceful=False)
            cores.append(ray.cluster_resources().get("CPU", 0))

        found = distributed.run(scenario, engine="ray", parts=80, progress=change)
        # Two joined, and one of them died, which is noticed some seconds later.
        assert max(cores) == 3
        until = time.monotonic() + 60
        while ray.cluster_resources()["CPU"] > 2 and time.monotonic() < until:
            time.sleep(0.2)
        assert ray.cluster_resources()["CPU"] == 2
    finally:
        ray.shutdown()
        made.shutdown()
    assert found.to_json() == scenario.run().to_json()


@pytest.mark.ray
def test_a_driver_of_ray_that_is_killed_is_followed_by_another(ray, tmp_path):
    assert kept_by_a_killed_driver(tmp_path, 'engine="ray", workers=1') < 40
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    found = distributed.run(scenario, engine="ray", workers=2, into=tmp_path)
    assert found.to_json() == scenario.run().to_json()
