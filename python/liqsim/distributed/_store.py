"""Where finished parts are kept: a folder, or an object store that fsspec knows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import _liqsim
from .._errors import MergeError
from .._result import write_whole


class Store:
    """The parts of one run, by its identity. A file appears complete or not at all; one that is damaged counts as none."""

    def __init__(self, into: str | os.PathLike[str], identity: str) -> None:
        self._root = os.fspath(into).rstrip("/") + f"/{identity}"
        self._identity = identity
        self._is_remote = "://" in self._root
        if not self._is_remote:
            Path(self._root).mkdir(parents=True, exist_ok=True)

    def _files(self) -> Any:
        import fsspec

        return fsspec.core.url_to_fs(self._root)

    def read(self, name: str) -> bytes | None:
        """A file; None if there is none."""
        if not self._is_remote:
            path = Path(self._root, name)
            return path.read_bytes() if path.exists() else None
        files, root = self._files()
        return bytes(files.cat_file(f"{root}/{name}")) if files.exists(f"{root}/{name}") else None

    def write(self, name: str, content: bytes) -> None:
        """Writes a whole file; stores of objects show them whole by themselves."""
        if not self._is_remote:
            write_whole(Path(self._root, name), content)
            return
        files, root = self._files()
        files.makedirs(root, exist_ok=True)
        files.pipe_file(f"{root}/{name}", content)

    def names(self) -> list[str]:
        """Names of the files."""
        if not self._is_remote:
            return sorted(path.name for path in Path(self._root).iterdir())
        files, root = self._files()
        found = files.ls(root, detail=False) if files.exists(root) else []
        return sorted(str(path).rsplit("/", 1)[-1] for path in found)

    def agreed(self, key: str, choose: Callable[[], int]) -> int:
        """A number that whoever began the run has chosen, or that is chosen now."""
        content = self.read("plan.json")
        if content is None:
            content = json.dumps({key: choose()}).encode()
            self.write("plan.json", content)
        return int(json.loads(content)[key])

    def parts(self, of: int) -> list[int]:
        """Numbers of the finished parts of so many, each looked at."""
        found = []
        for name in self.names():
            number, _, rest = name.partition("-of-")
            if rest != f"{of}.part" or not number.isdigit():
                continue
            content = self.read(name) or b""
            try:
                part = _liqsim.Part.of_bytes(content)
            except MergeError:
                continue
            if (part.identity, part.of, part.numbers) == (self._identity, of, [int(number)]):
                found.append(int(number))
        return sorted(found)

    def part(self, number: int, of: int) -> bytes:
        """A finished part.

        Raises:
            MergeError: It is gone.
        """
        content = self.read(f"{number}-of-{of}.part")
        if content is None:
            raise MergeError(f"part {number} of {of} is gone from {self._root}")
        return content

    def keep_part(self, number: int, of: int, content: bytes) -> None:
        """Keeps a finished part; whoever runs it again writes the same bytes."""
        self.write(f"{number}-of-{of}.part", content)
