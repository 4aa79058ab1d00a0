"""Safe leverage, sweeps, verdicts, comparisons, prices of liquidation, venues."""

import json
import pickle

import numpy as np
import pytest
from conftest import ROOT, TEXT

import liqsim as lq


def test_a_safe_leverage_keeps_its_limit(scenario):
    safe = scenario.safe([0.01, 0.05])
    table = safe.table
    assert table["limit"] == [0.01, 0.05] and table["leverage"] == sorted(table["leverage"])
    assert float(safe) == safe.leverage == table["leverage"][0]
    again = scenario.replace({"account.leverage": [safe.leverage]}).run()
    assert abs(again[safe.leverage].liquidation_probability.value - 0.01) < 0.003
    assert len(safe.curve) > 10 and "x" in repr(safe)
    # Without drift no leverage grows, and the reason is said.
    assert scenario.safe(criterion="kelly", paths=2_000).to_dict()["safe_leverage"][0]["reason"]
    with pytest.raises(ValueError, match="criterion must be one of"):
        scenario.safe(criterion="luck")


def test_a_surface_falls_with_horizon_and_volatility(scenario):
    table = scenario.safe_surface(horizon="1d..30d", volatility=(0.4, 0.8, 3), limit=0.05, paths=4_000)
    assert table.columns[:2] == ["simulation.horizon", "assets.BTC.model.volatility"]
    assert len(table) == 6 * 3
    leverage = table.numbers("leverage").reshape(6, 3)
    assert (np.diff(leverage, axis=0) <= 0).all() and (np.diff(leverage, axis=1) <= 0).all()
    one = scenario.replace({"simulation.horizon": "1d", "assets.BTC.model.volatility": 0.4}).safe(0.05, paths=4_000)
    assert table["leverage"][0] == one.leverage
    with pytest.raises(ValueError):
        scenario.safe_surface(horizon="1d..")


def test_a_sweep_is_every_cell_and_goes_on(scenario, tmp_path):
    over = {"assets.BTC.model.volatility": np.array([0.4, 0.6, 0.8]), "account.equity": [5_000, 50_000]}
    sweep = lq.sweep(scenario, over, paths=2_000, into=tmp_path)
    assert len(sweep.results) == 6 and len(sweep) == 18
    assert sweep.keys == ["assets.BTC.model.volatility", "account.equity"]
    assert sweep["assets.BTC.model.volatility"][0] == 0.4 and sweep["cell"][-1] == 6
    cell = scenario.replace({"assets.BTC.model.volatility": 0.6, "account.equity": 50_000}).run(2_000)
    same = sweep.results[3]
    assert same.identity == cell.identity and same[5].to_dict() == cell[5].to_dict()
    # What is finished is not run again; what is broken is.
    files = sorted((tmp_path / "cells").glob("*.json"))
    files[0].write_text("{")
    stamp = files[1].stat().st_mtime_ns
    again = lq.sweep(scenario, over, paths=2_000, into=tmp_path)
    assert again == sweep and files[1].stat().st_mtime_ns == stamp
    assert json.loads(files[0].read_text())["identity"] == files[0].stem and "checksum" in files[0].read_text()
    copied = pickle.loads(pickle.dumps(sweep))
    assert copied == sweep and copied.keys == sweep.keys


def test_paired_values_go_in_step_and_wrong_ones_are_refused(scenario):
    paired = lq.sweep(scenario, {"account.equity": [1e3, 2e3], "simulation.horizon": ["1d", "2d"]}, paired=True, paths=500)
    assert [result.horizon_days for result in paired.results] == [1, 2]
    with pytest.raises(ValueError, match="equally many"):
        lq.sweep(scenario, {"account.equity": [1e3, 2e3], "simulation.horizon": ["1d"]}, paired=True)
    with pytest.raises(ValueError, match="no values"):
        lq.sweep(scenario, {"account.equity": []})
    with pytest.raises(lq.ScenarioError, match="equity"):
        lq.sweep(scenario, {"account.equity": [1e3, -1]})


def test_a_sweep_is_drawn(scenario):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    grid = lq.sweep(scenario, {"account.equity": [1e3, 2e3], "simulation.horizon": ["1d", "2d"]}, paths=500)
    line = lq.sweep(scenario, {"simulation.horizon": ["1d", "2d"]}, paths=500)
    for axes in (grid.plot(leverage=20), line.plot("mean_return")):
        axes.figure.canvas.draw()
        assert axes.has_data()


def test_a_verdict_tells_whether_limits_are_kept(scenario):
    kept = scenario.check([{"leverage": 2, "metric": "liquidation_probability", "max": 0.5}])
    broken = scenario.check([{"leverage": 20, "metric": "liquidation_probability", "max": 0.01}])
    assert kept and kept.verdict == "pass" and not broken and broken.verdict == "fail"
    assert kept.limits["leverage"] == [2] and kept.result[2].leverage == 2
    for format in ("table", "markdown", "junit", "sarif", "html"):
        assert len(broken.render(format)) > 100
    with pytest.raises(ValueError, match="is no format of this"):
        kept.render("pdf")
    same = lq.check(scenario, baseline=scenario.run())
    assert same.passed and same.to_dict()["scenarios"][0]["baseline"]["must_be_equal"]
    with pytest.raises(lq.RunError, match="no scenario"):
        lq.check(scenario, baseline=scenario.replace({"name": "other"}).run(1_000))


def test_changes_are_found(scenario):
    one = scenario.run(20_000)
    assert lq.compare(one, scenario.run(20_000, threads=1)).verdict == "pass"
    other = scenario.replace({"assets.BTC.model.volatility": 0.8}).run(20_000)
    found = lq.compare(one, other)
    assert found.verdict == "fail" and "changed" in found.table["change"]
    assert found.to_markdown() and repr(found) and found.notes


def test_liquidation_prices_follow_the_rules_of_the_venue(scenario):
    # A long with a flat maintenance rate m and leverage L: B = S (1 - 1/L) / (1 - m).
    venue = {"contract": "linear", "maintenance": 0.005}
    assert lq.liquidation_price(100, 10, venue=venue) == pytest.approx(100 * 0.9 / 0.995, rel=1e-12)
    assert lq.liquidation_price(100, 10, side="short", venue=venue) == pytest.approx(100 * 1.1 / 1.005, rel=1e-12)
    assert lq.liquidation_price(100, 0.5, venue=venue) is None
    table = scenario.liquidation_prices()
    assert table["leverage"] == [2, 5, 20] and table["liquidation_price"] == sorted(table["liquidation_price"])
    several = lq.Scenario.load(ROOT / "scenarios/btc-eth-cross-pair.toml").liquidation_prices()
    assert set(several["asset"]) == {"BTC", "ETH"}


def test_the_catalogue_is_at_hand():
    names = lq.venues()["name"]
    assert "binance-usdm-btcusdt" in names
    found = lq.venue("binance-usdm-btcusdt")
    assert found["terms"]["contract"] == "linear" and "maintenance" in found["toml"]
    with pytest.raises(ValueError, match="no venue"):
        lq.venue("mtgox")
    assert "liquidation_probability" in lq.metrics()


def test_a_miner_is_a_scenario_like_any_other():
    result = lq.Scenario.load(ROOT / "scenarios/miner-fleet-on-credit-540d.toml").run(512)
    level = next(iter(result))
    assert 0 <= level.default_probability.value <= 1
    assert "default_probability" in result.levels.columns


def test_names_that_are_no_keys_are_refused():
    with pytest.raises(lq.ScenarioError, match="unknown|no key"):
        lq.Scenario.from_toml(TEXT, set={"account.levrage": [1]})
