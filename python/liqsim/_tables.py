"""Tables that any frame takes over: pandas, polars, pyarrow, duckdb and whatever else knows Arrow's C stream."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _liqsim


class Table:
    """Columns of equal length: numbers (float64), whole numbers (int64) or texts, with nulls where something does not exist.

    ``polars.DataFrame(table)``, ``pyarrow.table(table)``, ``pandas.DataFrame.from_arrow(table)`` and duckdb's ``from table`` take it over
    without a copy.
    """

    __slots__ = ("_core",)

    def __init__(self, columns: Mapping[str, Iterable[Any]] | _liqsim.Table) -> None:
        if isinstance(columns, _liqsim.Table):
            self._core = columns
        else:
            self._core = _liqsim.Table({name: list(column) for name, column in columns.items()})

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._core.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return len(self._core)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self._core.columns

    def __getitem__(self, name: str) -> list[Any]:
        """The values of a column as a list; None where something does not exist."""
        return self._core.column(name)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """A column of numbers as an array (rows,) of float64; NaN where something does not exist."""
        return np.array([np.nan if value is None else value for value in self[name]], dtype=np.float64)

    def rows(self) -> Iterator[dict[str, Any]]:
        """One dict a row."""
        columns = self.to_dict()
        for row in range(len(self)):
            yield {name: column[row] for name, column in columns.items()}

    def to_dict(self) -> dict[str, list[Any]]:
        """Lists by name of the column."""
        return {name: self[name] for name in self.columns}

    def to_pandas(self) -> Any:
        """A pandas.DataFrame."""
        import pandas

        if hasattr(pandas.DataFrame, "from_arrow"):
            return pandas.DataFrame.from_arrow(self)
        return pandas.DataFrame(self.to_dict())

    def to_polars(self) -> Any:
        """A polars.DataFrame."""
        import polars

        return polars.DataFrame(self)

    def to_arrow(self) -> Any:
        """A pyarrow.Table."""
        import pyarrow

        return pyarrow.table(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return Table, (self.to_dict(),)

    def __repr__(self) -> str:
        head = f"Table of {len(self)} rows x {len(self.columns)} columns"
        shown = self.columns[:6]
        lines = ["  ".join(f"{name[:22]:>22}" for name in shown)]
        for row in list(self.rows())[:8]:
            lines.append("  ".join(f"{_cell(row[name])[:22]:>22}" for name in shown))
        return "\n".join([head, *lines])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns[:12])
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(row[name]))}</td>" for name in self.columns[:12]) + "</tr>"
            for row in list(self.rows())[:20]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(self)} rows</p>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
