"""Paths of the scenario's model as arrays, and accounts on paths from elsewhere."""

import math

import numpy as np
import pytest
from conftest import ROOT

import liqsim as lq

TWO = ROOT / "scenarios/btc-eth-correlated.toml"


def gbm(paths: int, bars: int, hours: float, volatility: float, seed: int = 1) -> np.ndarray:
    """Closes of a geometric Brownian motion without drift, made by numpy alone."""
    step = hours / 8_760
    normals = np.random.default_rng(seed).standard_normal((paths, bars))
    logs = np.cumsum(-0.5 * volatility**2 * step + volatility * math.sqrt(step) * normals, axis=1)
    return 100 * np.exp(np.hstack([np.zeros((paths, 1)), logs]))


def touches(barrier: float, volatility: float, days: float) -> float:
    """Probability that a driftless price over its start falls to a barrier: the reflection principle with drift -v^2/2 of the log."""
    years, drift = days / 365, -0.5 * volatility**2
    spread, level = volatility * math.sqrt(years), math.log(barrier)

    def normal(z: float) -> float:
        return 0.5 * math.erfc(-z / math.sqrt(2))

    below = normal((level - drift * years) / spread)
    return below + math.exp(2 * drift * level / volatility**2) * normal((level + drift * years) / spread)


def test_paths_of_numpy_with_a_bridge_agree_with_the_closed_form(scenario):
    # One seed in about 15,000 fails a limit of four standard errors.
    volatility, paths = 0.6, 20_000
    closes = gbm(paths, 30, 24, volatility)
    found = scenario.evaluate(closes, "1d", bridge=volatility)
    assert (found.paths, found.horizon_days) == (paths, 30)
    for level in found:
        expected = touches(level.liquidation_price / 64_700, volatility, 30)
        error = math.sqrt(expected * (1 - expected) / paths)
        assert abs(level.liquidation_probability.value - expected) < 4 * error
    # Without the bridge the account is looked at once a day, and less is seen.
    seen = scenario.evaluate(closes, "1d")
    assert seen[5].liquidation_probability.value < found[5].liquidation_probability.value - 0.01


def test_counting_by_hand_agrees(scenario):
    closes = gbm(5_000, 60, 12, 0.7, seed=4)
    found = scenario.evaluate(closes, "12h")
    for level in found:
        barrier = level.liquidation_price / 64_700
        by_hand = (closes / closes[:, :1] <= barrier).any(axis=1).mean()
        assert level.liquidation_probability.value == pytest.approx(by_hand, abs=1e-9)


def test_what_is_simulated_can_be_evaluated(scenario):
    bars = scenario.simulate(3_000, "6h", bars=True)
    assert bars.shape == (3_000, 120, 4) and bars.dtype == np.float64 and bars.flags.c_contiguous
    found, run = scenario.evaluate(bars, "6h", bars=True), scenario.run(200_000)
    for level in found:
        probability = run[level.leverage].liquidation_probability.value
        error = math.sqrt(probability * (1 - probability) / 3_000)
        assert abs(level.liquidation_probability.value - probability) < 4 * error + 0.002


def test_layout_type_and_threads_change_nothing(scenario):
    closes = gbm(700, 24, 1, 0.9).astype(np.float32)
    expected = scenario.evaluate(closes.astype(np.float64), "1h", bridge=0.9).to_json()
    for same in (closes, np.asfortranarray(closes), closes[:, ::1], np.repeat(closes, 2, axis=0)[::2], closes.tolist()):
        assert scenario.evaluate(same, "1h", bridge=0.9, threads=1).to_json() == expected
    whole = np.full((3, 5), 100)
    assert scenario.evaluate(whole, "1h")[20].liquidation_probability.value == 0


def test_several_assets_are_an_axis_or_a_dict():
    scenario = lq.Scenario.load(TWO)
    closes = scenario.simulate(64, "1d")
    assert closes.shape == (2, 64, 8)
    one = scenario.evaluate(closes, "1d")
    by_name = dict(zip(scenario.assets, closes, strict=True))
    assert scenario.evaluate(by_name, "1d") == one
    assert (scenario.simulate(64, "1d", assets="ETH") == by_name["ETH"]).all()
    assert (scenario.simulate(64, "1d", assets=["ETH", "BTC"]) == closes[::-1]).all()
    assert scenario.simulate(64, "1d", bars=True, assets=["ETH"]).shape == (1, 64, 7, 4)
    with pytest.raises(ValueError, match="no asset"):
        scenario.simulate(8, "1d", assets="DOGE")
    with pytest.raises(lq.EvaluateError, match="give an array for each"):
        scenario.evaluate({"BTC": closes[0]}, "1d")
    with pytest.raises(lq.EvaluateError, match="2 assets"):
        scenario.evaluate(closes[0], "1d")
    with pytest.raises(lq.EvaluateError, match="the scenario has 2"):
        scenario.evaluate(np.concatenate([closes, closes]), "1d")


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda a: a.astype(complex), TypeError, "real numbers"),
        (lambda a: a.astype(str), TypeError, "real numbers"),
        (lambda a: a[0], lq.EvaluateError, r"\(paths, bars \+ 1\)"),
        (lambda a: a[:, :1], lq.EvaluateError, "no bar"),
        (lambda a: a[:0], lq.EvaluateError, "no path"),
        (lambda a: np.where(np.arange(25) == 7, np.nan, a), lq.EvaluateError, "path 0: price 7 .* NaN"),
        (lambda a: np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) == 7), lq.EvaluateError, r"\[0, 7\] is masked"),
        (lambda a: np.where(np.arange(25) == 3, -1.0, a), lq.EvaluateError, "path 0: price 3 .* above 0, but is -1"),
        (lambda a: np.where(np.arange(25) == 0, 0.0, a), lq.EvaluateError, "path 0: price 0 .* above 0"),
        (lambda a: np.where(np.arange(25) == 9, np.inf, a), lq.EvaluateError, "price 9 .* inf"),
    ],
)
def test_what_is_no_path_is_refused_with_its_place(scenario, spoil, error, words):
    with pytest.raises(error, match=words):
        scenario.evaluate(spoil(gbm(8, 24, 1, 0.9)), "1h")


def test_wrong_bars_bridges_and_intervals_are_refused(scenario):
    bars = scenario.simulate(4, "1d", bars=True)
    with pytest.raises(lq.EvaluateError, match="come last"):
        scenario.evaluate(bars[:, :, :3], "1d", bars=True)
    bars[2, 5, 1] = 1.0
    with pytest.raises(lq.EvaluateError, match="path 2: .* bar 5"):
        scenario.evaluate(bars, "1d", bars=True)
    closes = gbm(8, 24, 1, 0.9)
    with pytest.raises(lq.EvaluateError, match="volatility"):
        scenario.evaluate(closes, "1h", bridge=-1)
    with pytest.raises(lq.EvaluateError):
        scenario.evaluate(closes, "0s")
