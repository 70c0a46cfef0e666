"""Read one YAML file into plain dicts, lists and strings, and find the place of any entry in it.

Every scalar stays text, so that a programme number "1.10" is never the number 1.1, "NO" is never
false and a limit 0.10 keeps its digits; the models turn text into numbers, exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from workbench.errors import Problem

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Location = Sequence[str | int]


class YamlText:
    """One YAML file: its data, and the line and column of every entry.

    Parameters
    ----------
    path : the file.
    shown : how problems name the file.

    Attributes
    ----------
    data : dicts, lists and strings; None when the file could not be read.
    problems : what is wrong with the YAML itself, e.g. a repeated key.
    """

    def __init__(self, path: Path, shown: str) -> None:
        self.shown = shown
        self.problems: list[Problem] = []
        self._root: Any = None
        try:
            self._root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
        except UnicodeDecodeError as error:
            self.problems.append(Problem(f"not UTF-8: {error.reason}", file=shown, row=1, column=1))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            self.problems.append(
                Problem(f"not YAML: {error.problem}", file=shown, row=place[0], column=place[1])
            )
        self.data: Any = None if self._root is None else self._plain(self._root)

    def _plain(self, node: Any) -> Any:
        """Turn a node into plain data; note repeated keys."""
        if isinstance(node, yaml.ScalarNode):
            return node.value
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item) for item in node.value]
        out: dict[str, Any] = {}
        for key, value in node.value:
            if key.value in out:
                self.problems.append(self._problem(f"key {key.value!r} is repeated", key))
            out[key.value] = self._plain(value)
        return out

    def _problem(self, message: str, node: Any) -> Problem:
        mark = node.start_mark
        return Problem(message, file=self.shown, row=mark.line + 1, column=mark.column + 1)

    def problem(self, message: str, location: Location) -> Problem:
        """One problem at the deepest entry of `location` that exists in the file."""
        node = self._root
        for step in location:
            child = _child(node, step)
            if child is None:
                break
            node = child
        if node is None:
            return Problem(message, file=self.shown, row=1, column=1)
        return self._problem(message, node)


def _child(node: Any, step: str | int) -> Any:
    """Return the entry under a key or index, or None."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    return None


def yaml_files(folder: Path) -> tuple[Path, ...]:
    """The YAML files of a folder in name order."""
    return tuple(sorted(folder.glob("*.yaml")))


def fingerprint(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """What a cache depends on: path, time of change and size of each file."""
    return tuple((str(path), (stat := path.stat()).st_mtime_ns, stat.st_size) for path in paths)
