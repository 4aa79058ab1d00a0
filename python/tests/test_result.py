"""Results, their numbers and tables, and what becomes of them elsewhere."""

import csv
import json
import pickle

import numpy as np
import pytest
from conftest import ROOT

import liqsim as lq


@pytest.fixture(scope="module")
def result() -> lq.Result:
    return lq.Scenario.load(ROOT / "scenarios/btc-funding-30d.toml").run(4_096)


def test_numbers_are_those_of_the_json(result):
    found = json.loads(result.to_json())
    level = found["levels"][1]
    leverage = level["leverage"]
    assert result[leverage].liquidation_probability.value == level["liquidation_probability"]["value"]
    assert result[leverage]["return.quantiles.0.05"] == level["return"]["quantiles"]["0.05"]
    assert result[leverage]["expected_shortfall.0.95"].high == level["expected_shortfall"]["0.95"]["high"]
    assert result[leverage].kelly == level["kelly"]
    assert len(result) == len(found["levels"]) == len(list(result))
    assert (result.paths, result.seed, result.horizon_days) == (4_096, found["seed"], 30)
    assert result.answer == found["answer"] and result.notes == found["notes"]
    for wrong in ("nothing", "return.quantiles.0.07"):
        with pytest.raises(KeyError):
            result[leverage][wrong]
    with pytest.raises(KeyError, match="there are"):
        result[777]
    with pytest.raises(AttributeError, match="liquidation_price"):
        result[leverage].liquidation_prise


def test_a_probability_is_printed_with_its_interval():
    assert str(lq.Estimate(0.4672, 0.0003, 0.4669, 0.4674)) == "46.72 % [46.69, 46.74]"
    assert str(lq.Estimate(0.0, 0.0, 0.0, 0.00031)) == "0 % [0, 0.031]"


def test_a_table_is_the_csv_of_the_program(result):
    lines = list(csv.reader(result.to_csv().splitlines()))
    levels = result.levels
    assert levels.columns == lines[0]
    for place, name in enumerate(lines[0]):
        column = levels[name]
        for row, value in enumerate(column):
            text = lines[1 + row][place]
            assert (value is None and text == "") or str(value) == text or float(text) == value


@pytest.mark.parametrize("table", ["levels", "curve", "survival", "distribution", "price_fan", "costs"])
def test_frames_hold_the_numbers_of_the_tables(result, table):
    polars, pandas, pyarrow = (pytest.importorskip(name) for name in ("polars", "pandas", "pyarrow"))
    duckdb = pytest.importorskip("duckdb")
    of = getattr(result, table)
    assert len(of) > 0
    expected = of.to_dict()
    assert polars.DataFrame(of).to_dict(as_series=False) == expected
    assert pyarrow.table(of).to_pydict() == expected
    frame = of.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == list(expected)
    for name, column in expected.items():
        if isinstance(column[0], float):
            assert np.array_equal(frame[name].to_numpy(dtype=float), of.numbers(name), equal_nan=True)
    assert duckdb.sql("select count(*) from of").fetchall() == [(len(of),)]
    # A frame that outlives its table.
    kept = polars.DataFrame(getattr(lq.Result.from_json(result.to_json()), table))
    assert kept.to_dict(as_series=False) == expected


def test_the_same_memory_is_handed_out_each_time(result):
    pyarrow = pytest.importorskip("pyarrow")
    one, other = pyarrow.table(result.levels), pyarrow.table(result.levels)
    address = [table["leverage"].chunk(0).buffers()[1].address for table in (one, other)]
    assert address[0] == address[1]


def test_a_table_of_ones_own():
    table = lq.Table({"name": ["a", "b", None], "count": [1, None, 3], "x": [0.5, 2, None]})
    assert table.to_dict() == {"name": ["a", "b", None], "count": [1, None, 3], "x": [0.5, 2.0, None]}
    assert np.isnan(table.numbers("x")[2]) and pickle.loads(pickle.dumps(table)) == table
    assert len(lq.Table({})) == 0
    with pytest.raises(KeyError):
        table["nothing"]
    for wrong in ({"a": [1], "b": [1, 2]}, {"a": ["x", 1]}):
        with pytest.raises(ValueError):
            lq.Table(wrong)


def test_shares_of_a_distribution_add_up(result):
    table = result.distribution
    shares, leverage = table.numbers("share"), table.numbers("leverage")
    for level in np.unique(leverage):
        assert shares[leverage == level].sum() == pytest.approx(1, abs=1e-9)


def test_a_result_is_written_whole_and_read_again(result, tmp_path):
    for name in ("r.json", "r.csv", "r.md", "r.txt", "r.html", "r.svg"):
        result.save(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.csv", "r.html", "r.json", "r.md", "r.svg", "r.txt"]
    assert lq.Result.load(tmp_path / "r.json") == result
    assert pickle.loads(pickle.dumps(result)) == result
    with pytest.raises(ValueError, match="no format"):
        result.save(tmp_path / "r.xyz")
    with pytest.raises(ValueError, match="no result"):
        lq.Result.from_json("{}")
    with pytest.raises(OSError):
        result.save(tmp_path / "nowhere" / "r.json")


def test_a_notebook_shows_little(result):
    page = result._repr_html_()
    assert 500 < len(page) < 20_000 and "<table>" in page
    assert "<table>" in result.levels._repr_html_()
    assert "Leverage" in repr(result)


def test_a_chart_shows_the_curve_with_its_band_and_the_levels(result):
    pytest.importorskip("altair")
    layers = result.chart().to_dict()["layer"]
    marks = [layer["mark"]["type"] for layer in layers]
    assert marks == ["area", "line", "point"]
    points = layers[2]["data"]["values"]
    assert [point["liquidated"] for point in points] == result.levels["liquidation_probability"]
    assert all(point["low"] <= point["liquidated"] <= point["high"] for point in points)


def test_pictures_are_drawn(result):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    leverage = result.levels["leverage"][0]
    for axes in (result.plot(), result.plot.survival(), result.plot.returns(leverage), result.plot.prices()):
        axes.figure.canvas.draw()
        assert axes.has_data()
        plt.close(axes.figure)
    with pytest.raises(KeyError):
        result.plot.returns(777)
