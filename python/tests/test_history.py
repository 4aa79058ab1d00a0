"""Recorded prices as files and frames: fits, forecasts, replays."""

import json
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from conftest import ROOT

import liqsim as lq


def bars(hours: int, volatility: float = 0.6, seed: int = 2) -> dict[str, list]:
    """Hourly bars of a random walk with ten steps inside each."""
    generator = np.random.default_rng(seed)
    logs = np.cumsum(volatility * np.sqrt(1 / 8_760 / 10) * generator.standard_normal((hours, 10)).ravel()).reshape(hours, 10)
    inside = 50_000 * np.exp(np.hstack([np.concatenate([[0], logs[:-1, -1]])[:, None], logs]))
    start = datetime(2024, 1, 1, tzinfo=timezone.utc)
    return {
        "time": [start + timedelta(hours=hour) for hour in range(hours)],
        "open": inside[:, 0].tolist(),
        "high": inside.max(axis=1).tolist(),
        "low": inside.min(axis=1).tolist(),
        "close": inside[:, -1].tolist(),
    }


def write(path, of):
    of["time"] = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in of["time"]]
    rows = zip(*[map(str, column) if name == "time" else map(repr, column) for name, column in of.items()], strict=True)
    path.write_text("\n".join([",".join(of), *(",".join(row) for row in rows), ""]))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("prices") / "btc_usdt_1h.csv"
    write(path, bars(3_000))
    return path


class Stream:
    """What hands itself on as Arrow's C stream, and nothing more."""

    def __init__(self, of) -> None:
        self.of = of

    def __arrow_c_stream__(self, requested_schema=None):
        return self.of.__arrow_c_stream__(requested_schema)


def frames():
    polars, pandas, pyarrow = (pytest.importorskip(name) for name in ("polars", "pandas", "pyarrow"))
    of = bars(3_000)
    naive = {**of, "time": [time.replace(tzinfo=None) for time in of["time"]]}
    pandas_frame = pandas.DataFrame(of)
    table = pyarrow.table(of)
    return {
        "a stream": Stream(pyarrow.table(of)),
        "duckdb": pytest.importorskip("duckdb").from_arrow(pyarrow.table(of)),
        "dict": of,
        "polars": polars.DataFrame(of),
        "polars, naive": polars.DataFrame(naive),
        "pandas": pandas_frame,
        "pandas, naive": pandas.DataFrame(naive),
        "pandas, index": pandas_frame.set_index("time"),
        "pyarrow": pyarrow.table(of),
        "seconds": {**of, "time": [int(time.timestamp()) for time in of["time"]]},
    }


def test_a_drift_may_be_asked_for_with_the_fit(file):
    zero, estimate = (lq.calibrate(file, model="gbm", drift=drift) for drift in ("zero", "estimate"))
    assert zero.scenario().to_toml() == lq.calibrate(file, model="gbm").scenario(drift="zero").to_toml()
    assert estimate.scenario().to_toml() == zero.scenario(drift="estimate").to_toml() != zero.scenario().to_toml()
    with pytest.raises(ValueError, match="drift must be"):
        lq.calibrate(file, drift="up")


def test_frames_and_files_are_the_same_prices(file):
    expected = lq.calibrate(file, model="gbm").to_dict()
    for name, frame in frames().items():
        found = lq.calibrate(frame, model="gbm").to_dict()
        assert found["fits"] == expected["fits"], name
        assert (found["from"], found["to"], found["bars"]) == (expected["from"], expected["to"], 3_000), name


def test_a_fit_is_that_of_the_program(file, program):
    expected = program("calibrate", file, "--model", "gbm", "--format", "json")
    assert lq.calibrate(file, model="gbm").to_json() == expected
    written = program("calibrate", file, "--model", "gbm", "-o", "-", "--leverage", "3,5", "--horizon", "7d")
    scenario = lq.calibrate(file, model="gbm").scenario(leverage=[3, 5], horizon="7d")
    assert scenario == lq.Scenario.from_toml(written)


def test_fits_find_the_volatility_and_make_scenarios(file):
    fit = lq.calibrate(file, model="gbm", since="2024-01-02")
    assert fit.chosen == "gbm" and fit.table["name"] == ["gbm"]
    assert fit.to_dict()["volatility"] == pytest.approx(0.6, rel=0.05)
    assert fit.parameters["gbm"] and len(fit.volatilities) > 2 and len(fit.returns) == 2_975
    scenario = fit.scenario(leverage=[4], side="short", venue="flat-0.5pct", equity=500, asset="COIN")
    assert scenario.assets == ["COIN"] and scenario.run(1_000)[4].leverage == 4
    with pytest.raises(ValueError, match="model must be one of"):
        lq.calibrate(file, model="arima")
    with pytest.raises(ValueError, match="side must be one of"):
        fit.scenario(side="up")


