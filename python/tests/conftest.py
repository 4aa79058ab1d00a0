"""Where the repository and the program are, and a small scenario."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import liqsim as lq

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))


@pytest.fixture(scope="session")
def program():
    """Runs the program and gives what it prints; the tests that need it are skipped where there is none."""
    path = os.environ.get("LIQSIM") or shutil.which("liqsim")
    if path is None or not Path(path).exists():
        pytest.skip("no program: LIQSIM names none")

    def run(*arguments: object, status: int = 0) -> str:
        done = subprocess.run([path, *map(str, arguments)], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == status, done.stderr.decode()
        return done.stdout.decode()

    run.path = Path(path).absolute()
    return run


TEXT = """
name = "test"
simulation = { horizon = "30d", paths = 20_000, seed = 3 }
assets.BTC = { price = 64_700.0, model = { kind = "gbm", drift = 0.0, volatility = 0.6 } }

[account]
equity = 10_000.0
leverage = [2, 5, 20]
venue = "binance-usdm-btcusdt"
positions = [{ asset = "BTC", side = "long" }]
"""


@pytest.fixture
def scenario() -> lq.Scenario:
    return lq.Scenario.from_toml(TEXT)
