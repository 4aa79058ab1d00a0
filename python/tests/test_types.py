"""The stubs are the module's, and the package passes the type checker."""

import subprocess
import sys
from pathlib import Path

import pytest

import liqsim

PACKAGE = Path(liqsim.__file__).parent


def test_the_stubs_are_those_of_the_module():
    pytest.importorskip("mypy")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "liqsim._liqsim"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_package_is_typed(tmp_path):
    pytest.importorskip("mypy")
    settings = Path(__file__).parents[1] / "pyproject.toml"
    # The sources, since beside the installed package stand others, which mypy would take for its own.
    sources = settings.parent / "liqsim"
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings), str(sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_everything_public_says_what_it_is():
    for name in liqsim.__all__:
        if name != "__version__":
            of = getattr(liqsim, name)
            assert of.__doc__, name
            for inner, member in vars(of).items() if isinstance(of, type) else ():
                if not inner.startswith("_") and (callable(member) or isinstance(member, property)):
                    assert member.__doc__, f"{name}.{inner}"
