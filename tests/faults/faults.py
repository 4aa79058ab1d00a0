#!/usr/bin/env python3
"""Faults on purpose: kills, signals, full disks and damaged files, at random moments with a fixed seed.

    tests/faults/faults.py [PROGRAM] [ROUNDS]

Prints how many of each were tried and what was lost. It exits with 1 if a file was corrupt, a result differed from that
of an undisturbed run, a complete result was replaced by less, or a signal was obeyed too late. Standard library only.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/debug/liqsim")
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
RANDOM = random.Random(20261129)
SLOWEST_END = 2.0
MOST_LOST = 5.0

SCENARIO = """
name = "faults"
simulation = {{ horizon = "10d", paths = {paths}, seed = 3, sampling = "pseudo" }}
assets.X = {{ price = 250.0, model = {{ kind = "heston", drift = 0.1, variance = 0.5, long_run_variance = 0.6, \
mean_reversion = 5, vol_of_vol = 1.5, correlation = -0.6 }} }}
[account]
equity = 1_000.0
leverage = [3, 10]
venue = {{ contract = "linear", maintenance = 0.005 }}
positions = [{{ asset = "X", side = "long" }}]
[sweep]
assets.X.model.variance = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
simulation.seed = [1, 2]
"""

failures = []
counts = {}
lost = []


def count(what, number=1):
    counts[what] = counts.get(what, 0) + number


def expect(holds, what):
    if not holds:
        failures.append(what)


def obey_signals():
    """Signals that this script may have been started to ignore, such as in the background of a shell, reach the program."""
    for which in (signal.SIGINT, signal.SIGTERM):
        signal.signal(which, signal.SIG_DFL)


def start(*arguments):
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=obey_signals)


def finish(*arguments):
    process = start(*arguments)
    errors = process.communicate()[1].decode()
    return process.returncode, errors


def note_lost(started, files):
    """What a kill at this moment loses: the time since something was kept, or since the start."""
    now = time.time()
    kept = max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
    lost.append(now - max(started, min(kept, now)))
    expect(lost[-1] <= MOST_LOST, f"{lost[-1]:.1f} s of work were lost")


def tables(folder):
    return {name: (folder / name).read_bytes() for name in ("index.csv", "results.csv")}


def kills(scenario, undisturbed, folder):
    """A sweep that is killed again and again gives the bytes of one that is left alone, and keeps what it had."""
    number = 0
    while number < ROUNDS:
        started = time.time()
        process = start("sweep", scenario, "-o", folder)
        time.sleep(RANDOM.uniform(0.05, 1.5))
        is_killed = process.poll() is None
        if is_killed:
            note_lost(started, (folder / "cells").glob("*"))
        process.kill()
        process.communicate()
        for cell in (folder / "cells").glob("*.json"):
            try:
                json.loads(cell.read_text())
            except ValueError:
                failures.append(f"{cell.name} is corrupt after a kill")
        if is_killed:
            number += 1
            count("sweeps killed")
            continue
        expect(tables(folder) == undisturbed, "tables after kills differ from those of an undisturbed sweep")
        shutil.rmtree(folder)
    status, errors = finish("sweep", scenario, "-o", folder)
    expect(status == 0, f"the sweep does not end after kills: {errors}")
    expect(tables(folder) == undisturbed, "tables after kills differ from those of an undisturbed sweep")
    left = [path.name for path in folder.rglob(".liqsim-*")]
    expect(not left, f"temporary files are left: {left}")


def precise(folder):
    """A group of cells that run to a precision, killed again and again: the bytes of one that is left alone, and what was kept is gone on from."""
    scenario = folder / "precise.toml"
    text = SCENARIO.split("[sweep]")[0].format(paths=1).replace("paths = 1,", 'precision = "PRECISION", max_paths = 1_000_000_000,')
    text += "[sweep]\naccount.leverage = [[3], [5], [8], [12]]\n"
    began = time.monotonic()
    scenario.write_text(text.replace("PRECISION", "4%"))
    finish("sweep", scenario, "--threads", 1, "-o", folder / "quick")
    # Paths grow with the square of the precision: about half a minute.
    precision = 4.0 * ((time.monotonic() - began) / min(30.0, 3.0 * ROUNDS)) ** 0.5
    scenario.write_text(text.replace("PRECISION", f"{precision:.3f}%"))
    calm = folder / "precise-calm"
    status, errors = finish("sweep", scenario, "--threads", 1, "-o", calm)
    expect(status == 0, f"an undisturbed sweep to a precision fails: {errors}")
    undisturbed = tables(calm)
    number, rounds = 0, 0
    while number < ROUNDS:
        rounds += 1
        killed = folder / f"precise-{rounds}"
        while True:
            started = time.time()
            process = start("sweep", scenario, "--threads", 1, "-o", killed)
            try:
                process.wait(RANDOM.uniform(0.3, 6.5) if number < ROUNDS else None)
                break
            except subprocess.TimeoutExpired:
                note_lost(started, (killed / "cells").glob("*"))
                process.kill()
                process.communicate()
                number += 1
                count("sweeps to a precision killed")
        expect(process.returncode == 0, f"a sweep to a precision does not end after kills: {process.stderr.read()}")
        expect(tables(killed) == undisturbed, "tables of cells to a precision differ after kills")


def two_at_once(scenario, folder):
    first = start("sweep", scenario, "-o", folder)
    time.sleep(0.4)
    status, errors = finish("sweep", scenario, "-o", folder)
    if first.poll() is None:
        expect(status == 2 and "another sweep" in errors, f"two sweeps in one folder: {status} {errors}")
        count("second sweeps refused")
    first.wait()


def damage(scenario, undisturbed, folder):
    """A cell with a byte changed or cut short is run again."""
    for _ in range(ROUNDS):
        cell = RANDOM.choice(sorted((folder / "cells").glob("*.json")))
        contents = bytearray(cell.read_bytes())
        place = RANDOM.randrange(len(contents))
        if RANDOM.random() < 0.5:
            contents[place] ^= 1 << RANDOM.randrange(7)
        else:
            del contents[place:]
        cell.write_bytes(contents)
        count("cells damaged")
        status, errors = finish("sweep", scenario, "-o", folder)
        expect(status == 0, f"the sweep does not mend a damaged cell: {errors}")
        expect(tables(folder) == undisturbed, f"a damaged cell (byte {place}) reached the tables")


def signals(folder):
    """SIGINT and SIGTERM end a run within two seconds; a complete result is not replaced by what was cut short."""
    scenario = folder / "long.toml"
    scenario.write_text(SCENARIO.split("[sweep]")[0].format(paths=2_000_000_000))
    result = folder / "result.json"
    finish("run", scenario, "--paths", 3000, "-o", result)
    complete = result.read_bytes()
    for number in range(ROUNDS):
        which, expected = [(signal.SIGINT, 130), (signal.SIGTERM, 143)][number % 2]
        process = start("run", scenario, "-o", result)
        time.sleep(RANDOM.uniform(0.3, 1.5))
        sent = time.monotonic()
        process.send_signal(which)
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        took = time.monotonic() - sent
        count("runs interrupted")
        expect(process.returncode == expected, f"exit status {process.returncode} after {which.name}")
        expect(took < SLOWEST_END, f"{which.name} was obeyed after {took:.1f} s")
        expect(result.read_bytes() == complete, "an interrupted run replaced a complete result")


def parts(folder):
    """A damaged part is refused by merge."""
    scenario = folder / "parts.toml"
    scenario.write_text(SCENARIO.split("[sweep]")[0].format(paths=5000))
    names = [folder / f"part{k}.json" for k in (1, 2)]
    for k, name in enumerate(names, 1):
        finish("run", scenario, "--shard", f"{k}/2", "-o", name)
    whole = names[0].read_bytes()
    for _ in range(ROUNDS):
        contents = bytearray(whole)
        start_of_numbers = whole.index(b'"partial"')
        place = RANDOM.randrange(start_of_numbers, len(contents) - 2)
        contents[place] = (contents[place] - 48 + 1 + RANDOM.randrange(8)) % 10 + 48
        if bytes(contents) == whole:
            continue
        names[0].write_bytes(contents)
        count("parts damaged")
        status, _ = finish("merge", *names)
        expect(status == 2, f"merge took a part with byte {place} changed")
    names[0].write_bytes(whole)


def resumed(folder):
    """Runs that keep what is finished are killed again and again: the bytes of one that is left alone, and what was kept is never lost."""
    scenario = folder / "resumed.toml"
    scenario.write_text(SCENARIO.split("[sweep]")[0].replace('sampling = "pseudo"', 'sampling = "auto"').format(paths=100_000))
    began = time.monotonic()
    finish("run", scenario, "--threads", 1)
    paths = int(100_000 * 3 * ROUNDS / (time.monotonic() - began))
    expected = folder / "expected.json"
    status, errors = finish("run", scenario, "--paths", paths, "-o", expected)
    expect(status == 0, f"an undisturbed run fails: {errors}")
    for shards in (1, 3):
        kept, results = folder / f"kept-{shards}", [folder / f"resumed-{shards}-{k}.part" for k in range(shards)]
        found = folder / f"resumed-{shards}.json"
        for k, result in enumerate(results, 1):
            which = ["--shard", f"{k}/{shards}", "-o", result] if shards > 1 else ["-o", found]
            command = ["run", scenario, "--paths", paths, "--threads", 1, "--resume", kept, *which]
            sizes = [0]
            for number in range(max(1, ROUNDS // shards)):
                started = time.time()
                process = start(*command)
                time.sleep(RANDOM.uniform(0.3, 5.5))
                alive = process.poll() is None
                if alive:
                    note_lost(started, kept.glob("*/finished.part"))
                if number % 4 == 3 and alive:
                    process.send_signal(signal.SIGTERM)
                    _, errors = process.communicate()
                    expect(process.returncode == 143, f"a kept run ends with {process.returncode} after SIGTERM: {errors}")
                else:
                    process.kill()
                    process.wait()
                count("kept runs killed or ended", int(alive))
                part = folder / "looked-at.part"
                if list(kept.glob("*/finished.part")):
                    status, errors = finish("merge", kept, "-o", part)
                    expect(status == 0, f"what was kept is corrupt after a kill: {errors}")
                    missing = re.search(r"(\d+) blocks are still missing", errors)
                    sizes.append(-int(missing[1]) if missing else 1)
                    expect(sizes[-1] >= sizes[-2] or sizes[-2] == 0, f"what was kept was lost: {sizes[-2:]}")
            status, errors = finish(*command)
            expect(status == 0, f"a kept run does not end after kills: {errors}")
        if shards > 1:
            status, errors = finish("merge", *results, "-o", found)
            expect(status == 0, f"parts of kept runs do not join: {errors}")
        expect(found.read_bytes() == expected.read_bytes(), f"a kept run in {shards} differs from an undisturbed one")
        left = [path.name for path in kept.rglob(".liqsim-*")]
        expect(not left, f"temporary files are left: {left}")


def full_disk(folder):
    """A full disk is an error, and leaves neither half a file nor a temporary one."""
    disk = folder / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]).returncode:
        print("no right to mount a small disk: full disks are not tried")
        return
    try:
        scenario = folder / "parts.toml"
        for extension in ("json", "html", "png", "csv"):
            (disk / "filler").write_bytes(b"x" * 12_000)
            status, errors = finish("run", scenario, "-o", disk / f"r.{extension}")
            left = sorted(path.name for path in disk.iterdir())
            count("full disks")
            if status == 0:
                # Small enough to fit.
                (disk / f"r.{extension}").unlink()
                continue
            expect(status == 2 and left == ["filler"], f"full disk, {extension}: {status}, {left}, {errors}")
    finally:
        subprocess.run(["umount", disk], check=True)


def main():
    folder = Path(tempfile.mkdtemp(prefix="liqsim-faults-"))
    try:
        scenario = folder / "sweep.toml"
        scenario.write_text(SCENARIO.format(paths=20_000))
        calm = folder / "calm"
        status, errors = finish("sweep", scenario, "-o", calm)
        expect(status == 0, f"an undisturbed sweep fails: {errors}")
        undisturbed = tables(calm)
        kills(scenario, undisturbed, folder / "killed")
        precise(folder)
        two_at_once(scenario, folder / "two")
        damage(scenario, undisturbed, calm)
        signals(folder)
        parts(folder)
        resumed(folder)
        full_disk(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("; ".join(f"{number} {what}" for what, number in counts.items()))
    if lost:
        print(f"work lost by a kill: {max(lost):.1f} s at most, {sum(lost) / len(lost):.1f} s in the mean of {len(lost)}")
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{sum(counts.values())} faults, {len(failures)} failures")
    sys.exit(1 if failures else 0)


main()