def test_auto_chooses_as_the_program_does(file, program, tmp_path):
    # Too few for forecasts out of sample: by BIC, and both say so.
    short = lq.calibrate(file, threads=2)
    assert short.to_json() == program("calibrate", file, "--format", "json")
    assert "400 days" in short.out_of_sample["reason"] and short.chosen != "har"
    long = tmp_path / "coin_usdt_1h.csv"
    write(long, bars(24 * 430))
    fit = lq.calibrate(long, horizon="1d")
    printed = program("calibrate", long, "--horizon", "1d", "--format", "json", "-o", tmp_path / "chosen.toml")
    assert fit.to_json() == printed and fit.chosen == json.loads(printed)["chosen"]
    assert "har" in fit.parameters and len(fit.out_of_sample["scores"]) > 3


def test_har_is_estimated_and_its_days_travel_with_the_scenario(tmp_path):
    fit = lq.calibrate(bars(24 * 430), model="har")
    assert fit.chosen == "har" and set(fit.parameters["har"]) >= {"intercept", "b1", "b90"}
    scenario = fit.scenario(asset="COIN", venue="flat-0.5pct", leverage=[10], horizon="3d")
    assert scenario.run(2_000)[10].liquidation_probability.value > 0
    with pytest.raises(lq.CalibrationError, match="a year or more"):
        lq.calibrate(bars(3_000), model="har")


def test_wrong_prices_are_refused_with_what_to_do(file):
    of = bars(50)
    with pytest.raises(lq.CalibrationError, match="longer range"):
        lq.calibrate(of, model="gbm")
    with pytest.raises(lq.HistoryError):
        lq.calibrate({"colour": ["red"], "size": [1.0]})
    with pytest.raises(lq.HistoryError, match="no rows"):
        lq.calibrate({"time": [], "close": []})
    with pytest.raises(lq.HistoryError, match="wider"):
        lq.calibrate(file, since="2030")
    with pytest.raises(TypeError, match="a frame"):
        lq.calibrate(7)
    with pytest.raises(OSError):
        lq.calibrate("nowhere.csv")


def test_a_fit_is_drawn(file):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = lq.calibrate(file, model="gbm").plot()
    axes.figure.canvas.draw()
    assert axes.has_data()


def test_a_replay_is_that_of_the_program(file, program):
    path = "scenarios/btc-flat-rate.toml"
    expected = program("replay", file, path, "--horizons", "1d,3d", "--paths", 2_000, "--format", "json")
    scenario = lq.Scenario.load(ROOT / path).replace(paths=2_000)
    found = lq.replay(file, scenario, horizons=["1d", timedelta(days=3)])
    one, other = json.loads(found.to_json()), json.loads(expected)
    one["prices"] = other["prices"]
    assert one == other
    assert len(found.table) == 2 * len(scenario.leverage) and found.table["starts"][0] > 2_900
    with pytest.raises(lq.RunError, match="2 assets"):
        lq.replay(file, lq.Scenario.load(ROOT / "scenarios/btc-eth-cross-pair.toml"))


def test_a_forecast_takes_its_prices_along():
    import pickle

    frame = bars(24 * 400)
    scenario = lq.forecast(frame, asset="BTC", horizon="3d", leverage=[5, 20], kind="har", paths=2_000)
    packed = pickle.loads(pickle.dumps(scenario))
    result = packed.run()
    assert result.to_json() == scenario.run(threads=1).to_json()
    assert 0 <= result[5].liquidation_probability.value < result[20].liquidation_probability.value < 1
    answer = lq.risk("BTC", prices=frame, horizon="3d", leverage=20, model="har", stop=0.02, paths=2_000)
    assert answer[20].exits["stopped"].value > 0


def test_a_risk_from_a_volatility():
    found = lq.risk("BTC", volatility=0.8, price=64_000, leverage=[3, 10], horizon="7d", paths=20_000)
    assert found[3].liquidation_probability.value < found[10].liquidation_probability.value
    assert found.answer
    with pytest.raises(ValueError, match="either"):
        lq.risk("BTC", leverage=3, horizon="7d")
    with pytest.raises(ValueError, match="price now"):
        lq.risk("BTC", leverage=3, horizon="7d", volatility=0.5)
