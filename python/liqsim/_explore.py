"""The page of ``liqsim serve`` in a notebook."""

from __future__ import annotations

import html
import webbrowser
from pathlib import Path

from . import _liqsim
from ._scenario import Scenario
from ._values import whole


class Page:
    """A page on which every number of a scenario can be moved; in a notebook it shows itself.

    Only this machine reaches it, and only with the token in its address. It ends with ``close()``, at the end of a ``with`` block, or when
    nothing holds it any more.
    """

    __slots__ = ("_core", "height")
    _core: _liqsim.Page
    height: int

    def __init__(self, core: _liqsim.Page, height: int) -> None:
        self._core = core
        self.height = height

    @property
    def address(self) -> str:
        """Where it is, token included."""
        return self._core.address

    def close(self) -> None:
        """Ends the page; whatever it works on is stopped."""
        self._core.close()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Page {self.address}>"

    def _repr_html_(self) -> str:
        address = html.escape(self.address)
        link = f'<a href="{address}" target="_blank" rel="noreferrer">Open in a tab of its own</a>'
        return f'<iframe src="{address}" title="liqsim" style="width:100%;height:{self.height}px;border:0"></iframe><p>{link}</p>'


def explore(scenario: Scenario, *, port: int = 0, height: int = 900, open: bool = False) -> Page:
    """Opens the page of ``liqsim serve`` for a scenario: move any number, and the answer follows.

    Args:
        scenario: What the page begins with.
        port: Port of 127.0.0.1; any free one if 0.
        height: Of the frame in a notebook, in pixels.
        open: Whether to open it in the browser.

    Returns:
        The page, which shows itself in a notebook. A notebook on another machine than its browser cannot reach it.

    Raises:
        RunError: The port cannot be listened on.
        ValueError: It is no port.
    """
    number = whole(port, "port") or 0
    if number > 65_535:
        raise ValueError(f"port must be at most 65535, and not {port}")
    text, files = scenario.bundle()
    core = _liqsim.Page(text, {Path(name): content for name, content in files.items()}, number)
    page = Page(core, height)
    if open:
        webbrowser.open(page.address)
    return page
