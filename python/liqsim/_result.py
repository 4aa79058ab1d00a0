"""What a run found."""

from __future__ import annotations

import html
import json
import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _liqsim
from ._tables import Table

if TYPE_CHECKING:
    from ._plot import ResultPlots


@dataclass(frozen=True)
class Estimate:
    """A number with its error: ``low`` and ``high`` are the ends of its 95 % interval."""

    value: float
    std_error: float
    low: float
    high: float
    method: str | None = None
    """How it was found, such as ``counted`` or ``quasi_monte_carlo``."""
    low_with_parameters: float | None = None
    """Lower end of the 95 % interval that counts in the errors of the parameters, where they were asked for."""
    high_with_parameters: float | None = None
    """Upper end of that interval."""

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        width = 100 * (self.high - self.low)
        digits = min(12, max(0, -math.floor(math.log10(width)))) if width > 0 else 2
        if self.value == 0 and self.high > 0:
            return f"0 % [0, {100 * self.high:.2g}]"
        low, high = (f"{100 * end:.{digits}f}" for end in (self.low, self.high))
        return f"{100 * self.value:.{digits}f} % [{low}, {high}]"

    __repr__ = __str__

    @classmethod
    def of(cls, found: dict[str, Any]) -> Estimate:
        """From the JSON of an estimate."""
        return cls(
            found["value"],
            found["std_error"],
            found["low"],
            found["high"],
            found.get("method"),
            found.get("low_with_parameters"),
            found.get("high_with_parameters"),
        )


