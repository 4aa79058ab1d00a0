"""Where finished parts are kept: a folder, or an object store that fsspec knows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .. import _liqsim
from .._errors import MergeError
from .._result import write_whole


Range = tuple[int, int]
"""Blocks from one up to and without another."""


def gaps(done: list[Range], end: int) -> list[Range]:
    """What is missing from 0 up to an end."""
    missing, following = [], 0
    for start, stop in sorted(done):
        if following < min(start, end):
            missing.append((following, min(start, end)))
        following = max(following, stop)
    if following < end:
        missing.append((following, end))
    return missing


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

    def parts(self) -> list[Range]:
        """Ranges of the finished parts, each looked at; of those that overlap the longer ones."""
        found: list[Range] = []
        for name in self.names():
            start, _, rest = name.removesuffix(".part").partition("-")
            if not (name.endswith(".part") and start.isdigit() and rest.isdigit()):
                continue
            content = self.read(name) or b""
            try:
                part = _liqsim.Part.of_bytes(content)
            except MergeError:
                continue
            piece = (int(start), int(rest))
            if (part.identity, part.blocks) == (self._identity, [piece]):
                found.append(piece)
        chosen: list[Range] = []
        for start_of, end in sorted(found, key=lambda piece: (piece[0] - piece[1], piece[0])):
            if all(end <= low or high <= start_of for low, high in chosen):
                chosen.append((start_of, end))
        return sorted(chosen)

    def part(self, piece: Range) -> bytes:
        """A finished part.

        Raises:
            MergeError: It is gone.
        """
        content = self.read(f"{piece[0]}-{piece[1]}.part")
        if content is None:
            raise MergeError(f"the part of blocks {piece[0]}..{piece[1]} is gone from {self._root}")
        return content

    def keep_part(self, piece: Range, content: bytes) -> None:
        """Keeps a finished part; whoever runs it again writes the same bytes."""
        self.write(f"{piece[0]}-{piece[1]}.part", content)
