"""What docs/python.md shows is run, from top to bottom."""

import os
import re

import matplotlib
import pytest
from conftest import ROOT

PAGE = ROOT / "docs" / "python.md"
pytest.importorskip("pandas")
pytest.importorskip("polars")


def snippets(page):
    """Pieces of code, each at its own line of the page, so that errors name it."""
    text = page.read_text(encoding="utf-8")
    for found in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S):
        yield "\n" * text[: found.start(1)].count("\n") + found[1]


def test_the_page_runs_from_top_to_bottom(tmp_path, monkeypatch):
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    monkeypatch.chdir(tmp_path)
    matplotlib.use("Agg")
    names: dict = {"__name__": "page"}
    codes = list(snippets(PAGE))
    assert len(codes) > 12
    for code in codes:
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102
    assert os.path.exists("results/cells")