def _estimate_or_value(found: Any) -> Any:
    if isinstance(found, dict):
        if {"value", "std_error", "low", "high"} <= found.keys():
            return Estimate.of(found)
        return {key: _estimate_or_value(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_estimate_or_value(value) for value in found]
    return found


class Level:
    """The result at one leverage. Every key of the level's JSON is an attribute; ``return`` is called ``returns``."""

    __slots__ = ("_of",)

    def __init__(self, of: dict[str, Any]) -> None:
        self._of = of

    @property
    def leverage(self) -> float:
        """Notional over equity at entry."""
        return float(self._of["leverage"])

    @property
    def liquidation_price(self) -> float | None:
        """Mark price at which the position is liquidated; None if no price does."""
        price: float | None = self._of["liquidation_price"]
        return price

    @property
    def liquidation_probability(self) -> Estimate:
        """Probability of liquidation before the horizon."""
        return Estimate.of(self._of["liquidation_probability"])

    @property
    def loss_probability(self) -> Estimate:
        """Probability that the return is negative."""
        return Estimate.of(self._of["loss_probability"])

    @property
    def mean_return(self) -> Estimate:
        """Mean return on the equity put up."""
        return Estimate.of(self._of["mean_return"])

    @property
    def returns(self) -> dict[str, Any]:
        """Distribution of the return: ``std_dev``, ``skewness``, ``kurtosis``, ``quantiles`` and their errors."""
        return dict(self._of["return"])

    def __getattr__(self, name: str) -> Any:
        of = object.__getattribute__(self, "_of")
        if name in of:
            return _estimate_or_value(of[name])
        raise AttributeError(f"a level has no \"{name}\"; it has {', '.join(of)}")

    def __getitem__(self, metric: str) -> Any:
        """A metric by its name in limits, such as ``expected_shortfall.0.95`` or ``return.quantiles.0.05``."""
        found, rest = self._of, metric
        while rest:
            # Probabilities are keys with a point in them.
            key = next((key for key in (rest, *_heads(rest)) if isinstance(found, dict) and key in found), None)
            if key is None:
                raise KeyError(metric)
            found, rest = found[key], rest[len(key) + 1 :]
        return _estimate_or_value(found)

    def __dir__(self) -> list[str]:
        return [*object.__dir__(self), *self._of]

    def to_dict(self) -> dict[str, Any]:
        """The level as in the JSON."""
        return dict(self._of)

    def __repr__(self) -> str:
        return f"<{self.leverage:g}x: liquidated with {self.liquidation_probability}>"


def _heads(path: str) -> Iterator[str]:
    for place in reversed(range(len(path))):
        if path[place] == ".":
            yield path[:place]


class Result:
    """The result of a run for every leverage. The same scenario gives the same result, byte for byte, as the program."""

    def __init__(self, core: _liqsim.Result) -> None:
        self._core = core

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Reads what ``to_json`` or ``liqsim run --format json`` wrote.

        Raises:
            ValueError: The text is no result.
        """
        return cls(_liqsim.Result.of_json(text))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Result:
        """Reads a file of ``to_json`` or of ``liqsim run -o result.json``."""
        return cls.from_json(Path(path).read_text(encoding="utf-8"))

    @cached_property
    def _dict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._core.render("json"))
        return found

    def to_json(self) -> str:
        """The bytes that ``liqsim run --format json`` prints."""
        return self._core.render("json")

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict of its own."""
        found: dict[str, Any] = json.loads(self._core.render("json"))
        return found

    def to_markdown(self) -> str:
        """A table with notes, as ``liqsim run --format markdown`` prints it."""
        return self._core.render("markdown")

    def to_csv(self) -> str:
        """One row per level, as ``liqsim run --format csv`` prints it."""
        return self._core.render("csv")

    def to_svg(self) -> str:
        """A picture of the probability over leverage."""
        return self._core.render("svg")

    def to_html(self) -> str:
        """The whole page, of some 800 kB, as ``liqsim run -o report.html`` writes it without the scenario's text."""
        return self._core.render("html")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a file in the format of its extension (.json, .csv, .md, .txt, .html, .svg); it appears complete or not at all.

        Raises:
            ValueError: The extension stands for no format.
            OSError: The file cannot be written.
        """
        write_whole(path, bytes(self._core.file(os.fspath(path))))

    # What it tells.

    @property
    def scenario(self) -> str:
        """Title of the scenario."""
        return str(self._dict["scenario"])

    @property
    def identity(self) -> str:
        """Hash of everything that determines the result."""
        return str(self._dict["identity"])

    @property
    def seed(self) -> int:
        """Seed of all randomness."""
        return int(self._dict["seed"])

    @property
    def paths(self) -> int:
        """Number of simulated paths."""
        return int(self._dict["paths"])

    @property
    def horizon_days(self) -> float:
        """Length of every path in days."""
        return float(self._dict["horizon_days"])

    @property
    def interrupted(self) -> bool:
        """Whether the run was cut short."""
        return bool(self._dict.get("interrupted", False))

    @property
    def answer(self) -> str | None:
        """One sentence that answers the question of the scenario."""
        return self._dict.get("answer")

    @property
    def assumptions(self) -> str | None:
        """What the result assumes, in one line."""
        return self._dict.get("assumptions")

    @property
    def notes(self) -> list[dict[str, str]]:
        """Approximations and warnings: ``code`` and ``message``."""
        return list(self._dict["notes"])

    @property
    def safe_leverage(self) -> list[dict[str, Any]]:
        """The largest leverage at which liquidation is rare enough, where the paths can tell it."""
        return list(self._dict.get("safe_leverage", []))

    # By level.

    def __getitem__(self, leverage: float) -> Level:
        """The level of a leverage."""
        for level in self._dict["levels"]:
            if level["leverage"] == leverage:
                return Level(level)
        known = ", ".join(f"{level['leverage']:g}" for level in self._dict["levels"])
        raise KeyError(f"no level of {leverage:g}x; there are {known}")

    def __iter__(self) -> Iterator[Level]:
        return (Level(level) for level in self._dict["levels"])

    def __len__(self) -> int:
        return len(self._dict["levels"])

    # Tables.

    @cached_property
    def levels(self) -> Table:
        """One row per level, in the columns of results.csv and results.parquet."""
        return Table(self._core.levels())

    @cached_property
    def curve(self) -> Table:
        """The listed levels and many between them: leverage, liquidation probability with its error, loss, mean return."""
        rows = self._dict.get("curve", [])
        columns: dict[str, list[Any]] = {"leverage": [row["leverage"] for row in rows]}
        for key in ("liquidation_probability", "loss_probability", "mean_return"):
            columns |= _columns(key, [row[key] for row in rows])
        columns["liquidation_price"] = [row["liquidation_price"] for row in rows]
        return Table(columns)

    @cached_property
    def survival(self) -> Table:
        """Probability of not being liquidated by a day: leverage, days, probability with its error."""
        rows = [(level["leverage"], point) for level in self._dict["levels"] for point in level.get("survival", [])]
        columns: dict[str, list[Any]] = {
            "leverage": [leverage for leverage, _ in rows],
            "days": [point["days"] for _, point in rows],
        }
        return Table(columns | _columns("probability", [point["probability"] for _, point in rows]))

    @cached_property
    def distribution(self) -> Table:
        """Distribution of the closing equity, over the equity put up: leverage, low and high edge of a bin, its share of the paths."""
        columns: dict[str, list[Any]] = {"leverage": [], "low": [], "high": [], "share": []}
        for level in self._dict["levels"]:
            for low, high, share in _bins(level.get("distribution")):
                for name, value in zip(columns, (level["leverage"], low, high, share), strict=True):
                    columns[name].append(value)
        return Table(columns)

    @cached_property
    def price_fan(self) -> Table:
        """Quantiles of the prices over time: asset, days, and a column for each quantile."""
        fan = self._dict.get("price_fan")
        if fan is None:
            return Table({})
        columns: dict[str, list[Any]] = {"asset": [fan["asset"]] * len(fan["days"]), "days": fan["days"]}
        for probability, prices in fan["quantiles"].items():
            columns[f"p{probability.split('.')[1]:0<2}"] = prices
        return Table(columns)

    @cached_property
    def costs(self) -> Table:
        """What a position pays, over the equity put up: leverage, kind, mean with its error, quantiles."""
        rows = [
            (level["leverage"], kind, cost)
            for level in self._dict["levels"]
            for kind, cost in (level.get("costs") or {}).items()
        ]
        columns: dict[str, list[Any]] = {
            "leverage": [leverage for leverage, _, _ in rows],
            "kind": [kind for _, kind, _ in rows],
        }
        columns |= _columns("mean", [cost["mean"] for _, _, cost in rows])
        return Table(columns | {key: [cost[key] for _, _, cost in rows] for key in ("p05", "p50", "p95")})

    # In a notebook.

    @property
    def plot(self) -> ResultPlots:
        """Pictures by matplotlib: ``plot()`` is the probability over leverage; ``plot.survival()``, ``plot.returns(10)``, ``plot.prices()``."""
        from ._plot import ResultPlots

        return ResultPlots(self)

    def chart(self) -> Any:
        """The probability of liquidation over leverage as a chart of altair, with its 95 % band; numbers show under the pointer."""
        altair: Any = import_module("altair")

        def column(name: str) -> Any:
            return altair.X(f"{name}:Q", scale=altair.Scale(type="log"))

        def rows(table: Table) -> Any:
            name = "liquidation_probability"
            keys = {"leverage": "leverage", "liquidated": name, "low": f"{name}_low", "high": f"{name}_high"}
            return altair.Data(values=[{short: row[key] for short, key in keys.items()} for row in table.rows()])

        share = altair.Axis(format="%", title="liquidated")
        curve = altair.Chart(rows(self.curve)).encode(x=column("leverage"))
        band = curve.mark_area(opacity=0.25).encode(y=altair.Y("low:Q", axis=share), y2="high:Q")
        line = curve.mark_line().encode(y=altair.Y("liquidated:Q", axis=share))
        fields = [altair.Tooltip("leverage:Q"), *(altair.Tooltip(f"{of}:Q", format=".3%") for of in ("liquidated", "low", "high"))]
        levels = altair.Chart(rows(self.levels)).encode(x=column("leverage"), tooltip=fields)
        points = levels.mark_point(filled=True, color="black").encode(y=altair.Y("liquidated:Q", axis=share))
        return (band + line + points).properties(title=self.scenario)

    def show(self, height: int = 700) -> Any:
        """The whole page inside a notebook."""
        from IPython.display import HTML

        page = html.escape(self.to_html(), quote=True)
        return HTML(f'<iframe srcdoc="{page}" width="100%" height="{height}" frameborder="0"></iframe>')

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and bool(self._core == other._core)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Result.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return self._core.render("table", width=100)

    def _repr_html_(self) -> str:
        rows = "".join(_html_row(level) for level in self)
        head = "<th>Leverage</th><th>Liquidation price</th><th>Liquidated</th><th></th><th>95 %</th><th>Mean return</th><th>Median</th>"
        answer = f"<p>{html.escape(self.answer)}</p>" if self.answer else ""
        notes = "".join(f"<li>{html.escape(note['message'])}</li>" for note in self.notes[:8])
        return (
            f"<div><b>{html.escape(self.scenario)}</b>, {self.horizon_days:g} days, {self.paths:,} paths{answer}"
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"<details><summary>Notes</summary><ul>{notes}</ul></details></div>"
        )


def _html_row(level: Level) -> str:
    probability, price = level.liquidation_probability, level.liquidation_price
    median = level.returns["quantiles"].get("0.5")
    bar = f'<div style="background:#c44e52;height:0.8em;width:{100 * min(1.0, probability.value):.1f}px"></div>'
    cells = [
        f"{level.leverage:g}x",
        "" if price is None else f"{price:,.6g}",
        str(probability).split(" [")[0],
        bar,
        f"{100 * probability.low:.3g} to {100 * probability.high:.3g} %",
        f"{100 * level.mean_return.value:.2f} %",
        "" if median is None else f"{100 * median:.2f} %",
    ]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _columns(name: str, estimates: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The four columns of an estimate."""
    return {
        name if key == "value" else f"{name}_{key}": [estimate[key] for estimate in estimates]
        for key in ("value", "std_error", "low", "high")
    }


def _bins(distribution: dict[str, Any] | None) -> Iterator[tuple[float, float, float]]:
    """Bins of equal ratio, and in front of them the paths with nothing left."""
    if distribution is None:
        return
    low, high, shares = distribution["low"], distribution["high"], distribution["probabilities"]
    yield 0.0, 0.0, distribution["total_loss"]
    edges = [low * (high / low) ** (place / len(shares)) for place in range(len(shares) + 1)]
    yield from zip(edges, edges[1:], shares, strict=False)


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes a file that appears complete or not at all."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(prefix=".liqsim-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # As any new file; mkstemp's is for its owner alone.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
