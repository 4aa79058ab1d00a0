"""Recorded prices as files or frames; models fitted to them, forecasts from them, replays of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _liqsim
from ._build import Account, Asset, Forecast
from ._errors import HistoryError
from ._progress import Progress, shown
from ._result import Result
from ._scenario import Scenario
from ._tables import Table
from ._values import interval as as_interval
from ._values import thread_count, whole

if TYPE_CHECKING:
    from ._plot import CalibrationPlots

Frame = Any
"""Recorded prices: the path of a file (CSV or JSON, plain or gzip), a frame of pandas, polars or pyarrow, a dict of columns, or, where pyarrow or
polars is there, whatever hands itself on as Arrow's C stream, such as a relation of duckdb. Columns are
known by their names (time, open, high, low, close, volume and many others: docs/prices.md); times are those of UTC."""


def prices_file(prices: Frame) -> tuple[str, bytes]:
    """Name and bytes of recorded prices; those of a frame are CSV, which the same reader reads."""
    if isinstance(prices, (str, os.PathLike)):
        return os.fspath(prices), Path(prices).read_bytes()
    columns = _columns(prices)
    lengths = {len(column) for column in columns.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise HistoryError("the prices hold no rows, or columns of different lengths")
    head = ",".join(_quoted(name) for name in columns)
    rows = (",".join(row) for row in zip(*columns.values(), strict=True))
    return "prices", "\n".join([head, *rows, ""]).encode()


def _columns(frame: Frame) -> dict[str, list[str]]:
    if hasattr(frame, "__arrow_c_stream__") and not any(hasattr(frame, name) for name in ("column_names", "index", "get_column")):
        frame = _of_stream(frame)
    names = getattr(frame, "column_names", None)
    if names is None:
        names = list(frame) if isinstance(frame, Mapping) else list(getattr(frame, "columns", []))
    if not names:
        raise TypeError(f"prices must be a path, a frame or a dict of columns, and not a {type(frame).__name__}")
    columns = {str(name): _texts(frame[name]) for name in names}
    index = getattr(frame, "index", None)
    if getattr(getattr(index, "dtype", None), "kind", "") == "M" or hasattr(index, "tz"):
        columns = {"time": _texts(index)} | columns
    return columns


def _of_stream(frame: Any) -> Any:
    """A frame that is known of one that only hands itself on, such as a relation of duckdb."""
    try:
        import pyarrow

        return pyarrow.table(frame)
    except ImportError:
        import polars

        return polars.DataFrame(frame)


def _texts(column: Any) -> list[str]:
    """A column as the fields of a file."""
    values = np.asarray(column)
    if values.dtype.kind == "M":
        return [str(time) for time in np.datetime_as_string(values, unit="s")]
    if values.dtype.kind in "iu":
        return [str(value) for value in values.tolist()]
    if values.dtype.kind == "f":
        return ["" if value != value else repr(value) for value in values.astype(np.float64).tolist()]
    return [_text(value) for value in values.tolist()]


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, datetime):
        time = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text


def _history(
    prices: Frame,
    columns: Mapping[str, str] | None = None,
    since: str | None = None,
    until: str | None = None,
    interval: str | timedelta | None = None,
) -> _liqsim.History:
    name, content = prices_file(prices)
    chosen = ",".join(f"{role}={column}" for role, column in columns.items()) if columns else None
    return _liqsim.History(name, content, chosen, since, until, None if interval is None else as_interval(interval))


class Calibration:
    """Models fitted to recorded prices, the best of them chosen."""

    def __init__(self, core: _liqsim.Calibration, history: _liqsim.History, drift: str = "zero") -> None:
        self._core = core
        self._history = history
        self._drift = drift

    @cached_property
    def _dict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._core.fits_json(self._history))
        return found

    def to_dict(self) -> dict[str, Any]:
        """What ``liqsim calibrate --describe --model NAME --format json`` prints."""
        found: dict[str, Any] = json.loads(self._core.to_json()) if self.chosen == "har" else dict(self._dict)
        return found

    def to_json(self) -> str:
        """The bytes that ``liqsim calibrate --format json`` prints."""
        return self._core.to_json()

    @property
    def chosen(self) -> str:
        """Name of the model whose forecasts came true best out of sample; where the prices are too few to tell, of the one with the smallest
        Bayesian information criterion.
        """
        return self._core.chosen()

    @cached_property
    def table(self) -> Table:
        """One row per fit: name, log likelihood, criteria, tests of the fit."""
        fits = self._dict.get("fits", [])
        if not fits:
            return Table({"name": ["har"]})
        keys = [key for key in fits[0] if all(isinstance(fit.get(key), (int, float, str, type(None))) for fit in fits)]
        return Table({key: [fit.get(key) for fit in fits] for key in keys})

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of every fit, by name; of ``har`` its coefficients."""
        found = {fit["name"]: fit.get("parameters") for fit in self._dict.get("fits", [])}
        har = self._core.har_json()
        return found if har is None else found | {"har": json.loads(har)["har"]["coefficients"]}

    @property
    def out_of_sample(self) -> dict[str, Any] | None:
        """How the models forecast from times of the past: their log scores over the horizon, or why they cannot be told; None where one model
        was asked for.
        """
        found: dict[str, Any] | None = self._dict.get("out_of_sample")
        return found

    @property
    def volatilities(self) -> Table:
        """Volatility per square root of a year by range-based estimators."""
        rows = self._dict["volatilities"]
        return Table({key: [row[key] for row in rows] for key in rows[0]})

    @property
    def notes(self) -> list[str]:
        """What was wrong with the prices."""
        return self._history.notes

    @property
    def returns(self) -> npt.NDArray[np.float64]:
        """Log returns in the order of time, without those across gaps: (returns,)."""
        return self._core.returns()

    def scenario(
        self,
        *,
        model: str | None = None,
        asset: str | None = None,
        venue: str | None = None,
        side: str = "long",
        horizon: str | timedelta | None = None,
        leverage: Sequence[float] = (),
        equity: float | None = None,
        drift: str | None = None,
    ) -> Scenario:
        """A ready scenario with the chosen model, or with that of a name: the one that ``liqsim calibrate -o`` writes.

        Args:
            drift: ``zero`` for no view on where the price goes, or ``estimate`` for the sample's growth; as for :func:`calibrate` if None.
        """
        length = None if horizon is None else as_interval(horizon)
        levels = [float(level) for level in leverage]
        text, _, days = self._core.scenario(model, asset, venue, side, length, levels, equity, drift or self._drift)
        return Scenario.from_toml(text, files=dict([days]) if days else None)

    @property
    def plot(self) -> CalibrationPlots:
        """Pictures by matplotlib: ``plot()`` is the distribution of the returns beside the fitted volatility."""
        from ._plot import CalibrationPlots

        return CalibrationPlots(self)

    def __repr__(self) -> str:
        return self._core.table(110)


