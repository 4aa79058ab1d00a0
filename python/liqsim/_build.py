"""Tables of a scenario as calls, so that an editor knows their keys. Each gives the dict that a file would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Values = dict[str, Any]


def Asset(price: float, model: Mapping[str, Any], **more: Any) -> Values:
    """An asset: its price at the start in the quote currency, and the law of its price."""
    return {"price": float(price), "model": dict(model), **more}


def Account(**keys: Any) -> Values:
    """The account: ``equity``, ``leverage``, ``venue``, ``positions``, and whatever else docs/format.md lists."""
    return keys


def long(asset: str, **more: Any) -> Values:
    """A position that gains when the price rises."""
    return {"asset": asset, "side": "long", **more}


def short(asset: str, **more: Any) -> Values:
    """A position that gains when the price falls."""
    return {"asset": asset, "side": "short", **more}


# Models. Volatilities are per square root of a year, rates per year; a drift of 0 is no view on where the price goes.


def Gbm(volatility: float, *, drift: float = 0.0, **more: Any) -> Values:
    """Geometric Brownian motion."""
    return {"kind": "gbm", "drift": drift, "volatility": volatility, **more}


def Merton(volatility: float, jumps: Mapping[str, Any], *, drift: float = 0.0, **more: Any) -> Values:
    """Normal jumps of the log price: ``jumps`` has ``rate``, ``mean``, ``std_dev``."""
    return {"kind": "merton", "drift": drift, "volatility": volatility, "jumps": dict(jumps), **more}


def Kou(volatility: float, jumps: Mapping[str, Any], *, drift: float = 0.0, **more: Any) -> Values:
    """Double-exponential jumps: ``jumps`` has ``rate``, ``up_probability``, ``up_mean``, ``down_mean``."""
    return {"kind": "kou", "drift": drift, "volatility": volatility, "jumps": dict(jumps), **more}


def Heston(
    *,
    variance: float,
    long_run_variance: float,
    mean_reversion: float,
    vol_of_vol: float,
    correlation: float,
    drift: float = 0.0,
    **more: Any,
) -> Values:
    """Stochastic variance."""
    return {
        "kind": "heston",
        "drift": drift,
        "variance": variance,
        "long_run_variance": long_run_variance,
        "mean_reversion": mean_reversion,
        "vol_of_vol": vol_of_vol,
        "correlation": correlation,
        **more,
    }


def Bates(*, jumps: Mapping[str, Any], **heston: Any) -> Values:
    """Heston's variance and Merton's jumps."""
    return {**Heston(**heston), "kind": "bates", "jumps": dict(jumps)}


def Garch(*, step: str, omega: float, alpha: float, beta: float, log_drift: float = 0.0, **more: Any) -> Values:
    """GARCH(1,1); ``gamma``, ``dof``, ``initial_variance`` as wanted. Variances are per step."""
    keys = {"kind": "garch", "log_drift": log_drift, "step": step, "omega": omega, "alpha": alpha, "beta": beta}
    return {**keys, **more}


def Regime(states: Sequence[Mapping[str, Any]], switching_rates: Sequence[Sequence[float]], **more: Any) -> Values:
    """A volatility and a drift for each state, switched at rates per year."""
    return {"kind": "regime", "states": list(states), "switching_rates": switching_rates, **more}


def Hawkes(volatility: float, jumps: Mapping[str, Any], *, drift: float = 0.0, **more: Any) -> Values:
    """Jumps that excite each other: Merton's keys with ``excitation`` and ``decay``."""
    return {"kind": "hawkes", "drift": drift, "volatility": volatility, "jumps": dict(jumps), **more}


def Bootstrap(prices: str, block: str, **more: Any) -> Values:
    """Resampled history: ``prices`` names a file (of the disk, or of the scenario's ``files``), ``block`` is a mean length."""
    return {"kind": "bootstrap", "prices": prices, "block": block, **more}


def Forecast(prices: str, *, kind: str = "forecast", **more: Any) -> Values:
    """The forecast from recorded hours: of kind ``forecast``, ``har`` or ``scaled_history``."""
    return {"kind": kind, "prices": prices, **more}
