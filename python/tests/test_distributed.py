"""Runs and sweeps in parts: the bytes of one machine, whoever dies on the way."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from conftest import ROOT

import liqsim as lq
from liqsim import _liqsim, distributed

PATHS = 40_960
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


def killing(pids, times: int, pause: float):
    """Kills a process at random now and then, until stopped."""
    stop, killed = threading.Event(), []

    def work() -> None:
        generator = random.Random(1)
        while not stop.wait(pause) and len(killed) < times:
            if found := pids():
                pid = generator.choice(found)
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=work)
    thread.start()
    return stop, thread, killed


def test_processes_that_are_killed_change_nothing():
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    engine = distributed.Processes(2)
    stop, thread, killed = killing(lambda: list(engine._pool._processes or {}), 3, 1.5)
    try:
        found = distributed.run(scenario, engine=engine, parts=40)
    finally:
        stop.set()
        thread.join()
        engine.close()
    assert found.to_json() == scenario.run().to_json()
    assert killed


def test_a_driver_that_is_killed_is_followed_by_another(tmp_path):
    code = f"""
        import liqsim as lq
        from liqsim import distributed
        if __name__ == "__main__":
            scenario = lq.Scenario.load({str(ROOT / "scenarios/model-heston.toml")!r}).replace(paths=200_000)
            distributed.run(scenario, workers=1, parts=40, into={str(tmp_path)!r})
    """
    script = tmp_path / "driver.py"
    script.write_text(textwrap.dedent(code))
    driver = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    folder = tmp_path / scenario.identity
    until = time.monotonic() + 60
    while len(list(folder.glob("*.part"))) < 3 and time.monotonic() < until and driver.poll() is None:
        time.sleep(0.05)
    os.killpg(driver.pid, signal.SIGKILL)
    driver.wait()
    kept = len(list(folder.glob("[0-9]*.part")))
    assert 3 <= kept < 40
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
    with parts.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None) as made:
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
    stop, thread, killed = killing(lambda: list(client.run(os.getpid).values()), 3, 1.5)
    try:
        found = distributed.run(scenario, engine="dask", address=client, parts=40)
    finally:
        stop.set()
        thread.join()
    assert found.to_json() == scenario.run().to_json()
    assert killed


@pytest.mark.ray
def test_ray_gives_the_bytes_of_one(scenario):
    pytest.importorskip("ray")
    found = distributed.run(scenario, engine="ray", workers=2, parts=9)
    assert found.to_json() == scenario.run().to_json()


@pytest.mark.ray
def test_workers_of_ray_that_are_killed_change_nothing():
    pytest.importorskip("ray")
    psutil = pytest.importorskip("psutil")

    def pids() -> list[int]:
        below = psutil.Process().children(recursive=True)
        return [process.pid for process in below if process.is_running() and "ray::_part" in " ".join(process.cmdline())]

    scenario = lq.Scenario.load(ROOT / "scenarios/model-heston.toml").replace(paths=200_000)
    stop, thread, killed = killing(pids, 10, 0.7)
    try:
        found = distributed.run(scenario, engine="ray", workers=2, parts=60)
    finally:
        stop.set()
        thread.join()
    assert found.to_json() == scenario.run().to_json()
    assert killed
