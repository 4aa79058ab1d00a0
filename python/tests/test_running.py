"""The lock, Ctrl-C, progress, threads."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import ROOT

import liqsim as lq

LONG = ROOT / "scenarios/model-heston.toml"


def interrupted(code: str, after: float = 0.7) -> tuple[float, str]:
    """Runs code that prints when it has begun, sends it Ctrl-C, and gives the seconds until it says that it has ended."""
    script = "import sys, time\nimport liqsim as lq\nsays = lambda *words: print(*words, flush=True)\n" + textwrap.dedent(code)
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(after)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.stdout.readline()
    took = time.monotonic() - sent
    process.kill()
    process.wait()
    return took, said


@pytest.mark.parametrize(
    "work",
    [
        "scenario.run(1e9)",
        "lq.sweep(scenario, {'account.equity': [1e3, 2e3]}, paths=1e9)",
        "scenario.safe(0.01, paths=1e9)",
        "scenario.simulate(100_000, '1h')",
    ],
)
def test_an_interrupt_ends_work_at_once(work):
    code = f"""
        scenario = lq.Scenario.load({str(LONG)!r})
        says("begun")
        try:
            {work}
        except KeyboardInterrupt:
            says("interrupted")
    """
    took, said = min(interrupted(code) for _ in range(2))
    assert said == "interrupted\n"
    # 0.1 s on a machine with nothing else to do.
    assert took < 0.1 + 0.4 * (os.getloadavg()[0] > 1)


def test_an_interrupt_gives_the_result_so_far_if_asked():
    code = f"""
        scenario = lq.Scenario.load({str(LONG)!r})
        says("begun")
        found = scenario.run(1e9, partial=True)
        says("found", found.interrupted, found.paths > 0, found.paths < 1e9)
    """
    took, said = interrupted(code)
    assert said == "found True True True\n"
    assert took < 2


def test_other_threads_of_python_run_on():
    scenario = lq.Scenario.load(LONG)
    ticks, ends = [], threading.Event()

    def tick() -> None:
        while not ends.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    began = time.monotonic()
    scenario.run(100_000, threads=1)
    took = time.monotonic() - began
    ends.set()
    thread.join()
    assert len(ticks) > 50 * took


def test_progress_comes_on_the_calling_thread_and_may_end_the_run(capsys):
    scenario = lq.Scenario.load(LONG)
    calls = []
    scenario.run(100_000, progress=lambda done, planned: calls.append((done, planned, threading.current_thread())))
    assert calls[-1][:2] == (100_000, 100_000)
    assert all(thread is threading.main_thread() for _, _, thread in calls)
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)
    scenario.run(10_000, progress=True)
    assert "100% of 10,000 paths\n" in capsys.readouterr().err

    def enough(done: int, planned: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        scenario.run(1e9, progress=enough)


def test_threads_change_nothing_and_scenarios_may_run_at_once(scenario):
    expected = scenario.run(threads=1).to_json()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda threads: scenario.run(threads=threads).to_json(), [1, 2, 10**9, None]))
    assert found == [expected] * 4
