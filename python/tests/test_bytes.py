"""The package gives the program's bytes."""

import json

import pytest
from conftest import ROOT, SCENARIOS

import liqsim as lq

PATHS = 2_048


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_run_of_every_shipped_scenario_is_that_of_the_program(path, program):
    scenario = lq.Scenario.load(path)
    expected = program("run", path, "--paths", PATHS, "--seed", 7, "--format", "json")
    assert scenario.run(PATHS, seed=7).to_json() == expected


@pytest.mark.parametrize("name", ["btc-perp-30d", "model-heston", "btc-stop-and-reserve"])
def test_the_other_formats_too(name, program):
    path = f"scenarios/{name}.toml"
    result = lq.Scenario.load(ROOT / path).run(PATHS, threads=1)
    for format, found in (("csv", result.to_csv()), ("markdown", result.to_markdown())):
        assert found == program("run", path, "--paths", PATHS, "--format", format)


def test_values_that_are_set_are_those_of_the_program(program):
    path = "scenarios/btc-perp-30d.toml"
    changes = {"account.leverage": [3, 4.5], "simulation.horizon": "7d", "assets.BTC.model.volatility": 0.5}
    options = ["--set", "account.leverage=[3,4.5]", "--set", "simulation.horizon=7d", "--set", "assets.BTC.model.volatility=0.5"]
    expected = program("run", path, "--paths", PATHS, "--format", "json", *options)
    assert lq.Scenario.load(ROOT / path, set=changes).run(PATHS).to_json() == expected
    assert lq.Scenario.load(ROOT / path).replace(changes).run(PATHS).to_json() == expected


def test_safe_leverage_is_that_of_the_program(program):
    path = "scenarios/btc-perp-30d.toml"
    expected = program("safe", path, "--max-probability", "1%,5%", "--paths", PATHS, "--format", "json")
    assert lq.Scenario.load(ROOT / path).safe([0.01, 0.05], paths=PATHS).to_json() == expected


def test_a_verdict_is_that_of_the_program(program):
    path = "scenarios/ci/risk-gate.toml"
    expected = json.loads(program("check", path, "--paths", PATHS, "--format", "json", "--exit-zero"))
    found = lq.check(lq.Scenario.load(ROOT / path), paths=PATHS).to_dict()
    for one in (expected, found):
        one["scenarios"][0].pop("file")
    assert found == expected


def test_a_comparison_is_that_of_the_program(program, tmp_path):
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    one, other = scenario.run(PATHS), scenario.run(2 * PATHS, seed=5)
    one.save(tmp_path / "one.json")
    other.save(tmp_path / "other.json")
    expected = program("compare", tmp_path / "one.json", tmp_path / "other.json", "--format", "json", "--exit-zero")
    assert lq.compare(one, other).to_json() == expected


def test_simulated_bars_are_those_of_the_program(program):
    path = "scenarios/btc-perp-30d.toml"
    lines = program("simulate", path, "--paths", 40, "--interval", "1d").splitlines()[1:]
    expected = [float(field) for line in lines for field in line.split(",")[-4:]]
    scenario = lq.Scenario.load(ROOT / path)
    bars = scenario.simulate(40, "1d", bars=True)
    assert bars.shape == (40, 30, 4)
    assert bars.ravel().tolist() == expected
    closes = scenario.simulate(40, "1d")
    assert (closes[:, 1:] == bars[:, :, 3]).all()


def test_a_swept_cell_is_that_of_the_program(program, tmp_path):
    text = (ROOT / "scenarios/btc-perp-30d.toml").read_text()
    (tmp_path / "swept.toml").write_text(text + '\n[sweep]\n"account.leverage" = [[3], [4]]\n"simulation.horizon" = ["1d", "7d"]\n')
    program("sweep", tmp_path / "swept.toml", "-o", tmp_path / "program", "--paths", PATHS)
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    found = lq.sweep(
        scenario, {"account.leverage": [[3], [4]], "simulation.horizon": ["1d", "7d"]}, paths=PATHS, into=tmp_path / "python"
    )
    assert len(found.results) == 4
    files = sorted((tmp_path / "program/cells").glob("*.json"))
    assert len(files) == 4
    for file in files:
        assert (tmp_path / "python/cells" / file.name).read_bytes() == file.read_bytes()
