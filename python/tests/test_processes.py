"""Processes of this machine that die, or are asked for what they cannot do: nobody waits for what will never come."""

import os
import subprocess
import sys
import textwrap
import time
from multiprocessing import connection
from pathlib import Path

import pytest

import liqsim as lq
from liqsim import distributed

SOON = 120
"""Seconds in which anything here is done, also where much else is."""


def all_of(engine: distributed.Processes, tasks: list[distributed.Task]) -> list[object]:
    """What the tasks give, once all are finished."""
    left = list(tasks)
    while left:
        ended = engine.finished(left)
        left = [task for task in left if task not in ended]
    return [task.result() for task in tasks]


def half_an_answer(marker: str, given: int) -> bytes:
    """An answer, in the middle of which the process dies that gives it first."""
    if not Path(marker).exists():
        Path(marker).touch()

        def half(self, content, *_) -> None:
            os.write(self.fileno(), bytes(content)[: len(content) // 2])
            os._exit(1)

        connection.Connection._send = half
    return bytes(given)


# The length of a long message goes ahead of it; a short one is sent with it.
@pytest.mark.skipif(sys.platform == "win32", reason="the pipes of Windows are others")
@pytest.mark.parametrize("given", [1_000, 100_000])
def test_a_process_that_dies_in_the_middle_of_an_answer_stands_in_nobodys_way(tmp_path, given):
    code = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_processes as of
        from liqsim import distributed
        if __name__ == "__main__":
            with distributed.Processes(2) as engine:
                tasks = [engine.submit(of.half_an_answer, {str(tmp_path / "marker")!r}, {given})]
                tasks += [engine.submit(abs, -number) for number in range(6)]
                assert of.all_of(engine, tasks) == [bytes({given}), *range(6)]
                print("done")
    """
    script = tmp_path / "driver.py"
    script.write_text(textwrap.dedent(code))
    # In a process of its own, which can be given up.
    done = subprocess.run([sys.executable, str(script)], timeout=SOON, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"done\n"
    assert (tmp_path / "marker").exists()


def test_a_task_that_kills_its_processes_is_given_up_and_others_are_not():
    with distributed.Processes(2) as engine:
        deadly, others = engine.submit(os._exit, 1), [engine.submit(abs, -number) for number in range(20)]
        assert all_of(engine, others) == list(range(20))
        with pytest.raises(lq.RunError, match="6 processes died, one after the other, of the same task"):
            all_of(engine, [deadly])
        assert all_of(engine, [engine.submit(abs, -1)]) == [1]


def test_what_a_call_raises_comes_with_its_place():
    with distributed.Processes(1) as engine:
        wrong, after = engine.submit(int, "none"), engine.submit(int, "7")
        with pytest.raises(ValueError, match="invalid literal") as caught:
            all_of(engine, [wrong])
        assert "_processes.py" in caught.value.__notes__[0]
        # What cannot be sent, there or back, is an error of that task alone.
        for call, *arguments in ([lambda: 1], [open, os.devnull]):
            with pytest.raises(Exception, match="pickle"):
                all_of(engine, [engine.submit(call, *arguments)])
        assert all_of(engine, [after]) == [7]


def test_what_is_given_up_is_not_waited_for_and_the_rest_is_done():
    with distributed.Processes(2) as engine:
        # There are both, which begin at once.
        all_of(engine, [engine.submit(time.sleep, 0.5) for _ in range(2)])
        given_up = [engine.submit(time.sleep, 600)]
        rest = [engine.submit(time.sleep, 1), engine.submit(abs, -1)]
        given_up.append(engine.submit(abs, -2))
        engine.cancel(given_up)
        assert all_of(engine, rest) == [None, 1]


def test_a_script_that_starts_processes_where_it_is_read_is_told(tmp_path):
    script = tmp_path / "driver.py"
    script.write_text("from liqsim import distributed\nengine = distributed.Processes(1)\nengine.finished([engine.submit(abs, -1)])\n")
    done = subprocess.run([sys.executable, str(script)], timeout=SOON, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'below `if __name__ == "__main__":`' in done.stderr


def test_processes_whose_driver_is_killed_end():
    code = """
        import os, time
        from liqsim import distributed
        if __name__ == "__main__":
            engine = distributed.Processes(2)
            tasks = [engine.submit(time.sleep, 0.5) for _ in range(2)]
            while tasks:
                ended = engine.finished(tasks)
                tasks = [task for task in tasks if task not in ended]
            print("all there", flush=True)
            time.sleep(600)
    """
    driver = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert driver.stdout.readline() == b"all there\n"
    driver.kill()
    # What they print goes to the same pipe, which ends with the last of them.
    assert driver.communicate(timeout=SOON) == (b"", None)
