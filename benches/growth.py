#!/usr/bin/env python3
"""What more of everything costs: processor time and memory of whole runs over paths, levels, assets, positions, looks, cells and threads, each
with its exponent (1 is in proportion; what starting the program takes, a run of one path, is taken off).

    python3 benches/growth.py PROGRAM

Nothing else should run on the machine. Needs Linux: time and memory are those that the kernel counts for a finished process.
"""

import math
import os
import sys
import tempfile
from pathlib import Path

MODEL = 'model = { kind = "gbm", drift = 0.0, volatility = 0.6 }'
FUNDING = 'funding = { rate = "1bp", every = "8h" }'


def scenario(paths, levels=6, assets=1, positions=None, account="", simulation="", sweep=0):
    names = [f"A{number}" for number in range(assets)]
    if positions is None:
        held = [(name, "long") for name in names]
    else:
        held = [("A0", "long" if number % 2 == 0 else "short") for number in range(positions)]
    share = 1 / len(held)
    lines = ", ".join(f'{{ asset = "{name}", side = "{side}", share = {share} }}' for name, side in held)
    leverage = [round(2 * 25 ** (number / max(1, levels - 1)), 6) for number in range(levels)]
    text = f'[simulation]\nhorizon = "30d"\npaths = {paths}\n{simulation}\n'
    text += "".join(f"[assets.{name}]\nprice = 100.0\n{MODEL}\n" for name in names)
    text += f'[account]\nequity = 1000.0\nleverage = {leverage}\npositions = [{lines}]\n'
    text += f'venue = {{ contract = "linear", maintenance = 0.005 }}\n{account}\n'
    if sweep:
        text += f'[sweep]\n"assets.A0.model.volatility" = {{ from = 0.3, to = 0.9, count = {sweep} }}\n'
    return text


def measured(program, text, threads=1, is_sweep=False):
    """Seconds of processor and of the clock, and megabytes at most."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "s.toml")
        path.write_text(text)
        command = [program, "sweep", str(path), "-o", str(Path(folder, "out"))] if is_sweep else [program, "run", str(path)]
        command += ["--threads", str(threads)]
        before = os.times().elapsed
        child = os.fork()
        if child == 0:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.execv(program, command)
        _, status, used = os.wait4(child, 0)
        if status != 0:
            sys.exit(f"growth: a run failed: {' '.join(command)}\n{text}")
        return used.ru_utime + used.ru_stime, os.times().elapsed - before, used.ru_maxrss / 1024


def table(title, program, rows, start, unit, is_sweep=False):
    """One axis: a line for each size, and the exponent from line to line."""
    print(f"\n| {title} | processor, s | exponent | memory, MB |\n|---|---|---|---|")
    last = None
    for size, text in rows:
        seconds, _, memory = measured(program, text, is_sweep=is_sweep)
        own = max(seconds - start, 1e-3)
        exponent = "" if last is None else f"{math.log(own / last[1]) / math.log(size / last[0]):.2f}"
        print(f"| {size:,} {unit} | {seconds:.2f} | {exponent} | {memory:.0f} |", flush=True)
        last = (size, own)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = os.path.realpath(sys.argv[1])
    start = min(measured(program, scenario(1))[0] for _ in range(5))
    print(f"start, one path: {start:.3f} s of processor")
    isolated = f'margin = "isolated"\n{FUNDING}'
    pseudo = 'sampling = "pseudo"'
    table("paths", program, [(10**k, scenario(10**k)) for k in range(3, 10)], start, "paths")
    funded = [(10**k, scenario(10**k, account=FUNDING)) for k in range(3, 8)]
    table("paths, funding every 8 hours", program, funded, start, "paths")
    levels = [(count, scenario(10**6, levels=count)) for count in (1, 10, 50, 100, 200)]
    table("levels, 10^6 paths", program, levels, start, "levels")
    levels = [(count, scenario(10**5, levels=count, account=FUNDING)) for count in (1, 10, 50, 100, 200)]
    table("levels, funding, 10^5 paths", program, levels, start, "levels")
    assets = [(count, scenario(10**4, assets=count, account=isolated)) for count in (2, 4, 8)]
    table("assets, one isolated position each, funding, 10^4 paths", program, assets, start, "assets")
    positions = [(count, scenario(10**4, positions=count, account=isolated)) for count in (2, 4, 8)]
    table("positions on one asset, isolated, funding, 10^4 paths", program, positions, start, "positions")
    every = {180: "4h", 720: "1h", 2880: "15m", 8640: "5m"}
    looks = [
        (count, scenario(10**5, simulation=f'monitoring = "{step}"\n{pseudo}')) for count, step in every.items()
    ]
    table("looks a path, 10^5 paths", program, looks, start, "looks")
    cells = [(count, scenario(1_000, sweep=count)) for count in (2, 20, 200, 2_000)]
    table("cells of a sweep, 1,000 paths", program, cells, start, "cells", is_sweep=True)
    print("\n| threads, 10^6 paths, funding | clock, s | processor, s | memory, MB |\n|---|---|---|---|")
    for threads in (1, 2):
        seconds, clock, memory = measured(program, scenario(10**6, account=FUNDING), threads)
        print(f"| {threads} | {clock:.2f} | {seconds:.2f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
