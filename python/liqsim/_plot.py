"""Pictures by matplotlib, each on axes of its own unless some are given, which it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ._history import Calibration
    from ._result import Result
    from ._study import Sweep

Axes = Any
"""A matplotlib.axes.Axes."""


def _axes(ax: Axes | None, title: str, x: str, y: str) -> Axes:
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots()
    ax.set(title=title, xlabel=x, ylabel=y)
    return ax


class ResultPlots:
    """Pictures of a result."""

    def __init__(self, of: Result) -> None:
        self._of = of

    def __call__(self, ax: Axes | None = None) -> Axes:
        """The probability of liquidation over leverage: the curve with its 95 % band, the listed levels as points."""
        ax = _axes(ax, self._of.scenario, "leverage", "liquidated, %")
        curve, levels = self._of.curve, self._of.levels
        name = "liquidation_probability"
        if len(curve):
            x = curve.numbers("leverage")
            ax.fill_between(x, 100 * curve.numbers(f"{name}_low"), 100 * curve.numbers(f"{name}_high"), alpha=0.25, lw=0)
            ax.plot(x, 100 * curve.numbers(name))
        value = levels.numbers(name)
        errors = 100 * np.abs(np.stack([value - levels.numbers(f"{name}_low"), levels.numbers(f"{name}_high") - value]))
        ax.errorbar(levels.numbers("leverage"), 100 * value, yerr=errors, fmt="o", ms=4, color="black")
        ax.set(xscale="log", ylim=(0, None))
        return ax

    def survival(self, ax: Axes | None = None) -> Axes:
        """The probability of not being liquidated over time, a line per level."""
        ax = _axes(ax, self._of.scenario, "days", "not liquidated, %")
        table = self._of.survival
        leverage, days, share = (table.numbers(name) for name in ("leverage", "days", "probability"))
        for level in np.unique(leverage):
            of = leverage == level
            ax.plot(days[of], 100 * share[of], label=f"{level:g}x")
        ax.legend()
        return ax

    def returns(self, leverage: float, ax: Axes | None = None) -> Axes:
        """The distribution of the return at a leverage; what is lost whole is in the title."""
        table = self._of.distribution
        of = table.numbers("leverage") == leverage
        low, high, share = (table.numbers(name)[of] for name in ("low", "high", "share"))
        if not len(low):
            raise KeyError(f"no distribution at {leverage:g}x")
        title = f"{self._of.scenario}, {leverage:g}x: {100 * share[0]:.3g} % lose all"
        ax = _axes(ax, title, "return, %", "density")
        width = high[1:] - low[1:]
        ax.bar(100 * (low[1:] - 1), share[1:] / width, 100 * width, align="edge")
        return ax

    def prices(self, ax: Axes | None = None) -> Axes:
        """Quantiles of the price over time."""
        table = self._of.price_fan
        if not len(table):
            raise ValueError("the result has no prices over time")
        ax = _axes(ax, self._of.scenario, "days", table["asset"][0])
        days = table.numbers("days")
        for low, high, alpha in (("p05", "p95", 0.2), ("p25", "p75", 0.35)):
            ax.fill_between(days, table.numbers(low), table.numbers(high), alpha=alpha, lw=0, color="C0")
        ax.plot(days, table.numbers("p50"), color="C0")
        return ax


class SweepPlots:
    """Pictures of a sweep."""

    def __init__(self, of: Sweep) -> None:
        self._of = of

    def __call__(
        self,
        metric: str = "liquidation_probability",
        *,
        leverage: float | None = None,
        x: str | None = None,
        y: str | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """A metric at a leverage (the first if None): a heat map over two keys, or a line over one."""
        of, keys = self._of, self._of.keys
        x = x or keys[-1]
        y = y or next((key for key in keys if key != x), None)
        level = of.numbers("leverage")
        rows = level == (level[0] if leverage is None else leverage)
        names = {key: [value for value, is_shown in zip(of[key], rows, strict=True) if is_shown] for key in keys}
        values = of.numbers(metric)[rows]
        ax = _axes(ax, f"{metric} at {level[0] if leverage is None else leverage:g}x", x, y or metric)
        if y is None:
            ax.plot(names[x], values, "o-")
            return ax
        across, up = list(dict.fromkeys(names[x])), list(dict.fromkeys(names[y]))
        grid = np.full((len(up), len(across)), np.nan)
        for column, row, value in zip(names[x], names[y], values, strict=True):
            grid[up.index(row), across.index(column)] = value
        image = ax.imshow(grid, origin="lower", aspect="auto")
        ax.set_xticks(range(len(across)), [str(value) for value in across])
        ax.set_yticks(range(len(up)), [str(value) for value in up])
        ax.figure.colorbar(image, ax=ax)
        return ax


class CalibrationPlots:
    """Pictures of fits."""

    def __init__(self, of: Calibration) -> None:
        self._of = of

    def __call__(self, ax: Axes | None = None) -> Axes:
        """The recorded log returns, standardised, beside the normal law: what a model has to explain."""
        returns = self._of.returns
        ax = _axes(ax, f"{len(returns):,} returns, chosen: {self._of.chosen}", "standard deviations", "density")
        scaled = (returns - returns.mean()) / returns.std()
        ax.hist(scaled, bins=np.linspace(-8, 8, 161), density=True, log=True)
        z = np.linspace(-4.5, 4.5, 200)
        ax.plot(z, np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi))
        return ax