def calibrate(
    prices: Frame,
    *,
    model: str = "auto",
    drift: str = "zero",
    horizon: str | timedelta | None = None,
    interval: str | timedelta | None = None,
    since: str | None = None,
    until: str | None = None,
    columns: Mapping[str, str] | None = None,
    threads: int | None = None,
) -> Calibration:
    """Fits price models to recorded prices, as ``liqsim calibrate`` does.

    Args:
        prices: A file or a frame; see :data:`Frame`.
        model: ``auto`` fits all that suit and chooses by how their forecasts over the horizon came true on these prices, or, where they are too
            few, by the Bayesian information criterion; or ``gbm``, ``merton``, ``merton-mle``, ``kou``, ``garch``, ``garch-normal``, ``gjr``,
            ``gjr-normal``, ``heston``, ``bates``, ``regime``, ``hawkes``, ``har``.
        drift: Of scenarios with the fit: ``zero`` for no view on where the price goes, or ``estimate`` for the sample's growth.
        horizon: Of the forecasts that ``auto`` chooses by; 30 days if absent.
        interval: Joins bars to longer ones, such as ``"1d"``.
        since: First year, month, day or time (UTC) to use.
        until: Last one to use, whole.
        columns: Names of columns by role, where they are not known: ``{"time": "Day", "close": "Last"}``.

    Raises:
        HistoryError: The prices cannot be read with certainty.
        CalibrationError: They are too few, or fit no model.
    """
    history = _history(prices, columns, since, until, interval)
    if drift not in ("zero", "estimate"):
        raise ValueError(f'drift must be "zero" or "estimate", and not {drift!r}')
    length = None if horizon is None else as_interval(horizon)
    return Calibration(_liqsim.calibrate(history, model, length, thread_count(threads)), history, drift)


