"""Ways to a scenario, what it is, and what is said of a wrong one."""

import copy
import json
import pickle
from datetime import timedelta

import numpy as np
import pytest
from conftest import ROOT, SCENARIOS, TEXT

import liqsim as lq


def test_text_values_and_keywords_make_the_same_scenario(scenario):
    values = scenario.to_dict()
    assert lq.Scenario.from_dict(values) == scenario
    keywords = lq.Scenario(
        name="test",
        horizon=timedelta(days=30),
        paths=2e4,
        seed=np.int64(3),
        assets={"BTC": lq.Asset(np.float64(64_700), lq.Gbm(volatility=0.6))},
        account=lq.Account(
            equity=10_000, leverage=np.array([2, 5, 20]), venue="binance-usdm-btcusdt", positions=[lq.long("BTC")]
        ),
    )
    assert keywords == scenario
    # Only the text back is in another order.
    one, other = ({**made.run().to_dict(), "scenario_toml": None} for made in (keywords, scenario))
    assert one == other


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_survives_text_values_and_pickling_with_its_files(path):
    scenario = lq.Scenario.load(path)
    packed = pickle.loads(pickle.dumps(scenario))
    assert packed.identity == scenario.identity
    text, files = scenario.bundle()
    assert lq.Scenario.from_dict(scenario.to_dict(), files=files).identity == scenario.identity
    assert lq.Scenario.from_toml(text, files=files).identity == scenario.identity


def test_models_by_name_are_those_of_the_file():
    jumps = {"rate": 47.3, "mean": -0.0033, "std_dev": 0.0288}
    for model in (
        lq.Merton(0.42, jumps),
        lq.Kou(0.4, {"rate": 20, "up_probability": 0.4, "up_mean": 0.03, "down_mean": 0.04}),
        lq.Heston(variance=0.4, long_run_variance=0.5, mean_reversion=3, vol_of_vol=0.8, correlation=-0.2),
        lq.Bates(jumps=jumps, variance=0.4, long_run_variance=0.5, mean_reversion=3, vol_of_vol=0.8, correlation=-0.2),
        lq.Garch(step="1d", omega=1e-5, alpha=0.1, beta=0.85, dof=5),
        lq.Regime([{"drift": 0, "volatility": 0.3}, {"drift": 0, "volatility": 0.9}], [[0, 5], [10, 0]], start=0),
        lq.Hawkes(0.4, {**jumps, "excitation": 5, "decay": 30}),
    ):
        changed = lq.Scenario.from_toml(TEXT).to_dict()
        changed["assets"]["BTC"]["model"] = model
        assert lq.Scenario.from_dict(changed).to_dict()["assets"]["BTC"]["model"]["kind"] == model["kind"]


def test_a_scenario_never_changes(scenario):
    before = scenario.to_toml()
    other = scenario.replace({"account.leverage": [3, 4]}, paths=1e4, seed=9)
    assert (other.leverage, scenario.leverage) == ([3, 4], [2, 5, 20])
    assert (other.seed, scenario.seed) == (9, 3)
    assert other.to_dict()["simulation"]["paths"] == 10_000
    assert other.replace({"account.equity": 5_000}).to_dict()["simulation"]["seed"] == 9
    with pytest.raises(AttributeError, match="never changes"):
        scenario.name = "other"
    assert scenario.to_toml() == before
    assert copy.deepcopy(scenario) == scenario
    assert len({scenario, copy.copy(scenario), other}) == 2


def test_a_file_is_read_once(tmp_path):
    (tmp_path / "venue.toml").write_text('contract = "linear"\nmaintenance = 0.005\n')
    (tmp_path / "s.toml").write_text(TEXT.replace("binance-usdm-btcusdt", "venue.toml"))
    scenario = lq.Scenario.load(tmp_path / "s.toml")
    (tmp_path / "venue.toml").unlink()
    assert scenario.replace({"account.equity": 2_000}).run(1_000).paths == 1_000
    assert scenario.bundle()[1].keys() == {"venue.toml"}


def test_problems_of_a_text_have_lines_and_excerpts():
    wrong = TEXT.replace("volatility = 0.6", "volatility = -0.6").replace("equity = 10_000.0", 'equity = "much"')
    with pytest.raises(lq.ScenarioError) as caught:
        lq.Scenario.from_toml(wrong, name="mine.toml")
    error = caught.value
    assert isinstance(error, ValueError)
    assert [(problem.code, problem.key) for problem in error.problems] == [
        ("out_of_range", "assets.BTC.model.volatility"),
        ("wrong_type", "account.equity"),
    ]
    assert (error.problems[0].file, error.problems[0].line) == ("mine.toml", 4)
    assert error.problems[0].column and error.problems[1].message
    assert "volatility = -0.6" in str(error) and "mine.toml:4" in str(error)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems
    assert lq.Scenario.problems(wrong) and lq.Scenario.problems(TEXT) == []


def test_problems_of_values_have_keys():
    values = lq.Scenario.from_toml(TEXT).to_dict()
    values["account"]["leverage"] = [1, 2, -3]
    values["account"]["vanue"] = 1
    with pytest.raises(lq.ScenarioError) as caught:
        lq.Scenario.from_dict(values)
    assert {problem.key for problem in caught.value.problems} >= {"account.leverage[2]"}
    assert "account.leverage[2]" in str(caught.value)
    assert caught.value.problems[0].line is None
    for value, code in ((float("nan"), "not_finite"), (object(), "wrong_type")):
        values = lq.Scenario.from_toml(TEXT).to_dict()
        values["account"]["equity"] = value
        with pytest.raises(lq.ScenarioError) as caught:
            lq.Scenario.from_dict(values)
        assert (caught.value.code, caught.value.key) == (code, "account.equity")


def test_a_wrong_change_is_an_error_and_so_is_a_missing_file(scenario):
    with pytest.raises(lq.ScenarioError, match="leverage"):
        scenario.replace({"account.leverage": [0]})
    with pytest.raises(lq.ScenarioError, match="does not exist"):
        lq.Scenario.load("nowhere.toml")
    with pytest.raises(ValueError, match="paths"):
        scenario.run(0.5)
    with pytest.raises(TypeError, match="paths"):
        scenario.run("many")
    with pytest.raises(ValueError, match="threads"):
        scenario.run(threads=0)


def test_what_cannot_be_simulated_is_a_run_error():
    scenario = lq.Scenario.load(ROOT / "scenarios/btc-perp-30d.toml")
    with pytest.raises(lq.RunError, match="do not make up the horizon"):
        scenario.simulate(10, "7h")
    with pytest.raises(ValueError, match="no length of time"):
        scenario.simulate(10, "fortnight")


def test_names_tell_what_it_is(scenario):
    assert scenario.name == "test" and scenario.assets == ["BTC"]
    assert scenario.horizon == timedelta(days=30)
    assert scenario.identity[:12] in repr(scenario)
    assert json.loads(scenario.run(1_000).to_json())["identity"] != ""
