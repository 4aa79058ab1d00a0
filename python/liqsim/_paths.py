"""Prices as arrays of numpy, out of scenarios and into accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _liqsim
from ._errors import EvaluateError

Prices = npt.NDArray[np.float64]


def prices_array(
    scenario: _liqsim.Scenario,
    paths: int | None,
    interval: str,
    bars: bool,
    assets: str | Sequence[str] | None,
    threads: int | None,
    progress: Callable[[int, int], object] | None,
) -> Prices:
    """Simulated prices; see ``Scenario.simulate``."""
    known = scenario.assets
    wanted = [assets] if isinstance(assets, str) else known if assets is None else list(assets)
    if missing := [name for name in wanted if name not in known]:
        raise ValueError(f"the scenario has no asset \"{missing[0]}\"; it has {', '.join(known)}")
    places = [known.index(name) for name in wanted]
    count = paths or 1
    if bars:
        made = _liqsim.simulate_bars(scenario, count, interval, threads, progress)
        if places != list(range(len(known))):
            made = np.ascontiguousarray(made[places])
    else:
        closes = [_liqsim.simulate_closes(scenario, place, count, interval, threads, progress) for place in places]
        made = np.stack(closes) if len(closes) != 1 else closes[0][np.newaxis]
    is_one = isinstance(assets, str) or (assets is None and len(known) == 1)
    return made[0] if is_one else made


def given_arrays(paths: npt.ArrayLike | Mapping[str, npt.ArrayLike], assets: list[str], bars: bool) -> list[Prices]:
    """An array for each asset; see ``Scenario.evaluate``."""
    if isinstance(paths, Mapping):
        if sorted(paths) != sorted(assets):
            raise EvaluateError(
                f"the scenario's assets are {', '.join(assets)}, but the paths are of {', '.join(map(str, paths))}",
                "give an array for each",
            )
        return [_numbers(paths[name], bars) for name in assets]
    array = _checked(paths)
    axes = 3 if bars else 2
    if array.ndim == axes + 1:
        if array.shape[0] != len(assets):
            raise EvaluateError(
                f"the first axis of shape {array.shape} has {array.shape[0]} assets, but the scenario has {len(assets)}",
                f"the order is {', '.join(assets)}",
            )
        return [_numbers(part, bars) for part in array]
    if len(assets) != 1:
        expected = f"({len(assets)}, paths, bars, 4)" if bars else f"({len(assets)}, paths, bars + 1)"
        raise EvaluateError(f"prices of {len(assets)} assets have the shape {expected}, and not {array.shape}")
    return [_numbers(array, bars)]


def _checked(values: Any) -> npt.NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"prices must be real numbers, but the array's dtype is {array.dtype}")
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        place = tuple(int(at) for at in np.argwhere(np.ma.getmaskarray(values))[0])
        raise EvaluateError(f"the price at {list(place)} is masked", "fill what is missing, or leave its path out")
    return array


def _numbers(values: Any, bars: bool) -> Prices:
    array = _checked(values)
    if bars and (array.ndim != 3 or array.shape[2] != 4):
        raise EvaluateError(f"bars have the shape (paths, bars, 4), and not {array.shape}", "open, high, low, close come last")
    if not bars and array.ndim != 2:
        raise EvaluateError(f"closes have the shape (paths, bars + 1), and not {array.shape}", "bars=True takes (paths, bars, 4)")
    if not bars and array.shape[1] < 2:
        raise EvaluateError(f"closes of shape {array.shape} hold no bar", "the price at the start and one at the end of each bar")
    if array.shape[0] == 0:
        raise EvaluateError(f"prices of shape {array.shape} hold no path")
    return np.ascontiguousarray(array, dtype=np.float64)