def forecast(
    prices: Frame,
    *,
    horizon: str | timedelta,
    leverage: Sequence[float] | float,
    asset: str = "COIN",
    side: str = "long",
    kind: str = "forecast",
    venue: Any = "flat-0.5pct",
    equity: float = 1_000.0,
    price: float | None = None,
    policy: Mapping[str, Any] | None = None,
    paths: float = 200_000,
    seed: int = 1,
) -> Scenario:
    """The scenario of a forecast from recorded hours, from the close of the last one on; ``.run()`` gives the answer.

    Args:
        prices: Hourly bars of 365 days and more, with highs and lows; see :data:`Frame`. They travel with the scenario.
        kind: ``forecast`` (the mixture of the two others), ``har`` or ``scaled_history``.
        price: Entry, in place of the last close.
    """
    name, content = prices_file(prices)
    last = _liqsim.History(name, content).last_close
    levels = [leverage] if isinstance(leverage, (int, float)) else list(leverage)
    position = {"asset": asset, "side": side}
    return Scenario(
        name=f"{asset} {side}, {horizon}",
        horizon=horizon,
        paths=whole(paths, "paths", 1),
        seed=seed,
        assets={asset: Asset(last if price is None else price, Forecast("prices", kind=kind))},
        account=Account(equity=equity, leverage=levels, venue=venue, positions=[position]),
        policy=policy,
        files={"prices": content},
    )


def risk(
    coin: str,
    *,
    leverage: Sequence[float] | float,
    horizon: str | timedelta,
    prices: Frame | None = None,
    volatility: float | None = None,
    price: float | None = None,
    side: str = "long",
    stop: float | None = None,
    venue: str | None = None,
    equity: float = 1_000.0,
    model: str = "forecast",
    paths: float = 200_000,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress = False,
) -> Result:
    """How likely is my position to be liquidated? ``answer`` of the result is the sentence.

    Either from recorded hours (``prices``), or from a volatility per square root of a year with the price now.

    Args:
        stop: Distance of a stop loss from the entry, as a fraction.
        venue: A venue of the catalogue; Binance's perpetual in the coin where there is one.
    """
    own = f"binance-usdm-{coin.lower()}usdt"
    terms = venue or (own if own in _liqsim.venue_names() else "flat-0.5pct")
    policy = None if stop is None else {"stop_loss": {"distance": stop}}
    if (prices is None) == (volatility is None):
        raise ValueError("give either prices, as recorded hours, or volatility with price")
    if prices is not None:
        scenario = forecast(
            prices, horizon=horizon, leverage=leverage, asset=coin, side=side, kind=model, venue=terms, equity=equity,
            price=price, policy=policy, paths=paths, seed=seed,
        )  # fmt: skip
    else:
        if price is None:
            raise ValueError("a volatility needs the price now: price=64_000")
        levels = [leverage] if isinstance(leverage, (int, float)) else list(leverage)
        law = {"kind": "gbm", "drift": 0.0, "volatility": volatility}
        account = Account(equity=equity, leverage=levels, venue=terms, positions=[{"asset": coin, "side": side}])
        name = f"{coin} {side}, {horizon}"
        scenario = Scenario(
            name=name, horizon=horizon, paths=whole(paths, "paths", 1), seed=seed, assets={coin: Asset(price, law)},
            account=account, policy=policy,
        )  # fmt: skip
    return scenario.run(threads=threads, progress=progress)


class Replay:
    """What happened from every bar of a history on, beside what is simulated."""

    def __init__(self, text: str) -> None:
        self._text = text

    def to_json(self) -> str:
        """The bytes that ``liqsim replay --format json`` prints for a file."""
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict."""
        found: dict[str, Any] = json.loads(self._text)
        return found

    @property
    def table(self) -> Table:
        """One row per horizon and level: what happened with its interval, what is predicted with its error, whether they agree."""
        rows = self.to_dict()["levels"]
        columns: dict[str, list[Any]] = {key: [row[key] for row in rows] for key in ("horizon_days", "leverage", "starts")}
        for what in ("realised", "predicted"):
            for key in ("value", "low", "high"):
                columns[what if key == "value" else f"{what}_{key}"] = [row[what][key] for row in rows]
        said = {True: "yes", False: "no", None: None}
        return Table(columns | {"agrees": [said[row["agrees"]] for row in rows]})

    @property
    def notes(self) -> list[str]:
        """What the replay takes for granted."""
        return list(self.to_dict()["notes"])

    def __repr__(self) -> str:
        return repr(self.table)


def replay(
    prices: Frame,
    scenario: Scenario,
    *,
    horizons: Sequence[str | timedelta] = (),
    since: str | None = None,
    until: str | None = None,
    columns: Mapping[str, str] | None = None,
    threads: int | None = None,
    progress: Progress = False,
) -> Replay:
    """Replays recorded prices beside the simulation of a scenario, as ``liqsim replay`` does.

    Args:
        prices: A file or a frame; see :data:`Frame`.
        horizons: In place of the scenario's.

    Raises:
        HistoryError: The prices cannot be read with certainty.
        RunError: The scenario cannot be replayed on them.
    """
    history = _history(prices, columns, since, until)
    lengths = [as_interval(horizon) for horizon in horizons]
    return Replay(_liqsim.replay(history, scenario._core, lengths, thread_count(threads), shown(progress)))
